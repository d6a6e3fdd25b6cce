"""Streams of events over a real socket: in order, cut, foreign, too long, and left early."""

import json
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from core.generations.model import RunOutput, RunStatus
from core.shared.errors import (
    NotThereError,
    RunUnknownError,
    ServiceRefusedError,
    ServiceTroubleError,
    StationError,
    SubmitUnclearError,
)
from infrastructure.comfy_deploy.api.run_orders import GraphOrder, RunOrder
from infrastructure.comfy_deploy.api.run_streams import (
    Accepted,
    Changed,
    Live,
    Made,
    Refused,
    RunEvent,
    RunProgress,
    RunStreams,
    Step,
)
from infrastructure.comfy_deploy.api.runs import LogLine
from tests.infrastructure.comfy_deploy.api.recorded_runs import Given, given
from tests.infrastructure.comfy_deploy.loopback import (
    CRASH,
    HTML,
    Reply,
    json_reply,
)

RUN = "5e47a41f-7087-4d52-b59e-b75eae997673"
OTHER = "b2141af9-f87f-4e3a-b4d2-797280afec47"
ORDER = RunOrder(deployment_id="3116a278-66b0-44bf-9e3d-841e52ae82b1")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
URL = "http://127.0.0.1/x.png"
WAITS = json_reply({"id": RUN, "status": "queued"})
GOOD = json_reply({"id": RUN, "status": "success", "progress": 0.5})
END = ("status", {"prompt_id": RUN, "status": "success"})
T = TypeVar("T")


def frame(data: object, event: str = "") -> bytes:
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {json.dumps(data)}\n\n".encode()


def update(name: str, data: object = None) -> bytes:
    return frame({"event": name} | ({} if data is None else {"data": data}), "event_update")


def stream(*frames: bytes) -> Reply:
    """A stream that ends as the service ends it."""
    return Reply(raw=HEAD + b"Connection: close\r\n\r\n" + b"".join(frames))


def broken(*frames: bytes) -> Reply:
    """A stream that promises more than comes."""
    chunks = b"".join(f"{len(each):x}\r\n".encode() + each + b"\r\n" for each in frames)
    return Reply(raw=HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)


def progress(run_id: str, status: str, share: float = -1.0) -> bytes:
    return frame(
        {
            "run_id": run_id,
            "workflow_id": "w1",
            "machine_id": "m1",
            "progress": share,
            "status": status,
            "node_class": "KSampler",
            "timestamp": "2026-11-22T21:52:00.661Z",
        }
    )


def streams(asked: Given) -> RunStreams:
    return RunStreams(asked.calls, again_after_s=0.001)


async def all_of(events: AsyncGenerator[T, None]) -> list[T]:
    return [each async for each in events]


async def told(*frames: bytes) -> list[RunEvent]:
    """What a run's stream tells, beside its end."""
    async with given(stream(*frames, update(*END))) as asked:
        return (await all_of(streams(asked).stream(ORDER)))[:-1]


async def followed(*answers: Reply) -> list[RunProgress]:
    async with given(*answers) as asked:
        return await all_of(streams(asked).progress(RUN))


async def logged(*frames: bytes) -> list[LogLine]:
    async with given(stream(*frames)) as asked:
        return await all_of(streams(asked).logs(RUN))


async def test_the_events_of_a_run_come_in_their_order() -> None:
    events = await told(
        update("queuing"),
        update("function_call_id", "fc-1"),
        frame({"prompt_id": RUN, "number": 3, "node_errors": {}}, "event_update"),
        update("live_status", {"prompt_id": RUN, "live_status": "Executing X", "progress": 0.25}),
        frame({"logs": "loading", "timestamp": "2026-11-22T21:52:00Z"}, "log_update"),
    )

    assert events == [
        Step(name="queuing", detail={"data": None}),
        Step(name="function_call_id", detail={"data": "fc-1"}),
        Accepted(prompt_id=RUN),
        Live(live_status="Executing X", progress=0.25),
        LogLine(message="loading", at=datetime(2026, 11, 22, 21, 52, tzinfo=UTC)),
    ]


async def test_a_run_is_started_as_it_is_queued() -> None:
    async with given(stream(update(*END))) as asked:
        events = await all_of(streams(asked).stream(ORDER))

    assert events == [Changed(status=RunStatus.SUCCESS)]
    assert asked.line == "POST /run/deployment/stream"
    assert asked.sent == ORDER.body


