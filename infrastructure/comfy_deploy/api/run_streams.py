"""Runs as they go on: events, progress and log lines, one by one, as the service tells them."""

import asyncio
import reprlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from datetime import UTC, datetime

import attrs
import orjson
from httpx_sse import ServerSentEvent

from core.generations.model import RunOutput, RunStatus
from core.shared.errors import ServiceBusyError, ServiceTroubleError, SubmitUnclearError
from infrastructure.comfy_deploy.answers import CallError, excerpt
from infrastructure.comfy_deploy.api.calls import Calls
from infrastructure.comfy_deploy.api.run_orders import GraphOrder, RunOrder
from infrastructure.comfy_deploy.api.runs import LogLine, Runs
from infrastructure.comfy_deploy.breaker import BreakerOpenError
from infrastructure.comfy_deploy.endpoints import (
    STREAM_GRAPH,
    STREAM_LOGS,
    STREAM_PROGRESS,
    STREAM_RUN,
    Endpoint,
)
from infrastructure.comfy_deploy.errors import is_passing, run_error, submit_error, told_by
from infrastructure.comfy_deploy.outputs import outputs_of
from infrastructure.comfy_deploy.streams import opened
from infrastructure.comfy_deploy.wire import Row, known_status, moment, number, row, text

AGAIN_AFTER_S = 0.5
LONGEST_PAUSE_S = 5.0
"""
Before a stream of progress that has ended too early is opened again; the pause doubles as long as
nothing new is told.
"""


@attrs.frozen(kw_only=True)
class Step:
    """
    Something that happened on the way: `queuing`, `gpu_ready`, `executing`, `progress`, ...

    `node` is the graph's node that it is about; `detail` is what came with it, as it came.
    """

    name: str
    node: str = ""
    detail: Row = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Accepted:
    """ComfyUI has taken the graph; `node_errors` tells of nodes that it leaves out."""

    prompt_id: str
    node_errors: Row = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Refused:
    """ComfyUI does not take the graph. The only place where the service says why."""

    reason: str
    node_errors: Row = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Live:
    """What the run does now, and how far it is: 0 to 1."""

    live_status: str
    progress: float


@attrs.frozen(kw_only=True)
class Made:
    """What one node has just made."""

    node: str
    results: tuple[RunOutput, ...]


@attrs.frozen(kw_only=True)
class Changed:
    """The run's new status."""

    status: RunStatus


RunEvent = Step | Accepted | Refused | Live | Made | Changed | LogLine


@attrs.frozen(kw_only=True)
class RunProgress:
    """
    How far a run is. `progress` is 0 to 1, None when it is not known.

    `status` is None for what is no status: `word` is then `input`, `output`, or new to us.
    """

    run_id: str
    status: RunStatus | None
    word: str = ""
    progress: float | None = None
    node_class: str = ""
    at: datetime | None = attrs.field(default=None, eq=False)

    @property
    def is_end(self) -> bool:
        """Whether the run is over."""
        return self.status is not None and self.status.is_end


