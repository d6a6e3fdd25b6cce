"""The routes that show deployments."""

from collections.abc import Iterable

import attrs
from aiohttp import web

from infrastructure.emulator.answers import crash, json_answer, refusal
from infrastructure.emulator.database_words import is_uuid
from infrastructure.emulator.deployments import Deployment
from infrastructure.emulator.faults import API_PREFIX
from infrastructure.emulator.graphs import BrokenEnumError
from infrastructure.emulator.queue_body import read_count, read_environment, read_flag
from infrastructure.emulator.settings import Dials
from infrastructure.emulator.workspace import Workspace

_NONE_THERE = "Deployments not found or you don't have access to it"
_SHARED = ("id", "user_id", "org_id", "share_slug", "description", "environment", "workflow")


@attrs.define(kw_only=True)
class DeploymentRoutes:
    """Answers about deployments as the service does."""

    dials: Dials
    workspace: Workspace

    def add_to(self, app: web.Application) -> None:
        """Put the routes into an application."""
        router, base = app.router, API_PREFIX
        for path, handler in (
            ("deployments", self.list_deployments),
            ("deployments/community", self.list_community),
            ("deployments/featured", self.list_featured),
            ("deployment/{id}", self.get_deployment),
            ("workflow/{wf}/deployments", self.of_workflow),
            ("share/{user}/{slug}", self.get_shared),
        ):
            router.add_get(f"{base}/{path}", handler, allow_head=False)

    async def list_deployments(self, request: web.Request) -> web.Response:
        """`GET /deployments`: newest first, either those with a pinned image or those without."""
        query = request.query
        environment = read_environment(query.get("environment"))
        is_fluid = read_flag(query.get("is_fluid"), "is_fluid", default=False)
        found = [
            one
            for one in self.workspace.deployments()
            if environment in (None, one.environment)
            and is_fluid == (one.modal_image_id is not None)
        ]
        size = read_count(query.get("page_size"), "page_size", len(found))
        offset = read_count(query.get("offset"), "offset", 0)
        return self._rows(found[offset : offset + size])

    async def list_community(self, request: web.Request) -> web.Response:
        """`GET /deployments/community`: what was shared with everybody."""
        limit = read_count(request.query.get("limit"), "limit", 20)
        offset = read_count(request.query.get("offset"), "offset", 0)
        found = [
            one for one in self.workspace.deployments() if one.environment == "community-share"
        ]
        return self._rows(found[offset : offset + limit])

    async def list_featured(self, request: web.Request) -> web.Response:
        """`GET /deployments/featured`: those of the service's own account, so none."""
        del request
        return json_answer([])

    async def get_deployment(self, request: web.Request) -> web.Response:
        """`GET /deployment/{id}`: whatever is not found is a 500."""
        found = self.workspace.deployment(request.match_info["id"])
        if found is None or not self.workspace.workflow_known(found.workflow_id):
            return refusal("Internal server error", 500)
        try:
            return json_answer(self._row(found))
        except BrokenEnumError:
            return crash()

    async def of_workflow(self, request: web.Request) -> web.Response:
        """`GET /workflow/{wf}/deployments`: the only route that tells the machine's name."""
        workflow_id = request.match_info["wf"]
        if not is_uuid(workflow_id):
            return crash()
        found = [one for one in self.workspace.deployments() if one.workflow_id == workflow_id]
        if not found:
            return refusal(_NONE_THERE, 404)
        found.sort(key=lambda one: one.environment, reverse=True)
        try:
            return json_answer([self._row(one) | {"machine": self._machine(one)} for one in found])
        except BrokenEnumError:
            return crash()

    async def get_shared(self, request: web.Request) -> web.Response:
        """`GET /share/{user}/{slug}`: a public deployment, for anybody."""
        slug = f"{request.match_info['user']}_{request.match_info['slug']}"
        found = [
            one
            for one in self.workspace.deployments()
            if one.share_slug == slug and one.environment == "public-share"
        ]
        if not found:
            return refusal("Deployment not found", 404)
        row = self._row(found[0])
        shown = {name: row[name] for name in _SHARED}
        return json_answer(
            shown | {"input_types": row["input_types"], "output_types": row["output_types"]}
        )

    def _rows(self, found: Iterable[Deployment]) -> web.Response:
        try:
            return json_answer([self._row(one) for one in found])
        except BrokenEnumError:
            return crash()

    def _row(self, deployment: Deployment) -> dict[str, object]:
        return deployment.row(concurrency=self.dials.settings.concurrency)

    def _machine(self, deployment: Deployment) -> dict[str, object] | None:
        machine = self.workspace.machine(deployment.machine_id)
        return None if machine is None else {"id": machine.id, "name": machine.name}
