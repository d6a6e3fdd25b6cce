"""`doctor --hooks`: the emulator is made to call us, straight or through a proxy on loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import attrs
import pytest
from aiohttp import web

from composition.access import Listen
from composition.config import Config
from composition.container import Container
from composition.doctor.check import Check
from composition.doctor.trial_run import smallest_inputs
from core.shared.ids import DeploymentId, WorkflowName
from core.workflows.inputs import Input
from core.workflows.kinds import InputKind
from core.workflows.model import Workflow
from infrastructure.comfy_deploy.settings import ComfySettings
from infrastructure.emulator.faults import HookTrouble, RequestFault, RunFault, Spoil
from infrastructure.emulator.runs import Run
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.stock import TEXT2IMG
from tests.composition.doctor.reports import KEY, report, told, with_comfy
from tests.infrastructure.emulator.workbench import until

LONG = RunFault(extra_s=30.0)
"""A run that is at work until it is cancelled."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def at(folder: Path, emulator: Emulator, *, public_url: str | None = None) -> Config:
    """Return settings whose hooks are heard at a port that is free."""
    config = with_comfy(folder, emulator.base_url)
    return attrs.evolve(config, listen=Listen("127.0.0.1", free_port()), public_url=public_url)


async def tried(config: Config, wait_s: float = 3.0) -> Check:
    return (await report(config, hooks_s=wait_s))["webhook calls"]


def only_run(emulator: Emulator) -> Run:
    (run,) = emulator.runs
    return run


@attrs.frozen(kw_only=True)
class Proxy:
    """Passes calls on to `to`, changed in one way or another; `drops` is a method it refuses."""

    to: Listen
    path: Callable[[str], str] = lambda path: path
    host: str | None = None
    drops: str = ""
    with_body: bool = True

    async def answer(self, request: web.BaseRequest) -> web.Response:
        if request.method == self.drops:
            return web.Response(status=405)
        url = f"http://{self.to}{self.path(request.path)}"
        headers = {"Host": self.host or request.host}
        body = await request.read() if self.with_body else None
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.request(request.method, url, data=body, headers=headers) as answer,
            ):
                return web.Response(status=answer.status)
        except aiohttp.ClientError:
            return web.Response(status=502)


