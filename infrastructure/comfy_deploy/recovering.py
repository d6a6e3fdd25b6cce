"""
What can be had of deployments whose list fails as a whole.

One Enum node whose options are no JSON list makes the service lose a whole half of the list (quirk
C8). Its workflows are then asked for one by one; of the one with that node, its graph tells the
inputs and what was known before its deployments.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus

import attrs
import structlog

from core.shared.errors import ServiceBusyError, ServiceError, ServiceRefusedError
from infrastructure.comfy_deploy.answers import AnswerError, CallError
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.endpoints import GET_WORKFLOW, WORKFLOW_DEPLOYMENTS
from infrastructure.comfy_deploy.errors import read_error, told_by
from infrastructure.comfy_deploy.halves import Halves
from infrastructure.comfy_deploy.hot import deployments_of
from infrastructure.comfy_deploy.wire import DeploymentRow, Graphs, Row, number, row, rows, text
from infrastructure.comfy_deploy.workspace import Workspace

AT_ONCE = 4
"""How many are asked for one by one at the same time."""

MOST_ONE_BY_ONE = 200
"""Workflows of one reading that are asked for one by one; of the others the old is kept."""

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


@attrs.frozen(kw_only=True)
class Recovered:
    """The deployments; `troubles` are sentences for the operator."""

    rows: tuple[DeploymentRow, ...]
    troubles: tuple[str, ...] = ()
    is_whole: bool = True
    """Whether all was read anew."""


def can_be_recovered(halves: Halves[DeploymentRow], names: Mapping[str, str] | None) -> bool:
    """Whether it is of use to ask for workflows one by one: the service answers, and takes us."""
    final = (ServiceRefusedError, ServiceBusyError)
    return bool(names) and not any(isinstance(each, final) for each in halves.failures)


async def recovered(
    client: ComfyDeployClient,
    halves: Halves[DeploymentRow],
    *,
    names: Mapping[str, str] | None,
    before: Workspace,
) -> Recovered:
    """Return what can be had beside the half that was read; `names` are all workflows' by id."""
    first = halves.failures[0]
    _log.warning("catalogue.half", problem=str(first))
    kept = _by_workflow(each for each in before.rows if each.has_image in halves.lost)
    if names is None or not can_be_recovered(halves, names):
        told = f"Half of the deployments could not be read ({first}): the last known ones are used."
        return _merged(halves.found, kept.values(), troubles=[told], is_whole=False)
    return await _OneByOne(client, names).recovered(halves, kept)


class _OneByOne:
    """Asks for the deployments of each workflow by itself."""

    def __init__(self, client: ComfyDeployClient, names: Mapping[str, str]) -> None:
        self._client = client
        self._names = names
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def recovered(
        self, halves: Halves[DeploymentRow], kept: Mapping[str, Sequence[DeploymentRow]]
    ) -> Recovered:
        asked = list(self._names)[:MOST_ONE_BY_ONE]
        answers = await asyncio.gather(*map(self._deployments, asked))
        lost = "The deployments" if halves.are_both_lost else "Half of the deployments"
        first = f"{lost} could not be read ({halves.failures[0]})"
        troubles = [f"{first}: the workflows were asked for one by one."]
        found: list[Sequence[DeploymentRow]] = []
        for workflow, answer in zip(asked, answers, strict=True):
            if isinstance(answer, ServiceError):
                known = kept.get(workflow, ())
                found.append(await self._by_its_graph(workflow, known))
                troubles.append(self._lost(workflow, answer, is_known=bool(known)))
            else:
                found.append(answer)
        left = list(self._names)[MOST_ONE_BY_ONE:]
        found += [kept.get(workflow, ()) for workflow in left]
        return _merged(
            halves.found, found, troubles=troubles, is_whole=len(troubles) == 1 and not left
        )

    async def _deployments(self, workflow: str) -> Sequence[DeploymentRow] | ServiceError:
        at = {"workflow_id": workflow}
        async with self._gate:
            try:
                with told_by(read_error):
                    return await self._asked(at)
            except ServiceError as error:
                return error

    async def _asked(self, at: Mapping[str, str]) -> Sequence[DeploymentRow]:
        try:
            return await self._client.read(WORKFLOW_DEPLOYMENTS, deployments_of, at=at)
        except AnswerError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return ()  # so it says that there are none
            raise

    async def _by_its_graph(
        self, workflow: str, known: Sequence[DeploymentRow]
    ) -> Sequence[DeploymentRow]:
        """Return the known deployments with what the workflow's newest version says of inputs."""
        if not known:
            return ()
        at = {"workflow_id": workflow}
        try:
            body = row(await self._client.call(GET_WORKFLOW, at=at, query={"limit": 1}))
        except CallError:
            return known
        newest = (rows(body.get("versions")) or ({},))[:1]
        last = max(each.version or 0 for each in known)
        # Most likely those of the last version were moved to this one, or all would be well.
        return [
            _moved(each, version) if (each.version or 0) == last else each
            for version in newest
            for each in known
        ]

    def _lost(self, workflow: str, error: ServiceError, *, is_known: bool) -> str:
        title = self._names[workflow] or workflow
        told = f"The deployments of “{title}” could not be read ({error})"
        hint = "look for an Enum node whose options are no JSON list"
        if is_known:
            return f"{told}: the last known ones are used; {hint}."
        return f"{told}, so it is not offered: {hint}."


def _moved(deployment: DeploymentRow, version: Row) -> DeploymentRow:
    """Return a deployment as it is when it runs this version; itself when it does already."""
    version_id, counted = text(version.get("id")), number(version.get("version"))
    if not version_id or version_id == deployment.version_id:
        return deployment
    return attrs.evolve(
        deployment,
        input_types=None,
        version_id=version_id,
        version=int(counted) if counted is not None and counted >= 1 else None,
        graphs=Graphs(api=version.get("workflow_api"), drawing=version.get("workflow")),
    )


def _by_workflow(found: Iterable[DeploymentRow]) -> dict[str, list[DeploymentRow]]:
    by_workflow: dict[str, list[DeploymentRow]] = defaultdict(list)
    for each in found:
        by_workflow[each.workflow_id].append(each)
    return by_workflow


def _merged(
    read: Sequence[DeploymentRow],
    others: Iterable[Sequence[DeploymentRow]],
    *,
    troubles: Sequence[str],
    is_whole: bool,
) -> Recovered:
    """Return each deployment once: as the half that was read shows it, else as the others do."""
    merged = {each.id: each for found in others for each in found}
    merged |= {each.id: each for each in read}
    return Recovered(rows=tuple(merged.values()), troubles=tuple(troubles), is_whole=is_whole)
