"""The routes that list runs: of a workflow, of a deployment, of a day, of everybody."""

import datetime as dt

import attrs
from aiohttp import web

from infrastructure.emulator.answers import json_answer, refusal
from infrastructure.emulator.deployments import USER_ID
from infrastructure.emulator.faults import API_PREFIX
from infrastructure.emulator.files import content_type_of
from infrastructure.emulator.queue_body import ServiceCrashError, read_count, read_flag
from infrastructure.emulator.run_answers import (
    day_run,
    deployment_run,
    gallery_item,
    latest_run,
    listed_run,
    slim_run,
)
from infrastructure.emulator.runs import Output, Run, RunBook
from infrastructure.emulator.settings import Dials
from infrastructure.emulator.statuses import STATUSES
from infrastructure.emulator.workspace import Workspace

_DAY = dt.timedelta(days=1)
_BREAKING = ("status", "origin", "gpu")
_COUNTED_BY = ("workflow_id", "machine_id", "deployment_id")


@attrs.define(kw_only=True)
class RunListRoutes:
    """Answers about many runs as the service does; all lists are newest first."""

    dials: Dials
    book: RunBook
    workspace: Workspace

    def add_to(self, app: web.Application) -> None:
        """Put the routes into an application."""
        for path, handler in (
            ("/deployment/{id}/runs", self.deployment_runs),
            ("/workflow/{wf}/runs", self.workflow_runs),
            ("/v2/workflow/{wf}/runs", self.slim_runs),
            ("/workflow/{wf}/run/latest", self.latest),
            ("/workflow/{wf}/runs/day", self.day),
            ("/workflow/{wf}/gallery", self.gallery),
            ("/runs/count", self.count),
        ):
            app.router.add_get(API_PREFIX + path, handler, allow_head=False)

    async def deployment_runs(self, request: web.Request) -> web.Response:
        """`GET /deployment/{id}/runs`: rows without inputs, in an envelope that counts nothing."""
        found = self.workspace.deployment(request.match_info["id"])
        if found is None:
            reason = "'NoneType' object has no attribute 'environment'"
            return refusal(f"Internal server error: {reason}", 500)
        read_flag(request.query.get("filter_user_runs"), "filter_user_runs", default=False)
        runs = [run for run in self.book.newest_first() if run.deployment_id == found.id]
        rows = [deployment_run(run) for run in _page(request, runs, limit=60)]
        meta = {"totalRowCount": 0, "filterRowCount": 0, "chartData": []}
        return json_answer({"data": rows, "meta": meta})

    async def workflow_runs(self, request: web.Request) -> web.Response:
        """`GET /workflow/{wf}/runs`: full rows, with inputs and outputs unless refused."""
        query, moment = request.query, self.dials.now()
        inputs = read_flag(query.get("with_inputs"), "with_inputs", default=True)
        outputs = read_flag(query.get("with_outputs"), "with_outputs", default=True)
        runs = _page(request, self._of_workflow(request), limit=100)
        return json_answer(
            [listed_run(run, moment, with_inputs=inputs, with_outputs=outputs) for run in runs]
        )

    async def slim_runs(self, request: web.Request) -> web.Response:
        """`GET /v2/workflow/{wf}/runs`: slim rows; an unknown status breaks the service."""
        query, moment = request.query, self.dials.now()
        status, deployment_id = query.get("status"), query.get("deployment_id")
        since = read_count(query.get("rf"), "rf", 0)
        if status is not None and status not in STATUSES:
            raise ServiceCrashError
        runs = [
            run
            for run in self._of_workflow(request)
            if status in (None, run.status)
            and deployment_id in (None, run.deployment_id)
            and run.created_at.timestamp() >= since
        ]
        return json_answer([slim_run(run, moment) for run in _page(request, runs, limit=100)])

    async def latest(self, request: web.Request) -> web.Response:
        """`GET /workflow/{wf}/run/latest`: the newest run in a list, with its newest media."""
        runs = self._of_workflow(request)[:1]
        return json_answer([latest_run(run, self.dials.now()) for run in runs])

    async def day(self, request: web.Request) -> web.Response:
        """`GET /workflow/{wf}/runs/day`: the runs of the last 24 hours."""
        since = self.dials.now() - _DAY
        runs = [run for run in self._of_workflow(request) if run.created_at >= since]
        return json_answer([day_run(run) for run in runs])

    async def gallery(self, request: web.Request) -> web.Response:
        """`GET /workflow/{wf}/gallery`: the files of runs that succeeded."""
        query = request.query
        origin, kind = query.get("origin"), query.get("file_type")
        is_ours = query.get("user_id", USER_ID) == USER_ID
        found = [
            (run, output)
            for run in self._of_workflow(request)
            for output in reversed(run.outputs)
            if is_ours and run.status == "success" and origin in (None, run.origin)
            if _has_media(output, kind)
        ]
        offset, limit = _window(request, limit=100)
        return json_answer([gallery_item(*each) for each in found[offset : offset + limit]])

    async def count(self, request: web.Request) -> web.Response:
        """`GET /runs/count`: everybody's runs; half of its filters break it."""
        query = request.query
        if any(name in query for name in _BREAKING):
            return json_answer({"error": "Internal server error"}, 500)
        filters = {name: query[name] for name in _COUNTED_BY if name in query}
        try:
            start, end = _moment(query.get("start_time")), _moment(query.get("end_time"))
        except ValueError:
            return json_answer({"error": "Internal server error"}, 500)
        runs = [run for run in self.book if _is_counted(run, filters)]
        runs = [
            run
            for run in runs
            if (start is None or run.created_at >= start) and (end is None or run.created_at <= end)
        ]
        return json_answer(
            {
                "count": len(runs),
                "start_time": query.get("start_time"),
                "end_time": query.get("end_time"),
                "filters": filters or None,
            }
        )

    def _of_workflow(self, request: web.Request) -> list[Run]:
        return self.book.newest_first(workflow_id=request.match_info["wf"])


def _window(request: web.Request, *, limit: int) -> tuple[int, int]:
    offset = read_count(request.query.get("offset"), "offset", 0)
    size = read_count(request.query.get("limit"), "limit", limit)
    # The database refuses what is below zero.
    if min(offset, size) < 0:
        raise ServiceCrashError
    return offset, size


def _page(request: web.Request, runs: list[Run], *, limit: int) -> list[Run]:
    offset, size = _window(request, limit=limit)
    return runs[offset : offset + size]


def _has_media(output: Output, kind: str | None) -> bool:
    types = {content_type_of(file.filename).split("/")[0] for file in output.files}
    return bool(types) if kind is None else kind in types


def _moment(text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _is_counted(run: Run, filters: dict[str, str]) -> bool:
    own = {
        "workflow_id": run.deployment.workflow_id,
        "machine_id": run.deployment.machine_id,
        "deployment_id": run.deployment_id,
    }
    return all(own[name] == value for name, value in filters.items())
