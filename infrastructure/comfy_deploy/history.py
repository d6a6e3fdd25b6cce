"""How long runs took, as the service lists them: for workflows that ran little with us."""

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs
import structlog

from core.generations.model import RunStatus
from core.shared.errors import ServiceError
from core.shared.ids import WorkflowKey
from core.shared.ports import Clock
from core.workflows.model import Workflow
from core.workflows.ports import RunHistory, RunTime
from infrastructure.comfy_deploy.api.calls import Calls
from infrastructure.comfy_deploy.api.runs import RunRow, Runs
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.settings import LEGACY

RUNS_ASKED_FOR = 50
REMEMBERED = timedelta(hours=1)
REST_AFTER_FAILURE = timedelta(minutes=1)
PATIENCE_S = 0.5
"""How long a quote waits for a list at most; what comes later is there for the next one."""

BOOT_S = 3.0
"""ComfyUI is ready sooner than that in a container that was there already."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


@attrs.frozen(kw_only=True)
class _Told:
    """What was told of a workflow, and when it is asked for again."""

    runs: tuple[RunTime, ...]
    at: datetime
    lasts: timedelta

    def is_fresh(self, now: datetime) -> bool:
        # A clock that was set back must not keep it for days.
        return timedelta(0) <= now - self.at < self.lasts


class ToldRuns:
    """
    Remembers for an hour what the service told of each workflow's runs.

    Each list is asked for once, whoever waits for it. A failure is no answer, for a minute.
    """

    def __init__(self, client: ComfyDeployClient, clock: Clock) -> None:
        self._runs = Runs(Calls(client))
        self._clock = clock
        self._lists_runs = client.settings.dialect != LEGACY
        self._told: dict[WorkflowKey, _Told] = {}
        self._asking: dict[WorkflowKey, asyncio.Task[None]] = {}

    def known(self, workflow: WorkflowKey) -> Sequence[RunTime]:
        """Return what was told, newest first; nothing when it was never asked for."""
        told = self._told.get(workflow)
        return () if told is None else told.runs

    async def asked(self, workflow: WorkflowKey, *, patience_s: float) -> Sequence[RunTime]:
        """Return what is told, after so long at most; what is old is asked for on the side."""
        told = self._told.get(workflow)
        if self._may_ask(workflow) and not (told and told.is_fresh(self._clock.now())):
            question = self._question(workflow)
            if told is None:
                await asyncio.wait([question], timeout=patience_s)
        return self.known(workflow)

    async def aclose(self) -> None:
        """Give up what is on its way."""
        for each in tuple(self._asking.values()):
            each.cancel()
        if self._asking:
            await asyncio.wait(self._asking.values())

    def _may_ask(self, workflow: WorkflowKey) -> bool:
        # Deployments of no workflow have a key of another kind, at which the service fails.
        return self._lists_runs and _UUID.fullmatch(workflow) is not None

    def _question(self, workflow: WorkflowKey) -> asyncio.Task[None]:
        """Return what asks for a workflow's list, begun now unless it is on its way."""
        if workflow not in self._asking:
            question = asyncio.create_task(self._ask(workflow), name="run times")
            self._asking[workflow] = question
            question.add_done_callback(lambda _: self._asking.pop(workflow, None))
        return self._asking[workflow]

    async def _ask(self, workflow: WorkflowKey) -> None:
        try:
            listed = await self._runs.list(workflow, status="success", limit=RUNS_ASKED_FOR)
        except ServiceError as error:
            _log.info("history.not_told", workflow=workflow, problem=str(error))
            runs, lasts = tuple(self.known(workflow)), REST_AFTER_FAILURE
        else:
            times = [each for row in listed if (each := _run_time(row)) is not None]
            times.sort(key=lambda each: each.ended_at, reverse=True)
            runs, lasts = tuple(times), REMEMBERED
        self._told[workflow] = _Told(runs=runs, at=self._clock.now(), lasts=lasts)


class ApiRunHistory(RunHistory):
    """Knows the workspace's newest runs, whoever started them; `patience_s` None asks for none."""

    def __init__(self, told: ToldRuns, *, patience_s: float | None = PATIENCE_S) -> None:
        self._told = told
        self._patience_s = patience_s

    async def recent(self, workflow: Workflow, *, limit: int) -> Sequence[RunTime]:
        if self._patience_s is None:
            return self._told.known(workflow.key)[:limit]
        return (await self._told.asked(workflow.key, patience_s=self._patience_s))[:limit]


def _run_time(row: RunRow) -> RunTime | None:
    """Return the time of a listed run; None for one that does not tell it, or did not succeed."""
    if row.status is not RunStatus.SUCCESS or row.run_s is None or row.ended_at is None:
        return None
    return RunTime(
        ended_at=row.ended_at,
        run_s=row.run_s,
        wait_s=_wait_s(row),
        gpu=row.gpu or None,
        # A short boot proves nothing: some machines wake from a picture of their memory.
        was_cold=True if (row.cold_start_s or 0.0) >= BOOT_S else None,
    )


def _wait_s(row: RunRow) -> float | None:
    if row.until_start_s is not None:
        return row.until_start_s
    if row.queue_s is None or row.cold_start_s is None:
        return None
    return row.queue_s + row.cold_start_s
