"""
The workflows of the workspace and their versions.

A version holds two graphs: the one of the canvas (`workflow`) and the one that runs
(`workflow_api`). They are large, so lists come without them.
"""

import json
from collections.abc import Mapping
from datetime import datetime

import attrs

from infrastructure.comfy_deploy.api.calls import Calls, given
from infrastructure.comfy_deploy.endpoints import (
    ALL_WORKFLOWS,
    CLONE_WORKFLOW,
    CREATE_VERSION,
    CREATE_WORKFLOW,
    DELETE_WORKFLOW,
    EXPORT_WORKFLOW,
    GET_VERSION,
    GET_VERSION_BY_ID,
    GET_WORKFLOW,
    LIST_VERSIONS,
    LIST_WORKFLOWS,
    PATCH_WORKFLOW,
)
from infrastructure.comfy_deploy.wire import row

Graph = Mapping[str, object]

PAGE_LIMIT = 100
"""How many rows a list has when nobody says it: the service's own default."""


@attrs.frozen(kw_only=True)
class Version:
    """One saved state of a workflow, without its graphs. Versions count from 1."""

    id: str = ""
    workflow_id: str = ""
    version: int = 0
    comment: str = ""
    user_id: str = ""
    machine_id: str = ""
    machine_version_id: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None


@attrs.frozen(kw_only=True)
class FullVersion(Version):
    """A version with its graphs, and with what its machine had installed."""

    workflow: Graph = attrs.field(factory=dict, repr=False)
    """The graph as the canvas shows it."""
    workflow_api: Graph = attrs.field(factory=dict, repr=False)
    """The graph that is run."""
    snapshot: Graph = attrs.field(factory=dict, repr=False)
    dependencies: Graph = attrs.field(factory=dict, repr=False)
    comfyui_snapshot: Graph = attrs.field(factory=dict, repr=False)


@attrs.frozen(kw_only=True)
class WorkflowRow:
    """One workflow as lists and changes answer it. "" is what the answer does not say."""

    id: str = ""
    name: str = ""
    description: str = ""
    user_id: str = ""
    user_name: str = ""
    org_id: str = ""
    selected_machine_id: str = ""
    cover_image: str = ""
    pinned: bool = False
    deleted: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None


@attrs.frozen(kw_only=True)
class FullWorkflow(WorkflowRow):
    """A workflow with its newest versions, newest first, graphs and all."""

    versions: tuple[FullVersion, ...] = ()


@attrs.frozen(kw_only=True)
class CreatedWorkflow:
    """What a new workflow is called from now on. `machine_id` is "" when none was given."""

    workflow_id: str = ""
    machine_id: str = ""


@attrs.frozen(kw_only=True)
class WorkflowExport:
    """A workflow as a file for ComfyUI: the canvas's graph, the graph that runs, the machine's."""

    workflow: Graph = attrs.field(factory=dict, repr=False)
    workflow_api: Graph = attrs.field(factory=dict, repr=False)
    environment: Graph = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class WorkflowOrder:
    """A workflow to be made. With a machine the service also deploys it, as `preview`."""

    name: str
    workflow: Graph = attrs.field(repr=False)
    workflow_api: Graph | None = attrs.field(default=None, repr=False)
    machine_id: str | None = None
    machine_version_id: str | None = None
    comfyui_snapshot: Graph | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class WorkflowChange:
    """What is to be different of a workflow; None stays as it is."""

    name: str | None = None
    description: str | None = None
    selected_machine_id: str | None = None
    cover_image: str | None = None
    pinned: bool | None = None
    deleted: bool | None = None


@attrs.frozen(kw_only=True)
class VersionOrder:
    """A version to be added. With a machine the service moves the `preview` deployment to it."""

    workflow: Graph = attrs.field(repr=False)
    workflow_api: Graph = attrs.field(repr=False)
    comment: str | None = None
    machine_id: str | None = None
    machine_version_id: str | None = None
    comfyui_snapshot: Graph | None = attrs.field(default=None, repr=False)


