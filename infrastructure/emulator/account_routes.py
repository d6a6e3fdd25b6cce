"""The routes of the account: keys, plan, usage, prices and settings."""

import datetime as dt
from collections.abc import Iterator

import attrs
from aiohttp import web

from infrastructure.emulator.answers import json_answer
from infrastructure.emulator.bodies import Body, read_body, read_moment, read_texts
from infrastructure.emulator.database_words import is_uuid
from infrastructure.emulator.deployments import BORN
from infrastructure.emulator.faults import API_PREFIX
from infrastructure.emulator.plans import plan_row
from infrastructure.emulator.queue_body import ServiceCrashError, read_count
from infrastructure.emulator.runs import RunBook
from infrastructure.emulator.settings import Dials
from infrastructure.emulator.usage import PRICES, GpuTime, bill, by_day
from infrastructure.emulator.workspace import Workspace

_BALANCE = 1000
_TEXT_SETTINGS = (
    "api_version",
    "hugging_face_token",
    "output_visibility",
    "s3_access_key_id",
    "s3_secret_access_key",
    "s3_bucket_name",
    "s3_region",
    "assumed_role_arn",
)


@attrs.define(kw_only=True)
class AccountRoutes:
    """Answers about the account as the service does."""

    dials: Dials
    book: RunBook
    workspace: Workspace

    def add_to(self, app: web.Application) -> None:
        """Put the routes into an application."""
        router, base = app.router, f"{API_PREFIX}/platform"
        router.add_get(f"{base}/api-keys", self.list_keys, allow_head=False)
        router.add_post(f"{base}/api-keys", self.create_key)
        router.add_delete(f"{base}/api-keys/{{id}}", self.revoke_key)
        router.add_get(f"{base}/usage", self.usage, allow_head=False)
        router.add_get(f"{base}/usage-details", self.usage_details, allow_head=False)
        router.add_get(f"{base}/plan", self.plan, allow_head=False)
        router.add_get(f"{base}/gpu-pricing", self.prices, allow_head=False)
        router.add_post(f"{base}/check-limit", self.check_limit)
        router.add_get(f"{base}/user-settings", self.show_settings, allow_head=False)
        router.add_put(f"{base}/user-settings", self.change_settings)

    async def list_keys(self, request: web.Request) -> web.Response:
        """`GET /platform/api-keys`: those that hold, newest first, all but four signs hidden."""
        found = self.workspace.keys.listed(request.query.get("search", ""))
        offset = read_count(request.query.get("offset"), "offset", 0)
        limit = read_count(request.query.get("limit"), "limit", len(found))
        return json_answer([one.row(masked=True) for one in found[offset : offset + limit]])

    async def create_key(self, request: web.Request) -> web.Response:
        """`POST /platform/api-keys`: the only time that the key is told in full."""
        body = await _loose_body(request)
        name = body.get("name")
        if not name:
            return json_answer({"error": "Name is required"}, 400)
        return json_answer({"key": self.workspace.keys.make(str(name), self.dials.now()).key})

    async def revoke_key(self, request: web.Request) -> web.Response:
        """`DELETE /platform/api-keys/{id}`: the answer has the whole key once more."""
        key_id = request.match_info["id"]
        if not is_uuid(key_id):
            raise ServiceCrashError
        found = self.workspace.keys.revoke(key_id)
        if found is None:
            return json_answer({"error": "API key not found"}, 404)
        return json_answer(found.row(masked=False))

    async def usage(self, request: web.Request) -> web.Response:
        """`GET /platform/usage`: GPU time by machine since the account began, unless asked."""
        query = request.query
        start = read_moment(query["start_time"], "start_time") if "start_time" in query else BORN
        end = read_moment(query["end_time"], "end_time") if "end_time" in query else None
        end = end or self.dials.now()
        return json_answer(bill(self._used(start, end), start, end))

    async def usage_details(self, request: web.Request) -> web.Response:
        """`GET /platform/usage-details`: costs by day and GPU."""
        start, end = read_texts(request, "start_time", "end_time")
        used = self._used(read_moment(start, "start_time"), read_moment(end, "end_time"))
        return json_answer(by_day(used))

    async def plan(self, request: web.Request) -> web.Response:
        """`GET /platform/plan`."""
        del request
        machines = [one for one in self.workspace.machines.newest_first() if not one.deleted]
        workflows = self.workspace.workflows.all()
        row = plan_row(machines=len(machines), workflows=len(workflows), moment=self.dials.now())
        return json_answer(row)

    async def prices(self, request: web.Request) -> web.Response:
        """`GET /platform/gpu-pricing`: USD per second."""
        del request
        return json_answer(PRICES)

    async def check_limit(self, request: web.Request) -> web.Response:
        """`POST /platform/check-limit`: everything is allowed up to the balance."""
        read_texts(request, "feature_id")
        wanted = read_count(request.query.get("required_balance"), "required_balance", 1)
        return json_answer({"allowed": wanted <= _BALANCE, "balance": _BALANCE})

    async def show_settings(self, request: web.Request) -> web.Response:
        """`GET /platform/user-settings`."""
        del request
        return json_answer(self.workspace.settings.shown())

    async def change_settings(self, request: web.Request) -> web.Response:
        """`PUT /platform/user-settings`: what is not named stays."""
        body = await read_body(request)
        changes = _settings(body)
        body.check()
        return json_answer(self.workspace.settings.change(changes, self.dials.now()))

    def _used(self, start: dt.datetime, end: dt.datetime) -> list[GpuTime]:
        return [one for one in self._gpu_times() if start <= one.end < end]

    def _gpu_times(self) -> Iterator[GpuTime]:
        """Give the time of everything that has ended: runs and sessions."""
        moment = self.dials.now()
        for run in self.book:
            if run.started_at is not None and run.ended_at is not None:
                gpu = run.gpu or run.deployment.gpu
                yield self._time(run.deployment.machine_id, gpu, run.started_at, run.ended_at)
        for session in self.workspace.sessions.all():
            ended_at = session.ended_at(moment)
            if ended_at is not None:
                yield self._time(session.machine_id, session.gpu, session.started_at, ended_at)

    def _time(
        self, machine_id: str, gpu: str | None, start: dt.datetime, end: dt.datetime
    ) -> GpuTime:
        machine = self.workspace.machine(machine_id)
        name, own = (machine.name, machine.gpu) if machine else (None, None)
        return GpuTime(
            machine_id=machine_id, machine_name=name, gpu=gpu or own, start=start, end=end
        )


def _settings(body: Body) -> dict[str, object]:
    changes: dict[str, object] = {name: body.optional_text(name) for name in _TEXT_SETTINGS}
    changes["custom_output_bucket"] = body.optional_flag("custom_output_bucket")
    changes["spend_limit"] = body.optional_number("spend_limit")
    return {name: value for name, value in changes.items() if value is not None}


async def _loose_body(request: web.Request) -> dict[str, object]:
    """Return the body, which this route reads itself: what is no JSON object breaks it."""
    try:
        body = await request.json()
    except ValueError:
        raise ServiceCrashError from None
    if not isinstance(body, dict):
        raise ServiceCrashError
    return body
