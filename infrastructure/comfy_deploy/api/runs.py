"""Runs: start, follow, stop and list them; their results and their logs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Self, TypeVar

import attrs

from core.generations.model import RunOutput, RunStatus
from core.shared.errors import ServiceTroubleError, SubmitUnclearError
from infrastructure.comfy_deploy.api.calls import Calls
from infrastructure.comfy_deploy.api.dialects import dialect_of, run_id_of
from infrastructure.comfy_deploy.api.run_orders import GraphOrder, RunOrder
from infrastructure.comfy_deploy.decoding import decoded
from infrastructure.comfy_deploy.endpoints import (
    DAYS_RUNS,
    GALLERY,
    LATEST_RUN,
    LIST_DEPLOYMENT_RUNS,
    LIST_FULL_RUNS,
    LIST_RUNS,
    QUEUE_GRAPH,
    RUN_LOGS,
    SYNC_GRAPH,
    SYNC_RUN,
    Endpoint,
)
from infrastructure.comfy_deploy.errors import run_error, submit_error, told_by
from infrastructure.comfy_deploy.outputs import outputs_of
from infrastructure.comfy_deploy.wire import Row, moment, row, rows, run_update, text

END_OF_LOG = "__END__"
"""A line that the service leaves in its logs, once or twice, and that nobody wrote."""

ServiceStatus = Literal[
    "not-started",
    "queued",
    "started",
    "running",
    "uploading",
    "success",
    "failed",
    "timeout",
    "cancelled",
]
"""The service's own words (contract 4.4). It answers 500 to a filter by any other."""

FileType = Literal["image", "video"]

_NAMES: Mapping[str, str] = {
    "status": "word",
    "duration": "total_s",
    "comfy_deploy_cold_start": "queue_s",
    "cold_start_duration": "cold_start_s",
    "cold_start_duration_total": "until_start_s",
    "workflow_inputs": "inputs",
}
_OURS = frozenset({"outputs", "progress", "live_status", "queue_position", "run_duration"})
"""Fields of theirs that `wire.run_update` understands better than a plain decoder."""


@attrs.frozen(kw_only=True)
class RunRow:
    """
    A run as the lists show it. Times are UTC, durations seconds; None is what was not told.

    `word` is the service's own status, and `status` what it stands for.
    """

    id: str = ""
    status: RunStatus = RunStatus.PENDING
    word: str = ""
    workflow_id: str = ""
    workflow_version_id: str = ""
    deployment_id: str = ""
    batch_id: str = ""
    machine_id: str = ""
    machine_type: str = ""
    gpu: str = ""
    origin: str = ""
    user_id: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    queued_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    total_s: float | None = None
    """From the order to the end."""
    queue_s: float | None = None
    """From the order to a container taking it."""
    cold_start_s: float | None = None
    """From a container taking it to ComfyUI being ready."""
    until_start_s: float | None = None
    """From the order to ComfyUI being ready."""
    run_s: float | None = None
    """From ComfyUI being ready to the end."""

    @classmethod
    def of(cls, body: Row) -> Self:
        """Return a row as it came, tolerantly."""
        plain = {_NAMES.get(key, key): each for key, each in body.items() if key not in _OURS}
        # Their word for the status is no RunStatus, so it is decoded under another name.
        update = run_update(body)
        return attrs.evolve(decoded(cls, plain), status=update.status, run_s=update.run_s)


@attrs.frozen(kw_only=True)
class Run(RunRow):
    """
    A run with everything that is told of it. A failed one does not say why: the logs may.

    `deployment_id` is told by lists only. `progress` is 0 to 1, and ends below 1 as a rule.
    `queue_position` is how many runs are before it at its machine.
    """

    progress: float = 0.0
    live_status: str = ""
    queue_position: int | None = None
    outputs: tuple[RunOutput, ...] = ()
    inputs: Mapping[str, object] = attrs.field(factory=dict)
    webhook: str = ""
    webhook_intermediate_status: bool = False
    machine_version: str = ""
    modal_function_call_id: str = ""
    gpu_event_id: str = ""
    org_id: str = ""

    @classmethod
    def of(cls, body: Row) -> Self:
        """Return a run as it came, tolerantly."""
        update = run_update(body)
        return attrs.evolve(
            super().of(body),
            progress=update.progress,
            live_status=update.live_status,
            queue_position=update.queue_position,
            outputs=update.outputs,
        )


