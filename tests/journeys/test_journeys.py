"""A person's whole way, told once, and walked on the page, on Telegram and on Discord."""

import io
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from tests.journeys.fronts import Person, Shown, Station, see, station

pytestmark = pytest.mark.process

FRONTS = ("page", "telegram", "discord")
SMALL = "width=96 height=64"
PORTS = dict(zip(FRONTS, range(29_910, 29_920), strict=False))
"""A port of its own each, for tests run side by side and the page is found again at its own."""

on_every_front = pytest.mark.parametrize("front", FRONTS)


def is_result(shown: Shown) -> bool:
    return bool(shown.pictures)


async def results(person: Person) -> list[Shown]:
    return [shown for shown in await person.looks() if is_result(shown)]


async def another(person: Person, known: Sequence[Shown]) -> Shown:
    """Wait for a result that is none of those."""
    ids = {shown.id for shown in known}
    return await see(person, lambda shown: is_result(shown) and shown.id not in ids)


async def answer_to(person: Person, text: str) -> Shown:
    """Say something, and return what the station answers."""
    before = {shown.id for shown in await person.looks()}
    await person.say(text)
    return await see(person, lambda shown: shown.id not in before and bool(shown.text))


async def points_of(person: Person) -> int:
    answer = await answer_to(person, "/points")
    found = re.search(r"You have (\d+)", answer.text)
    assert found is not None, answer
    return int(found[1])


def size_of(picture: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(picture)) as image:
        return image.size


def a_picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (96, 64), "orange").save(file, "PNG")
    return file.getvalue()


@on_every_front
async def test_first_contact_a_picture_again_larger_and_how_it_was_made(
    front: str, tmp_path: Path
) -> None:
    async with station(front, tmp_path) as world:
        await first_contact(await world.person())
        await a_picture_and_what_follows(await world.person())
        await a_picture_handed_in(await world.person())
        await a_bare_sentence(await world.person())
        await the_same_button_thrice(await world.person())
        assert await world.runs() == 7


async def first_contact(ann: Person) -> None:
    assert "/make" in (await answer_to(ann, "/start")).text
    assert await points_of(ann) == 370


async def a_picture_and_what_follows(ann: Person) -> None:
    await ann.say(f"/make a red fox {SMALL} seed=7")
    first = await see(ann, is_result)
    assert size_of(first.pictures[0]) == (96, 64)
    assert first.labels == ("Again", "Tweak", "Upscale", "Info")
    paid = 370 - await points_of(ann)
    assert f"{paid} point" in first.text

    await ann.press(first, "Again")
    second = await another(ann, [first])
    assert second.pictures[0] != first.pictures[0]

    await ann.press(first, "Upscale")
    third = await another(ann, [first, second])
    assert size_of(third.pictures[0]) == (192, 128)

    await ann.press(first, "Info")
    info = await see(ann, lambda shown: "seed: 7" in shown.text)
    assert "at most" in info.text
    assert len(await results(ann)) == 3


async def a_picture_handed_in(ann: Person) -> None:
    await ann.say("/make a blue sea", image=a_picture())

    assert "img2img" in (await see(ann, is_result)).text


async def a_bare_sentence(ann: Person) -> None:
    await ann.say(f"a red fox in the snow {SMALL}")

    assert "a red fox in the snow" in (await see(ann, is_result)).text


async def the_same_button_thrice(ann: Person) -> None:
    await ann.say(f"/make a red fox {SMALL}")
    first = await see(ann, is_result)

    await ann.press(first, "Again", times=3)

    second = await another(ann, [first])
    assert "Nothing is under way" in (await answer_to(ann, "/status")).text
    assert {each.id for each in await results(ann)} == {first.id, second.id}


@on_every_front
async def test_a_run_is_watched_and_cancelled_and_costs_nothing(front: str, tmp_path: Path) -> None:
    async with station(front, tmp_path, fast=False) as world:
        ann = await world.person()
        await ann.say("/make a lighthouse at night steps=50")
        waiting = await see(ann, lambda shown: "at most" in shown.text)
        await see(ann, lambda shown: shown.id == waiting.id and "%" in shown.text)

        await ann.press(waiting, "Cancel", times=2)

        ended = await see(ann, lambda shown: "You were not charged" in shown.text)
        assert ended.id == waiting.id
        assert (await points_of(ann), await results(ann)) == (370, [])


@on_every_front
async def test_too_few_points_an_unknown_workflow_and_nonsense_are_answered_in_a_sentence(
    front: str, tmp_path: Path
) -> None:
    async with station(front, tmp_path, STATIONTHIS_ALLOWANCE="3") as world:
        ann = await world.person()
        for said, answered in {
            "/make a red fox": "you have 3",
            "/mak a fox": "Did you mean /make",
            "/make a fox width=7": "from 64 to 2,048",
            "/status": "Nothing is under way",
            "/cancel": "nothing to cancel",
            "/workflows": "/img2img",
            "/help": "/workflows",
        }.items():
            assert answered in (await answer_to(ann, said)).text
        assert (await points_of(ann), await world.runs()) == (3, 0)


@on_every_front
async def test_a_kill_in_the_middle_costs_nobody_anything(front: str, tmp_path: Path) -> None:
    async with station(front, tmp_path, fast=False, port=PORTS[front]) as world:
        ann = await world.person()
        await ann.say(f"/make a red fox {SMALL} steps=40")
        waiting = await see(ann, lambda shown: "%" in shown.text)

        await world.kill()
        await world.start_again()

        end = await see(ann, is_result)
        await _nothing_is_left(world, ann)
        assert "%" not in next(each for each in await ann.looks() if each.id == waiting.id).text
        assert (end.text.count("red fox"), await world.runs()) == (1, 1)


async def _nothing_is_left(world: Station, person: Person) -> None:
    assert "Nothing is under way" in (await answer_to(person, "/status")).text
    assert len(await results(person)) == 1
    assert "Traceback" not in world.log
