"""What is watched while the program runs: its health, and who hears of the service's hooks."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from adapters.web.health import HealthRoutes
from adapters.web.hooks import Heard
from composition.config import Config
from core.generations.ports import JobStore
from core.shared.errors import StationError
from core.shared.ids import JobId
from core.shared.statistics import BreakerState
from core.workflows.ports import WorkflowCatalogue
from infrastructure.comfy_deploy.run_statuses import RunStatuses
from infrastructure.data_folder import DataFolder
from infrastructure.metrics import Metrics


def health_routes(
    config: Config,
    *,
    jobs: JobStore,
    folder: Callable[[], DataFolder],
    catalogue: WorkflowCatalogue,
    metrics: Metrics,
) -> HealthRoutes:
    """Return the routes that tell how we are: of our own things soon, of the service in depth."""

    async def database() -> str:
        return await _problem_of(lambda: jobs.get(JobId("0" * 32)))

    async def data_folder() -> str:
        return await asyncio.to_thread(lambda: _folder_problem(folder().path))

    async def comfy_deploy() -> str:
        # The catalogue serves an old list while the service is away: the breaker knows better.
        if metrics.breaker is BreakerState.OPEN:
            return "ComfyUI Deploy has failed several times in a row."
        return await _problem_of(catalogue.all)

    # With everything in memory there is no folder, and asking for it would make one.
    on_disk = {"data_folder": data_folder} if config.store == "sql" else {}
    return HealthRoutes(
        {"database": database, **on_disk},
        metrics.render,
        deep_checks={"comfy_deploy": comfy_deploy},
    )


async def _problem_of(question: Callable[[], Awaitable[object]]) -> str:
    try:
        await question()
    except StationError as error:
        return f"It does not work at present: {error.code}."
    return ""


def _folder_problem(folder: Path) -> str:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
            file.flush()
    except OSError as error:
        return f"Nothing can be written to the data folder: {error.strerror or error}."
    return ""


def heard_by(metrics: Metrics, statuses: RunStatuses) -> Heard:
    """Return what is done at a genuine hook, beside waking its job."""

    def heard(job: JobId, ended: bool) -> None:  # noqa: FBT001 - the hook's own signature
        metrics.hook_heard(job, ended=ended)
        if ended:
            statuses.may_be_over(job)

    return heard
