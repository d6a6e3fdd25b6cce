"""The deployments of the workspace: a version of a workflow, on a machine, in an environment."""

from collections.abc import Iterable
from datetime import UTC, datetime

import attrs
import structlog

from core.shared.errors import NotThereError, ServiceTroubleError
from infrastructure.comfy_deploy.api.calls import Calls, given
from infrastructure.comfy_deploy.api.workflows import FullVersion, Version
from infrastructure.comfy_deploy.client import Query
from infrastructure.comfy_deploy.endpoints import (
    DEACTIVATE_DEPLOYMENT,
    DELETE_DEPLOYMENT,
    GET_DEPLOYMENT,
    LIST_DEPLOYMENTS,
    PATCH_DEPLOYMENT,
    SAVE_DEPLOYMENT,
    WORKFLOW_DEPLOYMENTS,
)
from infrastructure.comfy_deploy.halves import both_halves

ENVIRONMENTS = (
    "staging",
    "production",
    "public-share",
    "private-share",
    "community-share",
    "preview",
)
PAGE_SIZE = 50
"""Deployments of one answer. Each embeds both graphs, so 50 are 1 MB or more."""

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def loose_value(value: object) -> object:
    """Return a value of any kind as it came; a list as a tuple, so that nobody changes it."""
    return tuple(value) if isinstance(value, list) else value


@attrs.frozen(kw_only=True)
class InputType:
    """One input of a deployment, as a node of its graph declares it (contract 8)."""

    type: str = ""
    """`string`, `integer`, `float`, `boolean` or `binary`."""
    class_type: str = ""
    input_id: str = ""
    default_value: object = attrs.field(default=None, converter=loose_value)
    min_value: float | None = None
    max_value: float | None = None
    step: float | None = None
    display_name: str = ""
    description: str = ""
    enum_options: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class OutputType:
    """One output that a deployment's graph declares; most graphs declare none."""

    class_type: str = ""
    output_id: str = ""


@attrs.frozen(kw_only=True)
class WorkflowName:
    """The workflow of a deployment, by name."""

    id: str = ""
    name: str = ""
    cover_url: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class MachineName:
    """The machine of a deployment, by name."""

    id: str = ""
    name: str = ""


@attrs.frozen(kw_only=True)
class Deployment:
    """One deployment, without its two graphs."""

    id: str = ""
    user_id: str = ""
    org_id: str = ""
    workflow_id: str = ""
    workflow_version_id: str = ""
    machine_id: str = ""
    machine_version_id: str = ""
    environment: str = ""
    """One of ENVIRONMENTS, or one that is newer than this."""
    description: str = ""
    share_slug: str = ""
    dub_link: str = ""
    gpu: str = ""
    """Empty for the machine's own."""
    concurrency_limit: int | None = None
    run_timeout: float | None = None
    """Seconds that one run may take, the start of ComfyUI included."""
    idle_timeout: float | None = None
    """Seconds that a machine stays up without work."""
    keep_warm: int | None = None
    """How many machines are always up."""
    modal_image_id: str = ""
    modal_app_id: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    activated_at: datetime | None = None
    workflow: WorkflowName | None = None
    """None in answers to `save` and `change`, as `version` and the inputs are."""
    machine: MachineName | None = None
    """Only `of_workflow` tells it."""
    version: Version | None = None
    input_types: tuple[InputType, ...] = ()
    output_types: tuple[OutputType, ...] = ()


@attrs.frozen(kw_only=True)
class FullDeployment(Deployment):
    """One deployment whose version has both graphs."""

    version: FullVersion | None = None


@attrs.frozen(kw_only=True)
class DeploymentOrder:
    """
    A deployment to be made, or to be moved to another version or machine.

    A machine or a version of one is needed. Raises ValueError for an unknown environment: the
    service would answer it with the words for what does not exist (contract 5).
    """

    workflow_id: str
    workflow_version_id: str
    environment: str = attrs.field(validator=attrs.validators.in_(ENVIRONMENTS))
    machine_id: str | None = None
    machine_version_id: str | None = None
    description: str | None = None
    deployment_id: str | None = None


@attrs.frozen(kw_only=True)
class DeploymentChange:
    """What is to be different of a deployment; None stays as it is. Timeouts are seconds."""

    workflow_version_id: str | None = None
    machine_id: str | None = None
    machine_version_id: str | None = None
    gpu: str | None = None
    concurrency_limit: int | None = None
    run_timeout: int | None = None
    idle_timeout: int | None = None
    keep_warm: int | None = None


