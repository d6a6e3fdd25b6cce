"""The routes that show workflows and their versions."""

import attrs
from aiohttp import web

from infrastructure.emulator.answers import crash, json_answer, refusal
from infrastructure.emulator.database_words import is_uuid
from infrastructure.emulator.faults import API_PREFIX
from infrastructure.emulator.machines import MachineRow
from infrastructure.emulator.queue_body import (
    InvalidRequestError,
    ServiceCrashError,
    read_count,
    read_uuid,
)
from infrastructure.emulator.spelling import zoneless_time
from infrastructure.emulator.times import spaced_time
from infrastructure.emulator.versions import WorkflowVersion
from infrastructure.emulator.workflows import Workflow
from infrastructure.emulator.workspace import Workspace

NO_WORKFLOW = "Workflow not found or you don't have access to it"
_NO_VERSION = "Workflow version not found or you don't have access to it"


@attrs.define(kw_only=True)
class WorkflowRoutes:
    """Answers about workflows as the service does."""

    workspace: Workspace

    def add_to(self, app: web.Application) -> None:
        """Put the routes into an application."""
        router, base = app.router, API_PREFIX
        for path, handler in (
            ("workflows", self.list_workflows),
            ("workflows/all", self.list_all),
            ("workflow/{wf}", self.get_workflow),
            ("workflow/{wf}/versions", self.list_versions),
            ("workflow/{wf}/version/{number}", self.get_version),
            ("workflow/{wf}/export", self.export),
            ("workflow-version/{id}", self.get_version_by_id),
        ):
            router.add_get(f"{base}/{path}", handler, allow_head=False)

    async def list_workflows(self, request: web.Request) -> web.Response:
        """`GET /workflows`: pinned ones first, then the last that was changed."""
        query = request.query
        limit, offset = _page(request, limit=100)
        machine_id = query.get("machine_id")
        if machine_id and not is_uuid(machine_id):
            return crash()
        found = [
            one
            for one in self.workspace.workflows.all()
            if query.get("search", "").lower() in one.name.lower()
            and (not machine_id or one.selected_machine_id == machine_id)
        ]
        return json_answer([one.listed_row() for one in found[offset : offset + limit]])

    async def list_all(self, request: web.Request) -> web.Response:
        """`GET /workflows/all`: the last that was made first; `search` may be an id."""
        search = request.query.get("search", "")
        found = [
            one
            for one in self.workspace.workflows.all()
            if (one.id == search if is_uuid(search) else search.lower() in one.name.lower())
        ]
        found.sort(key=lambda one: one.created_at, reverse=True)
        limit = read_count(request.query.get("limit"), "limit", 0) or len(found)
        return json_answer([one.row() for one in found[:limit]])

    async def get_workflow(self, request: web.Request) -> web.Response:
        """`GET /workflow/{wf}`: with its newest versions, one unless more are asked for."""
        limit = read_count(request.query.get("limit"), "limit", 1)
        found = self._found(request)
        if found is None:
            return refusal(NO_WORKFLOW, 404)
        times = {
            "created_at": spaced_time(found.created_at),
            "updated_at": spaced_time(found.updated_at),
        }
        versions = [one.row(zoneless_time) for one in found.newest_versions()[:limit]]
        return json_answer(found.row() | times | {"versions": versions})

    async def list_versions(self, request: web.Request) -> web.Response:
        """`GET /workflow/{wf}/versions`: newest first; `search` looks into the comments."""
        limit, offset = _page(request, limit=100)
        found = self._found(request)
        if found is None:
            return refusal(NO_WORKFLOW, 404)
        search = request.query.get("search", "").lower()
        versions = [one for one in found.newest_versions() if search in (one.comment or "").lower()]
        page = versions[offset : offset + limit]
        return json_answer([one.row() | {"user_icon": None} for one in page])

    async def get_version(self, request: web.Request) -> web.Response:
        """`GET /workflow/{wf}/version/{number}`."""
        number = _number(request.match_info["number"], "path")
        found = self._found(request)
        version = None if found is None else found.version(number)
        return refusal(_NO_VERSION, 404) if version is None else json_answer(version.row())

    async def get_version_by_id(self, request: web.Request) -> web.Response:
        """`GET /workflow-version/{id}`."""
        version_id = read_uuid(request.match_info["id"], "path", "version")
        version = self.workspace.workflows.version(version_id)
        return refusal(_NO_VERSION, 404) if version is None else json_answer(version.row())

    async def export(self, request: web.Request) -> web.Response:
        """`GET /workflow/{wf}/export`: the drawing, with the graph and the machine inside."""
        asked = request.query.get("version")
        number = None if asked is None else _number(asked, "query")
        found = self._found(request)
        version = None if found is None else _newest_or(found, number)
        if version is None:
            return refusal(NO_WORKFLOW, 404)
        drawing = version.drawing or {}
        if not isinstance(drawing, dict):
            return crash()
        inside = {"workflow_api": version.graph or None, "environment": self._environment(version)}
        return json_answer(drawing | inside)

    def _found(self, request: web.Request) -> Workflow | None:
        workflow_id = request.match_info["wf"]
        if not is_uuid(workflow_id):
            raise ServiceCrashError
        return self.workspace.workflows.find(workflow_id)

    def _environment(self, version: WorkflowVersion) -> dict[str, object]:
        machine = self.workspace.machine(version.machine_id or "")
        return {} if machine is None else _as_environment(machine)


def _newest_or(workflow: Workflow, number: int | None) -> WorkflowVersion | None:
    if number is not None:
        return workflow.version(number)
    return next(iter(workflow.newest_versions()), None)


def _as_environment(machine: MachineRow) -> dict[str, object]:
    return {
        "comfyui_version": machine.comfyui_version,
        "gpu": machine.gpu,
        "docker_command_steps": None,
        "max_containers": machine.concurrency_limit,
        "install_custom_node_with_gpu": False,
        "run_timeout": machine.run_timeout,
        "scaledown_window": machine.idle_timeout,
        "extra_docker_commands": None,
        "base_docker_image": None,
        "python_version": None,
        "extra_args": None,
        "prestart_command": None,
        "min_containers": machine.keep_warm,
        "machine_hash": None,
        "disable_metadata": True,
    }


def _page(request: web.Request, *, limit: int) -> tuple[int, int]:
    query = request.query
    return read_count(query.get("limit"), "limit", limit), read_count(
        query.get("offset"), "offset", 0
    )


def _number(text: str, where: str) -> int:
    try:
        return int(text)
    except ValueError:
        msg = "Input should be a valid integer, unable to parse string as an integer"
        detail: dict[str, object] = {"type": "int_parsing", "loc": [where, "version"]}
        raise InvalidRequestError(detail | {"msg": msg, "input": text}) from None