class Workflows:
    """
    Reads and changes workflows.

    Raises ServiceError as `Calls` does; NotThereError for an unknown workflow or version. An id
    that is no UUID makes the service crash instead: ServiceTroubleError (contract 3).
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def list(
        self,
        *,
        search: str = "",
        limit: int = PAGE_LIMIT,
        offset: int = 0,
        user_ids: str = "",
        machine_id: str = "",
    ) -> tuple[WorkflowRow, ...]:
        """
        Return one page of the workflows, pinned ones first. `user_ids` are joined by commas.

        Source: `GET /workflows`, contract 5.
        """
        wanted = {"search": search, "user_ids": user_ids, "machine_id": machine_id}
        query = {"limit": limit, "offset": offset} | _said(wanted)
        return await self._calls.many(WorkflowRow, LIST_WORKFLOWS, query=query)

    async def all(self, *, search: str = "", limit: int | None = None) -> tuple[WorkflowRow, ...]:
        """
        Return every workflow; `search` may also be an id.

        Works where `list` crashes for want of the service's directory of people.
        Source: `GET /workflows/all`, contract 5.
        """
        query = _said({"search": search}) | ({} if limit is None else {"limit": limit})
        return await self._calls.many(WorkflowRow, ALL_WORKFLOWS, query=query)

    async def get(self, workflow_id: str, *, versions: int = 1) -> FullWorkflow:
        """
        Return a workflow and its `versions` newest versions.

        Source: `GET /workflow/{id}`, contract 5.
        """
        at, query = {"workflow_id": workflow_id}, {"limit": versions}
        return await self._calls.one(FullWorkflow, GET_WORKFLOW, at=at, query=query)

    async def create(self, order: WorkflowOrder) -> CreatedWorkflow:
        """
        Make a workflow with its first version.

        Raises ServiceRefusedError (403) at the plan's limit. Without an answer it may exist: this
        is never repeated. Source: `POST /workflow`, which takes the graphs as text; contract 5.
        """
        body = given(
            name=order.name,
            workflow_json=_as_text(order.workflow),
            workflow_api=None if order.workflow_api is None else _as_text(order.workflow_api),
            machine_id=order.machine_id,
            machine_version_id=order.machine_version_id,
            comfyui_snapshot=order.comfyui_snapshot,
        )
        return await self._calls.one(CreatedWorkflow, CREATE_WORKFLOW, body=body)

    async def change(self, workflow_id: str, change: WorkflowChange) -> WorkflowRow:
        """
        Change a workflow, and return it as it is then.

        The service ignores everything else in a request that pins, so such a change is two calls
        and may end half done, with the pin missing. Source: `PATCH /workflow/{id}`, contract 5.
        """
        at = {"workflow_id": workflow_id}
        rest = given(**attrs.asdict(change, recurse=False) | {"pinned": None})
        pin = given(pinned=change.pinned)
        if rest and pin:
            await self._calls.raw(PATCH_WORKFLOW, at=at, body=rest)
        return await self._calls.one(WorkflowRow, PATCH_WORKFLOW, at=at, body=pin or rest)

    async def delete(self, workflow_id: str) -> None:
        """
        Delete a workflow. The service only hides it, and its deployments with it.

        Once deleted it is not there: a second time is NotThereError.
        Source: `DELETE /workflow/{id}`, contract 5.
        """
        await self._calls.raw(DELETE_WORKFLOW, at={"workflow_id": workflow_id})

    async def clone(self, workflow_id: str, *, name: str | None = None) -> WorkflowRow:
        """
        Copy a workflow's newest version into a new workflow, by default "<name> (Cloned)".

        Without an answer the copy may exist: this is never repeated.
        Source: `POST /workflow/{id}/clone`, contract 5.
        """
        at = {"workflow_id": workflow_id}
        return await self._calls.one(WorkflowRow, CLONE_WORKFLOW, at=at, body=given(name=name))

    async def versions(
        self, workflow_id: str, *, search: str = "", limit: int = PAGE_LIMIT, offset: int = 0
    ) -> tuple[Version, ...]:
        """
        Return one page of a workflow's versions, newest first. `search` looks into comments.

        Source: `GET /workflow/{id}/versions`, contract 5.
        """
        at = {"workflow_id": workflow_id}
        query = {"limit": limit, "offset": offset} | _said({"search": search})
        return await self._calls.many(Version, LIST_VERSIONS, at=at, query=query)

    async def version(self, workflow_id: str, number: int) -> FullVersion:
        """
        Return the version of that number, counted from 1.

        Source: `GET /workflow/{id}/version/{n}`, contract 5.
        """
        at = {"workflow_id": workflow_id, "number": str(number)}
        return await self._calls.one(FullVersion, GET_VERSION, at=at)

    async def version_by_id(self, version_id: str) -> FullVersion:
        """
        Return a version by its own id. One that is no UUID is ServiceRefusedError (422).

        Source: `GET /workflow-version/{id}`, contract 5.
        """
        return await self._calls.one(FullVersion, GET_VERSION_BY_ID, at={"version_id": version_id})

    async def add_version(self, workflow_id: str, order: VersionOrder) -> FullVersion:
        """
        Save a new version of a workflow, and return it.

        Raises ServiceRefusedError (403) at the plan's limit. Without an answer it may exist: this
        is never repeated. Source: `POST /workflow/{id}/version`, contract 5; its times are
        written in a way of their own (quirk C13).
        """
        at = {"workflow_id": workflow_id}
        body = given(**attrs.asdict(order, recurse=False))
        return await self._calls.one(FullVersion, CREATE_VERSION, at=at, body=body)

    async def export(self, workflow_id: str, *, version: int | None = None) -> WorkflowExport:
        """
        Return a workflow as a file for ComfyUI, of its newest version or of the one with a number.

        Source: `GET /workflow/{id}/export`, contract 5.
        """
        at = {"workflow_id": workflow_id}
        query = {} if version is None else {"version": version}
        body = dict(row(await self._calls.raw(EXPORT_WORKFLOW, at=at, query=query)))
        # The canvas's graph is the answer itself, with two keys more.
        return WorkflowExport(
            workflow_api=row(body.pop("workflow_api", None)),
            environment=row(body.pop("environment", None)),
            workflow=body,
        )


def _as_text(graph: Graph) -> str:
    """Return a graph as the JSON text that the service wants it in."""
    return json.dumps(graph, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _said(wanted: Mapping[str, str]) -> dict[str, str | int]:
    """Return what somebody has asked for: empty filters are left out."""
    return {name: value for name, value in wanted.items() if value}
