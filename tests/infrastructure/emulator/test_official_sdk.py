import json
from pathlib import Path

import pytest

from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from tests.infrastructure.emulator.workbench import Caller, calling, picture
from tests.sdks import python_with_sdk, run_by

SCRIPTS = Path(__file__).with_name("sdk_scripts")
NOBODY = "00000000-0000-0000-0000-000000000001"


@pytest.fixture(scope="module")
def newest() -> Path:
    """The Python that has comfydeploy 0.7.0, which speaks of runs."""
    return python_with_sdk("0.7.0")


@pytest.fixture(scope="module")
def older() -> Path:
    """The Python that has comfydeploy 0.6.3, the last one that uploads files."""
    return python_with_sdk("0.6.3")


async def told(
    python: Path, script: str, emulator: Emulator, argument: str, *, key: str | None = None
) -> dict[str, object]:
    """Return the line that a script said after its dealings with the emulator."""
    where = (emulator.base_url, key or emulator.api_key)
    found: dict[str, object] = json.loads(
        await run_by(python, str(SCRIPTS / script), *where, argument)
    )
    return found


def compatible(**settings: object) -> Emulator:
    return Emulator(EmulatorSettings.quick(sdk_compat=True, **settings))


async def test_the_official_sdk_queues_a_run_and_gets_it(newest: Path) -> None:
    async with calling(compatible()) as caller:
        deployment = (await caller.ids())["text2img"]

        seen = await told(newest, "queue_and_get.py", caller.emulator, deployment)

        run = await caller.run(str(seen["queued"]))
        assert (seen["got"], seen["status"]) == (seen["queued"], "success")
        assert seen["images"] == [run["outputs"][0]["data"]["images"][0]["url"]]


async def test_the_official_sdk_cancels_a_run(newest: Path) -> None:
    async with calling(compatible(node_s=60.0)) as caller:
        deployment = (await caller.ids())["text2img"]

        seen = await told(newest, "queue_and_cancel.py", caller.emulator, deployment)

        assert seen["status"] == "cancelled"
        assert (await caller.run(str(seen["run_id"])))["status"] == "cancelled"


async def test_the_official_sdk_cannot_read_the_service_as_it_is_today(
    newest: Path, caller: Caller
) -> None:
    seen = await told(newest, "get.py", caller.emulator, await caller.start())

    assert "workflow_api" in str(seen["unreadable"])


async def test_the_official_sdk_understands_that_a_run_is_unknown(
    newest: Path, caller: Caller
) -> None:
    seen = await told(newest, "get.py", caller.emulator, NOBODY)

    assert seen == {"refused": "SDKError", "status_code": 404}


async def test_the_official_sdk_understands_that_an_id_is_no_id(
    newest: Path, caller: Caller
) -> None:
    seen = await told(newest, "get.py", caller.emulator, "abc")

    assert seen == {"refused": "HTTPValidationError", "about": [["path", "run_id"]]}


async def test_the_official_sdk_understands_that_its_key_is_wrong(
    newest: Path, caller: Caller
) -> None:
    seen = await told(newest, "get.py", caller.emulator, NOBODY, key="x")

    assert seen == {"refused": "SDKError", "status_code": 401}


async def test_the_older_official_sdk_uploads_a_file(
    older: Path, caller: Caller, tmp_path: Path
) -> None:
    (tmp_path / "fox.png").write_bytes(picture())

    seen = await told(older, "upload.py", caller.emulator, str(tmp_path / "fox.png"))

    assert (seen["name"], str(seen["id"])[:4]) == ("fox.png", "img_")
    assert (await caller.http.get(str(seen["url"]))).content == picture()
