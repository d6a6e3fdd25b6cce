"""The routes that make, change and remove workflows and their versions."""

import json
import uuid

import attrs
from aiohttp import web

from infrastructure.emulator.answers import crash, json_answer, refusal
from infrastructure.emulator.bodies import Body, read_body
from infrastructure.emulator.database_words import is_uuid, not_an_id
from infrastructure.emulator.deploying import DeployError, DeployWish, deploy, machine_of
from infrastructure.emulator.faults import API_PREFIX
from infrastructure.emulator.queue_body import ServiceCrashError
from infrastructure.emulator.settings import Dials
from infrastructure.emulator.times import clipped_time, micro_time, offset_time
from infrastructure.emulator.versions import USER_ID, WorkflowVersion
from infrastructure.emulator.workflows import Workflow
from infrastructure.emulator.workspace import Workspace

_NO_WORKFLOW = "Workflow not found"
_FIRST_COMMENT = "initial version"


@attrs.define(kw_only=True)
class WorkflowChangeRoutes:
    """Changes workflows as the service does."""

    dials: Dials
    workspace: Workspace

    def add_to(self, app: web.Application) -> None:
        """Put the routes into an application."""
        router, base = app.router, API_PREFIX
        router.add_post(f"{base}/workflow", self.create)
        router.add_patch(f"{base}/workflow/{{wf}}", self.change)
        router.add_delete(f"{base}/workflow/{{wf}}", self.remove)
        router.add_post(f"{base}/workflow/{{wf}}/clone", self.clone)
        router.add_post(f"{base}/workflow/{{wf}}/version", self.save_version)

    async def create(self, request: web.Request) -> web.Response:
        """`POST /workflow`: with its first version, and a preview when there is a machine."""
        body = await read_body(request)
        name, drawn = body.text("name"), body.text("workflow_json")
        graph = body.optional_text("workflow_api")
        machine_id = body.optional_text("machine_id")
        build = body.optional_text("machine_version_id")
        snapshot = body.optional_table("comfyui_snapshot")
        body.check()
        try:
            drawing, api = json.loads(drawn), json.loads(graph) if graph else {}
        except ValueError:
            return json_answer({"error": "Invalid JSON format"}, 400)
        if any(text and not is_uuid(text) for text in (machine_id, build)):
            return crash()
        machine = machine_of(self.workspace, machine_id, build or None)
        if machine is None and (machine_id or build):
            missing = "Machine version" if build else "Machine"
            return json_answer({"error": f"{missing} not found"}, 404)
        chosen = None if machine is None else machine.id
        workflow = self._new_workflow(name, selected_machine_id=chosen)
        version = workflow.save(
            WorkflowVersion(
                workflow_id=workflow.id,
                number=1,
                graph=api if isinstance(api, dict) else {},
                drawing=drawing,
                comment=_FIRST_COMMENT,
                machine_id=chosen,
                machine_version_id=build,
                comfyui_snapshot=snapshot,
                created_at=workflow.created_at,
            )
        )
        if chosen is not None:
            self._preview(version, chosen, build)
        return json_answer({"workflow_id": workflow.id, "machine_id": chosen})

    async def change(self, request: web.Request) -> web.Response:
        """`PATCH /workflow/{wf}`: when it is pinned, nothing else in the body counts."""
        body = await read_body(request)
        pinned, deleted = body.optional_flag("pinned"), body.optional_flag("deleted")
        texts = {name: body.optional_text(name) for name in ("name", "description", "cover_image")}
        machine_id = body.optional_text("selected_machine_id")
        body.check()
        workflow = self._found(request)
        if workflow is None:
            return refusal(_NO_WORKFLOW, 404)
        if pinned is not None:
            workflow.pinned = pinned
            return json_answer(workflow.row())
        workflow.updated_at = self.dials.now()
        for name, text in texts.items():
            if text is not None:
                setattr(workflow, name, text)
        workflow.selected_machine_id = machine_id or workflow.selected_machine_id
        workflow.deleted = workflow.deleted if deleted is None else deleted
        self._rename_deployments(workflow)
        return json_answer(workflow.row() | {"updated_at": micro_time(workflow.updated_at)})

    async def remove(self, request: web.Request) -> web.Response:
        """`DELETE /workflow/{wf}`: it stays in the database, but nothing finds it any more."""
        workflow = self._found(request)
        if workflow is None:
            return refusal(_NO_WORKFLOW, 404)
        workflow.deleted, workflow.updated_at = True, self.dials.now()
        return json_answer({"message": "Workflow deleted successfully"})

    async def clone(self, request: web.Request) -> web.Response:
        """`POST /workflow/{wf}/clone`: the copy has the newest version as its first."""
        body = await read_body(request)
        name = body.optional_text("name")
        body.check()
        workflow = self._found(request)
        if workflow is None:
            return refusal(_NO_WORKFLOW, 404)
        copy = self._new_workflow(
            name or f"{workflow.name} (Cloned)", selected_machine_id=workflow.selected_machine_id
        )
        for version in workflow.newest_versions()[:1]:
            copy.save(
                attrs.evolve(
                    version,
                    id=str(uuid.uuid4()),
                    workflow_id=copy.id,
                    number=1,
                    comment=_FIRST_COMMENT,
                    machine_id=None,
                    machine_version_id=None,
                    comfyui_snapshot=None,
                    created_at=copy.created_at,
                    updated_at=copy.created_at,
                )
            )
        return json_answer(_clone_row(copy))

    async def save_version(self, request: web.Request) -> web.Response:
        """`POST /workflow/{wf}/version`: moves the preview to it when there is a machine."""
        body = await read_body(request)
        given = _version_fields(body)
        body.check()
        workflow_id = request.match_info["wf"]
        if not is_uuid(workflow_id):
            return refusal(not_an_id(workflow_id), 500)
        workflow = self.workspace.workflows.find(workflow_id)
        if workflow is None:
            return refusal(f"404: {_NO_WORKFLOW}", 500)
        last = max((one.number for one in workflow.versions), default=0)
        moment = self.dials.now()
        version = attrs.evolve(
            given, workflow_id=workflow.id, number=last + 1, created_at=moment, updated_at=moment
        )
        workflow.save(version)
        if version.machine_id is not None:
            try:
                self._preview(version, version.machine_id, None)
            except DeployError as error:
                workflow.versions.remove(version)
                return refusal(f"500: Internal server error: {error}", 500)
            workflow.selected_machine_id = version.machine_id
        return json_answer(version.row(clipped_time))

    def _new_workflow(self, name: str, *, selected_machine_id: str | None) -> Workflow:
        moment = self.dials.now()
        made = Workflow(name=name, selected_machine_id=selected_machine_id, created_at=moment)
        return self.workspace.workflows.add(made)

    def _preview(self, version: WorkflowVersion, machine_id: str, build: str | None) -> None:
        wish = DeployWish(
            version_id=version.id,
            workflow_id=version.workflow_id,
            environment="preview",
            machine_id=machine_id,
            machine_version_id=build,
        )
        deploy(self.workspace, wish, self.dials.now())

    def _rename_deployments(self, workflow: Workflow) -> None:
        for one in self.workspace.deployments():
            if one.workflow_id == workflow.id and one.name != workflow.name:
                self.workspace.deploy(one.renamed(workflow.name))

    def _found(self, request: web.Request) -> Workflow | None:
        workflow_id = request.match_info["wf"]
        if not is_uuid(workflow_id):
            raise ServiceCrashError
        return self.workspace.workflows.find(workflow_id)


def _version_fields(body: Body) -> WorkflowVersion:
    return WorkflowVersion(
        workflow_id="",
        number=0,
        drawing=body.table("workflow"),
        graph=body.table("workflow_api"),
        comment=body.optional_text("comment"),
        machine_id=body.optional_text("machine_id"),
        machine_version_id=body.optional_text("machine_version_id"),
        comfyui_snapshot=body.optional_table("comfyui_snapshot"),
    )


def _clone_row(copy: Workflow) -> dict[str, object]:
    row: dict[str, object] = {
        "id": copy.id,
        "name": copy.name,
        "org_id": None,
        "user_id": USER_ID,
        "created_at": offset_time(copy.created_at),
        "updated_at": offset_time(copy.updated_at),
        "pinned": False,
        "deleted": False,
    }
    if copy.selected_machine_id is not None:
        row["selected_machine_id"] = copy.selected_machine_id
    return row
