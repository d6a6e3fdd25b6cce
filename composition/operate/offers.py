"""The workflows that the bot offers, each with its deployment, and those whose names collide."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

import attrs

from core.workflows.model import Workflow
from core.workflows.service import normal_name
from infrastructure.clock import SystemClock
from infrastructure.comfy_deploy.api.service import ComfyDeployApi
from infrastructure.comfy_deploy.catalogue import ComfyDeployCatalogue
from infrastructure.comfy_deploy.hot import deployment_rows
from infrastructure.comfy_deploy.wire import DeploymentRow

_NEVER = datetime.min.replace(tzinfo=UTC)
"""The moment that a row has whose own is not told."""


@attrs.frozen(kw_only=True)
class Offer:
    """One workflow as people can use it; `deployment` is None where the list does not tell it."""

    workflow: Workflow
    deployment: DeploymentRow | None = None

    @property
    def workflow_id(self) -> str | None:
        """The workflow's id at the service."""
        return self.deployment.workflow_id if self.deployment else None

    @property
    def environment(self) -> str | None:
        """Where it is deployed to: `production` as a rule."""
        return (self.deployment.environment or None) if self.deployment else None

    @property
    def updated_at(self) -> datetime | None:
        """When its deployment was changed last."""
        moment = self.deployment.updated_at if self.deployment else _NEVER
        return None if moment == _NEVER else moment


@attrs.frozen(kw_only=True)
class Clash:
    """Workflows of one name: people can use only the one that is offered."""

    name: str
    offered: DeploymentRow
    hidden: tuple[DeploymentRow, ...]

    @property
    def sentence(self) -> str:
        """What is the matter, and the way out."""
        others = ", ".join(f"“{each.workflow_name}” ({each.workflow_id})" for each in self.hidden)
        return (
            f"Several workflows are called {self.name}: “{self.offered.workflow_name}” "
            f"({self.offered.workflow_id}) is offered, and {others} is not: rename it in "
            "ComfyUI Deploy."
        )


@attrs.frozen(kw_only=True)
class Offered:
    """The whole of it. `lost` says why half of the list is missing, "" when none is."""

    offers: tuple[Offer, ...]
    clashes: tuple[Clash, ...]
    lost: str = ""


async def offered(api: ComfyDeployApi) -> Offered:
    """Return what is offered now, read anew. Raises ServiceError when nothing can be read."""
    catalogue = ComfyDeployCatalogue(
        api.client, SystemClock(), ttl_s=api.client.settings.catalogue_ttl_s
    )
    # All ask the same two questions at once, so the service is asked no more than twice.
    workflows, halves = await asyncio.gather(catalogue.all(), deployment_rows(api.client))
    found = halves.found
    by_id = {each.id: each for each in found}
    return Offered(
        offers=tuple(
            Offer(workflow=each, deployment=by_id.get(each.deployment)) for each in workflows
        ),
        clashes=tuple(_clashes(workflows, found)),
        lost=next(map(str, halves.failures), ""),
    )


def _clashes(workflows: Iterable[Workflow], found: Iterable[DeploymentRow]) -> Iterable[Clash]:
    """Find workflows other than the offered one that would have the same command."""
    of_name: dict[str, dict[str, DeploymentRow]] = defaultdict(dict)
    chosen: dict[str, str] = {each.deployment: each.name for each in workflows}
    kept: dict[str, DeploymentRow] = {}
    for each in found:
        of_name[normal_name(each.workflow_name)].setdefault(each.workflow_id, each)
        if each.id in chosen:
            kept[chosen[each.id]] = each
    for name, one in sorted(kept.items()):
        hidden = [each for key, each in of_name[name].items() if key != one.workflow_id]
        if hidden:
            yield Clash(name=name, offered=one, hidden=tuple(hidden))
