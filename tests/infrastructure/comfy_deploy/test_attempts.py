"""Around every attempt: the breaker, the budget, the figures, and a span."""

import asyncio
import contextlib
import time

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from core.shared.statistics import BreakerState, Outcome, Saving
from infrastructure.comfy_deploy.answers import AnswerError, CallError, NoAnswerError
from infrastructure.comfy_deploy.breaker import BreakerOpenError
from infrastructure.comfy_deploy.budget import NoTurnError
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.endpoints import (
    CANCEL_RUN,
    GET_RUN,
    LIST_DEPLOYMENTS,
    LIST_RUNS,
    QUEUE_RUN,
    STREAM_PROGRESS,
)
from infrastructure.comfy_deploy.settings import ComfySettings
from tests.infrastructure.comfy_deploy.counting import CountingMeter
from tests.infrastructure.comfy_deploy.loopback import (
    HANG,
    KEY,
    RESET,
    Loopback,
    Reply,
    json_reply,
    reply,
)

GOOD = json_reply({"id": "r1", "run_id": "r1"})
BUSY = json_reply({"detail": "slow down"}, status=429)
DOWN = json_reply({}, status=502)
R1 = {"run_id": "r1"}


def client_of(
    server: Loopback,
    meter: CountingMeter | None = None,
    *,
    timeout_s: float = 2.0,
    retry_for_s: float = 0.05,
    calls_per_s: float = 0.0,
    breaker_open_s: float = 5.0,
) -> ComfyDeployClient:
    """Return a client whose breaker opens after three failures."""
    settings = ComfySettings(
        api_key=KEY,
        base_url=server.base_url,
        timeout_s=timeout_s,
        retry_for_s=retry_for_s,
        calls_per_s=calls_per_s,
        breaker_failures=3,
        breaker_open_s=breaker_open_s,
    )
    return ComfyDeployClient(settings, meter or CountingMeter())


async def failing(client: ComfyDeployClient, times: int) -> list[type[CallError]]:
    """Submit so often, and return what came of it."""
    errors: list[type[CallError]] = []
    for _ in range(times):
        with pytest.raises(CallError) as raised:
            await client.call(QUEUE_RUN, body={})
        errors.append(type(raised.value))
    return errors


async def test_a_service_that_is_down_is_left_in_peace() -> None:
    async with Loopback(RESET) as server:
        client = client_of(server)
        errors = await failing(client, 11)
        await client.aclose()

    assert errors == [NoAnswerError] * 9 + [BreakerOpenError] * 2
    assert len(server.seen) == 9


async def test_one_call_finds_out_that_the_service_is_back() -> None:
    meter = CountingMeter()
    async with Loopback(*[DOWN] * 9, GOOD) as server:
        client = client_of(server, meter, breaker_open_s=0.05)
        await failing(client, 9)
        await asyncio.sleep(0.06)
        answer = await client.call(QUEUE_RUN, body={})
        await client.aclose()

    assert answer == {"id": "r1", "run_id": "r1"}
    assert meter.states == [BreakerState.OPEN, BreakerState.PROBING, BreakerState.CLOSED]


@pytest.mark.parametrize(
    "refusal",
    [
        BUSY,
        json_reply({"detail": "Run not found"}, status=404),
        json_reply({"detail": "Error creating run: 502 Bad Gateway"}, status=502),
    ],
    ids=["busy", "not found", "a sick machine"],
)
async def test_a_service_that_says_no_is_not_down(refusal: Reply) -> None:
    async with Loopback(refusal) as server:
        client = client_of(server)
        errors = await failing(client, 12)
        await client.aclose()

    assert errors == [AnswerError] * 12


async def test_a_stream_that_flows_is_an_answer_while_it_goes_on() -> None:
    flowing = reply("data: 1", kind="text/event-stream", length=100)
    async with Loopback(*[DOWN] * 9, flowing, GOOD) as server:
        client = client_of(server, breaker_open_s=0.05)
        await failing(client, 9)
        await asyncio.sleep(0.06)
        async with client.stream(STREAM_PROGRESS):
            answer = await client.call(GET_RUN, at=R1)
        await client.aclose()

    assert answer == {"id": "r1", "run_id": "r1"}


async def test_a_list_of_runs_that_is_slow_opens_no_breaker() -> None:
    async with Loopback(*[DOWN] * 12, GOOD) as server:
        client = client_of(server, retry_for_s=0.01)
        while len(server.seen) < 12:
            with contextlib.suppress(AnswerError):
                await client.call(LIST_RUNS, at={"workflow_id": "w1"})
        answer = await client.call(GET_RUN, at=R1)
        await client.aclose()

    assert answer == {"id": "r1", "run_id": "r1"}


