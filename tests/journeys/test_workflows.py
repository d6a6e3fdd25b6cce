"""A workflow's whole life, told once, and walked on the page, on Telegram and on Discord."""

import asyncio
from pathlib import Path

import pytest

from tests.journeys.fronts import Person, Shown, Station, see, station
from tests.journeys.test_journeys import (
    a_picture,
    another,
    answer_to,
    is_result,
    on_every_front,
)
from tests.journeys.workspace import PROMPT, SEED, Workspace, a_slider, an_enum, an_image

pytestmark = pytest.mark.process

NOTE = "Draws foxes on paper.\n@stationthis alias=foxes category='text to image' example='a fox'"
STROKES = a_slider("strokes", default=20, least=1, most=60)
LINES = a_slider("lines", default=5, least=1, most=9)
PAPER = an_enum("paper", "White", "Grey", "Blue")
SOON_S = 30.0
PAGE_PORT = 29_940
"""The page is found again at its own address after a restart."""


async def listed(world: Station, person: Person, name: str, *, there: bool = True) -> None:
    """Wait until a command is listed for a person, or is not any more."""
    async with asyncio.timeout(SOON_S):
        while True:
            if (name in await world.listed(person)) is there:
                return
            await asyncio.sleep(0.05)


@on_every_front
async def test_a_workflow_comes_is_run_changes_and_goes(front: str, tmp_path: Path) -> None:
    async with station(front, tmp_path, STATIONTHIS_CATALOGUE_TTL="2") as world:
        ann = await world.person()
        async with Workspace.at(world.settings) as workspace:
            await _a_life(world, workspace, ann)


async def _a_life(world: Station, workspace: Workspace, ann: Person) -> None:
    sketch = await workspace.deploy("Fox Sketch", PROMPT, SEED, STROKES, PAPER, note=NOTE)
    await listed(world, ann, "fox_sketch")
    first = await _is_explained_and_run(ann)

    await workspace.change(sketch, PROMPT, SEED, PAPER, LINES)
    await _is_version_2(ann)
    await ann.press(first, "Again")
    second = await another(ann, [first])
    said = "".join(each.text for each in await ann.looks())
    assert "version 2" in said
    assert "strokes" in said.partition("version 2")[2]

    await workspace.remove(sketch)
    await listed(world, ann, "fox_sketch", there=False)
    await ann.press(second, "Again")
    await see(ann, lambda shown: "There is no workflow called" in shown.text)


async def _is_explained_and_run(ann: Person) -> Shown:
    about = (await answer_to(ann, "/help fox_sketch")).text
    assert "Draws foxes on paper." in about
    assert "1 to 60" in about
    assert "Fox Sketch" in (await answer_to(ann, "/workflows fox")).text
    await ann.say("/fox_sketch a fox --strokes 30 --paper grey")
    return await see(ann, is_result)


async def _is_version_2(ann: Person) -> None:
    async with asyncio.timeout(SOON_S):
        while True:
            if "lines" in (await answer_to(ann, "/help fox_sketch")).text:
                return
            await asyncio.sleep(0.5)


@on_every_front
async def test_what_is_missing_is_asked_for_and_outlasts_a_kill(front: str, tmp_path: Path) -> None:
    async with station(
        front, tmp_path, port=PAGE_PORT if front == "page" else 0, STATIONTHIS_CATALOGUE_TTL="2"
    ) as world:
        ann = await world.person()
        async with Workspace.at(world.settings) as workspace:
            await workspace.deploy("Fox Coat", an_image("image"), PROMPT, SEED)
        await listed(world, ann, "fox_coat")
        question = await answer_to(ann, "/run fox_coat a red coat")
        assert "picture" in question.text

        await world.kill()
        await world.start_again()
        await ann.say("", image=a_picture())

        result = await see(ann, is_result)
        assert "a red coat" in result.text


@on_every_front
async def test_an_earlier_wish_is_changed_in_a_form_and_made_again(
    front: str, tmp_path: Path
) -> None:
    async with station(front, tmp_path) as world:
        ann = await world.person()
        await ann.say("/make a red fox width=96 height=64 seed=7")
        first = await see(ann, is_result)

        await ann.press(first, "Tweak")
        form = await see(ann, lambda shown: any("Run" in label for label in shown.labels))
        assert "96" in form.text
        run = next(label for label in form.labels if "Run" in label)
        await ann.press(form, run, times=2)

        second = await another(ann, [first])
        assert second.pictures[0] != first.pictures[0]
        assert await world.runs() == 2