async def test_a_graph_is_started_and_told_of_too() -> None:
    order = GraphOrder(workflow_id="w1", graph={"1": {"class_type": "SaveImage"}})
    async with given(stream(update(*END))) as asked:
        await all_of(streams(asked).stream_graph(order))

    assert (asked.line, asked.sent) == ("POST /run/workflow/stream", order.body)


async def test_what_a_node_made_is_told() -> None:
    output = {"images": [{"url": URL, "filename": "x.png", "type": "output"}], "text": ["a fox"]}

    assert await told(update("output_ready", {"node": "9", "output": output})) == [
        Made(node="9", results=(RunOutput(url=URL, filename="x.png"), RunOutput(text="a fox")))
    ]


async def test_an_event_of_comfyui_keeps_what_came_with_it() -> None:
    detail = {"node": "3", "value": 5, "max": 20}

    assert await told(update("progress", detail)) == [
        Step(name="progress", node="3", detail=detail)
    ]


async def test_the_queue_of_comfyui_is_not_taken_for_the_runs_status() -> None:
    detail = {"status": {"exec_info": {"queue_remaining": 1}}}

    assert await told(update("status", detail)) == [Step(name="status", detail=detail)]


async def test_a_time_in_seconds_is_one_in_utc() -> None:
    (line,) = await told(frame({"logs": "x", "timestamp": 1795385175.0}, "log_update"))

    assert line == LogLine(message="x", at=datetime.fromtimestamp(1795385175, UTC))


@pytest.mark.parametrize(
    "odd", [b"data: {half\n\n", b"data: [1]\n\n", b": comment\n\n", b"event: event_update\n\n"]
)
async def test_an_event_that_says_nothing_is_passed_over(odd: bytes) -> None:
    assert await told(odd, update("queuing")) == [Step(name="queuing", detail={"data": None})]


async def test_a_graph_that_is_refused_ends_the_stream_with_the_reason() -> None:
    refusal = {"error": {"message": "no outputs"}, "node_errors": {"3": {"errors": []}}}
    async with given(stream(frame(refusal, "event_update"))) as asked:
        events = await all_of(streams(asked).stream(ORDER))

    assert events == [Refused(reason="no outputs", node_errors={"3": {"errors": []}})]


@pytest.mark.parametrize("answer", [stream, broken])
async def test_a_stream_that_ends_before_its_run_leaves_a_doubt(
    answer: Callable[..., Reply],
) -> None:
    async with given(answer(update("queuing"), b"data: {'half")) as asked:
        events = streams(asked).stream(ORDER)
        await anext(events)
        with pytest.raises(SubmitUnclearError):
            await anext(events)

    assert len(asked.server.seen) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (HTML, SubmitUnclearError),
        (CRASH, SubmitUnclearError),
        (Reply(reset=True), SubmitUnclearError),
        ("unknown_order", ServiceRefusedError),
    ],
)
async def test_an_answer_that_is_no_stream_is_explained_as_a_submit_is(
    answer: str | Reply, error: type[StationError]
) -> None:
    async with given(answer) as asked:
        with pytest.raises(error):
            await all_of(streams(asked).stream(ORDER))


async def test_a_silent_stream_ends_with_the_time_for_runs() -> None:
    async with given(Reply(hang=True), run_timeout_s=0.05) as asked:
        with pytest.raises(SubmitUnclearError):
            await all_of(streams(asked).stream(ORDER))


async def test_progress_ends_with_its_run() -> None:
    events = await followed(
        stream(progress(RUN, "running", 0.25), progress(RUN, "success", 0.5)), WAITS
    )

    assert [(each.status, each.progress, each.node_class) for each in events] == [
        (RunStatus.PENDING, 0.0, ""),
        (RunStatus.RUNNING, 0.25, "KSampler"),
        (RunStatus.SUCCESS, 0.5, "KSampler"),
    ]


async def test_progress_is_asked_for_by_the_run() -> None:
    async with given(stream(progress(RUN, "failed")), WAITS) as asked:
        await all_of(streams(asked).progress(RUN.upper()))

    assert [each.target for each in asked.server.seen] == [
        f"/api/v2/stream-progress?run_id={RUN}",
        f"/api/run/{RUN}?queue_position=false",
    ]