async def test_who_gets_no_turn_is_told_so_and_nothing_is_sent() -> None:
    async with Loopback(GOOD) as server:
        client = client_of(server, calls_per_s=0.2, timeout_s=0.1)
        await client.call(QUEUE_RUN, body={})
        with pytest.raises(NoTurnError):
            await client.call(QUEUE_RUN, body={})
        await client.aclose()

    assert len(server.seen) == 1


async def test_each_attempt_is_counted_by_what_came_of_it() -> None:
    meter = CountingMeter()
    async with Loopback(BUSY, GOOD) as server:
        client = client_of(server, meter, retry_for_s=5.0)
        await client.call(GET_RUN, at=R1)
        await client.aclose()

    assert meter.ended == {(GET_RUN.name, Outcome.BUSY): 1, (GET_RUN.name, Outcome.OK): 1}
    assert (meter.repeated[GET_RUN.name], meter.in_flight[GET_RUN.name]) == (1, 0)


async def test_bytes_and_seconds_are_counted() -> None:
    meter = CountingMeter()
    async with Loopback(GOOD) as server:
        client = client_of(server, meter)
        await client.call(QUEUE_RUN, body={"inputs": {}})
        await client.aclose()

    assert (meter.sent, meter.received) == (
        len('{"inputs":{}}'),
        len('{"id": "r1", "run_id": "r1"}'),
    )
    assert 0 < meter.seconds[0] < 2


async def test_a_cancelled_call_takes_its_request_back_and_is_counted() -> None:
    meter = CountingMeter()
    async with Loopback(HANG) as server:
        client = client_of(server, meter, timeout_s=30.0)
        asking = asyncio.create_task(client.call(CANCEL_RUN, at=R1))
        await server.asked.wait()
        asking.cancel()
        await asyncio.wait([asking])
        await client.aclose()

    assert meter.ended == {(CANCEL_RUN.name, Outcome.CANCELLED): 1}


async def test_t_16_the_same_question_by_many_is_one_call() -> None:
    meter = CountingMeter()
    async with Loopback(GOOD) as server:
        client = client_of(server, meter)
        await asyncio.gather(*(client.call(GET_RUN, at=R1) for _ in range(20)))
        await client.aclose()

    assert len(server.seen) == 1
    assert meter.saved == {(GET_RUN.name, Saving.SHARED): 19}


async def test_orders_are_never_shared() -> None:
    async with Loopback(GOOD) as server:
        client = client_of(server)
        await asyncio.gather(*(client.call(QUEUE_RUN, body={}) for _ in range(3)))
        await client.aclose()

    assert len(server.seen) == 3


async def test_t_13_calls_beyond_the_budget_wait_for_their_turn() -> None:
    async with Loopback(GOOD) as server:
        client = client_of(server, calls_per_s=50.0)
        began_s = time.monotonic()
        await asyncio.gather(*(client.call(QUEUE_RUN, body={}) for _ in range(110)))
        took_s = time.monotonic() - began_s
        await client.aclose()

    assert took_s >= 0.15  # 100 are the burst, the others come at 50 a second


async def test_t_13_a_route_that_costs_the_service_much_has_a_budget_of_its_own() -> None:
    async with Loopback(json_reply([])) as server:
        client = client_of(server, calls_per_s=1_000.0)
        began_s = time.monotonic()
        pages = [client.call(LIST_DEPLOYMENTS, query={"offset": n}) for n in range(5)]
        await asyncio.gather(*pages)
        took_s = time.monotonic() - began_s
        await client.aclose()

    assert took_s >= 0.4  # four are the burst, the fifth comes half a second later


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    """Record what is traced in this process from now on: the API takes a provider only once."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@pytest.fixture
def spans(exporter: InMemorySpanExporter) -> InMemorySpanExporter:
    """Have nothing recorded yet."""
    exporter.clear()
    return exporter


async def test_each_attempt_has_a_span_that_names_the_route(spans: InMemorySpanExporter) -> None:
    async with Loopback(GOOD) as server:
        client = client_of(server)
        await client.call(GET_RUN, at=R1)
        await client.aclose()

    (span,) = spans.get_finished_spans()
    assert span.name == "GET /run/{run_id}"
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "url.template": "/run/{run_id}",
        "server.address": "127.0.0.1",
        "http.response.status_code": 200,
    }


async def test_a_failed_attempt_says_so_and_shows_no_secret(spans: InMemorySpanExporter) -> None:
    leaky = json_reply({"detail": f"no such key: {KEY}"}, status=401)
    async with Loopback(leaky) as server:
        client = client_of(server)
        with pytest.raises(AnswerError):
            await client.call(QUEUE_RUN, body={})
        await client.aclose()

    (span,) = spans.get_finished_spans()
    assert span.status.status_code is trace.StatusCode.ERROR
    assert KEY not in span.to_json()
