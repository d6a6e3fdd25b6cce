"""One reading of the workspace, and what can be had when parts of it cannot be read."""

from collections.abc import AsyncIterator, Mapping

import pytest

from core.workflows.kinds import InputKind
from core.workflows.snapshot import Snapshot
from infrastructure.comfy_deploy import recovering
from infrastructure.comfy_deploy.catalogue import ComfyDeployCatalogue
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.settings import LEGACY, ComfySettings
from tests.fakes.clock import FixedClock
from tests.infrastructure.comfy_deploy.desk import (
    CRASHED,
    PROMPT,
    REFUSAL,
    Desk,
    catalogue_of,
    deployment,
    version,
)
from tests.infrastructure.comfy_deploy.loopback import KEY, Reply, json_reply

FLUID, PLAIN = "/deployments?is_fluid=true", "/deployments?is_fluid=false"
SEED = {
    "class_type": "ComfyUIDeployExternalSeed",
    "inputs": {"input_id": "my_seed", "default_value": -1},
}
GRAPH = {
    "1": {"class_type": "ComfyUIDeployExternalText", "inputs": {"input_id": "prompt"}},
    "2": SEED,
}
SKETCH = deployment("d2", workflow="w2", name="Sketch", image="im-1", version=version())

pytestmark = pytest.mark.usefixtures("no_pauses")


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with Desk(deployment(), SKETCH) as desk:
        yield desk


async def read(desk: Desk) -> Snapshot:
    """Return what one reading brings."""
    async with catalogue_of(desk, FixedClock()) as catalogue:
        return await catalogue.current()


async def read_before_and_after(desk: Desk, spoilt: Mapping[str, Reply]) -> Snapshot:
    """Return what a second reading brings, when everything was well at the first."""
    async with catalogue_of(desk, FixedClock()) as catalogue:
        await catalogue.current()
        desk.spoilt |= spoilt
        return await catalogue.reload()


def names(snapshot: Snapshot) -> list[str]:
    return [each.name for each in snapshot.workflows]


async def test_t_27_a_workflow_has_the_title_the_inputs_and_the_gpu_of_its_deployment(
    desk: Desk,
) -> None:
    workflow = (await read(desk)).workflows[1]

    assert (workflow.title, workflow.gpu, workflow.key) == ("Text to Image", "A10G", "w1")
    assert [each.name for each in workflow.inputs] == ["prompt"]


async def test_both_halves_of_the_list_are_read(desk: Desk) -> None:
    found = await read(desk)

    assert names(found) == ["sketch", "text_to_image"]
    assert (found.is_whole, found.warnings) == (True, ())


async def test_a_long_list_is_read_page_by_page(desk: Desk) -> None:
    desk.deployments = [deployment(f"d{n}", workflow=f"w{n}", name=f"flow {n}") for n in range(120)]

    found = await read(desk)

    assert len(found.workflows) == 120
    assert desk.asked_for.count(PLAIN) == 3


async def test_rows_that_are_none_do_not_end_a_long_list(desk: Desk) -> None:
    desk.deployments = [deployment(f"d{n}", workflow=f"w{n}", name=f"flow {n}") for n in range(120)]
    desk.deployments[48:48] = [{**deployment(), "id": None}] * 3

    assert len((await read(desk)).workflows) == 120


@pytest.mark.parametrize("most", [10, 2])
async def test_a_page_that_is_too_large_is_asked_for_in_smaller_ones(desk: Desk, most: int) -> None:
    desk.deployments = [deployment(f"d{n}", workflow=f"w{n}", name=f"flow {n}") for n in range(23)]
    desk.most_rows = most

    found = await read(desk)

    assert (len(found.workflows), found.is_whole) == (23, True)


async def test_t_12_machines_tell_where_a_workflow_can_run(desk: Desk) -> None:
    desk.deployments = [deployment(machine="m1", gpu=None), deployment("d3", machine="gone")]
    desk.machines = [{"id": "m1", "name": "big", "status": "building", "gpu": "H100"}]

    (workflow,) = (await read(desk)).workflows

    assert workflow.runs_on.id == "d3"
    waiting = workflow.deployments[1].machine
    assert waiting is not None
    assert (waiting.name, waiting.status, waiting.gpu) == ("big", "building", "H100")


