"""The gateway by hand: frames, sessions, close codes, and who is told what."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.servers.discord_clients import ALL_INTENTS, TOKEN, wire
from tests.servers.discord_server import DiscordServer, Person

GUILDS, GUILD_MESSAGES, DIRECT_MESSAGES = 1 << 0, 1 << 9, 1 << 12


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[DiscordServer]:
    made = DiscordServer(token=TOKEN, folder=tmp_path, heartbeat_s=7.5)
    async with made.running():
        yield made


@pytest.fixture
def ann(server: DiscordServer) -> Person:
    return server.person(name="ann")


async def test_hello_tells_the_heartbeat_that_was_set(server: DiscordServer) -> None:
    async with wire(server) as gateway:
        hello = await gateway.frame()

    assert (hello["op"], hello["d"]) == (10, {"heartbeat_interval": 7500})


async def test_a_heartbeat_is_acknowledged(server: DiscordServer) -> None:
    async with wire(server) as gateway:
        await gateway.frame()

        await gateway.send(1, None)

        assert await gateway.frame() == {"op": 11, "d": None, "s": None, "t": None}


async def test_a_heartbeat_can_be_asked_for(server: DiscordServer) -> None:
    async with wire(server) as gateway:
        await gateway.frame()

        server.ask_heartbeat()

        assert await gateway.frame() == {"op": 1, "d": None, "s": None, "t": None}


async def test_ready_and_the_guild_answer_an_identify(server: DiscordServer) -> None:
    async with wire(server) as gateway:
        ready = await gateway.identify()
        guild = await gateway.until("GUILD_CREATE")

    assert ready["resume_gateway_url"].endswith(".discord.gg")
    assert ready["guilds"] == [{"id": guild["d"]["id"], "unavailable": True}]
    assert [each["id"] for each in guild["d"]["channels"]] == [str(server.channel.id)]


async def test_without_the_intent_no_guild_is_told(server: DiscordServer, ann: Person) -> None:
    async with wire(server) as gateway:
        await gateway.identify(intents=DIRECT_MESSAGES)
        await ann.in_dm().say("hello")

        assert await gateway.rest(last="MESSAGE_CREATE") == ["MESSAGE_CREATE"]


async def test_frames_are_packed_only_on_demand(server: DiscordServer) -> None:
    async with wire(server) as plain, wire(server, query="compress=zlib-stream") as packed:
        await plain.frame()
        await packed.identify()

    assert isinstance(plain.raw[0], str)
    assert all(isinstance(raw, bytes) and raw[-4:] == b"\0\0\xff\xff" for raw in packed.raw)


async def test_binary_frames_are_understood(server: DiscordServer) -> None:
    async with wire(server) as gateway:
        await gateway.frame()

        await gateway.socket.send_bytes(b'{"op": 1, "d": null}')

        assert (await gateway.frame())["op"] == 11


@pytest.mark.parametrize(
    ("op", "data", "code"),
    [
        (2, {"token": "another", "intents": 0}, 4004),
        (6, {"token": "another", "session_id": "s", "seq": 1}, 4004),
        (3, {}, 4003),
        (1, "x" * 4096, 4002),
    ],
)
async def test_a_stranger_is_sent_away(
    server: DiscordServer, op: int, data: object, code: int
) -> None:
    async with wire(server) as gateway:
        await gateway.frame()

        await gateway.send(op, data)

        assert await gateway.frame() == {"op": -1, "d": code, "t": None}


@pytest.mark.parametrize(("op", "code"), [(2, 4005), (99, 4001)])
async def test_a_confused_bot_is_sent_away(server: DiscordServer, op: int, code: int) -> None:
    async with wire(server) as gateway:
        await gateway.identify(intents=0)

        await gateway.send(op, {"token": TOKEN, "intents": 0})

        assert await gateway.frame() == {"op": -1, "d": code, "t": None}


async def test_what_is_no_json_closes_the_connection(server: DiscordServer) -> None:
    async with wire(server) as gateway:
        await gateway.frame()

        await gateway.socket.send_str("hello")

        assert (await gateway.frame())["d"] == 4002


async def test_more_than_120_frames_a_minute_are_too_many(server: DiscordServer) -> None:
    async with wire(server) as gateway:
        await gateway.frame()

        for _ in range(121):
            await gateway.send(1, None)

        ops = [(await gateway.frame())["op"] for _ in range(121)]
        assert ops == [11] * 120 + [-1]
        assert gateway.socket.close_code == 4008


async def test_a_revoked_token_closes_the_connection(server: DiscordServer) -> None:
    async with wire(server) as gateway:
        await gateway.identify(intents=0)

        server.revoke_token()

        assert (await gateway.frame())["d"] == 4004


async def test_what_happened_meanwhile_is_told_to_a_resumed_session(
    server: DiscordServer, ann: Person
) -> None:
    async with wire(server) as gateway:
        ready = await gateway.identify()
        guild = await gateway.until("GUILD_CREATE")
        server.drop_gateway()
    await ann.say("one")
    await ann.say("two")

    async with wire(server) as again:
        await again.resume(ready["session_id"], seq=guild["s"])
        first = await again.until("MESSAGE_CREATE")
        second = await again.until("MESSAGE_CREATE")
        resumed = await again.until("RESUMED")

    assert [first["d"]["content"], second["d"]["content"]] == ["one", "two"]
    assert [first["s"], second["s"]] == [guild["s"] + 1, guild["s"] + 2]
    assert isinstance(resumed["d"], dict)
    assert (server.identifies, server.resumes) == (1, 1)


async def test_what_was_heard_is_not_told_again(server: DiscordServer, ann: Person) -> None:
    async with wire(server) as gateway:
        ready = await gateway.identify()
        await ann.say("one")
        heard = await gateway.until("MESSAGE_CREATE")
        server.drop_gateway()
    await ann.say("two")

    async with wire(server) as again:
        await again.resume(ready["session_id"], seq=heard["s"])
        names = await again.rest(last="RESUMED")

    assert names == ["MESSAGE_CREATE", "RESUMED"]


async def test_what_happened_meanwhile_is_lost_with_the_session(
    server: DiscordServer, ann: Person
) -> None:
    async with wire(server) as gateway:
        ready = await gateway.identify()
        server.invalidate(resumable=False)
        await gateway.until("GUILD_CREATE")
        assert await gateway.frame() == {"op": 9, "d": False, "s": None, "t": None}
    await ann.say("unheard")

    async with wire(server) as again:
        await again.resume(ready["session_id"], seq=2)
        hello, refused = await again.frame(), await again.frame()
        await again.identify()
        await ann.say("heard")
        told = await again.until("MESSAGE_CREATE")

    assert (hello["op"], refused["op"], refused["d"]) == (10, 9, False)
    assert told["d"]["content"] == "heard"


async def test_a_goodbye_ends_the_session(server: DiscordServer) -> None:
    async with wire(server) as gateway:
        ready = await gateway.identify()
        await gateway.socket.close(code=1000)
    async with wire(server) as again:
        await again.resume(ready["session_id"], seq=1)
        await again.frame()
        refused = await again.frame()

    assert (refused["op"], refused["d"]) == (9, False)


async def test_the_end_of_a_process_keeps_the_session(server: DiscordServer) -> None:
    async with wire(server) as gateway:
        ready = await gateway.identify()
        await gateway.socket.close(code=4000)
    async with wire(server) as again:
        await again.resume(ready["session_id"], seq=2)

        assert await again.rest(last="RESUMED") == ["RESUMED"]


async def test_an_event_that_was_never_told_cannot_be_resumed_from(server: DiscordServer) -> None:
    async with wire(server) as gateway:
        ready = await gateway.identify()
        server.drop_gateway()
    async with wire(server) as again:
        await again.resume(ready["session_id"], seq=1000)
        await again.frame()

        assert (await again.frame())["d"] == 4007


async def test_op_7_asks_to_reconnect(server: DiscordServer) -> None:
    async with wire(server) as gateway:
        await gateway.identify(intents=0)

        server.reconnect_all()

        assert (await gateway.frame())["op"] == 7


async def test_a_text_is_hidden_without_its_intent(server: DiscordServer, ann: Person) -> None:
    intents = GUILDS | GUILD_MESSAGES | DIRECT_MESSAGES
    async with wire(server) as gateway:
        await gateway.identify(intents=intents)
        await ann.say("for others", files=[b"x"])
        hidden = (await gateway.until("MESSAGE_CREATE"))["d"]
        await ann.say(f"for you {server.bot_mention}")
        named = (await gateway.until("MESSAGE_CREATE"))["d"]
        await ann.in_dm().say("between us")
        private = (await gateway.until("MESSAGE_CREATE"))["d"]

    assert (hidden["content"], hidden["attachments"]) == ("", [])
    assert named["content"] == f"for you {server.bot_mention}"
    assert private["content"] == "between us"
    assert "guild_id" not in private


async def test_a_text_is_told_with_its_intent(server: DiscordServer, ann: Person) -> None:
    async with wire(server) as gateway:
        await gateway.identify(intents=ALL_INTENTS)
        await ann.say("for all", files=[b"x"])
        told = (await gateway.until("MESSAGE_CREATE"))["d"]

    assert told["content"] == "for all"
    assert [each["filename"] for each in told["attachments"]] == ["picture-0.png"]
    assert told["member"]["roles"] == []


async def test_a_deleted_message_is_told(server: DiscordServer, ann: Person) -> None:
    async with wire(server) as gateway:
        await gateway.identify()
        said = await ann.say("oops")

        ann.delete(said.id)

        assert (await gateway.until("MESSAGE_DELETE"))["d"]["id"] == str(said.id)
        assert ann.messages == []


async def test_nobody_gets_in_during_an_outage(server: DiscordServer) -> None:
    async with wire(server) as gateway:
        ready = await gateway.identify()
        server.outage()
        with pytest.raises(AssertionError, match="closed with 1006"):
            await gateway.until("NOTHING")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with wire(server):
            pass
    server.outage(on=False)

    async with wire(server) as again:
        await again.resume(ready["session_id"], seq=2)
        assert await again.rest(last="RESUMED") == ["RESUMED"]
    assert refused.value.status == 502


async def test_connected_returns_when_a_bot_is_ready(server: DiscordServer) -> None:
    with pytest.raises(AssertionError, match="no bot was ready"):
        await server.connected(within_s=0.01)

    async with wire(server) as gateway:
        await gateway.identify(intents=0)
        await server.connected()

    assert server.identifies == 1
