"""`doctor` on ComfyUI Deploy and on our own address, with the emulator and the hooks' server."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import attrs
import pytest

from composition.access import Listen, TelegramAccess
from composition.config import Config
from composition.container import Container
from infrastructure.emulator.deployments import ExternalInput, stable_id
from infrastructure.emulator.faults import RequestFault, Spoil
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.stock import TEXT2IMG
from tests.composition.doctor.reports import answering, dull, report, told, with_comfy


async def test_a_good_key_is_told_with_its_workflows(tmp_path: Path, emulator: Emulator) -> None:
    checks = await report(with_comfy(tmp_path, emulator.base_url))

    host = emulator.base_url.removeprefix("http://").removesuffix("/api")
    assert checks["ComfyUI Deploy key"].found == f"accepted by {host}"
    assert checks["workflows"].label == "ok"
    assert "text2img" in checks["workflows"].found


async def test_without_a_key_the_emulator_takes_its_place(tmp_path: Path) -> None:
    checks = await report(dull(tmp_path))

    assert checks["ComfyUI Deploy key"].ok is None
    assert "the emulator takes its place" in checks["ComfyUI Deploy key"].found
    assert checks["workflows"].ok is None


async def test_a_refused_key_is_told_with_the_way_out(tmp_path: Path, emulator: Emulator) -> None:
    checks = await report(with_comfy(tmp_path, emulator.base_url, key="sk-another"))

    assert "the key is refused (401)" in told(checks["ComfyUI Deploy key"])
    assert "Make a new API key" in checks["ComfyUI Deploy key"].fix
    assert checks["workflows"].ok is None


@pytest.mark.parametrize(
    ("status", "body", "kind", "found", "fix"),
    [
        (403, '{"detail": "Forbidden"}', "application/json", "(403)", "key of the workspace"),
        (404, '{"detail": "Not Found"}', "application/json", "(404)", "COMFY_DEPLOY_BASE_URL"),
        (200, '{"detail": "hello"}', "application/json", "no sense", "COMFY_DEPLOY_BASE_URL"),
        (200, "<h1>Welcome</h1>", "text/html", "text/html, not JSON", "COMFY_DEPLOY_BASE_URL"),
        (403, "<h1>Blocked</h1>", "text/html", "text/html, not JSON", "proxies"),
        (429, "{}", "application/json", "less often", "Wait"),
        (502, "<h1>Bad Gateway</h1>", "text/html", "answers 502", "Try again later"),
    ],
)
async def test_each_other_answer_is_told_apart(
    tmp_path: Path, emulator: Emulator, status: int, body: str, kind: str, found: str, fix: str
) -> None:
    fault = RequestFault(status=status, body=body, content_type=kind, count=2)
    emulator.faults.order_requests(fault)

    check = (await report(with_comfy(tmp_path, emulator.base_url)))["ComfyUI Deploy key"]

    assert found in told(check)
    assert fix in check.fix


async def test_a_service_that_is_away_is_told_with_the_way_out(tmp_path: Path) -> None:
    checks = await report(with_comfy(tmp_path, "http://127.0.0.1:9/api"))

    assert "127.0.0.1:9 cannot be reached" in told(checks["ComfyUI Deploy key"])
    assert "COMFY_DEPLOY_BASE_URL" in checks["ComfyUI Deploy key"].fix
    assert checks["clock"].ok is None


async def test_a_name_that_nobody_knows_is_told_with_the_way_out(tmp_path: Path) -> None:
    checks = await report(with_comfy(tmp_path, "https://station.invalid/api"))

    assert "station.invalid" in told(checks["ComfyUI Deploy key"])


async def test_a_service_that_hangs_is_given_up_in_time(tmp_path: Path, emulator: Emulator) -> None:
    emulator.faults.order_requests(RequestFault(spoil=Spoil.DELAY, delay_s=60.0, count=None))

    checks = await report(with_comfy(tmp_path, emulator.base_url), limit_s=1.0)

    assert "gave no answer within 0.8 s" in told(checks["ComfyUI Deploy key"])


async def test_a_service_that_hangs_up_is_told_with_the_way_out(
    tmp_path: Path, emulator: Emulator
) -> None:
    emulator.faults.order_requests(RequestFault(spoil=Spoil.LOST, count=None))

    checks = await report(with_comfy(tmp_path, emulator.base_url))

    assert "broke off" in told(checks["ComfyUI Deploy key"])


LISTED = [{"id": "d1", "workflow": {"name": "text2img"}}]


@pytest.mark.parametrize(
    ("plain", "pinned", "found"),
    [
        (
            (200, LISTED),
            (500, "Internal Server Error"),
            "1 without an image of their own; those with an image of their own (is_fluid=true)",
        ),
        (
            (403, {"detail": "No."}),
            (200, LISTED),
            "1 with an image of their own; those without an image of their own (is_fluid=false)",
        ),
    ],
)
async def test_half_of_a_list_is_a_warning_that_names_the_other(
    tmp_path: Path, plain: tuple[int, object], pinned: tuple[int, object], found: str
) -> None:
    asked = "/api/deployments?is_fluid="
    async with answering({f"{asked}false": plain, f"{asked}true": pinned}) as url:
        checks = await report(with_comfy(tmp_path, f"{url}/api"))

    assert checks["deployments"].label == "warn"
    assert found in checks["deployments"].found
    assert checks["workflows"].found == "1: text2img"
    assert checks["ComfyUI Deploy key"].label == "ok"


async def test_an_enum_that_breaks_its_half_is_named_as_a_likely_cause(
    tmp_path: Path, emulator: Emulator
) -> None:
    broken = attrs.evolve(
        TEXT2IMG,
        id=stable_id("broken"),
        modal_image_id="im-1",
        inputs=(ExternalInput(kind="Enum", input_id="x", label="", description="", options="?"),),
    )
    emulator.workspace.deploy(broken)

    check = (await report(with_comfy(tmp_path, emulator.base_url)))["deployments"]

    assert check.label == "warn"
    assert "(is_fluid=true) cannot be read" in check.found
    assert "Enum" in check.fix


async def test_both_halves_are_counted(tmp_path: Path, emulator: Emulator) -> None:
    pinned = attrs.evolve(TEXT2IMG, id=stable_id("pinned"), modal_image_id="im-1")
    emulator.workspace.deploy(pinned)

    check = (await report(with_comfy(tmp_path, emulator.base_url)))["deployments"]

    assert check.found == "3 without an image of their own; 1 with an image of their own"


async def test_many_workflows_are_counted_and_some_are_named(tmp_path: Path) -> None:
    listed = [{"id": f"d{n}", "workflow": {"name": f"flow {n}"}} for n in range(7)]

    async with answering({"/api/deployments": (200, listed)}) as url:
        checks = await report(with_comfy(tmp_path, f"{url}/api"))

    assert checks["workflows"].found == "7: flow_0, flow_1, flow_2, flow_3, flow_4 and 2 more"


async def test_a_key_that_sees_no_workflow_is_told_with_the_way_out(tmp_path: Path) -> None:
    async with answering({"/api/deployments": (200, [])}) as url:
        checks = await report(with_comfy(tmp_path, f"{url}/api"))

    assert "the key sees no deployment" in told(checks["workflows"])
    assert "Deploy a workflow" in checks["workflows"].fix


async def test_a_default_that_is_not_there_is_a_warning(tmp_path: Path, emulator: Emulator) -> None:
    config = attrs.evolve(with_comfy(tmp_path, emulator.base_url), default_workflow="portrait")

    checks = await report(config)

    assert checks["workflows"].label == "warn"
    assert "STATIONTHIS_DEFAULT_WORKFLOW" in checks["workflows"].fix


async def test_a_clock_that_is_wrong_is_told_with_the_way_out(tmp_path: Path) -> None:
    late = {"Date": "Wed, 01 Jan 2020 00:00:00 GMT"}
    async with answering({"/api/deployments": (200, [])}, headers=late) as url:
        checks = await report(with_comfy(tmp_path, f"{url}/api"))

    assert "ahead of ComfyUI Deploy's" in told(checks["clock"])
    assert "clock" in checks["clock"].fix


async def test_a_date_that_is_none_does_no_harm(tmp_path: Path) -> None:
    async with answering({"/api/deployments": (200, [])}, headers={"Date": "soon"}) as url:
        checks = await report(with_comfy(tmp_path, f"{url}/api"))

    assert checks["clock"].ok is None


async def test_without_a_public_url_it_is_said_what_happens_instead(
    tmp_path: Path, emulator: Emulator
) -> None:
    without_key = await report(dull(tmp_path))
    near = await report(with_comfy(tmp_path, emulator.base_url))
    far = await report(with_comfy(tmp_path, "http://comfy.invalid/api"))
    off = await report(dull(tmp_path, webhooks=False, public_url="https://bot.example.com"))

    assert without_key["public URL"].found.startswith("not needed")
    assert near["public URL"].found.startswith("not needed")
    assert "runs are looked up every 60 s" in far["public URL"].found
    assert "STATIONTHIS_PUBLIC_URL" in far["public URL"].fix
    assert off["public URL"].found.startswith("webhooks are off")
    assert {each["public URL"].ok for each in (without_key, near, far, off)} == {None}


async def test_a_public_url_cannot_be_tried_while_nothing_runs(tmp_path: Path) -> None:
    config = dull(tmp_path, public_url="https://bot.example.com", listen=Listen("127.0.0.1", 9))

    check = (await report(config))["public URL"]

    assert check.ok is None
    assert "nothing listens at 127.0.0.1:9" in check.found
    assert "Start StationThis" in check.fix


@pytest.fixture
async def station(tmp_path: Path, emulator: Emulator) -> AsyncIterator[Config]:
    """Serve the hooks; return the settings, whose public URL leads to them without https."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    config = attrs.evolve(
        with_comfy(tmp_path, emulator.base_url),
        # Everywhere, so that it is also reached by names that it does not know.
        listen=Listen("0.0.0.0", port),  # noqa: S104 - said above
        public_url=f"http://127.0.0.3:{port}",
    )
    container = Container(config=config, owner="worker:test")
    await container.hook_server().start()
    yield config
    await container.hook_server().stop()


