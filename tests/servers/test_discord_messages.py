"""Messages in channels, asked for by hand: one test for each of Discord's rules."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.servers.discord_clients import TOKEN, api, buttons
from tests.servers.discord_server import DiscordServer, Limits, Person
from tests.servers.discord_world import Json

MIB = 1024 * 1024


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[DiscordServer]:
    made = DiscordServer(token=TOKEN, folder=tmp_path, limits=Limits.none())
    async with made.running():
        yield made


@pytest.fixture
async def client(server: DiscordServer) -> AsyncIterator[httpx.AsyncClient]:
    async with api(server) as made:
        yield made


@pytest.fixture
def ann(server: DiscordServer) -> Person:
    return server.person(name="ann")


@pytest.fixture
def path(server: DiscordServer) -> str:
    return f"/channels/{server.channel.id}/messages"


def code(answer: httpx.Response) -> tuple[int, int]:
    """Return an answer's status and Discord's code."""
    return answer.status_code, answer.json()["code"]


def form(payload: Json, *files: bytes) -> list[tuple[str, tuple[str | None, bytes, str]]]:
    """Return a multipart form as clients send it."""
    parts: list[tuple[str, tuple[str | None, bytes, str]]] = [
        ("payload_json", (None, json.dumps(payload).encode(), "application/json"))
    ]
    return parts + [
        (f"files[{at}]", (f"{at}.png", content, "image/png")) for at, content in enumerate(files)
    ]


async def test_json_is_told_without_a_charset(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.post(path, json={"content": "hello"})

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"


async def test_the_token_is_asked_for(server: DiscordServer, path: str) -> None:
    async with api(server, token=None) as client:
        answer = await client.post(path, json={"content": "hello"})

    assert code(answer) == (401, 0)


async def test_a_revoked_token_is_refused(server: DiscordServer, client: httpx.AsyncClient) -> None:
    server.revoke_token()

    answer = await client.get("/users/@me")

    assert answer.status_code == 401


TOO_LONG = "x" * 2001
LONG_EMBED: Json = {"description": "x" * 3001}
TOO_MANY_ROWS = [row for at in range(6) for row in buttons(f"b{at}")]
LINK: Json = {"type": 2, "style": 5, "label": "Open"}


@pytest.mark.parametrize(
    "body",
    [
        {"content": TOO_LONG},
        {"content": 7},
        {"embeds": [LONG_EMBED, LONG_EMBED]},
        {"embeds": [{"title": "x" * 257}]},
        {"embeds": [{"description": "x" * 4097}]},
        {"embeds": [{"title": "x"}] * 11},
        {"embeds": [{"fields": [{"name": "n", "value": "v"}] * 26}]},
        {"content": "x", "components": TOO_MANY_ROWS},
        {"content": "x", "components": buttons(*"abcdef")},
        {"content": "x", "components": buttons("twice", "twice")},
        {"content": "x", "components": [*buttons("twice"), *buttons("twice")]},
        {"content": "x", "components": buttons("")},
        {"content": "x", "components": buttons("x" * 101)},
        {"content": "x", "components": [{"type": 1, "components": [LINK]}]},
        {"content": "x", "components": [{"type": 1, "components": [{"type": 2, "style": 1}]}]},
        {"content": "x", "nonce": "x" * 26},
        {"content": "x", "allowed_mentions": {"parse": ["all"]}},
        {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
        {"content": "x", "message_reference": {"message_id": "1"}},
        {"content": "x", "attachments": [{"id": 0, "filename": "a.png"}]},
    ],
)
async def test_a_form_that_breaks_a_rule_is_refused_and_noted(
    server: DiscordServer, client: httpx.AsyncClient, path: str, body: Json
) -> None:
    answer = await client.post(path, json=body)

    assert code(answer) == (400, 50035)
    assert "errors" in answer.json()
    assert len(server.violations) == 1, server.violations
    assert not server.world.messages


async def test_a_label_is_80_long_at_most(
    server: DiscordServer, client: httpx.AsyncClient, path: str
) -> None:
    row = buttons("a")
    row[0]["components"][0]["label"] = "x" * 81

    answer = await client.post(path, json={"content": "x", "components": row})

    assert code(answer) == (400, 50035)


async def test_the_largest_message_is_taken(
    server: DiscordServer, client: httpx.AsyncClient, path: str
) -> None:
    body = {
        "content": "x" * 2000,
        "embeds": [{"description": "x" * 3000}] * 2,
        "components": [row for at in range(5) for row in buttons(*(f"{at}{b}" for b in "abcde"))],
        "nonce": "x" * 25,
    }

    answer = await client.post(path, json=body)

    assert answer.status_code == 200
    assert server.violations == []


@pytest.mark.parametrize("body", [{}, {"content": ""}, {"content": " "}, {"embeds": []}])
async def test_an_empty_message_is_refused(
    server: DiscordServer, client: httpx.AsyncClient, path: str, body: Json
) -> None:
    answer = await client.post(path, json=body)

    assert code(answer) == (400, 50006)
    assert server.violations == []


async def test_what_is_no_json_is_refused(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.post(path, content=b"{", headers={"Content-Type": "application/json"})

    assert code(answer) == (400, 50035)


async def test_a_route_that_is_not_there_is_noted(
    server: DiscordServer, client: httpx.AsyncClient
) -> None:
    answer = await client.get("/guilds/1/bans")

    assert code(answer) == (404, 0)
    assert len(server.violations) == 1


async def test_files_come_in_a_form_and_are_served_by_the_cdn(
    server: DiscordServer, client: httpx.AsyncClient, path: str, ann: Person
) -> None:
    listed = [{"id": 0, "filename": "fox.png", "description": "a fox"}, {"id": "1"}]
    sent = await client.post(path, files=form({"attachments": listed}, b"one", b"two"))

    first, second = sent.json()["attachments"]
    local = first["url"].replace("https://cdn.discordapp.com", server.url)
    loaded = await client.get(local)
    unsigned = await client.get(local.partition("?")[0])

    assert (first["filename"], first["description"], first["size"]) == ("fox.png", "a fox", 3)
    assert second["filename"] == "1.png"
    assert (loaded.content, loaded.headers["content-type"]) == (b"one", "image/png")
    assert unsigned.status_code == 404
    assert [each.content for each in ann.messages[0].media] == [b"one", b"two"]
    assert (server.uploads, server.violations) == (2, [])


async def test_an_edit_keeps_the_listed_files_and_adds_the_new_ones(
    client: httpx.AsyncClient, path: str, ann: Person
) -> None:
    sent = (await client.post(path, files=form({}, b"one", b"two"))).json()
    listed = [{"id": sent["attachments"][1]["id"]}, {"id": 0, "filename": "new.png"}]

    await client.patch(f"{path}/{sent['id']}", json={"content": "same files"})
    before = [each.content for each in ann.messages[0].media]
    await client.patch(f"{path}/{sent['id']}", files=form({"attachments": listed}, b"three"))

    assert before == [b"one", b"two"]
    assert [each.content for each in ann.messages[0].media] == [b"two", b"three"]
    assert ann.messages[0].edits == 2


async def test_a_file_of_10_mib_is_the_largest(
    server: DiscordServer, client: httpx.AsyncClient, path: str
) -> None:
    largest = await client.post(path, files=form({}, bytes(10 * MIB)))
    too_large = await client.post(path, files=form({}, bytes(10 * MIB + 1)))

    assert largest.status_code == 200
    assert code(too_large) == (413, 40005)
    assert server.uploads == 1


async def test_more_than_10_files_are_refused(
    server: DiscordServer, client: httpx.AsyncClient, path: str
) -> None:
    ten = await client.post(path, files=form({}, *[b"x"] * 10))
    eleven = await client.post(path, files=form({}, *[b"x"] * 11))

    assert ten.status_code == 200
    assert code(eleven) == (400, 50035)


async def test_a_nonce_that_is_enforced_sends_once(
    server: DiscordServer, client: httpx.AsyncClient, path: str, ann: Person
) -> None:
    body = {"content": "once", "nonce": "n-1", "enforce_nonce": True}

    first = await client.post(path, json=body)
    second = await client.post(path, json={**body, "content": "twice"})

    assert first.json()["id"] == second.json()["id"]
    assert second.json()["nonce"] == "n-1"
    assert [shown.text for shown in ann.messages] == ["once"]


async def test_a_nonce_that_is_not_enforced_or_is_old_sends_again(
    server: DiscordServer, client: httpx.AsyncClient, path: str, ann: Person
) -> None:
    body = {"content": "again", "nonce": "n-1"}

    await client.post(path, json=body)
    await client.post(path, json=body)
    server.world.nonce_window_s = 0.0
    await client.post(path, json={**body, "enforce_nonce": True})
    await client.post(path, json={**body, "enforce_nonce": True})

    assert len(ann.messages) == 4


@pytest.mark.parametrize(
    ("content", "allowed", "pings"),
    [
        ("@everyone", None, True),
        ("@here", {"parse": ["users", "roles"]}, False),
        ("@everyone", {"parse": []}, False),
        ("<@1>", None, True),
        ("<@1>", {"parse": [], "users": ["1"]}, True),
        ("<@1>", {"parse": [], "users": ["2"]}, False),
        ("<@!1>", {"parse": ["users"]}, True),
        ("<@&1>", {"parse": ["roles"]}, True),
        ("<@&1>", {"parse": ["users"]}, False),
        ("nobody", None, False),
    ],
)
async def test_what_would_ring_is_noted(
    *,
    server: DiscordServer,
    client: httpx.AsyncClient,
    path: str,
    content: str,
    allowed: Json | None,
    pings: bool,
) -> None:
    body: Json = {"content": content}
    if allowed is not None:
        body["allowed_mentions"] = allowed

    await client.post(path, json=body)

    assert server.pings == ([content] if pings else [])
    assert server.violations == []


@pytest.mark.parametrize(("refusal", "status"), [(50001, 403), (50013, 403), (50007, 403)])
async def test_a_channel_can_be_closed_to_the_bot(
    server: DiscordServer, client: httpx.AsyncClient, path: str, refusal: int, status: int
) -> None:
    server.deny(server.channel, refusal)
    refused = await client.post(path, json={"content": "hello"})
    server.allow(server.channel)
    taken = await client.post(path, json={"content": "hello"})

    assert code(refused) == (status, refusal)
    assert taken.status_code == 200


async def test_a_dm_is_opened_once_and_can_be_closed(
    server: DiscordServer, client: httpx.AsyncClient, ann: Person
) -> None:
    opened = [
        (await client.post("/users/@me/channels", json={"recipient_id": str(ann.id)})).json()["id"]
        for _ in range(2)
    ]
    server.deny(ann.in_dm().channel, 50007)
    refused = await client.post(f"/channels/{opened[0]}/messages", json={"content": "hello"})

    assert opened == [str(ann.in_dm().channel.id)] * 2
    assert code(refused) == (403, 50007)
    assert server.violations == []


async def test_what_is_unknown_is_told(
    client: httpx.AsyncClient, path: str, server: DiscordServer
) -> None:
    channel = await client.post("/channels/1/messages", json={"content": "x"})
    message = await client.patch(f"{path}/1", json={"content": "x"})
    user = await client.get("/users/1")

    assert [code(each) for each in (channel, message, user)] == [
        (404, 10003),
        (404, 10008),
        (404, 10013),
    ]
    assert server.violations == []


async def test_a_deleted_message_is_unknown(
    client: httpx.AsyncClient, path: str, ann: Person
) -> None:
    sent = (await client.post(path, json={"content": "x"})).json()["id"]

    deleted = await client.delete(f"{path}/{sent}")
    found = await client.get(f"{path}/{sent}")

    assert deleted.status_code == 204
    assert code(found) == (404, 10008)
    assert ann.messages == []


async def test_words_of_others_cannot_be_edited(
    client: httpx.AsyncClient, path: str, ann: Person
) -> None:
    said = await ann.say("mine")

    answer = await client.patch(f"{path}/{said.id}", json={"content": "yours"})

    assert code(answer) == (403, 50005)


async def test_an_edit_to_nothing_changes_nothing(
    client: httpx.AsyncClient, path: str, ann: Person
) -> None:
    sent = (await client.post(path, json={"content": "x"})).json()["id"]

    answer = await client.patch(f"{path}/{sent}", json={"content": ""})

    assert code(answer) == (400, 50006)
    assert (ann.messages[0].text, ann.messages[0].edits) == ("x", 0)


async def test_the_bot_reads_what_was_said(
    server: DiscordServer, client: httpx.AsyncClient, path: str, ann: Person
) -> None:
    for text in ("one", "two", "three"):
        await ann.say(text)

    listed = (await client.get(path, params={"limit": 2})).json()
    older = (await client.get(path, params={"before": listed[-1]["id"]})).json()

    assert [each["content"] for each in listed] == ["three", "two"]
    assert [each["content"] for each in older] == ["one"]
    assert server.violations == []


async def test_typing_is_seen(server: DiscordServer, client: httpx.AsyncClient) -> None:
    answer = await client.post(f"/channels/{server.channel.id}/typing")

    assert (answer.status_code, server.channel.typed) == (204, 1)