async def test_runs_of_others_are_left_out_and_their_end_is_not_ours() -> None:
    events = await followed(
        stream(progress(OTHER, "running", 0.9), progress(OTHER, "success", 1.0)),
        WAITS,
        stream(progress(RUN, "cancelled")),
        WAITS,
    )

    assert {each.run_id for each in events} == {RUN}
    assert [each.status for each in events] == [RunStatus.PENDING, RunStatus.CANCELLED]


async def test_an_end_that_was_before_the_stream_is_found_by_reading_the_run() -> None:
    (event,) = await followed(broken(frame({"type": "connection_established"})), GOOD)

    assert (event.status, event.is_end, event.progress) == (RunStatus.SUCCESS, True, 0.5)


async def test_an_end_between_reading_and_hearing_is_found_too() -> None:
    events = await followed(broken(frame({"type": "subscribed"})), WAITS, GOOD)

    assert [each.word for each in events] == ["queued", "success"]


async def test_the_same_news_is_told_once() -> None:
    events = await followed(
        stream(progress(RUN, "running", 0.2), progress(RUN, "running", 0.2)),
        WAITS,
        stream(progress(RUN, "success")),
        json_reply({"id": RUN, "status": "running", "progress": 0.2}),
    )

    assert [each.word for each in events] == ["queued", "running", "running", "success"]


async def test_what_is_no_status_is_told_as_a_word() -> None:
    _, event, _ = await followed(stream(progress(RUN, "output"), progress(RUN, "success")), WAITS)

    assert (event.status, event.word, event.progress) == (None, "output", None)


@pytest.mark.parametrize("trouble", [CRASH, Reply(reset=True), broken(b"data: {")])
async def test_progress_goes_on_after_a_failure_that_passes(trouble: Reply) -> None:
    answers = [trouble, *([WAITS] if trouble.raw.startswith(HEAD) else [])]

    events = await followed(*answers, stream(progress(RUN, "success")), WAITS)

    assert events[-1].status is RunStatus.SUCCESS


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("no_stream", RunUnknownError),
        ("odd_run_id", RunUnknownError),
        (HTML, ServiceTroubleError),
        (json_reply({"detail": "Revoked token"}, status=401), ServiceRefusedError),
    ],
)
async def test_progress_that_cannot_be_had_is_explained(
    answer: str | Reply, error: type[StationError]
) -> None:
    async with given(answer) as asked:
        with pytest.raises(error):
            await all_of(streams(asked).progress(RUN))

    assert len(asked.server.seen) == 1


async def test_a_run_without_an_end_is_followed_for_its_time_and_no_longer() -> None:
    async with given(
        stream(), WAITS, stream(), WAITS, Reply(hang=True), run_timeout_s=0.1
    ) as asked:
        with pytest.raises(ServiceTroubleError, match=r"no end of the run within 0\.1 s"):
            await all_of(streams(asked).progress(RUN))


async def test_a_log_is_told_up_to_its_end() -> None:
    lines = await logged(
        frame({"message": "hello", "level": "info", "timestamp": "2026-11-22T22:06:15.374Z"}),
        frame({"type": "keepalive"}),
        frame({"message": "bye", "level": "error", "timestamp": "?"}),
        frame({"type": "stream_complete", "source": "clickhouse"}),
        frame({"message": "never told"}),
    )

    assert [(each.level, each.message) for each in lines] == [("info", "hello"), ("error", "bye")]
    assert lines[0].at == datetime(2026, 11, 22, 22, 6, 15, 374000, tzinfo=UTC)


async def test_a_log_is_asked_for_by_the_run() -> None:
    async with given(stream(frame({"type": "stream_complete"}))) as asked:
        await all_of(streams(asked).logs(RUN))

    assert asked.line == f"GET /v2/stream-logs?run_id={RUN}"


async def test_a_log_that_breaks_off_is_trouble() -> None:
    with pytest.raises(ServiceTroubleError, match="broke off"):
        await logged(frame({"message": "hello"}))


async def test_the_services_own_trouble_with_a_log_is_told() -> None:
    with pytest.raises(ServiceTroubleError, match="database is away"):
        await logged(frame({"error": "database is away"}))


async def test_the_log_of_a_run_that_is_not_there_is_not_had() -> None:
    async with given("no_log_stream") as asked:
        with pytest.raises(NotThereError):
            await all_of(streams(asked).logs(RUN))
