"""
One reading of the workspace: the deployments, and what belongs to them, at the same time.

Without the deployments there is no reading. Names, machines and prices that cannot be read are
the last known ones, with a word for the operator.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

import attrs
import structlog

from core.shared.errors import NotThereError, ServiceError, ServiceTroubleError
from core.workflows.model import READY, Machine
from infrastructure.comfy_deploy.answers import CallError
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.connection import TooLargeError
from infrastructure.comfy_deploy.endpoints import (
    ALL_WORKFLOWS,
    GET_DEPLOYMENT,
    GPU_PRICING,
    LIST_DEPLOYMENTS,
    LIST_MACHINES,
)
from infrastructure.comfy_deploy.errors import read_error, told_by
from infrastructure.comfy_deploy.halves import Halves, both_halves
from infrastructure.comfy_deploy.hot import page_of
from infrastructure.comfy_deploy.paging import all_pages
from infrastructure.comfy_deploy.recovering import AT_ONCE, Recovered, can_be_recovered, recovered
from infrastructure.comfy_deploy.settings import LEGACY
from infrastructure.comfy_deploy.wire import (
    DeploymentRow,
    Row,
    deployment_row,
    number,
    row,
    rows,
    text,
)
from infrastructure.comfy_deploy.workspace import Workspace

PAGES = (50, 10, 2)
"""
Deployments of one answer. Each embeds both graphs, so 50 are 1 MB or more; where they are more
than one answer may have (32 MB), fewer are asked for.
"""

MACHINES_A_PAGE = 100

EMPTY_FOR = timedelta(seconds=60)
"""
So long a list that was not empty must be empty before it is believed: one odd answer of the
service must not take every command, and all forms with it, from everybody.
"""

NONE_LISTED = (
    "ComfyUI Deploy lists no deployment at all: the last known ones are used until it has said so "
    "for a minute."
)

_NOTHING = Workspace(read_at=datetime.min.replace(tzinfo=UTC))
_log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

T = TypeVar("T")


class WorkspaceReader:
    """Reads the workspace, with a few calls at a time."""

    def __init__(self, client: ComfyDeployClient) -> None:
        self._client = client
        self._empty_since: datetime | None = None

    async def read(self, known: Workspace | None, *, at: datetime) -> Workspace:
        """
        Return the workspace as it is at this moment, its graphs not yet read.

        `known` is what was read before: it fills up what cannot be read now. Raises ServiceError
        when the deployments cannot be read at all.
        """
        before = known or _NOTHING
        halves, names, machines, prices = await asyncio.gather(
            both_halves(lambda is_fluid: self._half(is_fluid=is_fluid)),
            self._beside("names of the workflows", self._names),
            self._beside("machines", self._machines),
            self._beside("prices of the GPUs", self._prices),
        )
        if halves.are_both_lost and not can_be_recovered(halves, names.value):
            raise _as_of_a_list(halves.failures[0])
        found = self._believed(await self._whole(halves, names.value, before), before, at=at)
        return Workspace(
            read_at=at,
            rows=await self._with_inputs(found.rows, before),
            names=before.names if names.value is None else names.value,
            machines=before.machines if machines.value is None else machines.value,
            gpu_usd_per_s=before.gpu_usd_per_s if prices.value is None else prices.value,
            troubles=(*found.troubles, *names.trouble, *machines.trouble, *prices.trouble),
            is_whole=found.is_whole,
        )

    async def _whole(
        self, halves: Halves[DeploymentRow], names: Mapping[str, str] | None, before: Workspace
    ) -> Recovered:
        if not halves.failures:
            return Recovered(rows=halves.found)
        return await recovered(self._client, halves, names=names, before=before)

    def _believed(self, found: Recovered, before: Workspace, *, at: datetime) -> Recovered:
        """Return what was read; what was known while an empty list is not believed yet."""
        if found.rows or not before.rows:
            self._empty_since = None
            return found
        since = self._empty_since or at
        # A clock that was set back begins anew.
        self._empty_since = since = min(since, at)
        if at - since >= EMPTY_FOR:
            return found
        _log.warning("catalogue.empty", known=len(before.rows))
        return Recovered(rows=before.rows, troubles=(*found.troubles, NONE_LISTED), is_whole=False)

    async def _half(self, *, is_fluid: bool) -> tuple[DeploymentRow, ...]:
        async def ask(offset: int, size: int) -> tuple[DeploymentRow | None, ...]:
            query = {"is_fluid": is_fluid, "page_size": size, "offset": offset}
            return await self._client.read(LIST_DEPLOYMENTS, page_of, query=query)

        *larger, smallest = PAGES
        with told_by(read_error):
            for size in larger:
                with contextlib.suppress(TooLargeError):
                    return _without_odd(await all_pages(ask, _id, size=size))
            return _without_odd(await all_pages(ask, _id, size=smallest))

    async def _names(self) -> Mapping[str, str]:
        # `/workflows/all` has them on one page, and answers where `/workflows` crashes for want of
        # the service's directory of people.
        listed = _listed(await self._client.call(ALL_WORKFLOWS))
        return {
            text(each.get("id")): text(each.get("name")).strip()
            for each in listed
            if text(each.get("id")) and each.get("deleted") is not True
        }

    async def _machines(self) -> Mapping[str, Machine]:
        async def ask(offset: int, size: int) -> tuple[Row, ...]:
            query = {"limit": size, "offset": offset, "is_deleted": False}
            return _listed(await self._client.call(LIST_MACHINES, query=query))

        found = await all_pages(ask, lambda each: text(each.get("id")), size=MACHINES_A_PAGE)
        return {each.id: each for each in map(_machine, found)}

    async def _prices(self) -> Mapping[str, float]:
        told = row(await self._client.call(GPU_PRICING))
        if not told:
            raise ServiceTroubleError("the answer has no prices")
        prices = ((name, number(price)) for name, price in told.items())
        return {name: price for name, price in prices if price is not None and price > 0}

    async def _beside(self, what: str, ask: Callable[[], Awaitable[T]]) -> "_Beside[T]":
        """Ask for something that a reading can do without."""
        if self._client.settings.dialect == LEGACY:
            return _Beside()  # a server of the first generation knows none of it
        try:
            with told_by(read_error):
                return _Beside(value=await ask())
        except ServiceError as error:
            _log.warning("catalogue.without", what=what, problem=str(error))
            said = f"The {what} could not be read ({error}): the last known ones are used."
            return _Beside(trouble=(said,))

    async def _with_inputs(
        self, found: Sequence[DeploymentRow], before: Workspace
    ) -> tuple[DeploymentRow, ...]:
        """Return the rows, those asked for one by one of which neither list nor graph tells."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def whole(each: DeploymentRow) -> DeploymentRow:
            if each.tells_inputs or each.version_id in before.facts:
                return each
            async with gate:
                return await self._asked_alone(each)

        if all(each.tells_inputs for each in found):
            return tuple(found)
        return tuple(await asyncio.gather(*map(whole, found)))

    async def _asked_alone(self, each: DeploymentRow) -> DeploymentRow:
        try:
            body = await self._client.call(GET_DEPLOYMENT, at={"deployment_id": each.id})
        except CallError as error:
            _log.warning("catalogue.no_inputs", deployment=each.id, problem=str(error))
            return each
        alone = deployment_row(row(body))
        if alone is None:
            return each
        return attrs.evolve(each, input_types=alone.input_types, graphs=alone.graphs)


@attrs.frozen
class _Beside(Generic[T]):
    """What was asked for beside the deployments; without a value it could not be had."""

    value: T | None = None
    trouble: tuple[str, ...] = ()


def _id(each: DeploymentRow | None) -> str:
    """Return by what a row of a page is told from the others; odd ones count as one."""
    return each.id if each else ""


def _without_odd(found: Sequence[DeploymentRow | None]) -> tuple[DeploymentRow, ...]:
    return tuple(each for each in found if each is not None)


def _listed(answer: object) -> tuple[Row, ...]:
    listed = rows(answer)
    if listed is None:
        raise ServiceTroubleError("the answer is not a list")
    return listed


def _machine(found: Row) -> Machine:
    return Machine(
        id=text(found.get("id")),
        name=text(found.get("name")),
        status=text(found.get("status")) or READY,
        gpu=text(found.get("gpu")) or None,
    )


def _as_of_a_list(error: ServiceError) -> ServiceError:
    """Return the error of a list: it cannot be missing, but its 500 has the words for what is."""
    return ServiceTroubleError(str(error)) if isinstance(error, NotThereError) else error
