"""`stationthis workflows sync`: what is different since the last time."""

import json
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from composition.operate.sync import changes, notes_of
from core.workflows.kinds import InputKind
from infrastructure.emulator.faults import RequestFault
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.stock import TEXT2IMG, UPSCALE
from tests.builders import NOW, a_workflow, an_input
from tests.composition.operate.bench import Operator, deploy, made

LOST_HALF = '{"detail": "Internal server error"}'


async def test_the_first_sync_finds_everything_new(operator: Operator) -> None:
    told = await operator.reads("workflows", "sync")

    assert told["new"] == ["img2img", "text2img", "upscale"]
    assert (told["workflows"], told["last_synced_at"], told["changed"]) == (3, None, [])


async def test_a_second_sync_finds_nothing(operator: Operator) -> None:
    first = await operator.reads("workflows", "sync")
    second = await operator.reads("workflows", "sync")

    assert (second["new"], second["gone"], second["changed"]) == ([], [], [])
    assert second["last_synced_at"] == first["synced_at"]
    assert "nothing has changed since" in await operator.sees("workflows", "sync")


async def test_what_is_new_gone_and_changed_is_told(operator: Operator, emulator: Emulator) -> None:
    await operator.reads("workflows", "sync")
    deploy(emulator, "sketch")
    emulator.workspace.undeploy(UPSCALE.id)
    wider = tuple(
        attrs.evolve(each, most=4096) if each.input_id == "width" else each
        for each in TEXT2IMG.inputs
    )
    emulator.workspace.deploy(attrs.evolve(TEXT2IMG, gpu="L4", inputs=wider))

    told = await operator.sees("workflows", "sync")

    assert "  sketch is new\n" in told
    assert "  upscale is gone\n" in told
    assert "  text2img has another gpu, input width\n" in told


def test_every_change_of_an_input_is_told() -> None:
    width = an_input("width", InputKind.INTEGER, default=512)
    steps, mask = an_input("steps"), an_input("mask")
    old = notes_of([a_workflow(inputs=(width, steps, mask))], NOW)
    stepped, needed = attrs.evolve(width, step=64), attrs.evolve(steps, required=True)
    new = notes_of([a_workflow(inputs=(stepped, needed, an_input("cfg")))], NOW)

    told = changes(old, new).changed

    assert told == {"text2img": ("input cfg", "input mask", "input steps", "input width")}


async def test_workflows_whose_names_collide_are_warned_of(
    operator: Operator, emulator: Emulator
) -> None:
    other = deploy(emulator, "Text2Img")

    done = await operator.types("workflows", "sync")
    told = await operator.reads("workflows", "sync")

    assert "Several workflows are called text2img" in done.stderr
    (clash,) = told["collisions"]
    assert {clash["offered"], *clash["hidden"]} == {TEXT2IMG.workflow_id, other.workflow_id}


async def test_what_an_older_sync_did_not_note_has_not_changed(
    operator: Operator, data: Path
) -> None:
    await operator.reads("workflows", "sync")
    place = data / "catalogue.json"
    noted = json.loads(place.read_text())
    for each in noted["workflows"].values():
        del each["version"], each["category"]
        for one in each["inputs"].values():
            del one["step"], one["required"]
    place.write_text(json.dumps(noted))

    assert (await operator.reads("workflows", "sync"))["changed"] == []


async def test_a_lost_half_is_asked_for_one_by_one(operator: Operator, emulator: Emulator) -> None:
    deploy(emulator, "sketch", image="im-1")
    await operator.reads("workflows", "sync")
    emulator.faults.order_requests(RequestFault(path="/deployments", status=500, body=LOST_HALF))

    told = await operator.reads("workflows", "sync")

    assert (told["gone"], told["new"], told["changed"]) == ([], [], [])
    assert "asked for one by one" in told["warnings"][0]


async def test_what_cannot_be_read_is_not_taken_for_gone(
    operator: Operator, emulator: Emulator, data: Path
) -> None:
    sketch = deploy(emulator, "sketch", image="im-1")
    await operator.reads("workflows", "sync")
    noted = (data / "catalogue.json").read_text()
    broken = RequestFault(path=f"/workflow/{sketch.workflow_id}", status=500, body=LOST_HALF)
    lost = RequestFault(path="/deployments", status=500, body=LOST_HALF, count=2)
    emulator.faults.order_requests(attrs.evolve(broken, count=None))
    emulator.faults.order_requests(lost)

    told = await operator.is_refused("workflows", "sync")

    assert "nothing was compared" in told
    assert (data / "catalogue.json").read_text() == noted


@pytest.mark.parametrize("broken", ["", "[]", '{"synced_at": "x", "workflows": {"a": 1}}', "{"])
async def test_notes_that_cannot_be_read_are_told_with_the_way_out(
    operator: Operator, data: Path, broken: str
) -> None:
    (made(data) / "catalogue.json").write_text(broken)

    told = await operator.is_refused("workflows", "sync")

    assert "catalogue.json cannot be read" in told
    assert "remove it" in told


async def test_names_of_the_service_tell_a_terminal_nothing_to_obey(
    operator: Operator, emulator: Emulator
) -> None:
    deploy(emulator, "Text2Img\x07\x1b")
    odd = attrs.evolve(TEXT2IMG.inputs[0], input_id="pro\x1b]0;mpt\x07")
    await operator.reads("workflows", "sync")
    newer = TEXT2IMG.updated_at + timedelta(days=1)
    changed = attrs.evolve(TEXT2IMG, inputs=(*TEXT2IMG.inputs, odd), updated_at=newer)
    emulator.workspace.deploy(changed)

    done = await operator.types("workflows", "sync")

    assert "“Text2Img??”" in done.stderr
    assert "\x1b" not in done.stderr + done.stdout
    assert "pro?]0;mpt?" in done.stdout
