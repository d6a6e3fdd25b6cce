"""What is watched: whether the service takes our key, and who hears of its outages."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import httpx
import pytest

from adapters.web.server import Server, WebSettings
from adapters.web.visitors import Visitors
from composition.config import Config
from composition.container import Container
from composition.run import talking, working
from composition.watching import Outages, health_routes
from core.shared.errors import ServiceTroubleError
from core.shared.events import OperatorAlerted
from core.shared.statistics import BreakerState
from infrastructure.comfy_deploy.answers import CallError
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.endpoints import ALL_MACHINES, ALL_WORKFLOWS
from infrastructure.comfy_deploy.settings import LEGACY, ComfySettings
from infrastructure.data_folder import DataFolder
from infrastructure.emulator.faults import RequestFault
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from infrastructure.memory.catalogue import InMemoryCatalogue
from infrastructure.memory.jobs import InMemoryJobs
from infrastructure.metrics import Metrics
from tests.fakes.clock import FixedClock
from tests.fakes.events import RecordingEvents

SECRET = "s" * 64
REVOKED = RequestFault(status=401, body='{"detail": "Revoked token"}', count=None)
AWAY = RequestFault(status=502, body="{}", count=None)


@attrs.define
class Watched:
    """The service, and what /health/deep says of it."""

    emulator: Emulator
    metrics: Metrics
    client: ComfyDeployClient
    http: httpx.AsyncClient

    async def health(self) -> tuple[int, str]:
        """Return the status, and what is said of the service."""
        answer = await self.http.get("/health/deep")
        return answer.status_code, answer.json()["checks"]["comfy_deploy"]

    async def fail(self) -> None:
        """Have the service fail until the breaker opens."""
        self.emulator.faults.order_requests(AWAY)
        for _ in range(5):
            for endpoint in (ALL_MACHINES, ALL_WORKFLOWS):
                with contextlib.suppress(CallError):
                    await self.client.call(endpoint)


@asynccontextmanager
async def watched(folder: Path, *, dialect: str = "current") -> AsyncIterator[Watched]:
    """Have an emulator, and the routes on a server."""
    emulator = Emulator(EmulatorSettings.quick(legacy=dialect == LEGACY))
    await emulator.start()
    metrics = Metrics(FixedClock())
    client = ComfyDeployClient(settings_of(emulator, dialect), metrics)
    routes = health_routes(
        Config(database_url="memory:", comfy=client.settings),
        jobs=InMemoryJobs(),
        folder=lambda: DataFolder(folder),
        catalogue=InMemoryCatalogue([]),
        metrics=metrics,
        client=lambda: client,
    )
    server = Server(
        settings=WebSettings(port=0, secret=SECRET), visitors=Visitors(SECRET), routes=(routes,)
    )
    await server.start()
    async with httpx.AsyncClient(base_url=server.url) as http:
        yield Watched(emulator, metrics, client, http)
    await server.stop()
    await client.aclose()
    await emulator.stop()


def settings_of(emulator: Emulator, dialect: str = "current") -> ComfySettings:
    return ComfySettings(
        api_key=emulator.api_key,
        base_url=emulator.base_url,
        dialect=dialect,
        retry_for_s=0.01,
        breaker_failures=1,
        breaker_open_s=60.0,
    )


@pytest.mark.parametrize("dialect", ["current", LEGACY])
async def test_a_service_that_takes_our_key_is_well(tmp_path: Path, dialect: str) -> None:
    async with watched(tmp_path, dialect=dialect) as world:
        assert await world.health() == (200, "")


async def test_a_key_that_was_revoked_is_told(tmp_path: Path) -> None:
    async with watched(tmp_path) as world:
        world.emulator.faults.order_requests(REVOKED)
        status, told = await world.health()

    assert status == 503
    assert "refuses us (service.refused)" in told


async def test_a_service_that_has_failed_is_told_of_and_left_alone(tmp_path: Path) -> None:
    async with watched(tmp_path) as world:
        await world.fail()
        status, told = await world.health()

    assert (status, world.metrics.breaker) == (503, BreakerState.OPEN)
    assert "several times in a row: it is left alone" in told


async def test_that_a_service_is_being_tried_is_told(tmp_path: Path) -> None:
    async with watched(tmp_path) as world:
        world.emulator.faults.order_requests(attrs.evolve(AWAY, status=404, body='{"detail": "x"}'))
        world.metrics.breaker_is(BreakerState.PROBING)

        assert "it is being tried" in (await world.health())[1]


async def test_the_station_asks_the_service_for_its_health(tmp_path: Path) -> None:
    emulator = Emulator(EmulatorSettings.quick())
    await emulator.start()
    config = Config(data_dir=tmp_path, database_url="memory:", comfy=settings_of(emulator))
    container = Container(
        config=attrs.evolve(config, private_listen=attrs.evolve(config.private_listen, port=0)),
        owner="worker:test",
    )
    async with working(container), talking(container):
        emulator.faults.order_requests(REVOKED)
        async with httpx.AsyncClient(base_url=container.web_server().url) as http:
            deep = (await http.get("/health/deep")).json()
    await emulator.stop()

    assert "refuses us" in deep["checks"]["comfy_deploy"]


@attrs.define
class Watch:
    """Outages by a clock that a test sets; `asked` is how often the service was asked."""

    clock: FixedClock = attrs.field(factory=FixedClock)
    events: RecordingEvents = attrs.field(factory=RecordingEvents)
    metrics: Metrics = attrs.field(init=False)
    outages: Outages = attrs.field(init=False)
    asked: int = 0

    def __attrs_post_init__(self) -> None:
        self.metrics = Metrics(self.clock)
        self.outages = Outages(
            metrics=self.metrics, clock=self.clock, events=self.events, ask=self._ask
        )

    async def _ask(self) -> None:
        self.asked += 1
        raise ServiceTroubleError("away")

    async def after(self, seconds: float, state: BreakerState) -> None:
        """Have the breaker stand so, and a sweep made some seconds later."""
        self.metrics.breaker_is(state)
        self.clock.advance(seconds=seconds)
        await self.outages.sweep()

    @property
    def told(self) -> list[tuple[str, str]]:
        """What the operators were told."""
        return [(e.code, e.text) for e in self.events.events if isinstance(e, OperatorAlerted)]


async def test_an_outage_that_lasts_is_told_once_and_so_is_its_end() -> None:
    watch = Watch()
    for seconds, state in (
        (30, BreakerState.OPEN),
        (1, BreakerState.PROBING),
        (99, BreakerState.OPEN),
        (110, BreakerState.OPEN),
        (0, BreakerState.CLOSED),
        (10, BreakerState.CLOSED),
    ):
        await watch.after(seconds, state)

    assert [code for code, _ in watch.told] == ["service.away", "service.back"]
    assert "has not answered for 31 s (since 12:00:00 UTC)" in watch.told[0][1]
    assert "again, after 4 min" in watch.told[1][1]


async def test_a_short_outage_is_nobodys_matter() -> None:
    watch = Watch()
    for _ in range(3):
        await watch.after(20, BreakerState.OPEN)
        await watch.after(20, BreakerState.CLOSED)

    assert watch.told == []


async def test_an_outage_that_comes_again_is_told_again() -> None:
    watch = Watch()
    for _ in range(2):
        await watch.after(31, BreakerState.OPEN)
        await watch.after(1, BreakerState.CLOSED)

    assert [code for code, _ in watch.told] == ["service.away", "service.back"] * 2


async def test_the_service_is_asked_for_only_during_an_outage_that_was_told_of() -> None:
    watch = Watch()
    for seconds in (31, 10, 10):
        await watch.after(seconds, BreakerState.OPEN)
    assert watch.asked == 2

    await watch.after(10, BreakerState.CLOSED)
    assert watch.asked == 2
