"""The workflows of ComfyUI Deploy: its deployments, one for each command."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import attrs
import structlog

from core.shared.errors import ServiceError
from core.shared.ids import DeploymentId, WorkflowName
from core.shared.ports import Clock
from core.workflows.model import Workflow
from core.workflows.ports import WorkflowCatalogue
from core.workflows.service import normal_name
from infrastructure.comfy_deploy.answers import CallError
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.endpoints import GET_DEPLOYMENT
from infrastructure.comfy_deploy.hot import deployment_rows
from infrastructure.comfy_deploy.inputs import inputs_of
from infrastructure.comfy_deploy.wire import DeploymentRow, row, rows

AT_ONCE = 4
"""How many deployments are asked for one by one at the same time."""

REST_AFTER_FAILURE_S = 30.0
"""How long an old list is served without trying again, after a try that failed."""

_ENVIRONMENTS = ("production", "staging")
_log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


@attrs.frozen
class _Known:
    """The last list that was read. `fresh_until` moves on when reading the next one fails."""

    workflows: tuple[Workflow, ...]
    read_at: datetime
    fresh_for: timedelta

    def is_fresh(self, now: datetime) -> bool:
        # A clock that was set back must not keep a list alive for days.
        return timedelta(0) <= now - self.read_at < self.fresh_for


class ComfyDeployCatalogue(WorkflowCatalogue):
    """
    Reads the list at most once in `ttl_s` seconds, for all who ask at the same time.

    An old list is better than none: it is served while the service does not answer.
    """

    def __init__(self, client: ComfyDeployClient, clock: Clock, ttl_s: float) -> None:
        self._client = client
        self._clock = clock
        self._ttl = timedelta(seconds=ttl_s)
        self._known: _Known | None = None
        self._reading: asyncio.Task[tuple[Workflow, ...]] | None = None

    async def all(self) -> Sequence[Workflow]:
        known = self._known
        if known is not None and known.is_fresh(self._clock.now()):
            return known.workflows
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
            self._reading.add_done_callback(self._ended)
        # The shield lets one caller leave without taking the list away from the others.
        return await asyncio.shield(self._reading)

    async def aclose(self) -> None:
        """Stop a reading that is under way."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    def _ended(self, reading: "asyncio.Task[tuple[Workflow, ...]]") -> None:
        self._reading = None
        if not reading.cancelled():
            reading.exception()  # Looked at, or asyncio complains when all callers have left.

    async def _read(self) -> tuple[Workflow, ...]:
        try:
            workflows = await self._workflows()
        except ServiceError as error:
            if self._known is None:
                raise
            _log.warning("catalogue.stale", problem=str(error))
            rest = min(self._ttl, timedelta(seconds=REST_AFTER_FAILURE_S))
            self._known = _Known(self._known.workflows, self._clock.now(), rest)
            return self._known.workflows
        self._known = _Known(workflows, self._clock.now(), self._ttl)
        return workflows

    async def _workflows(self) -> tuple[Workflow, ...]:
        gate = asyncio.Semaphore(AT_ONCE)
        best = _one_each(await self._deployments())
        made = await asyncio.gather(
            *(self._workflow(name, each, gate) for name, each in best.items())
        )
        return tuple(sorted(made, key=lambda each: each.name))

    async def _deployments(self) -> tuple[DeploymentRow, ...]:
        """Return both halves of the list; one alone only if there has never been a whole one."""
        halves = await deployment_rows(self._client)
        if halves.failures and (self._known is not None or not halves.found):
            raise halves.failures[0]
        for failure in halves.failures:
            _log.warning("catalogue.half", problem=str(failure))
        return halves.found

    async def _workflow(
        self, name: WorkflowName, found: DeploymentRow, gate: asyncio.Semaphore
    ) -> Workflow:
        input_types = found.input_types
        if input_types is None:
            async with gate:
                input_types = await self._input_types(found.id)
        return Workflow(
            name=name,
            title=found.workflow_name or name,
            deployment=DeploymentId(found.id),
            description=found.description,
            gpu=found.gpu,
            inputs=inputs_of(input_types),
        )

    async def _input_types(self, deployment: str) -> tuple[Mapping[str, object], ...]:
        try:
            body = row(await self._client.call(GET_DEPLOYMENT, at={"deployment_id": deployment}))
        except CallError as error:
            _log.warning("catalogue.no_inputs", deployment=deployment, problem=str(error))
            return ()
        return rows(body.get("input_types")) or ()


def _one_each(found: Iterable[DeploymentRow]) -> dict[WorkflowName, DeploymentRow]:
    """Return the best deployment of each workflow, and of workflows whose names are the same."""
    best: dict[WorkflowName, DeploymentRow] = {}
    for each in sorted(found, key=_goodness, reverse=True):
        name = normal_name(each.workflow_name) or normal_name(f"workflow_{each.workflow_id[:8]}")
        first = best.setdefault(name, each)
        if first.workflow_id != each.workflow_id:
            _log.warning(
                "catalogue.same_name", name=name, taken=first.workflow_id, left=each.workflow_id
            )
    return best


def _goodness(each: DeploymentRow) -> tuple[int, datetime]:
    """Return what the better one of two deployments has more of: environment first, then youth."""
    environments = list(reversed(_ENVIRONMENTS))
    rank = environments.index(each.environment) + 1 if each.environment in environments else 0
    return rank, each.updated_at
