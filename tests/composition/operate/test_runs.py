"""`stationthis runs`, on runs of the emulator."""

import pytest

from infrastructure.emulator.faults import RunFault
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.stock import UPSCALE
from tests.composition.operate.bench import Operator, deploy, lines_of, run_on

NOBODYS = "00000000-0000-4000-8000-000000000009"


async def test_no_runs_are_an_empty_list_and_a_sentence(operator: Operator) -> None:
    done = await operator.types("runs", "list", "--json")

    assert done.stdout == "[]\n"
    assert done.stderr == "There are no runs yet.\n"


async def test_the_runs_of_all_workflows_are_listed_newest_first(
    operator: Operator, emulator: Emulator
) -> None:
    other = deploy(emulator, "sketch", gpu="L4")
    made = [await run_on(emulator), await run_on(emulator, other), await run_on(emulator)]

    told = await operator.reads("runs", "list", "--limit", "2")

    assert [each["id"] for each in told] == [made[2], made[1]]
    assert [each["workflow"] for each in told] == ["text2img", "sketch"]


async def test_a_run_is_listed_with_how_it_went(operator: Operator, emulator: Emulator) -> None:
    run = await run_on(emulator)

    told = lines_of(await operator.sees("runs", "list"))[0]

    assert told.startswith(f"{run}  success  text2img")
    assert told.endswith("s  A10G")


async def test_runs_are_listed_by_workflow_and_by_status(
    operator: Operator, emulator: Emulator
) -> None:
    await run_on(emulator)

    of_other = await operator.reads("runs", "list", "--workflow", UPSCALE.name)
    failed = await operator.reads("runs", "list", "--status", "failed")
    good = await operator.reads("runs", "list", "--workflow", "Text2Img", "--status", "success")

    assert (len(of_other), len(failed), len(good)) == (0, 0, 1)


async def test_a_name_that_no_workflow_has_is_told_with_the_nearest(operator: Operator) -> None:
    told = await operator.is_refused("runs", "list", "--workflow", "text3img")

    assert "no workflow called text3img (did you mean text2img" in told


async def test_a_run_is_shown_with_its_files_and_its_log(
    operator: Operator, emulator: Emulator
) -> None:
    emulator.change_settings(logs_after_s=0.0)
    run = await run_on(emulator)

    told = await operator.sees("runs", "show", run, "--log")

    assert "prompt = a fox" in told
    assert "outputs      http://127.0.0.1:" in told
    assert told.endswith("  Prompt executed\n")


async def test_a_run_is_shown_for_scripts(operator: Operator, emulator: Emulator) -> None:
    run = await run_on(emulator)

    told = await operator.reads("runs", "show", run, "--log")

    assert (told["id"], told["status"], told["inputs"]["prompt"]) == (run, "success", "a fox")
    assert told["outputs"][0]["url"].startswith(emulator.root_url)
    assert isinstance(told["log"], list)


async def test_an_open_run_is_cancelled(operator: Operator, emulator: Emulator) -> None:
    emulator.change_settings(node_s=30.0)
    run = await run_on(emulator, to_its_end=False)

    told = await operator.reads("runs", "cancel", run)

    assert told == {"id": run, "status": "cancelled", "cancelled": True}


async def test_a_run_that_the_service_cannot_stop_is_told_so(
    operator: Operator, emulator: Emulator
) -> None:
    emulator.faults.order_runs(RunFault(classic=True))
    emulator.change_settings(node_s=30.0)
    run = await run_on(emulator, to_its_end=False)

    assert "cannot be cancelled (yet)" in await operator.is_refused("runs", "cancel", run)


async def test_a_run_that_has_ended_is_not_cancelled(
    operator: Operator, emulator: Emulator
) -> None:
    run = await run_on(emulator)

    assert "has ended already: success" in await operator.is_refused("runs", "cancel", run)


@pytest.mark.parametrize("command", ["show", "cancel"])
@pytest.mark.parametrize("wrong", ["fox", NOBODYS])
async def test_an_unknown_run_is_told_with_the_way_to_those_that_are(
    operator: Operator, command: str, wrong: str
) -> None:
    told = await operator.is_refused("runs", command, wrong)

    assert f"no run {wrong}: `./stationthis runs list`" in told
