"""Rate limits, trouble by order, and the contract that is kept by the server itself."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.servers.discord_buckets import Rate
from tests.servers.discord_clients import TOKEN, api, callback, registered, webhook
from tests.servers.discord_server import (
    DiscordServer,
    Drop,
    DropAfter,
    Html502,
    Late,
    Limits,
    Person,
    Status,
    TooMany,
)

HELLO = {"content": "hello"}
MESSAGES = "POST /channels/*/messages"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[DiscordServer]:
    made = DiscordServer(token=TOKEN, folder=tmp_path)
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


async def test_five_messages_in_five_seconds_are_enough(
    server: DiscordServer, client: httpx.AsyncClient, path: str
) -> None:
    answers = [await client.post(path, json=HELLO) for _ in range(6)]

    told = [answer.headers["X-RateLimit-Remaining"] for answer in answers]
    assert told == ["4", "3", "2", "1", "0", "0"]
    assert answers[0].headers["X-RateLimit-Limit"] == "5"
    assert len({answer.headers["X-RateLimit-Bucket"] for answer in answers}) == 1
    refused = answers[5].json()
    assert (answers[5].status_code, refused["global"]) == (429, False)
    assert 4 < refused["retry_after"] <= 5
    assert "Via" in answers[5].headers
    assert server.violations == []


async def test_edits_and_other_channels_have_buckets_of_their_own(
    server: DiscordServer, client: httpx.AsyncClient, path: str
) -> None:
    other = server.add_channel("other")
    sent = [(await client.post(path, json=HELLO)).json()["id"] for _ in range(5)]

    edits = [await client.patch(f"{path}/{sent[0]}", json=HELLO) for _ in range(6)]
    elsewhere = await client.post(f"/channels/{other.id}/messages", json=HELLO)

    assert [answer.status_code for answer in edits] == [200] * 5 + [429]
    assert elsewhere.status_code == 200


async def test_a_bucket_is_full_again_after_its_time(
    server: DiscordServer, client: httpx.AsyncClient, path: str
) -> None:
    server.limits = Limits(message_create=Rate(1, 0.3))
    await client.post(path, json=HELLO)
    refused = await client.post(path, json=HELLO)

    await asyncio.sleep(refused.json()["retry_after"])
    taken = await client.post(path, json=HELLO)

    assert (refused.status_code, taken.status_code) == (429, 200)
    assert server.flood_breaches == []


async def test_all_requests_together_have_a_limit(
    server: DiscordServer, client: httpx.AsyncClient
) -> None:
    server.limits = Limits(overall=Rate(3, 60.0))

    answers = [await client.get("/users/@me") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].json()["global"] is True
    assert answers[3].headers["X-RateLimit-Scope"] == "global"
    assert Limits().overall == Rate(50, 1.0)


async def test_interactions_are_answered_beyond_the_limit(
    server: DiscordServer, client: httpx.AsyncClient, ann: Person
) -> None:
    await registered(server, client)
    server.limits = Limits(overall=Rate(1, 60.0))
    await client.get("/users/@me")
    asked = await ann.command("make", prompt="a fox")

    first = await client.post(callback(asked), json={"type": 5})
    more = await client.patch(f"{webhook(server, asked)}/messages/@original", json=HELLO)
    me = await client.get("/users/@me")

    assert (first.status_code, more.status_code, me.status_code) == (204, 200, 429)


async def test_followups_have_a_limit_on_demand(
    server: DiscordServer, client: httpx.AsyncClient, ann: Person
) -> None:
    await registered(server, client)
    server.limits = Limits(webhook=Rate(1, 60.0))
    asked = await ann.command("make", prompt="a fox")
    await client.post(callback(asked), json={"type": 4, "data": HELLO})

    answers = [await client.post(webhook(server, asked), json=HELLO) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 429]


async def test_no_limits_are_told_where_there_are_none(
    server: DiscordServer, client: httpx.AsyncClient, path: str
) -> None:
    server.limits = Limits.none()

    answers = [await client.post(path, json=HELLO) for _ in range(60)]

    assert {answer.status_code for answer in answers} == {200}
    assert not any(name.startswith("x-ratelimit") for name in answers[0].headers)


@pytest.mark.parametrize("is_global", [False, True])
async def test_a_call_before_its_time_is_noted(
    server: DiscordServer, client: httpx.AsyncClient, path: str, *, is_global: bool
) -> None:
    server.faults.add(route=MESSAGES, kind=TooMany(5.0, is_global=is_global))
    refused = await client.post(path, json=HELLO)
    await asyncio.sleep(0.06)

    await client.post(path, json=HELLO)
    await client.get("/users/@me")

    assert refused.json()["retry_after"] == 5.0
    assert len(server.flood_breaches) == (2 if is_global else 1), server.flood_breaches


async def test_a_429_can_come_without_via(
    server: DiscordServer, client: httpx.AsyncClient, path: str
) -> None:
    server.faults.add(route=MESSAGES, kind=TooMany(0.01, via=False))

    answer = await client.post(path, json=HELLO)

    assert answer.status_code == 429
    assert "Via" not in answer.headers


@pytest.mark.parametrize(
    ("kind", "status", "content_type"),
    [(Status(503), 503, "application/json"), (Html502(), 502, "text/html; charset=utf-8")],
)
async def test_an_error_by_order_does_nothing(
    *,
    server: DiscordServer,
    client: httpx.AsyncClient,
    path: str,
    kind: Status | Html502,
    status: int,
    content_type: str,
) -> None:
    server.faults.add(route=MESSAGES, kind=kind, times=2)

    answers = [await client.post(path, json=HELLO) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert answers[0].headers["content-type"] == content_type
    assert len(server.world.messages) == 1


@pytest.mark.parametrize(("kind", "sent"), [(Drop(), 0), (DropAfter(), 1)])
async def test_a_connection_is_cut_before_or_after_the_work(
    server: DiscordServer, client: httpx.AsyncClient, path: str, kind: Drop | DropAfter, sent: int
) -> None:
    server.faults.add(route=MESSAGES, kind=kind)

    with pytest.raises(httpx.TransportError):
        await client.post(path, json=HELLO)

    assert len(server.world.messages) == sent
    assert [call.status for call in server.calls] == [0]


async def test_a_late_answer_tells_of_work_that_was_done_at_once(
    server: DiscordServer, client: httpx.AsyncClient, path: str, ann: Person
) -> None:
    server.faults.add(route=MESSAGES, kind=Late(0.2))
    began = time.monotonic()

    sending = asyncio.create_task(client.post(path, json=HELLO))
    await ann.see(lambda shown: shown.text == "hello")
    answered_when_seen = sending.done()
    answer = await sending

    assert not answered_when_seen
    assert time.monotonic() - began >= 0.2
    assert answer.status_code == 200


async def test_a_fault_meets_only_its_route(
    server: DiscordServer, client: httpx.AsyncClient, path: str
) -> None:
    server.faults.add(route="PATCH /channels/*/messages/*", kind=Status(500))
    server.faults.add(route="DELETE /**", kind=Status(500))

    sent = await client.post(path, json=HELLO)
    edited = await client.patch(f"{path}/{sent.json()['id']}", json=HELLO)
    deleted = await client.delete(f"{path}/{sent.json()['id']}")
    server.faults.clear()
    after = await client.delete(f"{path}/{sent.json()['id']}")

    statuses = [answer.status_code for answer in (sent, edited, deleted, after)]
    assert statuses == [200, 500, 500, 204]


async def test_a_file_of_the_cdn_can_fail_too(
    server: DiscordServer, client: httpx.AsyncClient, path: str
) -> None:
    files = {"files[0]": ("a.png", b"x", "image/png")}
    sent = (await client.post(path, data={"payload_json": "{}"}, files=files)).json()
    url = sent["attachments"][0]["url"].replace("https://cdn.discordapp.com", server.url)
    server.faults.add(route="GET /attachments/**", kind=Html502())

    answers = [await client.get(url) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [502, 200]


async def test_during_an_outage_everything_is_502(
    server: DiscordServer, client: httpx.AsyncClient, path: str
) -> None:
    server.outage()
    during = [await client.post(path, json=HELLO), await client.get("/users/@me")]
    server.outage(on=False)
    after = await client.post(path, json=HELLO)

    assert [answer.status_code for answer in during] == [502, 502]
    assert after.status_code == 200
    assert [(call.method, call.status) for call in server.calls] == [
        ("POST", 502),
        ("GET", 502),
        ("POST", 200),
    ]


async def test_what_was_told_outlives_a_restart_of_the_server(tmp_path: Path) -> None:
    server = DiscordServer(token=TOKEN, folder=tmp_path)
    ann = server.person(name="ann")
    path = f"/channels/{server.channel.id}/messages"
    async with server.running(), api(server) as client:
        await client.post(path, json=HELLO)

    async with server.running(), api(server) as client:
        found = (await client.get(path)).json()

    assert [each["content"] for each in found] == ["hello"]
    assert [shown.text for shown in ann.messages] == ["hello"]


async def test_a_benchmark_can_do_without_the_contract(tmp_path: Path) -> None:
    server = DiscordServer(token=TOKEN, folder=tmp_path, limits=Limits.none(), checked=False)
    path = f"/channels/{server.channel.id}/messages"

    async with server.running(), api(server) as client:
        answer = await client.post(path, json={**HELLO, "nonce": "x" * 26})

    assert (answer.status_code, server.violations) == (200, [])
