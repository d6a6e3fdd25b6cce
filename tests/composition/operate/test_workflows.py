"""`stationthis workflows list` and `show`, on the emulator's deployments."""

from pathlib import Path

import attrs

from infrastructure.emulator.deployments import stable_id
from infrastructure.emulator.faults import RequestFault
from infrastructure.emulator.machines import MachineRow
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.stock import TEXT2IMG
from tests.builders import an_ended_job
from tests.composition.operate.bench import Operator, deploy, keep, lines_of, names_in


async def deploy_on_a_sick_machine(emulator: Emulator) -> None:
    """Put production on a machine that is broken, and staging on one that is ready."""
    machines = emulator.workspace.machines
    sick = machines.put(MachineRow(name="sick", status="error", gpu="A10G"))
    well = machines.put(MachineRow(name="well", gpu="H100"))
    emulator.workspace.deploy(attrs.evolve(TEXT2IMG, machine_id=sick.id))
    staging = attrs.evolve(
        TEXT2IMG, id=stable_id("staging"), environment="staging", machine_id=well.id, gpu=None
    )
    emulator.workspace.deploy(staging)


async def test_what_the_bot_offers_is_listed_for_people(operator: Operator) -> None:
    told = lines_of(await operator.sees("workflows", "list"))

    assert [line.split()[0] for line in told] == ["img2img", "text2img", "upscale"]
    assert "text to image   A10G       7  production         1  ready" in told[1]


async def test_what_the_bot_offers_is_listed_for_scripts(operator: Operator) -> None:
    told = (await operator.reads("workflows", "list"))[1]

    assert told == {
        "name": "text2img",
        "title": "text2img",
        "gpu": "A10G",
        "input_count": 7,
        "deployment_id": TEXT2IMG.id,
        "workflow_id": TEXT2IMG.workflow_id,
        "environment": "production",
        "updated_at": "2026-01-15T09:00:00.000Z",
        "category": "text to image",
        "version": 1,
        "is_ready": True,
        "machine_status": "ready",
        "aliases": [],
        "is_hidden": False,
        "for_admins": False,
        "deployments": 1,
        "route": None,
    }


async def test_the_list_is_read_once_for_all_that_is_told(
    operator: Operator, emulator: Emulator
) -> None:
    await operator.reads("workflows", "list")

    assert emulator.state()["requests"] == {
        "GET /api/deployments": 2,
        "GET /api/workflows/all": 1,
        "GET /api/machines": 1,
        "GET /api/platform/gpu-pricing": 1,
    }


async def test_a_workspace_without_deployments_is_told_in_a_sentence(
    operator: Operator, emulator: Emulator
) -> None:
    for each in emulator.workspace.deployments():
        emulator.workspace.undeploy(each.id)

    done = await operator.types("workflows", "list")

    assert (done.exit_code, done.stdout) == (0, "")
    assert "offers no workflow" in done.stderr


async def test_a_lost_half_of_the_list_is_told(operator: Operator, emulator: Emulator) -> None:
    deploy(emulator, "sketch", image="im-1")
    lost = '{"detail": "Internal server error"}'
    emulator.faults.order_requests(RequestFault(path="/deployments", status=500, body=lost))

    done = await operator.types("workflows", "list")

    assert done.exit_code == 0, done.stderr
    assert "sketch" in done.stdout
    assert "Warning: Half of the deployments could not be read" in done.stderr


async def test_workflows_whose_names_collide_are_told(
    operator: Operator, emulator: Emulator
) -> None:
    deploy(emulator, "Text2Img")

    done = await operator.types("workflows", "list")

    assert "Warning: Several workflows are called text2img" in done.stderr


async def test_the_choice_among_several_deployments_is_told(
    operator: Operator, emulator: Emulator
) -> None:
    await deploy_on_a_sick_machine(emulator)

    told = await operator.sees("workflows", "show", "text2img")
    (listed,) = [e for e in await operator.reads("workflows", "list") if e["name"] == "text2img"]

    assert (
        "why here     Staging is used: the machine sick of production is not ready (error)." in told
    )
    assert f"others       production, version 1 on sick (error): {TEXT2IMG.id}" in told
    assert (listed["environment"], listed["gpu"], listed["deployments"]) == ("staging", "H100", 2)


async def test_a_workflow_that_cannot_run_now_is_shown_as_such(
    operator: Operator, emulator: Emulator
) -> None:
    sick = emulator.workspace.machines.put(MachineRow(name="sick", status="building"))
    emulator.workspace.deploy(attrs.evolve(TEXT2IMG, machine_id=sick.id))

    listed = lines_of(await operator.sees("workflows", "list"))[1]
    told = await operator.reads("workflows", "show", "text2img")

    assert "not ready: building" in listed
    assert (told["is_ready"], told["machine_status"]) == (False, "building")
    assert told["served_by"] == [
        {
            "deployment_id": TEXT2IMG.id,
            "environment": "production",
            "version": 1,
            "is_ready": False,
            "machine_id": sick.id,
            "machine_status": "building",
        }
    ]


async def test_a_workflow_is_shown_with_its_inputs_and_its_machine(operator: Operator) -> None:
    told = await operator.sees("workflows", "show", "Text2Img")

    assert "machine      serverless-a10g (ready, " in told
    assert "width     integer  768       64 to 2048" in told
    assert "prompt    text     (needed)" in told


async def test_a_quote_is_told_before_anything_has_run(operator: Operator, tmp_path: Path) -> None:
    told = await operator.sees("workflows", "show", "text2img")

    assert "quote        at most 20 points; 6.0 to 10.0 s" in told
    assert names_in(tmp_path) == []


async def test_a_fixed_price_is_not_said_to_be_the_most(
    operator: Operator, emulator: Emulator
) -> None:
    said = "@stationthis price=7 title=Pen"
    drawing = {"nodes": [{"id": 1, "type": "Note", "widgets_values": [said]}], "links": []}
    version = attrs.evolve(TEXT2IMG.workflow_version(), drawing=drawing)
    emulator.workspace.deploy(TEXT2IMG.of_version(version))

    told = await operator.sees("workflows", "show", "Text2Img")

    assert "name         pen" in told
    assert "quote        7 points; 6.0 to 10.0 s" in told
    assert "own name     text2img" in told


async def test_a_workflow_is_shown_for_scripts(operator: Operator) -> None:
    told = await operator.reads("workflows", "show", "/makeimage")

    width = next(each for each in told["inputs"] if each["name"] == "width")
    assert (width["kind"], width["default"], width["maximum"]) == ("integer", 768, 2048)
    assert (told["name"], told["primary_input"], told["lora_loaders"]) == ("text2img", "prompt", [])


async def test_a_quote_comes_from_what_runs_took(operator: Operator, data: Path) -> None:
    await (await keep(data, an_ended_job("a"))).close()

    told = await operator.reads("workflows", "show", "text2img")

    assert told["quote"] == {
        "points": 10,
        "median_s": 5.0,
        "p90_s": 5.0,
        "is_fixed": False,
        "cold_s": 0.0,
    }


async def test_an_unknown_workflow_is_told_with_the_nearest(operator: Operator) -> None:
    told = await operator.is_refused("workflows", "show", "upscalr")

    assert "no workflow called upscalr (did you mean upscale?)" in told
    assert "`./stationthis workflows list` shows all" in told


async def test_looking_makes_no_data_folder(operator: Operator, tmp_path: Path) -> None:
    await operator.sees("workflows", "show", "upscale")

    assert names_in(tmp_path) == []