async def test_a_title_is_the_workflows_own_name_of_today(desk: Desk) -> None:
    desk.names = {"w1": "Renamed", "w2": "Sketch"}

    assert names(await read(desk)) == ["renamed", "sketch"]


async def test_prices_are_the_services_own(desk: Desk) -> None:
    desk.prices = {"A10G": 0.5, "T4": "0.25", "odd": None, "free": 0, "less": -1}

    assert (await read(desk)).gpu_usd_per_s == {"A10G": 0.5, "T4": 0.25}


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/workflows", "names of the workflows"),
        ("/machines", "machines"),
        ("/platform", "prices of the GPUs"),
    ],
)
async def test_what_goes_with_the_deployments_may_be_missing(
    desk: Desk, path: str, what: str
) -> None:
    desk.names = {"w1": "Renamed", "w2": "Sketch"}
    desk.machines = [{"id": "m1", "name": "big", "status": "building", "gpu": "H100"}]

    found = await read_before_and_after(desk, {path: json_reply("odd")})

    assert names(found) == ["renamed", "sketch"]
    assert found.gpu_usd_per_s == {"A10G": 0.0003}
    assert [each.startswith(f"The {what} could not be read (") for each in found.warnings] == [True]


async def test_inputs_that_neither_list_nor_graph_tell_are_asked_for_once(desk: Desk) -> None:
    desk.deployments = [deployment(input_types=None), SKETCH]
    desk.spoilt["/deployment/"] = json_reply(deployment(input_types=[PROMPT]))

    workflow = (await read(desk)).workflows[1]

    assert [each.name for each in workflow.inputs] == ["prompt"]
    assert desk.asked_for.count("/deployment/d1") == 1


@pytest.mark.parametrize("answer", [REFUSAL, json_reply("odd")])
async def test_a_workflow_whose_inputs_nobody_tells_has_none(desk: Desk, answer: Reply) -> None:
    desk.deployments = [deployment(input_types=None)]
    desk.spoilt["/deployment/"] = answer

    assert [each.inputs for each in (await read(desk)).workflows] == [()]


async def test_t_27_inputs_that_the_list_does_not_tell_come_from_the_graph(desk: Desk) -> None:
    desk.deployments = [deployment(input_types=None, version=version(graph=GRAPH))]

    (workflow,) = (await read(desk)).workflows

    assert {each.name: each.kind for each in workflow.inputs} == {
        "prompt": InputKind.TEXT,
        "my_seed": InputKind.INTEGER,
    }


async def test_quirk_c8_workflows_of_a_lost_half_are_asked_for_one_by_one(desk: Desk) -> None:
    desk.spoilt[FLUID] = CRASHED

    found = await read(desk)

    assert names(found) == ["sketch", "text_to_image"]
    assert found.is_whole
    assert found.warnings[0].startswith("Half of the deployments could not be read (")
    assert found.warnings[0].endswith("the workflows were asked for one by one.")


async def test_quirk_c8_both_halves_may_be_lost_while_the_service_answers(desk: Desk) -> None:
    desk.names = {"w1": "Text to Image", "w2": "Sketch", "w3": "Never deployed"}
    desk.spoilt |= {FLUID: CRASHED, PLAIN: json_reply({"detail": "Internal"}, status=500)}

    found = await read(desk)

    assert names(found) == ["sketch", "text_to_image"]
    assert found.warnings[0].startswith("The deployments could not be read (")


async def test_quirk_c8_of_the_broken_workflow_the_graph_tells_the_inputs(desk: Desk) -> None:
    desk.graphs["w2"] = version("v2", number=2, graph=GRAPH)

    found = await read_before_and_after(desk, {FLUID: CRASHED, "/workflow/w2/deploy": CRASHED})

    sketch = found.workflows[0]
    assert (sketch.deployment, sketch.runs_on.version) == ("d2", 2)
    assert [each.name for each in sketch.inputs] == ["prompt", "my_seed"]
    assert not found.is_whole
    assert "“Sketch” could not be read" in found.warnings[1]
    assert "the last known ones are used; look for an Enum node" in found.warnings[1]