@attrs.frozen(kw_only=True)
class Output:
    """What one node of a graph has made: files, whose URLs may die within 1 h, and texts."""

    id: str = ""
    run_id: str = ""
    node_id: str = ""
    node_class: str = ""
    created_at: datetime | None = None
    results: tuple[RunOutput, ...] = ()

    @classmethod
    def of(cls, body: Row) -> Self:
        """Return an output as it came, tolerantly."""
        node = row(body.get("node_meta"))
        return cls(
            id=text(body.get("id")) or text(body.get("output_id")),
            run_id=text(body.get("run_id")),
            node_id=text(node.get("node_id")),
            node_class=text(node.get("node_class")),
            created_at=moment(body.get("created_at")),
            results=outputs_of({"outputs": body.get("data")}),
        )


@attrs.frozen(kw_only=True)
class LogLine:
    """One line of a run's log. `level` is "" where the service tells none."""

    message: str = ""
    level: str = ""
    at: datetime | None = None


_R = TypeVar("_R", bound=RunRow)


class Runs:
    """
    Every call about runs. Which dialect the server speaks is a setting, and matters to nobody else.

    Starting a run is never repeated. It raises SubmitUnclearError when a run MAY have been started,
    InputRefusedError, ServiceRefusedError and ServiceBusyError when none was. Everything else is
    repeated for up to `retry_for_s`, and raises ServiceError as `Calls` tells.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._client = calls.client
        self._dialect = dialect_of(calls.client)

    async def queue(self, order: RunOrder) -> str:
        """Queue one run and return its id: `POST /run/deployment/queue`, may take 55 s (C3)."""
        return await self._dialect.queue(order)

    async def queue_graph(self, order: GraphOrder) -> str:
        """Queue one run of a graph and return its id: `POST /run/workflow/queue`."""
        with told_by(submit_error):
            return run_id_of(await self._client.call(QUEUE_GRAPH, body=order.body))

    async def sync(self, order: RunOrder) -> tuple[Output, ...]:
        """
        Have one run made, and return what each node made: `POST /run/deployment/sync`.

        Waits for the run's end, `run_timeout_s` at most. The machine must be serverless.
        """
        return await self._made(SYNC_RUN, order.body)

    async def sync_graph(self, order: GraphOrder) -> tuple[Output, ...]:
        """Have one run of a graph made, and return as `sync` does: `POST /run/workflow/sync`."""
        return await self._made(SYNC_GRAPH, order.body)

    async def get(self, run_id: str, *, queue_position: bool = True) -> Run:
        """
        Return one run: `GET /run/{run_id}`. Signed URLs in it are new, and live for 1 h.

        Raises RunUnknownError when there is no such run; without `queue_position` its place in the
        queue is not looked up.
        """
        body = await self._dialect.get(run_id, queue_position=queue_position)
        if "status" not in body:
            raise ServiceTroubleError("a run without a status")
        return Run.of(body)

    async def cancel(self, run_id: str) -> bool:
        """
        Stop a run: `POST /run/{run_id}/cancel`. True also for one that has ended already.

        False when the service cannot (yet): not spawned, not serverless, or not known (4.6).
        """
        return await self._dialect.cancel(run_id)

    async def list(
        self,
        workflow_id: str,
        *,
        status: ServiceStatus | None = None,
        deployment_id: str | None = None,
        since: datetime | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> tuple[RunRow, ...]:
        """
        Return a workflow's runs, newest first, slim: `GET /v2/workflow/{workflow_id}/runs`.

        `since` leaves out those that were ordered before it; it needs a zone.
        """
        query = _query(
            status=status,
            deployment_id=deployment_id,
            rf=None if since is None else int(since.timestamp()),
            limit=limit,
            offset=offset,
        )
        return await self._listed(RunRow, LIST_RUNS, workflow_id=workflow_id, query=query)

    async def list_full(
        self,
        workflow_id: str,
        *,
        with_inputs: bool = True,
        with_outputs: bool = True,
        limit: int = 25,
        offset: int = 0,
    ) -> tuple[Run, ...]:
        """
        Return a workflow's runs with all that is told: `GET /workflow/{workflow_id}/runs`.

        Heavy: each row carries its whole graph, which is dropped here.
        """
        query = _query(
            with_inputs=with_inputs, with_outputs=with_outputs, limit=limit, offset=offset
        )
        return await self._listed(Run, LIST_FULL_RUNS, workflow_id=workflow_id, query=query)

    async def of_deployment(
        self, deployment_id: str, *, limit: int = 60, offset: int = 0
    ) -> tuple[RunRow, ...]:
        """
        Return a deployment's runs, newest first, slim: `GET /deployment/{deployment_id}/runs`.

        Raises NotThereError when there is no such deployment, a 500 at the service (5).
        """
        query = _query(limit=limit, offset=offset)
        return await self._listed(
            RunRow, LIST_DEPLOYMENT_RUNS, deployment_id=deployment_id, query=query
        )

    async def latest(self, workflow_id: str) -> Run | None:
        """
        Return a workflow's newest run with its newest files, or None when it never ran.

        `GET /workflow/{workflow_id}/run/latest`.
        """
        found = await self._listed(Run, LATEST_RUN, workflow_id=workflow_id)
        return found[0] if found else None

    async def days(self, workflow_id: str) -> tuple[RunRow, ...]:
        """
        Return the id, the status and the moment of a day's runs, and nothing else of them.

        `GET /workflow/{workflow_id}/runs/day`.
        """
        return await self._listed(RunRow, DAYS_RUNS, workflow_id=workflow_id)

    async def gallery(
        self,
        workflow_id: str,
        *,
        file_type: FileType | None = None,
        origin: str | None = None,
        user_id: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> tuple[Output, ...]:
        """Return what good runs made, newest first: `GET /workflow/{workflow_id}/gallery`."""
        query = _query(
            file_type=file_type, origin=origin, user_id=user_id, limit=limit, offset=offset
        )
        at = {"workflow_id": workflow_id}
        return tuple(map(Output.of, await self._rows(GALLERY, at=at, query=query)))

    async def logs(self, run_id: str) -> tuple[LogLine, ...]:
        """
        Return a run's log, oldest line first: `GET /v2/clickhouse-run-logs/{run_id}`.

        Empty until about 5 s after the run's end, and again 30 days later. The service's own mark
        of the end is left out. Best effort: for operators.
        """
        with told_by(run_error):
            listed = rows(await self._client.call(RUN_LOGS, at={"run_id": run_id}))
        if listed is None:
            raise ServiceTroubleError("a log that is no list")
        return tuple(_log_line(each) for each in listed if each.get("log") != END_OF_LOG)

    async def _made(self, endpoint: Endpoint, body: Mapping[str, object]) -> tuple[Output, ...]:
        with told_by(submit_error):
            made = rows(await self._client.call(endpoint, body=body))
        if made is None:
            raise SubmitUnclearError("an answer without outputs")
        return tuple(map(Output.of, made))

    async def _listed(
        self,
        kind: type[_R],
        endpoint: Endpoint,
        *,
        query: Mapping[str, str | int | bool] | None = None,
        **at: str,
    ) -> tuple[_R, ...]:
        return tuple(map(kind.of, await self._rows(endpoint, at=at, query=query)))

    async def _rows(
        self,
        endpoint: Endpoint,
        *,
        at: Mapping[str, str],
        query: Mapping[str, str | int | bool] | None,
    ) -> tuple[Row, ...]:
        listed = rows(await self._calls.raw(endpoint, at=at, query=query))
        if listed is None:
            raise ServiceTroubleError(f"{endpoint.name} answered without a list")
        return listed


def _query(**fields: str | int | bool | None) -> dict[str, str | int | bool]:
    return {name: value for name, value in fields.items() if value is not None}


def _log_line(body: Row) -> LogLine:
    return LogLine(
        message=text(body.get("log")),
        level=text(body.get("log_type")),
        at=moment(body.get("timestamp")),
    )
