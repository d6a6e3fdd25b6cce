"""A service that lists runs, as ComfyUI Deploy does: made of jobs, on a loopback socket."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from aiohttp import web

from core.generations.model import Job, JobState
from core.shared.ids import WorkflowKey
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.settings import ComfySettings

BOOTED_S = 1.0
"""What of a run's wait was its ComfyUI's start."""


class ListingService:
    """Lists the runs of jobs, and knows nothing else. `queries` are what was asked, in order."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._runner: web.AppRunner | None = None
        self.queries: list[dict[str, str]] = []

    @staticmethod
    def key_of(workflow: str) -> WorkflowKey:
        """Return the service's id of a workflow of this name."""
        return WorkflowKey(str(uuid.uuid5(uuid.NAMESPACE_DNS, workflow)))

    def made(self, *jobs: Job) -> None:
        """Have made these jobs' runs."""
        self._jobs += jobs

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/api/v2/workflow/{key}/runs", self._list)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port = self._runner.addresses[0][1]
        settings = ComfySettings(api_key="key", base_url=f"http://127.0.0.1:{port}/api")
        self.client = ComfyDeployClient(settings)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _list(self, request: web.Request) -> web.Response:
        self.queries.append(dict(request.query))
        runs = [
            _run(job)
            for job in sorted(self._jobs, key=lambda job: job.moved_at, reverse=True)
            if self.key_of(job.wish.workflow) == request.match_info["key"]
        ]
        status = request.query.get("status")
        found = [each for each in runs if status in (None, each["status"])]
        return web.json_response(found[: int(request.query["limit"])])


def _run(job: Job) -> dict[str, object]:
    """Write a job's run as the service lists it: durations are text, times have no zone."""
    run_s, ordered = job.run_s, job.submitted_at
    started = None if run_s is None else job.moved_at - timedelta(seconds=run_s)
    wait_s = None if ordered is None or started is None else (started - ordered).total_seconds()
    return {
        "id": job.run,
        "status": "success" if job.state is JobState.SUCCEEDED else "failed",
        "gpu": job.wish.gpu,
        "created_at": _time(ordered),
        "started_at": _time(started),
        "ended_at": _time(job.moved_at),
        "comfy_deploy_cold_start": None if wait_s is None else str(wait_s - BOOTED_S),
        "cold_start_duration": None if wait_s is None else str(BOOTED_S),
        "cold_start_duration_total": None if wait_s is None else str(wait_s),
        "run_duration": None if run_s is None else str(run_s),
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S.%f")