@pytest.mark.parametrize("broken", [True, False])
async def test_what_is_known_of_the_broken_workflow_stays_where_its_graph_says_nothing_new(
    desk: Desk, *, broken: bool
) -> None:
    desk.graphs["w2"] = version()
    lost = {FLUID: CRASHED, "/workflow/w2/deploy": CRASHED}

    found = await read_before_and_after(desk, lost | ({"/workflow/w2": CRASHED} if broken else {}))

    assert [each.name for each in found.workflows[0].inputs] == ["prompt"]


async def test_a_broken_workflow_that_was_never_known_is_said_not_to_be_offered(
    desk: Desk,
) -> None:
    desk.spoilt |= {FLUID: CRASHED, "/workflow/w2/deployments": CRASHED}

    found = await read(desk)

    assert names(found) == ["text_to_image"]
    assert not found.is_whole
    assert "so it is not offered" in found.warnings[1]


@pytest.mark.parametrize("spoilt", [{FLUID: REFUSAL}, {FLUID: CRASHED, "/workflows": REFUSAL}])
async def test_a_half_that_cannot_be_recovered_is_as_it_was(
    desk: Desk, spoilt: dict[str, Reply]
) -> None:
    found = await read_before_and_after(desk, spoilt)

    assert names(found) == ["sketch", "text_to_image"]
    assert not found.is_whole
    assert "the last known ones are used" in found.warnings[0]


async def test_of_very_many_workflows_some_are_asked_for_and_the_others_stay(desk: Desk) -> None:
    many = recovering.MOST_ONE_BY_ONE + 5
    desk.deployments = [
        deployment(f"d{n}", workflow=f"w{n}", name=f"flow {n}", image="im-1") for n in range(many)
    ]

    found = await read_before_and_after(desk, {FLUID: CRASHED})

    assert len(found.workflows) == many
    assert not found.is_whole
    one_by_one = [each for each in desk.asked_for if each.startswith("/workflow/")]
    assert len(one_by_one) == recovering.MOST_ONE_BY_ONE


async def test_a_deployment_that_has_gone_to_the_other_half_is_shown_once(desk: Desk) -> None:
    async with catalogue_of(desk, FixedClock()) as catalogue:
        await catalogue.current()
        desk.deployments[1] = {**SKETCH, "modal_image_id": None, "gpu": "H100"}
        desk.spoilt |= {FLUID: CRASHED, "/workflows": REFUSAL}

        found = await catalogue.reload()

    assert [each.gpu for each in found.workflows if each.name == "sketch"] == ["H100"]


async def test_a_server_of_the_first_generation_is_asked_for_deployments_alone(desk: Desk) -> None:
    client = ComfyDeployClient(ComfySettings(api_key=KEY, base_url=desk.base_url, dialect=LEGACY))
    catalogue = ComfyDeployCatalogue(client, FixedClock(), 60.0)

    found = await catalogue.current()

    await client.aclose()
    assert (names(found), found.warnings) == (["sketch", "text_to_image"], ())
    assert set(desk.asked_for) == {FLUID, PLAIN}


async def test_an_empty_list_is_believed_after_a_minute(desk: Desk) -> None:
    clock = FixedClock()
    async with catalogue_of(desk, clock) as catalogue:
        known = names(await catalogue.current())
        desk.deployments = []
        seen = []
        for pause in (0, 59, 1, 0):
            clock.advance(seconds=pause)
            seen.append(await catalogue.reload())

    assert [names(each) for each in seen] == [known, known, [], []]
    assert [each.is_whole for each in seen] == [False, False, True, True]
    assert [len(each.warnings) for each in seen] == [1, 1, 0, 0]
    assert seen[0].warnings[0].startswith("ComfyUI Deploy lists no deployment at all:")


@pytest.mark.parametrize("pause", [30, -7_200])
async def test_a_list_that_was_empty_for_a_moment_begins_its_minute_anew(
    desk: Desk, pause: float
) -> None:
    clock = FixedClock()
    async with catalogue_of(desk, clock) as catalogue:
        known, kept = await catalogue.current(), desk.deployments
        seen = []
        for listed in ([], kept, []):
            desk.deployments = listed
            seen.append(names(await catalogue.reload()))
            clock.advance(seconds=pause)
        seen.append(names(await catalogue.reload()))

    assert seen == [names(known)] * 4


async def test_a_workspace_that_begins_empty_is_empty(desk: Desk) -> None:
    desk.deployments = []

    found = await read(desk)

    assert (names(found), found.is_whole, found.warnings) == ([], True, ())
