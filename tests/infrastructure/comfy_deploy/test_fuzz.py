"""Answers spoiled in 10,000 ways go through our side: values and typed errors come out, no more."""

import asyncio
import json
import tracemalloc
from contextlib import suppress
from datetime import datetime

import pytest
import stamina

from core.shared.errors import StationError
from core.shared.ids import DeploymentId, JobId
from infrastructure.comfy_deploy.answers import CallError
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.endpoints import ENDPOINTS, LIST_DEPLOYMENTS
from infrastructure.comfy_deploy.gateway import ComfyDeployGateway
from tests.builders import LONG_AGO
from tests.infrastructure.comfy_deploy.counting import CountingMeter
from tests.infrastructure.comfy_deploy.fuzzing import (
    WORD,
    FuzzError,
    a_stage,
    answer_of,
    ask_all,
    decode,
    every_call,
    follow_all,
    only_typed_errors,
)
from tests.infrastructure.comfy_deploy.loopback import json_reply, settings_for
from tests.infrastructure.comfy_deploy.mutations import Mutant, mutant, stream_mutant

USUAL, FULL = 1_000, 10_000
REPLAYED = (159, 510, 859, 1005, 1428)
"""Their refusals hold something deep where a sentence belongs."""
REPLAYED_STREAMS = (62, 76, 316, 775, 1180)
"""Something deep for a reason; charsets that Python knows, and that are none."""
NAIVE_BREAKS = 20
MEBI = 1024 * 1024
MEMORY_LIMIT = 64 * MEBI
FLOOD, PIECE = 64 * MEBI, 64 * 1024


@pytest.mark.parametrize("first", range(0, USUAL, 250))
def test_spoiled_answers_become_values_or_typed_errors(first: int) -> None:
    for seed in range(first, first + 250):
        decode(mutant(seed))


@pytest.mark.full
@pytest.mark.parametrize("first", range(USUAL, FULL, 1_000))
def test_spoiled_answers_become_values_or_typed_errors_in_full(first: int) -> None:
    for seed in range(first, first + 1_000):
        decode(mutant(seed))


async def test_spoiled_answers_to_calls_become_values_or_typed_errors() -> None:
    await ask_all(range(USUAL))


@pytest.mark.full
async def test_spoiled_answers_to_calls_become_values_or_typed_errors_in_full() -> None:
    await ask_all(range(USUAL, FULL))


async def test_spoiled_streams_become_events_or_typed_errors() -> None:
    await follow_all(range(USUAL))


@pytest.mark.full
async def test_spoiled_streams_become_events_or_typed_errors_in_full() -> None:
    await follow_all(range(USUAL, FULL))


async def test_the_calls_that_are_tried_ask_every_endpoint() -> None:
    meter = CountingMeter()
    async with a_stage(meter) as (stage, client):
        stage.give(json_reply([{"id": WORD, "workflow_id": WORD, "upload_url": stage.root}]))
        for ask in every_call(client).values():
            with suppress(StationError):
                await ask()
        stage.give(json_reply({"workflow_id": WORD}))
        with suppress(StationError):
            await ComfyDeployGateway(client).find(DeploymentId(WORD), JobId("job"), since=LONG_AGO)

    streams = {each.name for each in ENDPOINTS if "stream" in each.path}
    assert set(meter.in_flight) | streams == {each.name for each in ENDPOINTS}


def test_the_same_seed_spoils_the_same_way_again() -> None:
    assert [mutant(seed) for seed in range(200)] == [mutant(seed) for seed in range(200)]
    assert stream_mutant(7) == stream_mutant(7)


def test_another_exception_is_told_with_its_seed() -> None:
    with (
        pytest.raises(FuzzError, match="seed=4711"),
        only_typed_errors(mutant(4711), path="naive"),
    ):
        raise KeyError("status")


def a_naive_client(tried: Mutant) -> tuple[object, ...]:
    """Read a run as one is tempted to: the negative control."""
    body = json.loads(tried.body.decode())
    body = body[0] if isinstance(body, list) else body
    done = datetime.fromisoformat(body["created_at"]) if "status" in body else None
    share = float(body.get("progress", 0))
    return body.get("status", "").upper(), done, share, [each["data"] for each in body["outputs"]]


def test_a_naive_client_breaks_on_these_answers() -> None:
    broken = 0
    for seed in range(USUAL):
        tried = mutant(seed)
        if not tried.about.startswith("GET /run"):
            continue
        try:
            with only_typed_errors(tried, path="naive"):
                a_naive_client(tried)
        except FuzzError:
            broken += 1

    assert broken > NAIVE_BREAKS


@pytest.mark.parametrize("seed", REPLAYED)
async def test_an_answer_that_once_broke_something_does_so_no_more(seed: int) -> None:
    decode(mutant(seed))
    await ask_all(range(seed, seed + 1))


@pytest.mark.parametrize("seed", REPLAYED_STREAMS)
async def test_a_stream_that_once_broke_something_does_so_no_more(seed: int) -> None:
    await follow_all(range(seed, seed + 1))


@pytest.mark.parametrize("word", ["http://", "eyJ-", "Bearer ", "https://a?"])
def test_a_long_refusal_is_explained_at_once(word: str) -> None:
    body = json.dumps({"detail": word * 30_000}).encode()
    tried = Mutant(seed=0, about=word, status=500, body=body)

    with only_typed_errors(tried, path="a long refusal"):
        answer_of(tried).json()


def test_no_answer_takes_much_memory() -> None:
    largest = sorted(map(mutant, range(USUAL)), key=lambda each: len(each.body))[-20:]
    tracemalloc.start()
    try:
        for each in largest:
            decode(each)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < MEMORY_LIMIT


class Flood:
    """A server that sends spaces for as long as somebody takes them, and counts them."""

    def __init__(self, *, told: bool) -> None:
        self._told = told
        self.sent = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        length = f"Content-Length: {FLOOD}\r\n" if self._told else ""
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{length}Connection: close"
        writer.write(head.encode() + b"\r\n\r\n")
        with suppress(ConnectionError):
            while self.sent < FLOOD:
                writer.write(b" " * PIECE)
                await writer.drain()
                self.sent += PIECE
        writer.close()


@pytest.mark.parametrize("told", [True, False], ids=["told", "not told"])
async def test_a_huge_answer_is_refused_before_it_is_read_whole(*, told: bool) -> None:
    flood = Flood(told=told)
    async with await asyncio.start_server(flood.serve, "127.0.0.1", 0) as server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api"
        client = ComfyDeployClient(settings_for(address))
        with stamina.set_testing(True, attempts=1), pytest.raises(CallError):
            await client.call(LIST_DEPLOYMENTS)
        await client.aclose()

    assert flood.sent < FLOOD
