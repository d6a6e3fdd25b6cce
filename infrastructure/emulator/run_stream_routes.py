"""The routes that tell progress and logs of runs while they happen, or soon after."""

import uuid
from collections.abc import Mapping

import attrs
from aiohttp import web

from infrastructure.emulator.answers import json_answer
from infrastructure.emulator.faults import API_PREFIX
from infrastructure.emulator.gate import Gate
from infrastructure.emulator.queue_body import (
    RefusedError,
    ServiceCrashError,
    read_flag,
    read_uuid,
)
from infrastructure.emulator.run_answers import streamed_run
from infrastructure.emulator.run_feed import RunEvent, RunFeed, events_until_closed
from infrastructure.emulator.runs import LogLine, Run, RunBook
from infrastructure.emulator.settings import Dials
from infrastructure.emulator.spelling import seconds_between, sliced_time
from infrastructure.emulator.sse import is_left, open_stream, send
from infrastructure.emulator.workspace import Workspace

_PROGRESS_BY = ("run_id", "workflow_id", "machine_id")
_LOGS_BY = ("run_id", "machine_id_version", "session_id")
_NOT_ONE = "Exactly one ID type must be provided"
_LOOK_S = 0.02
_STATUSES = {"created": "input", "output": "output"}
_TOLD = ("created", "status", "node", "output")


@attrs.define(kw_only=True)
class RunStreamRoutes:
    """Tells about runs as the service does; nothing that is past is told again."""

    dials: Dials
    book: RunBook
    feed: RunFeed
    gate: Gate
    workspace: Workspace

    def add_to(self, app: web.Application) -> None:
        """Put the routes into an application."""
        for path, handler in (
            ("/v2/stream-progress", self.progress),
            ("/v2/stream-logs", self.logs),
            ("/v2/clickhouse-run-logs/{id}", self.kept_logs),
        ):
            app.router.add_get(API_PREFIX + path, handler, allow_head=False)

    async def progress(self, request: web.Request) -> web.StreamResponse:
        """
        `GET /v2/stream-progress`: what runs do, for a run, a workflow or a machine.

        Asked for one run it tells about all of them, and ends when any of them does.
        """
        name, value = _only(request.query, _PROGRESS_BY)
        self._must_exist(name, value)
        with_run = read_flag(request.query.get("return_run"), "return_run", default=False)
        with self.feed.following() as follower:
            stream = await open_stream(request)
            await send(stream, {"type": "connection_established"})
            await send(stream, {"type": "subscribed"})
            async for event in events_until_closed(follower, self.gate.closing):
                if event is None and is_left(request):
                    break
                if event is None or not _concerns(event, name, value):
                    continue
                if _passes(event, request.query):
                    await send(stream, self._told(event, with_run=with_run))
                if name == "run_id" and event.is_end:
                    break
        return stream

    async def logs(self, request: web.Request) -> web.StreamResponse:
        """`GET /v2/stream-logs`: the lines of a run's log, from its first to its last."""
        name, value = _only(request.query, _LOGS_BY)
        run = self.book.find(value) if name == "run_id" else None
        if run is None:
            raise RefusedError(_UNKNOWN.get(name, "Run not found"), 404)
        level = request.query.get("log_level")
        stream, told = await open_stream(request), 0
        while not (self.gate.closing.is_set() or is_left(request)):
            is_last = self._is_logged(run)
            lines = run.logs[told:]
            told += len(lines)
            for line in lines:
                if level in (None, line.level):
                    await send(stream, _log_frame(line))
            if is_last:
                await send(stream, {"type": "stream_complete", "source": "clickhouse"})
                break
            await self.gate.wait(_LOOK_S)
        return stream

    async def kept_logs(self, request: web.Request) -> web.Response:
        """`GET /v2/clickhouse-run-logs/{run_id}`: nothing until some seconds after the end."""
        run = self.book.find(read_uuid(request.match_info["id"], "path", "run_id"))
        if run is None or not self._is_logged(run):
            return json_answer([])
        end = LogLine(run.ended_at or run.updated_at, "__END__")
        return json_answer([_kept_row(run, line) for line in [*run.logs, end]])

    def _is_logged(self, run: Run) -> bool:
        since = seconds_between(run.ended_at, self.dials.now())
        return since is not None and since >= self.dials.settings.logs_after_s

    def _must_exist(self, name: str, value: str) -> None:
        try:
            uuid.UUID(value)
        except ValueError:
            raise ServiceCrashError from None
        is_known = {
            "run_id": self.book.find(value) is not None,
            "workflow_id": self.workspace.workflow_known(value),
            "machine_id": self.workspace.machine(value) is not None,
        }[name]
        if not is_known:
            raise RefusedError(f"{name.removesuffix('_id').capitalize()} not found", 404)

    def _told(self, event: RunEvent, *, with_run: bool) -> dict[str, object]:
        if with_run:
            return streamed_run(event.run, self.dials.now())
        return {
            "run_id": event.run.id,
            "workflow_id": event.run.deployment.workflow_id,
            "machine_id": event.run.deployment.machine_id,
            "progress": event.progress,
            "status": _STATUSES.get(event.kind, event.status),
            "node_class": event.node_class,
            "timestamp": sliced_time(event.at),
        }


_UNKNOWN = {"session_id": "Session not found", "machine_id_version": "Machine version not found"}


def _only(query: Mapping[str, str], names: tuple[str, ...]) -> tuple[str, str]:
    given = [name for name in names if query.get(name)]
    if len(given) != 1:
        raise RefusedError(_NOT_ONE, 400)
    return given[0], query[given[0]]


def _concerns(event: RunEvent, name: str, value: str) -> bool:
    if event.kind not in _TOLD:
        return False
    match name:
        case "workflow_id":
            return event.run.deployment.workflow_id == value
        case "machine_id":
            return event.run.deployment.machine_id == value
        case _:
            return True


def _passes(event: RunEvent, query: Mapping[str, str]) -> bool:
    status, deployment_id = query.get("status"), query.get("deployment_id")
    return status in (None, event.status) and deployment_id in (None, event.run.deployment_id)


def _log_frame(line: LogLine) -> dict[str, object]:
    return {"message": line.text, "level": line.level, "timestamp": sliced_time(line.at)}


def _kept_row(run: Run, line: LogLine) -> dict[str, object]:
    return {
        "run_id": run.id,
        "timestamp": sliced_time(line.at),
        "log": line.text,
        "user_id": None,
        "org_id": None,
        "log_type": "webhook" if line.level == "webhook" else None,
    }
