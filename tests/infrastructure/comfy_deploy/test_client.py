"""What is repeated, what is not, and what a failed call tells."""

import asyncio
import gc
import time

import pytest

from infrastructure.comfy_deploy.answers import AnswerError, CallError, NoAnswerError
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.endpoints import (
    CANCEL_RUN,
    GET_DEPLOYMENT,
    GET_RUN,
    LIST_DEPLOYMENTS,
    QUEUE_RUN,
    UPLOAD_FILE,
    Endpoint,
    Repeat,
)
from tests.infrastructure.comfy_deploy.loopback import (
    CHUNKS_CUT,
    CRASH,
    CUT,
    HANG,
    HTML,
    KEY,
    NOT_HTTP,
    RESET,
    SILENCE,
    TORN,
    Loopback,
    Reply,
    json_reply,
    reply,
    settings_for,
)

R1 = {"run_id": "r1"}
SLASHED_GET = Endpoint("GET", "/run/r1/", repeat=Repeat.SAFE)
SLASHED_POST = Endpoint("POST", "/run/deployment/queue/", repeat=Repeat.NEVER)
GOOD = json_reply({"id": "r1"})
PASSING = {
    "429": json_reply({"detail": "slow down"}, status=429),
    "500 in plain text": CRASH,
    "502 in HTML": reply("<html>Bad Gateway", status=502, kind="text/html"),
    "503": reply("", status=503, kind="text/plain"),
    "504": reply("", status=504, kind="text/plain"),
    "a reset": RESET,
    "silence": SILENCE,
    "a cut body": CUT,
    "torn JSON": TORN,
    "cut chunks": CHUNKS_CUT,
    "no HTTP at all": NOT_HTTP,
}


@pytest.mark.parametrize("trouble", PASSING.values(), ids=PASSING.keys())
async def test_t_04_a_question_is_repeated_when_trouble_passes(
    trouble: Reply, no_pauses: None
) -> None:
    async with Loopback(trouble, GOOD) as server:
        client = server.client()

        answer = await client.call(GET_RUN, at=R1)
        await client.aclose()

    assert answer == {"id": "r1"}
    assert len(server.seen) == 2


@pytest.mark.parametrize("trouble", PASSING.values(), ids=PASSING.keys())
async def test_t_05_what_must_not_arrive_twice_is_sent_once(
    trouble: Reply, no_pauses: None
) -> None:
    async with Loopback(trouble, GOOD) as server:
        client = server.client()

        with pytest.raises(CallError):
            await client.call(QUEUE_RUN, body={"inputs": {}})
        await client.aclose()

    assert len(server.seen) == 1


@pytest.mark.parametrize("trouble", [RESET, CRASH, json_reply({}, status=429)])
async def test_a_cancel_and_an_upload_are_repeated_too(trouble: Reply, no_pauses: None) -> None:
    async with Loopback(trouble, GOOD, trouble, GOOD) as server:
        client = server.client()

        await client.call(CANCEL_RUN, at=R1)
        await client.upload(UPLOAD_FILE, b"abc", name="a.png")
        await client.aclose()

    assert [each.method for each in server.seen] == ["POST"] * 4
    assert b'filename="a.png"' in server.seen[3].body


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 422])
async def test_a_clear_no_is_not_asked_for_again(status: int, no_pauses: None) -> None:
    async with Loopback(json_reply({"detail": "no"}, status=status)) as server:
        client = server.client()

        with pytest.raises(AnswerError, match=f"{status} application/json: no"):
            await client.call(GET_RUN, at=R1)
        await client.aclose()

    assert len(server.seen) == 1


async def test_a_500_that_means_not_found_is_not_asked_for_again(no_pauses: None) -> None:
    async with Loopback(json_reply({"detail": "Internal server error"}, status=500)) as server:
        client = server.client()

        with pytest.raises(AnswerError):
            await client.call(GET_DEPLOYMENT, at={"deployment_id": "unknown"})
        await client.aclose()

    assert len(server.seen) == 1


async def test_t_08_a_page_with_status_200_is_no_answer(no_pauses: None) -> None:
    async with Loopback(HTML) as server:
        client = server.client()

        with pytest.raises(AnswerError, match="200 text/html"):
            await client.call(LIST_DEPLOYMENTS)
        await client.aclose()


async def test_a_wish_to_be_asked_later_is_granted() -> None:
    busy = json_reply({}, status=429, headers={"Retry-After": "1"})
    async with Loopback(busy, GOOD) as server:
        client = server.client()

        begun = time.monotonic()
        await client.call(GET_RUN, at=R1)
        await client.aclose()

    assert time.monotonic() - begun >= 1.0