async def test_a_public_url_that_leads_to_us_is_fine(station: Config) -> None:
    config = attrs.evolve(station, public_url=f"http://127.0.0.1:{station.listen.port}")

    check = (await report(config))["public URL"]

    assert check.label == "ok"
    assert check.found == f"{config.public_url} reaches us"


async def test_a_public_url_without_https_is_a_warning(station: Config) -> None:
    check = (await report(station))["public URL"]

    assert check.label == "warn"
    assert "Use https" in check.fix


async def test_a_name_that_the_station_does_not_serve_is_told_with_the_way_out(
    station: Config,
) -> None:
    config = attrs.evolve(station, public_url=f"http://127.0.0.2:{station.listen.port}")

    check = (await report(config))["public URL"]

    assert "(421)" in told(check)
    assert "Host header" in check.fix


@pytest.mark.parametrize(
    ("status", "body", "found", "fix"),
    [
        (301, "<h1>Moved</h1>", "sends callers elsewhere (301)", "with https"),
        (502, "<h1>Bad Gateway</h1>", "something else (502)", "pass /hooks/ on to"),
        (404, "<h1>Not Found</h1>", "something else (404)", "pass /hooks/ on to"),
        (200, {"hello": "world"}, "something else (200)", "pass /hooks/ on to"),
    ],
)
async def test_a_public_url_that_leads_elsewhere_is_told_with_the_way_out(
    station: Config, status: int, body: object, found: str, fix: str
) -> None:
    headers = {"Location": "https://127.0.0.1:9/"}
    async with answering({"/hooks/doctor/doctor": (status, body)}, headers=headers) as url:
        check = (await report(attrs.evolve(station, public_url=url)))["public URL"]

    assert found in told(check)
    assert fix in check.fix


async def test_a_public_url_that_nobody_serves_is_told_with_the_way_out(station: Config) -> None:
    check = (await report(attrs.evolve(station, public_url="http://127.0.0.1:9")))["public URL"]

    assert "cannot be reached" in told(check)
    assert "STATIONTHIS_PUBLIC_URL" in check.fix


async def test_without_a_key_the_bots_cannot_run(tmp_path: Path) -> None:
    config = dull(tmp_path, telegram=TelegramAccess(token="1:a", base_url="http://127.0.0.1:9"))

    assert "`run` does not start" in told((await report(config))["ComfyUI Deploy key"])