class RunStreams:
    """
    Streams of events. Close an iterator early with `contextlib.aclosing`: that ends its connection.

    Nothing is asked before the first event is waited for, and none lasts longer than
    `run_timeout_s`.
    """

    def __init__(self, calls: Calls, *, again_after_s: float = AGAIN_AFTER_S) -> None:
        self._client = calls.client
        self._runs = Runs(calls)
        self._again_after_s = again_after_s

    def stream(self, order: RunOrder) -> AsyncGenerator[RunEvent, None]:
        """
        Start one run and tell what happens to it, up to its end: `POST /run/deployment/stream`.

        Raises as `Runs.queue` does. SubmitUnclearError is also for a stream that ends, breaks off
        or takes too long before the run has ended: the service ends it so at any trouble (4.2).
        """
        return self._started(STREAM_RUN, order.body)

    def stream_graph(self, order: GraphOrder) -> AsyncGenerator[RunEvent, None]:
        """Start one run of a graph and tell as `stream` does: `POST /run/workflow/stream`."""
        return self._started(STREAM_GRAPH, order.body)

    async def progress(self, run_id: str) -> AsyncGenerator[RunProgress, None]:
        """
        Tell how far a run is, whenever that changes, up to its end: `GET /v2/stream-progress`.

        The service tells of every run of the account, and stops at the end of any (C12): others
        are left out, and the stream is opened again. It does not tell what was before, so the run
        itself is read each time. Raises RunUnknownError; ServiceTroubleError after `run_timeout_s`.
        """
        clock = asyncio.get_running_loop().time
        limit_s, pause_s = self._client.settings.run_timeout_s, self._again_after_s
        ends_at, last = clock() + limit_s, None
        while (left_s := ends_at - clock()) > 0:
            async with aclosing(self._progress_once(run_id.lower(), left_s)) as told:
                async for each in told:
                    if each == last:
                        continue
                    yield each
                    if each.is_end:
                        return
                    last, pause_s = each, self._again_after_s
            await asyncio.sleep(min(pause_s, max(0.0, ends_at - clock())))
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        raise ServiceTroubleError(f"no end of the run within {limit_s:g} s")

    async def logs(self, run_id: str) -> AsyncGenerator[LogLine, None]:
        """
        Tell the lines of a run's log as they are written, up to its end: `GET /v2/stream-logs`.

        Raises RunUnknownError when there is no such run, ServiceTroubleError for a log that breaks
        off or goes on for longer than `run_timeout_s`.
        """
        with told_by(run_error):
            async with opened(self._client, STREAM_LOGS, query={"run_id": run_id}) as frames:
                async for body in _bodies(frames):
                    if body.get("type") == "stream_complete":
                        return
                    if "error" in body:
                        raise ServiceTroubleError(_reason(body.get("error")))
                    if "message" in body:
                        yield _log_line(body, "message")
        raise ServiceTroubleError("the log broke off")

    async def _started(
        self, endpoint: Endpoint, body: Mapping[str, object]
    ) -> AsyncGenerator[RunEvent, None]:
        with told_by(submit_error):
            async with opened(self._client, endpoint, body=body) as frames:
                async for frame in frames:
                    event = _event(frame)
                    if event is not None:
                        yield event
                    if isinstance(event, Refused):
                        return
                    if isinstance(event, Changed) and event.status.is_end:
                        return
        raise SubmitUnclearError("the stream ended before the run")

    async def _progress_once(self, run_id: str, left_s: float) -> AsyncGenerator[RunProgress, None]:
        """Yield what one connection tells of the run; a passing failure just ends it."""
        query = {"run_id": run_id}
        try:
            async with opened(self._client, STREAM_PROGRESS, query=query, limit_s=left_s) as frames:
                yield await self._now(run_id)
                async for body in _bodies(frames):
                    if body.get("type") == "subscribed":
                        # What happened between reading and this was told to nobody.
                        yield await self._now(run_id)
                    elif text(body.get("run_id")).lower() == run_id:
                        yield _progress(run_id, body)
        except CallError as error:
            if not (is_passing(error) or isinstance(error, BreakerOpenError)):
                raise run_error(error) from error
        except (ServiceBusyError, ServiceTroubleError):
            return  # reading the run has failed for `retry_for_s`: the next connection reads it

    async def _now(self, run_id: str) -> RunProgress:
        run = await self._runs.get(run_id, queue_position=False)
        return RunProgress(
            run_id=run_id,
            status=run.status,
            word=run.word,
            progress=run.progress,
            node_class=run.live_status.removeprefix("Executing "),
            at=run.updated_at,
        )


async def _bodies(frames: AsyncIterator[ServerSentEvent]) -> AsyncGenerator[Row, None]:
    async for frame in frames:
        yield _body(frame)


def _body(frame: ServerSentEvent) -> Row:
    """Return the JSON object of an event; an empty one for anything else."""
    try:
        return row(orjson.loads(frame.data))
    except orjson.JSONDecodeError:
        return {}


def _event(frame: ServerSentEvent) -> RunEvent | None:
    """Return what one event of a run's stream says; None for one that says nothing (4.2)."""
    body = _body(frame)
    if frame.event == "log_update":
        return _log_line(body, "logs")
    name, data = text(body.get("event")), body.get("data")
    if not name:
        return _verdict(body)
    return _of_plugin(name, row(data)) or Step(
        name=name, node=_node(row(data)), detail=row(data) or {"data": data}
    )


def _verdict(body: Row) -> Accepted | Refused | None:
    """Return what ComfyUI says to the graph: the one event that has no name."""
    errors = row(body.get("node_errors"))
    if body.get("error"):
        return Refused(reason=_reason(body.get("error")), node_errors=errors)
    if text(body.get("prompt_id")):
        return Accepted(prompt_id=text(body.get("prompt_id")), node_errors=errors)
    return None


def _of_plugin(name: str, data: Row) -> Live | Made | Changed | None:
    """Return what the machine's own reports say; None for the events of ComfyUI."""
    if name == "live_status":
        progress = number(data.get("progress")) or 0.0
        return Live(live_status=text(data.get("live_status")), progress=_share(progress))
    if name == "output_ready":
        return Made(node=_node(data), results=outputs_of({"outputs": data.get("output")}))
    # ComfyUI has a status too, which is an object.
    status = known_status(data.get("status")) if name == "status" else None
    return None if status is None else Changed(status=status)


def _node(data: Row) -> str:
    found = data.get("node")
    return str(found) if isinstance(found, str | int) else ""


def _reason(error: object) -> str:
    # Shortened at every level: what is very deep cannot be written out whole.
    return excerpt(text(error) or text(row(error).get("message")) or reprlib.repr(error))


def _progress(run_id: str, body: Row) -> RunProgress:
    told = number(body.get("progress"))
    return RunProgress(
        run_id=run_id,
        status=known_status(body.get("status")),
        word=text(body.get("status")),
        progress=None if told is None or told < 0 else _share(told),
        node_class=text(body.get("node_class")),
        at=moment(body.get("timestamp")),
    )


def _share(progress: float) -> float:
    """Return progress as 0 to 1: some tell it as per cent."""
    return min(1.0, max(0.0, progress / 100 if progress > 1 else progress))


def _log_line(body: Row, key: str) -> LogLine:
    at, seconds = moment(body.get("timestamp")), number(body.get("timestamp"))
    if at is None and seconds is not None:
        at = _epoch(seconds)
    return LogLine(message=text(body.get(key)), level=text(body.get("level")), at=at)


def _epoch(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