async def test_a_wish_to_be_asked_after_our_patience_ends_it_at_once() -> None:
    busy = json_reply({}, status=503, headers={"Retry-After": "3600"})
    async with Loopback(busy) as server:
        client = server.client(retry_for_s=5.0)

        begun = time.monotonic()
        with pytest.raises(AnswerError):
            await client.call(GET_RUN, at=R1)
        await client.aclose()

    assert time.monotonic() - begun < 1.0


async def test_repeating_ends_after_its_time() -> None:
    async with Loopback(CRASH) as server:
        client = server.client(retry_for_s=1.2, timeout_s=0.5)

        begun = time.monotonic()
        with pytest.raises(AnswerError):
            await client.call(GET_RUN, at=R1)
        await client.aclose()

    assert time.monotonic() - begun < 2.0
    assert len(server.seen) >= 2


async def test_an_answer_that_does_not_come_is_waited_for_no_longer_than_set() -> None:
    async with Loopback(HANG) as server:
        client = server.client(queue_timeout_s=0.2)

        with pytest.raises(NoAnswerError, match=r"within 0\.2 s"):
            await client.call(QUEUE_RUN, body={})
        await client.aclose()

    assert len(server.seen) == 1


async def test_a_hanging_question_is_asked_again_while_time_is_left(no_pauses: None) -> None:
    async with Loopback(HANG, GOOD) as server:
        client = server.client(timeout_s=0.2)

        answer = await client.call(GET_RUN, at=R1)
        await client.aclose()

    assert answer == {"id": "r1"}


async def test_nobody_at_the_address_is_no_answer(no_pauses: None) -> None:
    client = ComfyDeployClient(settings_for("http://127.0.0.1:9/api"))

    with pytest.raises(NoAnswerError):
        await client.call(GET_RUN, at=R1)

    await client.aclose()


async def test_a_redirected_question_is_followed_and_a_redirected_order_is_not() -> None:
    moved = reply("", status=307, headers={"Location": "/api/run/r1"})
    async with Loopback(moved, GOOD, moved) as server:
        client = server.client()

        await client.call(SLASHED_GET)
        with pytest.raises(AnswerError, match="307"):
            await client.call(SLASHED_POST)
        await client.aclose()

    assert len(server.seen) == 3


async def test_cookies_of_theirs_are_not_kept() -> None:
    baked = json_reply({}, headers={"Set-Cookie": "__session=theirs; Path=/"})
    async with Loopback(baked) as server:
        # By name, because cookies of a bare address are not kept anyway.
        client = ComfyDeployClient(settings_for(server.base_url.replace("127.0.0.1", "localhost")))

        await client.call(GET_RUN, at=R1)
        await client.call(GET_RUN, at=R1)
        await client.aclose()

    assert "cookie" not in server.seen[1].headers
    assert server.seen[1].headers["authorization"] == f"Bearer {KEY}"


async def test_an_error_shows_neither_our_key_nor_a_signature() -> None:
    signed = "https://b.s3.amazonaws.com/a.png?X-Amz-Signature=5ecre7"
    said = f"key {KEY}, Bearer abc.def, token eyJhbGciOi.eyJ1c2Vy.c2ln, file {signed} " + "x" * 900
    async with Loopback(json_reply({"detail": said}, status=400)) as server:
        client = server.client()

        with pytest.raises(AnswerError) as caught:
            await client.call(GET_RUN, at=R1)
        await client.aclose()

    shown = f"{caught.value} {client.settings!r}"
    assert not any(secret in shown for secret in (KEY, "5ecre7", "abc.def", "eyJ1c2Vy"))
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"detail": "Run not found"}, "Run not found"),
        ({"error": "Name is required"}, "Name is required"),
        ({"message": "Forbidden"}, "Forbidden"),
        ({"detail": [{"loc": ["path", "run_id"], "msg": "not a UUID"}]}, "path.run_id not a UUID"),
        ({"detail": None}, ""),
        ({"detail": {"msg": "odd"}}, "odd"),
        ([1, 2], ""),
        ("a string", ""),
    ],
)
async def test_t_14_every_form_of_an_error_is_read(body: object, detail: str) -> None:
    async with Loopback(json_reply(body, status=400)) as server:
        client = server.client()

        with pytest.raises(AnswerError) as caught:
            await client.call(GET_RUN, at=R1)
        await client.aclose()

    assert caught.value.detail == detail


@pytest.mark.filterwarnings("error")
async def test_a_closed_client_leaves_nothing_open() -> None:
    async with Loopback(GOOD) as server:
        client = server.client()
        await asyncio.gather(*(client.call(GET_RUN, at={"run_id": f"r{n}"}) for n in range(5)))

        await client.aclose()
        await client.aclose()
        del client
        gc.collect()

    assert len(server.seen) == 5


def test_a_client_can_be_made_where_no_loop_runs() -> None:
    client = ComfyDeployClient(settings_for("http://127.0.0.1:9/api/"))

    asyncio.run(client.aclose())

    assert client.settings.base_url == "http://127.0.0.1:9/api"