class Deployments:
    """
    Reads and changes deployments.

    Raises ServiceError as `Calls` does. The service answers 500 "Internal server error" for most
    that fails here, also for ids that it does not know: that is NotThereError (quirk C1).
    """

    def __init__(self, calls: Calls, *, page_size: int = PAGE_SIZE) -> None:
        self._calls = calls
        self._page_size = page_size

    async def list(self, environment: str | None = None) -> tuple[Deployment, ...]:
        """
        Return all deployments, or those of an environment, the last changed first.

        The service shows the half with and the half without an image of its own (`is_fluid`);
        both are asked for. One broken half is left out, with a warning: an Enum node whose
        options are no JSON breaks it. Raises the error of the first when both are broken.
        Source: `GET /deployments`, contract 5, quirks C8 and C9.
        """
        query = {} if environment is None else {"environment": environment}
        halves = await both_halves(lambda is_fluid: self._half({"is_fluid": is_fluid, **query}))
        for error in halves.failures:
            if halves.are_both_lost:
                # A list cannot be missing, but its 500 has the words for what is.
                lost = isinstance(error, NotThereError)
                raise ServiceTroubleError(str(error)) if lost else error
            _log.warning("deployments.half", problem=str(error))
        return _newest_first(halves.found)

    async def get(self, deployment_id: str) -> Deployment:
        """
        Return one deployment, without its graphs.

        Source: `GET /deployment/{id}`, contract 5, quirk C1.
        """
        return await self._calls.one(
            Deployment, GET_DEPLOYMENT, at={"deployment_id": deployment_id}
        )

    async def get_full(self, deployment_id: str) -> FullDeployment:
        """
        Return one deployment with both graphs of its version.

        Source: `GET /deployment/{id}`, contract 5, quirk C1.
        """
        return await self._calls.one(
            FullDeployment, GET_DEPLOYMENT, at={"deployment_id": deployment_id}
        )

    async def of_workflow(self, workflow_id: str) -> tuple[Deployment, ...]:
        """
        Return a workflow's deployments, of both halves; none for an unknown workflow, too.

        Source: `GET /workflow/{id}/deployments`, contract 5: no deployment is a 404.
        """
        at = {"workflow_id": workflow_id}
        try:
            return await self._calls.many(Deployment, WORKFLOW_DEPLOYMENTS, at=at)
        except NotThereError:
            return ()

    async def save(self, order: DeploymentOrder) -> Deployment:
        """
        Make the deployment of a workflow in an environment, or change the one that is there.

        Raises ServiceRefusedError (400) without a machine, NotThereError for an unknown workflow,
        version or machine. The answer has neither names nor inputs.
        Source: `POST /deployment`, contract 5.
        """
        body = given(**attrs.asdict(order))
        return await self._calls.one(Deployment, SAVE_DEPLOYMENT, body=body)

    async def change(self, deployment_id: str, change: DeploymentChange) -> Deployment:
        """
        Change a deployment. The answer has neither names nor inputs.

        Raises NotThereError for an unknown one, ServiceRefusedError (422) for an unknown GPU.
        Source: `PATCH /deployment/{id}`, contract 5.
        """
        at, body = {"deployment_id": deployment_id}, given(**attrs.asdict(change))
        return await self._calls.one(Deployment, PATCH_DEPLOYMENT, at=at, body=body)

    async def deactivate(self, deployment_id: str) -> Deployment:
        """
        Stop a deployment's machines. The next run starts them again.

        Raises ServiceRefusedError (400) while runs are open. By its source the service crashes
        for a deployment that has no app to stop: ServiceTroubleError.
        Source: `POST /deployment/{id}/deactivate`, contract 5.
        """
        return await self._calls.one(
            Deployment, DEACTIVATE_DEPLOYMENT, at={"deployment_id": deployment_id}
        )

    async def delete(self, deployment_id: str) -> None:
        """
        Delete a deployment that is shared; others cannot be deleted, and are NotThereError.

        Source: `DELETE /deployment/{id}`, contract 5, quirk C1.
        """
        await self._calls.raw(DELETE_DEPLOYMENT, at={"deployment_id": deployment_id})

    async def _half(self, query: Query) -> tuple[Deployment, ...]:
        found: dict[str, Deployment] = {}
        offset = 0
        while True:
            page = await self._calls.many(
                Deployment,
                LIST_DEPLOYMENTS,
                query={**query, "page_size": self._page_size, "offset": offset},
            )
            before = len(found)
            found.update((each.id, each) for each in page)
            # A service that knows no pages answers with the same rows for ever.
            if len(page) < self._page_size or len(found) == before:
                return tuple(found.values())
            offset += len(page)


def _newest_first(found: Iterable[Deployment]) -> tuple[Deployment, ...]:
    """Return each deployment once, by its last change; rows without an id are of no use."""
    known = {each.id: each for each in found if each.id}
    never = datetime.min.replace(tzinfo=UTC)
    return tuple(sorted(known.values(), key=lambda each: each.updated_at or never, reverse=True))