@asynccontextmanager
async def proxy(emulator: Emulator, given: Proxy) -> AsyncIterator[str]:
    """Serve a proxy; when it closes, the emulator has made all of its calls."""
    runner = web.ServerRunner(web.Server(given.answer), shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    hooks = [hook for run in emulator.runs for hook in run.hooks]
    await until(lambda: all(each.state != "waiting" for each in hooks))
    await runner.cleanup()


async def test_a_normal_report_says_how_to_try_the_calls(
    tmp_path: Path, emulator: Emulator
) -> None:
    check = (await report(at(tmp_path, emulator)))["webhook calls"]

    assert (check.ok, len(list(emulator.runs))) == (None, 0)
    assert "it costs one small run" in check.found
    assert "./stationthis doctor --hooks" in check.fix


async def test_a_call_that_reaches_us_is_told_and_its_run_is_cancelled(
    tmp_path: Path, emulator: Emulator
) -> None:
    emulator.faults.order_runs(LONG)

    check = await tried(at(tmp_path, emulator))

    assert (check.label, only_run(emulator).status) == ("ok", "cancelled")
    assert "was called by POST after " in check.found
    assert check.found.endswith("the run was cancelled")


async def test_the_run_is_as_small_as_it_can_be(tmp_path: Path, emulator: Emulator) -> None:
    await tried(at(tmp_path, emulator))

    inputs = only_run(emulator).inputs
    assert (inputs["width"], inputs["height"], inputs["steps"]) == (64, 64, 1)
    assert only_run(emulator).deployment.name == "text2img"


async def test_a_public_url_is_what_is_called(tmp_path: Path, emulator: Emulator) -> None:
    config = at(tmp_path, emulator)
    async with proxy(emulator, Proxy(to=config.listen)) as url:
        check = await tried(attrs.evolve(config, public_url=url))

    assert (check.label, check.found.startswith(f"{url} was called by POST")) == ("ok", True)
    assert (only_run(emulator).webhook or "").startswith(f"{url}/hooks/doctor/")


async def test_a_call_that_comes_only_as_a_get_with_a_body_counts_too(
    tmp_path: Path, emulator: Emulator
) -> None:
    emulator.faults.order_runs(LONG)
    config = at(tmp_path, emulator)
    async with proxy(emulator, Proxy(to=config.listen, drops="POST")) as url:
        check = await tried(attrs.evolve(config, public_url=url))

    assert check.label == "ok"
    assert "by GET after" in check.found


async def test_t_17_a_proxy_that_changes_paths_is_told_with_the_way_out(
    tmp_path: Path, emulator: Emulator
) -> None:
    config = at(tmp_path, emulator)
    async with proxy(
        emulator, Proxy(to=config.listen, path=lambda path: path.removeprefix("/hooks"))
    ) as url:
        check = await tried(attrs.evolve(config, public_url=url))

    assert "but for the path /doctor/…" in told(check)
    assert "Have the proxy pass /hooks/ on with the path as it came" in check.fix


async def test_a_proxy_that_changes_the_host_is_told_with_the_way_out(
    tmp_path: Path, emulator: Emulator
) -> None:
    config = at(tmp_path, emulator)
    async with proxy(emulator, Proxy(to=config.listen, host="inside.example.com")) as url:
        check = await tried(attrs.evolve(config, public_url=url))

    assert "for the host inside.example.com" in told(check)
    assert "Host header" in check.fix


async def test_a_proxy_that_drops_bodies_is_a_warning(tmp_path: Path, emulator: Emulator) -> None:
    config = at(tmp_path, emulator)
    async with proxy(emulator, Proxy(to=config.listen, with_body=False)) as url:
        check = await tried(attrs.evolve(config, public_url=url))

    assert (check.label, "without its body" in check.found) == ("warn", True)


async def test_t_17_a_call_that_never_comes_is_told_with_the_way_out(
    tmp_path: Path, emulator: Emulator
) -> None:
    emulator.faults.order_runs(attrs.evolve(LONG, webhooks=HookTrouble.LOST))
    config = at(tmp_path, emulator, public_url="http://127.0.0.1:9")

    check = await tried(config, wait_s=0.1)

    assert "no call came to http://127.0.0.1:9 within 0.1 s" in told(check)
    assert f"pass POST and GET of /hooks/ on to {config.listen}" in check.fix
    assert only_run(emulator).status == "cancelled"


async def test_a_run_that_has_not_begun_proves_nothing(tmp_path: Path, emulator: Emulator) -> None:
    emulator.change_settings(concurrency=1)
    emulator.faults.order_runs(attrs.evolve(LONG, count=None, webhooks=HookTrouble.LOST))
    await ordered_elsewhere(emulator)

    check = await tried(at(tmp_path, emulator), wait_s=0.1)

    assert (check.ok, "had not begun either" in check.found) == (None, True)
    assert "Try again" in check.fix


async def ordered_elsewhere(emulator: Emulator) -> None:
    """Give the machine another run to work at."""
    url = f"{emulator.base_url}/run/deployment/queue"
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session:
        await session.post(url, json={"deployment_id": TEXT2IMG.id, "inputs": {"prompt": "a fox"}})


async def test_a_run_that_cannot_be_cancelled_is_named(tmp_path: Path, emulator: Emulator) -> None:
    emulator.faults.order_runs(attrs.evolve(LONG, classic=True))

    check = await tried(at(tmp_path, emulator))

    assert check.label == "ok"
    assert f"not cancelled: run {only_run(emulator).id} ends by itself" in check.found


@pytest.mark.parametrize(
    ("fault", "found", "fix"),
    [
        (RequestFault(spoil=Spoil.NO_CREDIT), "no run could be queued: 403", "credit"),
        (RequestFault(spoil=Spoil.LOST), "no run could be queued for certain", "Look at the runs"),
    ],
)
async def test_a_run_that_is_not_queued_is_told_with_the_way_out(
    tmp_path: Path, emulator: Emulator, fault: RequestFault, found: str, fix: str
) -> None:
    emulator.faults.order_requests(attrs.evolve(fault, path="/run/deployment/queue"))

    check = await tried(at(tmp_path, emulator))

    assert found in told(check)
    assert fix in check.fix


async def test_a_person_who_ends_the_wait_ends_the_run_too(
    tmp_path: Path, emulator: Emulator
) -> None:
    emulator.faults.order_runs(attrs.evolve(LONG, webhooks=HookTrouble.LOST))
    waiting = asyncio.create_task(tried(at(tmp_path, emulator), wait_s=60.0))
    await until(lambda: any(each.status == "running" for each in emulator.runs))

    waiting.cancel()
    await asyncio.wait([waiting])

    assert only_run(emulator).status == "cancelled"


async def test_an_address_that_run_holds_is_told_from_one_that_others_hold(
    tmp_path: Path, emulator: Emulator
) -> None:
    config = at(tmp_path, emulator)
    server = Container(config=config, owner="worker:test").hook_server()
    await server.start()
    ours = await tried(config)
    await server.stop()
    async with proxy(emulator, Proxy(to=config.listen)) as url:
        held = Listen("127.0.0.1", int(url.rpartition(":")[2]))
        theirs = await tried(attrs.evolve(config, listen=held))

    assert (ours.ok, "its own hook route answers" in ours.found) == (None, True)
    assert (theirs.ok, "another program holds" in theirs.found) == (None, True)
    assert ("Stop `run`" in ours.fix, "Stop that program" in theirs.fix) == (True, True)
    assert len(emulator.runs) == 0


async def test_an_address_of_another_machine_cannot_be_listened_at(
    tmp_path: Path, emulator: Emulator
) -> None:
    config = attrs.evolve(at(tmp_path, emulator), listen=Listen("203.0.113.7", 8080))

    assert "nobody can listen at 203.0.113.7:8080" in told(await tried(config))


def off(config: Config) -> Config:
    return attrs.evolve(config, webhooks=False)


def without_key(config: Config) -> Config:
    return attrs.evolve(config, comfy=None)


def far(config: Config) -> Config:
    service = ComfySettings(api_key=KEY, base_url="http://comfy.invalid/api")
    return attrs.evolve(config, comfy=service)


def away(config: Config) -> Config:
    service = ComfySettings(api_key=KEY, base_url="http://127.0.0.1:9/api")
    return attrs.evolve(config, comfy=service)


def portless(config: Config) -> Config:
    return attrs.evolve(config, listen=Listen("127.0.0.1", 0), public_url="http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        (off, "webhooks are off"),
        (without_key, "there is no key"),
        (far, "without STATIONTHIS_PUBLIC_URL nobody can call us"),
        (away, "the workflows cannot be read"),
        (portless, "takes any free port"),
    ],
)
async def test_what_stands_against_a_try_is_said(
    tmp_path: Path, emulator: Emulator, changed: Callable[[Config], Config], found: str
) -> None:
    check = await tried(changed(at(tmp_path, emulator)))

    assert (check.ok, len(emulator.runs)) == (None, 0)
    assert found in check.found


def number(name: str, *, least: float | None = None, most: float | None = None) -> Input:
    return Input(name=name, kind=InputKind.INTEGER, minimum=least, maximum=most, default=500)


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (number("width"), 64),
        (number("input_height", least=256), 256),
        (number("batch_size", most=8), 1),
        (number("seed"), 1),
        (number("size", most=32), 32),
        (number("strength"), 500),
        (Input(name="prompt", kind=InputKind.TEXT), "a grey square"),
        (Input(name="width", kind=InputKind.TEXT, default="wide"), "a grey square"),
    ],
)
def test_each_input_is_as_small_as_it_may_be(given: Input, value: object) -> None:
    workflow = Workflow(
        name=WorkflowName("w"), title="w", deployment=DeploymentId("d"), inputs=(given,)
    )

    assert smallest_inputs(workflow)[given.name] == value
