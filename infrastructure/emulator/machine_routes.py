"""The routes that show machines, and those that change people's own."""

import datetime as dt

import attrs
from aiohttp import web

from infrastructure.emulator.answers import json_answer, refusal
from infrastructure.emulator.bodies import read_body
from infrastructure.emulator.faults import API_PREFIX
from infrastructure.emulator.machines import TYPES, MachineRow
from infrastructure.emulator.queue_body import read_count, read_flag, read_uuid
from infrastructure.emulator.settings import Dials
from infrastructure.emulator.workspace import Workspace

_NO_MACHINE = "Machine not found"
_KEPT_WARM = "Please set keep warm to 0 before deleting the machine."
_IN_USE = "You still have these workflows related to this machine: "
_SELF_HOSTED = ("classic", "runpod-serverless")
_EVENTS_OF = dt.timedelta(hours=24)


@attrs.define(kw_only=True)
class MachineRoutes:
    """Answers about machines as the service does."""

    dials: Dials
    workspace: Workspace

    def add_to(self, app: web.Application) -> None:
        """Put the routes into an application."""
        router, base = app.router, API_PREFIX
        router.add_get(f"{base}/machines", self.list_machines, allow_head=False)
        router.add_get(f"{base}/machines/all", self.list_all, allow_head=False)
        router.add_post(f"{base}/machine/custom", self.create)
        router.add_patch(f"{base}/machine/custom/{{id}}", self.change)
        router.add_get(f"{base}/machine/{{id}}", self.get_machine, allow_head=False)
        router.add_delete(f"{base}/machine/{{id}}", self.remove)
        router.add_get(f"{base}/machine/{{id}}/events", self.events, allow_head=False)

    async def list_machines(self, request: web.Request) -> web.Response:
        """`GET /machines`: the last that was changed first; deleted ones too unless refused."""
        query = request.query
        deleted = query.get("is_deleted")
        wanted = None if deleted is None else read_flag(deleted, "is_deleted", default=False)
        limit = read_count(query.get("limit"), "limit", 100)
        offset = read_count(query.get("offset"), "offset", 0)
        found = [
            one
            for one in self._searched(request)
            if wanted in (None, one.deleted)
            and one.is_workspace == _flag(request, "is_workspace")
            and _is_of_kind(request, one)
        ]
        return json_answer([self._slim(request, one) for one in found[offset : offset + limit]])

    async def list_all(self, request: web.Request) -> web.Response:
        """`GET /machines/all`: without deleted ones."""
        found = [one for one in self._searched(request) if not one.deleted]
        limit = read_count(request.query.get("limit"), "limit", 0) or len(found)
        return json_answer([one.slim_row() for one in found[:limit]])

    async def get_machine(self, request: web.Request) -> web.Response:
        """`GET /machine/{id}`: a deleted one is not found."""
        found = self.workspace.machine(_id(request))
        if found is None or found.deleted:
            return refusal(_NO_MACHINE, 404)
        return json_answer(found.row())

    async def create(self, request: web.Request) -> web.Response:
        """`POST /machine/custom`: a machine that somebody runs at their own place."""
        body = await read_body(request)
        name, kind = body.text("name"), body.choice("type", TYPES)
        endpoint, token = body.text("endpoint"), body.nullable_text("auth_token")
        body.check()
        made = MachineRow(
            name=name, type=kind, endpoint=endpoint, auth_token=token, created_at=self.dials.now()
        )
        return json_answer(self.workspace.machines.put(made).whole_row())

    async def change(self, request: web.Request) -> web.Response:
        """`PATCH /machine/custom/{id}`."""
        machine_id = _id(request)
        body = await read_body(request)
        name, kind = body.optional_text("name"), body.optional_choice("type", TYPES)
        endpoint, token = body.optional_text("endpoint"), body.optional_text("auth_token")
        body.check()
        old = self.workspace.machine(machine_id)
        if old is None:
            return refusal(_NO_MACHINE, 404)
        changed = attrs.evolve(
            old,
            name=name or old.name,
            type=kind or old.type,
            endpoint=endpoint or old.endpoint,
            auth_token=token or old.auth_token,
            updated_at=self.dials.now(),
        )
        return json_answer(self.workspace.machines.put(changed).whole_row())

    async def events(self, request: web.Request) -> web.Response:
        """`GET /machine/{id}/events`: for what its GPU was taken in the last day."""
        moment = self.dials.now()
        found = self.workspace.sessions.all(_id(request))
        fresh = [one for one in found if one.started_at >= moment - _EVENTS_OF]
        return json_answer([one.event_row(moment) for one in fresh])

    async def remove(self, request: web.Request) -> web.Response:
        """`DELETE /machine/{id}`: 402 while deployments are on it, unless it is forced."""
        is_forced = _flag(request, "force")
        found = self.workspace.machine(_id(request))
        if found is None:
            return refusal(_NO_MACHINE, 404)
        if found.keep_warm > 0:
            return refusal(_KEPT_WARM, 400)
        on_it = [one.name for one in self.workspace.deployments() if one.machine_id == found.id]
        if on_it and not is_forced:
            return refusal(_IN_USE + ",".join(on_it), 402)
        self.workspace.machines.put(attrs.evolve(found, deleted=True))
        return json_answer({"message": "Machine deleted"})

    def _searched(self, request: web.Request) -> list[MachineRow]:
        search = request.query.get("search", "").lower()
        return [one for one in self.workspace.machines.newest_first() if search in one.name.lower()]

    def _slim(self, request: web.Request, machine: MachineRow) -> dict[str, object]:
        row = machine.slim_row()
        if _flag(request, "include_docker_command_steps"):
            row["docker_command_steps"] = None
        if _flag(request, "include_has_workflows"):
            workflows = self.workspace.workflows.all()
            row["has_workflows"] = any(one.selected_machine_id == machine.id for one in workflows)
        return row


def _id(request: web.Request) -> str:
    return read_uuid(request.match_info["id"], "path", "machine_id")


def _flag(request: web.Request, name: str) -> bool:
    return read_flag(request.query.get(name), name, default=False)


def _is_of_kind(request: web.Request, machine: MachineRow) -> bool:
    if _flag(request, "is_self_hosted"):
        return machine.type in _SELF_HOSTED
    return machine.is_serverless or not _flag(request, "is_docker")
