"""Interactions by hand: in time, once, by the token; whispers; commands and buttons of people."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.servers.discord_clients import TOKEN, api, buttons, callback, registered, webhook, wire
from tests.servers.discord_server import DiscordServer, Limits, Person
from tests.servers.discord_world import Json

HELLO: Json = {"type": 4, "data": {"content": "hello"}}
WHISPER: Json = {"type": 4, "data": {"content": "psst", "flags": 64}}
DEFERRED: Json = {"type": 5}
DEFERRED_WHISPER: Json = {"type": 5, "data": {"flags": 64}}
IGNORED: Json = {"type": 6}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[DiscordServer]:
    made = DiscordServer(token=TOKEN, folder=tmp_path, limits=Limits.none())
    async with made.running():
        yield made


@pytest.fixture
async def client(server: DiscordServer) -> AsyncIterator[httpx.AsyncClient]:
    async with api(server) as made:
        await registered(server, made)
        yield made


@pytest.fixture
def ann(server: DiscordServer) -> Person:
    return server.person(name="ann")


def code(answer: httpx.Response) -> tuple[int, int]:
    """Return an answer's status and Discord's code."""
    return answer.status_code, answer.json()["code"]


async def test_an_answer_shows_a_message(
    server: DiscordServer, client: httpx.AsyncClient, ann: Person
) -> None:
    asked = await ann.command("make", prompt="a fox")

    answer = await client.post(callback(asked), json=HELLO)

    assert (answer.status_code, answer.content) == (204, b"")
    assert not any(name.startswith("x-ratelimit") for name in answer.headers)
    assert (ann.messages[0].text, ann.messages[0].by_interaction) == ("hello", asked.id)
    assert server.violations == []


@pytest.mark.parametrize("flag", ["1", "true"])
async def test_the_answer_is_shown_on_demand(
    server: DiscordServer, client: httpx.AsyncClient, ann: Person, flag: str
) -> None:
    asked = await ann.command("make", prompt="a fox")

    answer = await client.post(callback(asked), params={"with_response": flag}, json=HELLO)

    told = answer.json()
    assert told["interaction"]["response_message_id"] == str(ann.messages[0].id)
    assert (told["resource"]["type"], told["resource"]["message"]["content"]) == (4, "hello")
    assert server.violations == []


async def test_a_deferred_answer_has_no_resource(
    server: DiscordServer, client: httpx.AsyncClient, ann: Person
) -> None:
    asked = await ann.command("make", prompt="a fox")

    answer = await client.post(callback(asked), params={"with_response": "1"}, json=DEFERRED)

    assert "resource" not in answer.json()
    assert answer.json()["interaction"]["response_message_loading"]
    assert [shown.thinking for shown in ann.messages] == [True]
    assert server.violations == []


async def test_a_late_answer_is_refused(
    server: DiscordServer, client: httpx.AsyncClient, ann: Person
) -> None:
    server.timing(ack_within_s=0.1)
    asked = await ann.command("make", prompt="a fox")
    early = [each.id for each in ann.failed]
    await asyncio.sleep(0.11)

    answer = await client.post(callback(asked), json=HELLO)

    assert code(answer) == (404, 10062)
    assert (early, [each.id for each in ann.failed]) == ([], [asked.id])
    assert ann.messages == []


async def test_a_second_answer_is_refused(client: httpx.AsyncClient, ann: Person) -> None:
    asked = await ann.command("make", prompt="a fox")

    await client.post(callback(asked), json=HELLO)
    second = await client.post(callback(asked), json=HELLO)

    assert code(second) == (400, 40060)
    assert len(ann.messages) == 1


async def test_an_answer_that_is_refused_can_be_mended(
    server: DiscordServer, client: httpx.AsyncClient, ann: Person
) -> None:
    asked = await ann.command("make", prompt="a fox")

    wrong = await client.post(callback(asked), json={"type": 4, "data": {"content": "x" * 2001}})
    right = await client.post(callback(asked), json=HELLO)

    assert code(wrong) == (400, 50035)
    assert right.status_code == 204
    assert len(server.violations) == 1


async def test_an_unknown_interaction_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/interactions/1/token/callback", json=HELLO)

    assert code(answer) == (404, 10062)


@pytest.mark.parametrize("kind", [6, 7])
async def test_a_command_has_nothing_to_update(
    client: httpx.AsyncClient, ann: Person, kind: int
) -> None:
    asked = await ann.command("make", prompt="a fox")

    answer = await client.post(callback(asked), json={"type": kind, "data": {"content": "x"}})

    assert code(answer) == (400, 50035)


async def test_the_token_opens_until_it_is_old(
    server: DiscordServer, client: httpx.AsyncClient, ann: Person
) -> None:
    asked = await ann.command("make", prompt="a fox")
    path = f"{webhook(server, asked)}/messages/@original"
    early = await client.get(path)
    await client.post(callback(asked), json=HELLO)
    in_time = await client.get(path)
    server.timing(token_lives_s=0.0)

    late = await client.get(path)

    assert code(early) == (404, 10015)
    assert in_time.json()["content"] == "hello"
    assert code(late) == (401, 50027)


async def test_an_unknown_token_opens_nothing(
    server: DiscordServer, client: httpx.AsyncClient
) -> None:
    answer = await client.get(f"/webhooks/{server.world.application_id}/x/messages/@original")

    assert code(answer) == (404, 10015)


async def test_filling_what_was_thought_about_is_no_edit(
    server: DiscordServer, client: httpx.AsyncClient, ann: Person
) -> None:
    asked = await ann.command("make", prompt="a fox")
    path = f"{webhook(server, asked)}/messages/@original"
    await client.post(callback(asked), json=DEFERRED)

    await client.patch(path, json={"content": "done"})
    filled = ann.messages[0]
    await client.patch(path, json={"content": "done well"})

    assert (filled.text, filled.thinking, filled.edits) == ("done", False, 0)
    assert (ann.messages[0].text, ann.messages[0].edits) == ("done well", 1)


async def test_the_first_followup_takes_the_place_of_thinking(
    server: DiscordServer, client: httpx.AsyncClient, ann: Person
) -> None:
    asked = await ann.command("make", prompt="a fox")
    await client.post(callback(asked), json=DEFERRED_WHISPER)

    await client.post(webhook(server, asked), json={"content": "one"})
    second = await client.post(webhook(server, asked), params={"wait": "1"}, json={"content": "2"})

    assert [(shown.text, shown.ephemeral) for shown in ann.messages] == [
        ("one", True),
        ("2", False),
    ]
    assert second.json()["id"] == str(ann.messages[1].id)
    assert server.violations == []


async def test_followups_are_read_edited_and_deleted(
    server: DiscordServer, client: httpx.AsyncClient, ann: Person
) -> None:
    asked = await ann.command("make", prompt="a fox")
    await client.post(callback(asked), json=HELLO)
    path = webhook(server, asked)
    sent = (await client.post(path, params={"wait": "true"}, json={"content": "x"})).json()["id"]

    edited = await client.patch(f"{path}/messages/{sent}", json={"content": "y"})
    found = await client.get(f"{path}/messages/{sent}")
    deleted = await client.delete(f"{path}/messages/{sent}")
    gone = await client.delete(f"{path}/messages/{sent}")

    assert edited.json()["content"] == found.json()["content"] == "y"
    assert deleted.status_code == 204
    assert code(gone) == (404, 10008)
    assert [shown.text for shown in ann.messages] == ["hello"]


async def test_followups_need_no_authorization(server: DiscordServer, ann: Person) -> None:
    async with api(server) as bot:
        await registered(server, bot)
    asked = await ann.command("make", prompt="a fox")

    async with api(server, token=None) as client:
        first = await client.post(callback(asked), json=HELLO)
        second = await client.post(webhook(server, asked), json={"content": "more"})

    assert (first.status_code, second.status_code) == (204, 204)


async def test_a_whisper_is_not_in_the_channel_for_others(
    server: DiscordServer, client: httpx.AsyncClient, ann: Person
) -> None:
    bob = server.person(name="bob")
    asked = await ann.command("make", prompt="a fox")
    await client.post(callback(asked), json=WHISPER)
    whisper = ann.messages[0]
    path = f"/channels/{server.channel.id}/messages/{whisper.id}"

    answers = [
        await client.get(path),
        await client.patch(path, json={"content": "louder"}),
        await client.delete(path),
    ]
    by_token = await client.patch(
        f"{webhook(server, asked)}/messages/@original", json={"content": "louder"}
    )

    assert (whisper.ephemeral, bob.messages) == (True, [])
    assert [code(each) for each in answers] == [(404, 10008)] * 3
    assert by_token.status_code == 200
    assert ann.messages[0].text == "louder"


async def test_a_press_can_be_ignored_or_update_its_message(
    server: DiscordServer, client: httpx.AsyncClient, ann: Person
) -> None:
    body = {"content": "card", "components": buttons("a")}
    card = (await client.post(f"/channels/{server.channel.id}/messages", json=body)).json()

    ignored = await ann.press(int(card["id"]), "a")
    await client.post(callback(ignored), json=IGNORED)
    before = ann.messages
    pressed = await ann.press(int(card["id"]), "a")
    data = {"content": "pressed", "components": []}
    await client.post(callback(pressed), json={"type": 7, "data": data})

    assert [(shown.text, shown.edits) for shown in before] == [("card", 0)]
    assert [(shown.text, shown.buttons) for shown in ann.messages] == [("pressed", [])]
    assert server.violations == []


async def test_a_press_is_told_with_its_message(
    server: DiscordServer, client: httpx.AsyncClient, ann: Person
) -> None:
    body = {"content": "card", "components": buttons("a", "b")}
    card = (await client.post(f"/channels/{server.channel.id}/messages", json=body)).json()
    async with wire(server) as gateway:
        await gateway.identify()

        await ann.press(int(card["id"]), "b", times=2)
        told = [(await gateway.until("INTERACTION_CREATE"))["d"] for _ in range(2)]

    assert [each["data"]["custom_id"] for each in told] == ["b", "b"]
    assert told[0]["id"] != told[1]["id"]
    assert told[0]["message"]["id"] == card["id"]
    assert told[0]["member"]["user"]["id"] == str(ann.id)


async def test_an_old_button_can_still_be_forged(
    server: DiscordServer, client: httpx.AsyncClient, ann: Person
) -> None:
    path = f"/channels/{server.channel.id}/messages"
    card = (await client.post(path, json={"content": "card"})).json()

    with pytest.raises(AssertionError, match="no button"):
        await ann.press(int(card["id"]), "Old")
    forged = await ann.press_data(int(card["id"]), "job:17:again")

    assert forged.data["custom_id"] == "job:17:again"


async def test_a_disabled_button_cannot_be_pressed(
    server: DiscordServer, client: httpx.AsyncClient, ann: Person
) -> None:
    row = buttons("a")
    row[0]["components"][0]["disabled"] = True
    body = {"content": "card", "components": row}
    card = (await client.post(f"/channels/{server.channel.id}/messages", json=body)).json()

    with pytest.raises(AssertionError, match="disabled"):
        await ann.press(int(card["id"]), "a")


async def test_a_command_is_told_with_the_registered_types(
    server: DiscordServer, client: httpx.AsyncClient, ann: Person
) -> None:
    async with wire(server) as gateway:
        await gateway.identify()
        await ann.in_dm().command("make", prompt="a fox", image=b"bytes", size=3)
        told = (await gateway.until("INTERACTION_CREATE"))["d"]

    prompt, image, size = told["data"]["options"]
    file = told["data"]["resolved"]["attachments"][image["value"]]
    assert (prompt["type"], image["type"], size) == (
        3,
        11,
        {"name": "size", "type": 4, "value": 3},
    )
    assert (file["size"], file["url"].split("/")[2]) == (5, "cdn.discordapp.com")
    assert (told["user"]["id"], told["context"], "member" in told) == (str(ann.id), 1, False)
    assert told["attachment_size_limit"] == 10 * 1024 * 1024


@pytest.mark.parametrize(
    ("name", "options", "complaint"),
    [
        ("draw", {"prompt": "a fox"}, "no command"),
        ("make", {"prompt": "a fox", "colour": "red"}, "no options"),
        ("make", {}, "needs"),
        ("make", {"prompt": 7}, "is no str"),
        ("make", {"prompt": ""}, "empty"),
        ("make", {"prompt": "a fox", "size": 9}, "above"),
        ("make", {"prompt": "a fox", "size": 0}, "below"),
        ("make", {"prompt": "a fox", "size": True}, "is no int"),
        ("make big", {"prompt": "a fox"}, "no subcommand"),
    ],
)
async def test_a_command_that_was_not_registered_so_cannot_be_given(
    client: httpx.AsyncClient, ann: Person, name: str, options: dict[str, object], complaint: str
) -> None:
    with pytest.raises(AssertionError, match=complaint):
        await ann.command(name, **options)


async def test_a_person_who_waits_in_vain_is_told_what_is_there(ann: Person) -> None:
    await ann.say("hello")

    with pytest.raises(AssertionError, match="hello"):
        await ann.see(lambda shown: "fox" in shown.text, within_s=0.01)
