"""What machines ask our machine: is it up, is it ready, is all around it well, and the figures."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import httpx
import pytest

from adapters.web.health import Check, HealthRoutes
from adapters.web.hooks import HookRoutes
from adapters.web.server import HookServer, Server, WebSettings
from adapters.web.visitors import Visitors
from infrastructure.hooks import SignedHooks
from tests.adapters.web.station import SECRET, RecordingWakeUps, running_station
from tests.fakes.clock import FixedClock
from tests.program import address_in, emulating, person_at, serving

PATHS = ("/metrics", "/health/live", "/health/ready", "/health/deep")
FIGURES = (b"foxes_total 7\n", "text/plain; version=0.0.4; charset=utf-8")
SETTINGS = WebSettings(port=0, secret=SECRET)


@attrs.define
class Told:
    """A check that says what it is told to, and counts how often it was made."""

    finding: str = ""
    made: int = 0

    async def __call__(self) -> str:
        self.made += 1
        return self.finding


@attrs.define
class Hanging:
    """A check that does not end before `over` is set, not even when it is cancelled."""

    over: asyncio.Event = attrs.field(factory=asyncio.Event)
    begun: int = 0

    async def __call__(self) -> str:
        self.begun += 1
        while not self.over.is_set():
            try:
                await self.over.wait()
            except asyncio.CancelledError:
                continue
        return ""


async def broken() -> str:
    raise OSError("https://key@secret.example is away")


@asynccontextmanager
async def watched(
    checks: Mapping[str, Check],
    *,
    deep: Mapping[str, Check] | None = None,
    settings: WebSettings = SETTINGS,
    limit_s: float = 5.0,
    fresh_s: float = 0.0,
) -> AsyncIterator[httpx.AsyncClient]:
    """Have a server with nothing but these routes, and somebody who asks it."""
    health = HealthRoutes(
        checks, lambda: FIGURES, deep_checks=deep, limit_s=limit_s, fresh_s=fresh_s
    )
    server = Server(settings=settings, visitors=Visitors(SECRET), routes=(health,))
    await server.start()
    try:
        async with httpx.AsyncClient(base_url=server.url) as client:
            yield client
    finally:
        await server.stop()


async def test_the_figures_are_served_as_they_are() -> None:
    async with watched({}) as watcher:
        answer = await watcher.get("/metrics")

    assert (answer.content, answer.headers["Content-Type"]) == FIGURES


async def test_it_lives_whatever_is_wrong_with_it() -> None:
    async with watched({"database": Told("It is away.")}) as watcher:
        answer = await watcher.get("/health/live")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_it_is_ready_when_every_check_is_well() -> None:
    async with watched({"database": Told(), "disk": Told()}) as watcher:
        answer = await watcher.get("/health/ready")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "checks": {"database": "", "disk": ""}}


async def test_it_is_not_ready_while_one_check_is_not_well() -> None:
    async with watched({"database": Told("It is away."), "disk": Told()}) as watcher:
        answer = await watcher.get("/health/ready")

    assert answer.status_code == 503
    assert answer.json() == {"status": "failing", "checks": {"database": "It is away.", "disk": ""}}


async def test_ready_does_not_ask_others() -> None:
    service = Told("It is away.")

    async with watched({"disk": Told()}, deep={"service": service}) as watcher:
        answer = await watcher.get("/health/ready")

    assert (answer.status_code, service.made) == (200, 0)


@pytest.mark.parametrize(("quick", "deep"), [("Full.", ""), ("", "It is away.")])
async def test_deep_makes_the_quick_checks_too(quick: str, deep: str) -> None:
    async with watched({"disk": Told(quick)}, deep={"service": Told(deep)}) as watcher:
        answer = await watcher.get("/health/deep")

    assert answer.status_code == 503
    assert answer.json()["checks"] == {"disk": quick, "service": deep}


async def test_a_check_that_breaks_fails_and_tells_no_secret() -> None:
    async with watched({"disk": broken, "database": Told()}) as watcher:
        answer = await watcher.get("/health/ready")

    assert (answer.status_code, answer.json()["checks"]["database"]) == (503, "")
    assert "secret" not in answer.text


@pytest.mark.parametrize("path", ["/health/ready", "/health/deep"])
async def test_a_check_that_hangs_does_not_hang_the_answer(path: str) -> None:
    hanging = Hanging()

    async with watched({"database": hanging, "disk": Told()}, limit_s=0.02) as watcher:
        answer = await watcher.get(path)
        hanging.over.set()

    found = {"database": "No answer within 0.02 s.", "disk": ""}
    assert (answer.status_code, answer.json()["checks"]) == (503, found)


async def test_a_check_that_hangs_is_not_begun_again_before_it_ends() -> None:
    hanging = Hanging()

    async with watched({"database": hanging}, limit_s=0.02) as watcher:
        await watcher.get("/health/ready")
        await watcher.get("/health/ready")
        begun = hanging.begun
        hanging.over.set()
        answer = await watcher.get("/health/ready")

    assert (begun, answer.status_code) == (1, 200)


@pytest.mark.parametrize(("fresh_s", "made"), [(60.0, 1), (0.0, 4)])
async def test_findings_are_told_again_for_a_while(fresh_s: float, made: int) -> None:
    service = Told()

    async with watched({}, deep={"service": service}, fresh_s=fresh_s) as watcher:
        for _ in range(4):
            await watcher.get("/health/deep")

    assert service.made == made


async def test_many_who_ask_at_once_have_the_checks_made_once() -> None:
    service = Told()

    async with watched({}, deep={"service": service}, fresh_s=60.0) as watcher:
        answers = await asyncio.gather(*(watcher.get("/health/deep") for _ in range(20)))

    assert ({each.status_code for each in answers}, service.made) == ({200}, 1)


@pytest.mark.parametrize("path", PATHS)
async def test_who_watches_needs_no_cookie_and_gets_none(path: str) -> None:
    async with watched({}) as watcher:
        answer = await watcher.get(path)

    assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "127.0.0.2:{}", ""])
async def test_a_foreign_host_has_no_figures(path: str, host: str) -> None:
    async with watched({}) as watcher:
        headers = {"Host": host.format(watcher.base_url.port)}
        answer = await watcher.get(path, headers=headers)

    assert answer.status_code == 421


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST"])
async def test_who_watches_from_here_is_let_in(path: str, name: str) -> None:
    async with watched({}) as watcher:
        headers = {"Host": f"{name}:{watcher.base_url.port}"}
        answer = await watcher.get(path, headers=headers)

    assert answer.status_code == 200


@pytest.mark.parametrize("listen", ["127.0.0.2", "0.0.0.0"])  # noqa: S104 - what operators set
@pytest.mark.parametrize("path", PATHS)
async def test_who_watches_may_name_the_address_that_it_called(path: str, listen: str) -> None:
    settings = attrs.evolve(SETTINGS, host=listen)

    async with watched({}, settings=settings) as watcher:
        url = f"http://127.0.0.2:{watcher.base_url.port}{path}"
        answer = await watcher.get(url)

    assert answer.status_code == 200


async def test_the_page_too_is_served_at_the_address_that_the_server_announces() -> None:
    settings = attrs.evolve(SETTINGS, host="127.0.0.2")

    async with running_station(settings) as station, httpx.AsyncClient() as client:
        answer = await client.get(station.url)

    assert (httpx.URL(station.url).host, answer.status_code) == ("127.0.0.2", 200)


async def test_an_address_that_was_not_called_is_a_foreign_host() -> None:
    settings = attrs.evolve(SETTINGS, host="0.0.0.0")  # noqa: S104 - what operators set

    async with watched({}, settings=settings) as watcher:
        headers = {"Host": f"127.0.0.3:{watcher.base_url.port}"}
        answer = await watcher.get("/metrics", headers=headers)

    assert answer.status_code == 421


@pytest.mark.parametrize("path", PATHS)
async def test_under_the_public_host_there_are_no_figures(path: str) -> None:
    settings = attrs.evolve(SETTINGS, public_hosts=("hooks.example",))

    async with watched({}, settings=settings) as watcher:
        answer = await watcher.get(path, headers={"Host": "hooks.example"})

    assert answer.status_code == 421


@pytest.mark.parametrize("path", PATHS)
async def test_the_server_of_the_hooks_has_no_figures(path: str) -> None:
    hooks = HookRoutes(
        hooks=SignedHooks(SECRET, None), wake_ups=RecordingWakeUps(), clock=FixedClock()
    )
    server = HookServer(settings=SETTINGS, hooks=hooks)
    await server.start()

    async with httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.get(path)
    await server.stop()

    assert answer.status_code == 404


@pytest.mark.parametrize("path", PATHS)
async def test_nothing_can_be_sent_there(path: str) -> None:
    async with watched({}) as watcher:
        answer = await watcher.post(path, json={})

    assert answer.status_code == 401


@pytest.mark.process
async def test_a_running_program_counts_its_calls_and_tells_no_key_and_no_id(
    tmp_path: Path,
) -> None:
    command = ("demo", "--real", "--port", "0", "--data", str(tmp_path / "data"))
    async with (
        emulating(tmp_path / "emulator.log", "--fast") as service,
        serving(*command, log=tmp_path / "demo.log", **service) as demo,
        person_at(address_in(demo.ready)) as person,
    ):
        await person.say("a red fox")
        await person.see(lambda message: bool(message.get("media")))
        figures = (await person.client.get("/metrics")).text
        deep = await person.client.get("/health/deep")

    assert 'requests_total{endpoint="POST /run/deployment/queue",outcome="ok"} 1.0' in figures
    assert re.search(r'end_noticed_delay_seconds_count\{by="\w+"\} 1\.0', figures)
    assert service["COMFY_DEPLOY_API_KEY"] not in figures
    assert re.search(r"[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-", figures) is None
    assert deep.json()["checks"] == {"database": "", "data_folder": "", "comfy_deploy": ""}
