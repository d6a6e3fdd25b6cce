"""What every workflow catalogue promises: the given list, and ours on an emulated service."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from core.shared.ids import DeploymentId, WorkflowName
from core.workflows.filling import accept
from core.workflows.inputs import Input
from core.workflows.kinds import InputKind
from core.workflows.model import Workflow
from core.workflows.ports import WorkflowCatalogue
from infrastructure.comfy_deploy.catalogue import ComfyDeployCatalogue
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.settings import ComfySettings
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from infrastructure.memory.catalogue import InMemoryCatalogue
from tests.fakes.clock import FixedClock

NAMES = ("upscale", "text2img", "img2img")


def _workflow(name: str) -> Workflow:
    return Workflow(
        name=WorkflowName(name),
        title=name,
        deployment=DeploymentId(f"d-{name}"),
        inputs=(
            Input(name="prompt", kind=InputKind.TEXT),
            Input(name="seed", kind=InputKind.INTEGER, default=-1),
        ),
    )


@asynccontextmanager
async def given() -> AsyncIterator[WorkflowCatalogue]:
    yield InMemoryCatalogue([_workflow("text2img"), *map(_workflow, NAMES)])


@asynccontextmanager
async def emulated() -> AsyncIterator[WorkflowCatalogue]:
    emulator = Emulator(EmulatorSettings.quick())
    await emulator.start()
    client = ComfyDeployClient(ComfySettings(api_key=emulator.api_key, base_url=emulator.base_url))
    yield ComfyDeployCatalogue(client, FixedClock(), ttl_s=60.0)
    await client.aclose()
    await emulator.stop()


@pytest.fixture(params=[given, emulated])
async def catalogue(request: pytest.FixtureRequest) -> AsyncIterator[WorkflowCatalogue]:
    made: Callable[[], AbstractAsyncContextManager[WorkflowCatalogue]] = request.param
    async with made() as catalogue:
        yield catalogue


async def test_every_workflow_is_shown_once_in_the_order_of_names(
    catalogue: WorkflowCatalogue,
) -> None:
    names = [each.name for each in (await catalogue.current()).workflows]

    assert names == sorted(NAMES)


async def test_a_workflow_says_what_it_needs(catalogue: WorkflowCatalogue) -> None:
    found = {each.name: each for each in (await catalogue.current()).workflows}
    workflow = found[WorkflowName("text2img")]

    assert workflow.deployment
    assert workflow.prompt is not None
    assert accept(workflow, {"prompt": "a red fox"})["seed"] == -1


async def test_asking_twice_shows_the_same(catalogue: WorkflowCatalogue) -> None:
    assert (await catalogue.current()).workflows == (await catalogue.current()).workflows


async def test_reading_anew_shows_the_same_while_nothing_has_changed(
    catalogue: WorkflowCatalogue,
) -> None:
    before = await catalogue.current()

    after = await catalogue.reload()

    assert after.says_the_same_as(before)
    assert after.read_at >= before.read_at


async def test_what_is_read_anew_is_what_is_known_from_then_on(
    catalogue: WorkflowCatalogue,
) -> None:
    assert await catalogue.reload() is await catalogue.current()


@pytest.mark.parametrize("raw", ["text2img", "Text2Img", " TEXT2IMG ", "makeimage"])
async def test_a_workflow_is_found_by_name_and_by_its_deployment(
    catalogue: WorkflowCatalogue, raw: str
) -> None:
    known = await catalogue.current()

    found = known.find(raw)

    assert found is not None
    assert found.name == "text2img"
    assert known.find(found.deployment) is known.find(found.key) is found


async def test_a_catalogue_that_was_read_says_nothing_of_trouble(
    catalogue: WorkflowCatalogue,
) -> None:
    known = await catalogue.current()

    assert (known.problem, known.warnings, known.collisions) == ("", (), ())
    assert known.is_whole
