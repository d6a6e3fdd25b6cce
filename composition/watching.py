"""What is watched while the program runs: its health, and who hears of the service's hooks."""

import asyncio
import contextlib
import tempfile
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import attrs

from adapters.web.health import HealthRoutes
from adapters.web.hooks import Heard
from composition.config import Config
from core.generations.ports import JobStore
from core.shared.errors import ServiceRefusedError, StationError
from core.shared.events import OperatorAlerted
from core.shared.ids import JobId
from core.shared.ports import Clock, EventPublisher
from core.shared.statistics import BreakerState
from core.workflows.ports import WorkflowCatalogue
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.endpoints import LIST_DEPLOYMENTS, LIST_MACHINES
from infrastructure.comfy_deploy.errors import read_error, told_by
from infrastructure.comfy_deploy.run_statuses import RunStatuses
from infrastructure.comfy_deploy.settings import LEGACY
from infrastructure.data_folder import DataFolder
from infrastructure.metrics import Metrics

AWAY, BACK = "service.away", "service.back"
AWAY_AFTER_S = 30.0
"""A shorter outage is nothing that an operator has to know of."""

_MINUTE_S = 60
_AWAY = {
    BreakerState.OPEN: "ComfyUI Deploy has failed several times in a row: it is left alone awhile.",
    BreakerState.PROBING: "ComfyUI Deploy has failed several times in a row: it is being tried.",
}


def health_routes(
    config: Config,
    *,
    jobs: JobStore,
    folder: Callable[[], DataFolder],
    catalogue: WorkflowCatalogue,
    metrics: Metrics,
    client: Callable[[], ComfyDeployClient],
) -> HealthRoutes:
    """Return the routes that tell how we are: of our own things soon, of the service in depth."""

    async def database() -> str:
        return await _problem_of(lambda: jobs.get(JobId("0" * 32)))

    async def data_folder() -> str:
        return await asyncio.to_thread(lambda: _folder_problem(folder().path))

    async def comfy_deploy() -> str:
        asked = config.comfy is not None
        question = partial(ask_the_service, client()) if asked else catalogue.current
        problem = await _problem_of(question)
        # The catalogue serves an old list while the service is away: the breaker knows better.
        return _AWAY.get(metrics.breaker, problem)

    # With everything in memory there is no folder, and asking for it would make one.
    on_disk = {"data_folder": data_folder} if config.store == "sql" else {}
    return HealthRoutes(
        {"database": database, **on_disk},
        metrics.render,
        deep_checks={"comfy_deploy": comfy_deploy},
    )


async def ask_the_service(client: ComfyDeployClient) -> None:
    """Ask for as little as there is, with our key; raises ServiceError. Never from a cache."""
    is_first = client.settings.dialect == LEGACY
    # A server of the first generation knows no other list.
    endpoint = LIST_DEPLOYMENTS if is_first else LIST_MACHINES
    with told_by(read_error):
        await client.call(endpoint, query={} if is_first else {"limit": 1})


async def _problem_of(question: Callable[[], Awaitable[object]]) -> str:
    try:
        await question()
    except ServiceRefusedError as error:
        return f"ComfyUI Deploy refuses us ({error.code}): `stationthis doctor` tries the key."
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


@attrs.define(kw_only=True)
class Outages:
    """Tells the operators of an outage of the service: once when it lasts, once when it ends."""

    _metrics: Metrics
    _clock: Clock
    _events: EventPublisher
    _ask: Callable[[], Awaitable[None]]
    """Asks the service something: while nobody else does, this finds out whether it is back."""
    _told_of: datetime | None = None
    """Since when the outage has been that was told of; None between two of them."""

    async def sweep(self) -> int:
        """Look how the service is; return how often something was told."""
        if self._told_of is not None and self._metrics.away_since is not None:
            with contextlib.suppress(StationError):
                await self._ask()
        since, now = self._metrics.away_since, self._clock.now()
        if self._told_of is None:
            if since is None or (now - since).total_seconds() <= AWAY_AFTER_S:
                return 0
            self._told_of = since
            alert = OperatorAlerted(AWAY, _away(since, now))
        elif since is None:
            alert = OperatorAlerted(BACK, _back(self._told_of, now))
            self._told_of = None
        else:
            return 0
        await self._events.publish(alert)
        return 1


def _away(since: datetime, now: datetime) -> str:
    return (
        f"ComfyUI Deploy has not answered for {_length(since, now)} (since {since:%H:%M:%S} UTC). "
        "It is asked again and again; `stationthis doctor` says what is wrong."
    )


def _back(since: datetime, now: datetime) -> str:
    return f"ComfyUI Deploy answers again, after {_length(since, now)}."


def _length(since: datetime, now: datetime) -> str:
    seconds = max(0, round((now - since).total_seconds()))
    return f"{seconds} s" if seconds < 2 * _MINUTE_S else f"{seconds // _MINUTE_S} min"


def heard_by(metrics: Metrics, statuses: RunStatuses) -> Heard:
    """Return what is done at a genuine hook, beside waking its job."""

    def heard(job: JobId, ended: bool) -> None:  # noqa: FBT001 - the hook's own signature
        metrics.hook_heard(job, ended=ended)
        if ended:
            statuses.may_be_over(job)

    return heard
