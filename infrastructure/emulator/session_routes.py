"""The routes of interactive sessions."""

import datetime as dt

import attrs
from aiohttp import web

from infrastructure.emulator.answers import crash, json_answer, refusal
from infrastructure.emulator.bodies import read_body
from infrastructure.emulator.database_words import is_uuid
from infrastructure.emulator.faults import API_PREFIX
from infrastructure.emulator.gpus import GPUS
from infrastructure.emulator.machines import MachineRow
from infrastructure.emulator.queue_body import read_flag
from infrastructure.emulator.sessions import Session
from infrastructure.emulator.settings import Dials
from infrastructure.emulator.workspace import Workspace

_USUAL_MINUTES = 15
_MOST_AT_ONCE = 5
_LONGEST_AHEAD = dt.timedelta(hours=1)
_OLDEST_BUILDER = 4
_TOO_MANY = (
    "You have reached the maximum number of concurrent sessions. Please close some sessions and "
    "try again."
)
_TOO_LONG = (
    "You can't have more than 1 hour of time remaining. \nIf you want to keep the session "
    "running, you can turn on 'Auto Expand Session' in the Menu (Top right hand corner) > "
    "Configuration."
)
_EXTENDED = {"message": "Timeout increased successfully"}


@attrs.define(kw_only=True)
class SessionRoutes:
    """Answers about sessions as the service does."""

    dials: Dials
    workspace: Workspace

    def add_to(self, app: web.Application) -> None:
        """Put the routes into an application."""
        router, base = app.router, API_PREFIX
        router.add_post(f"{base}/session", self.create)
        router.add_get(f"{base}/sessions", self.list_sessions, allow_head=False)
        router.add_get(f"{base}/session/{{id}}", self.get_session, allow_head=False)
        router.add_delete(f"{base}/session/{{id}}", self.close)
        router.add_post(f"{base}/session/{{id}}/increase-timeout", self.extend)

    async def create(self, request: web.Request) -> web.Response:
        """`POST /session`: only on a GPU that the service rents out."""
        body = await read_body(request)
        machine_id, gpu = body.text("machine_id"), body.optional_choice("gpu", GPUS)
        minutes = body.optional_whole("timeout") or _USUAL_MINUTES
        is_awaited = body.optional_flag("wait_for_server")
        body.check()
        if not is_uuid(machine_id):
            return crash()
        moment = self.dials.now()
        if len(self.workspace.sessions.open_ones(moment, machine_id)) >= _MOST_AT_ONCE:
            return refusal(_TOO_MANY, 400)
        machine = self.workspace.machine(machine_id)
        if machine is None:
            return refusal("Machine not found", 404)
        problem = _problem(machine)
        if problem is not None:
            return refusal(problem, 400)
        made = self.workspace.sessions.add(
            Session(
                machine_id=machine.id,
                machine_version_id=machine.version_id,
                gpu=gpu or machine.gpu,
                timeout=minutes,
                started_at=moment,
            )
        )
        return json_answer({"session_id": made.id, "url": made.url if is_awaited else None})

    async def list_sessions(self, request: web.Request) -> web.Response:
        """`GET /sessions`: those that are open, newest first."""
        machine_id = request.query.get("machine_id") or None
        if machine_id is not None and not is_uuid(machine_id):
            return crash()
        found = self.workspace.sessions.open_ones(self.dials.now(), machine_id)
        return json_answer([one.row() for one in found])

    async def get_session(self, request: web.Request) -> web.Response:
        """`GET /session/{id}`: one that is over is not found."""
        found = self._open(request)
        return refusal("GPUEvent not found", 404) if found is None else json_answer(found.row())

    async def extend(self, request: web.Request) -> web.Response:
        """`POST /session/{id}/increase-timeout`: up to one hour from now."""
        body = await read_body(request)
        minutes = body.whole("minutes")
        body.check()
        found = self._open(request)
        if found is None:
            return refusal("GPU event not found", 404)
        ends_at = found.ends_at + dt.timedelta(minutes=minutes)
        if ends_at - self.dials.now() > _LONGEST_AHEAD:
            return refusal(_TOO_LONG, 400)
        found.ends_at = ends_at
        return json_answer(_EXTENDED)

    async def close(self, request: web.Request) -> web.Response:
        """`DELETE /session/{id}`."""
        read_flag(request.query.get("wait_for_shutdown"), "wait_for_shutdown", default=False)
        found = self._open(request)
        if found is None:
            named = f"session_id: {request.match_info['id']}"
            return refusal(f"GPUEvent not found {named}, the event might be already closed", 404)
        found.closed_at = self.dials.now()
        return json_answer({"success": True})

    def _open(self, request: web.Request) -> Session | None:
        return self.workspace.sessions.open_one(request.match_info["id"], self.dials.now())


def _problem(machine: MachineRow) -> str | None:
    if not machine.is_serverless:
        return "Machine is not a Comfy Deploy Serverless machine"
    if int(machine.builder_version) < _OLDEST_BUILDER:
        return "Machine builder version is not larger than 4"
    return None
