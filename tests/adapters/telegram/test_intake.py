"""Which updates Telegram may forget, and where we ask from."""

import asyncio

import pytest

from adapters.telegram.intake import HELD_S, MOST_AT_ONCE, Intake


async def an_intake(*numbers: int, held_s: float = HELD_S) -> Intake:
    """Return an intake that has fetched these."""
    intake = Intake(held_s=held_s)
    intake.fetched(numbers)
    return intake


def soon() -> float:
    """Return a moment that is not far, on the loop's clock."""
    return asyncio.get_running_loop().time() + 0.02


async def test_nothing_open_is_asked_for_as_the_library_asks() -> None:
    assert Intake().offset(5) == 5


async def test_we_ask_from_the_oldest_that_is_not_done() -> None:
    intake = await an_intake(4, 5, 6)

    offsets = [intake.offset(7)]
    for number in (5, 4, 6):
        intake.done(number)
        offsets.append(intake.offset(7))

    assert offsets == [4, 4, 6, 7]


async def test_what_comes_again_is_passed_over_whether_it_is_done_or_not() -> None:
    intake = await an_intake(4, 5)
    intake.done(5)
    intake.offset(6)

    assert intake.fetched([4, 5, 6]) == [6]


async def test_what_telegram_was_told_to_forget_is_new_when_it_comes_again() -> None:
    intake = await an_intake(4)
    intake.done(4)
    intake.offset(5)

    assert intake.fetched([4]) == [4]


async def test_an_update_is_done_when_its_job_is_shown_and_not_when_its_answer_is_begun() -> None:
    intake = await an_intake(4, 5)
    intake.starts("aa", 4)
    intake.starts("bb", 5)

    intake.shown("answer-aa")
    intake.shown("job-cc")
    before = intake.offset(6)
    intake.shown("job-aa")

    assert (before, intake.offset(6)) == (4, 5)


async def test_what_ends_after_the_close_is_not_done() -> None:
    intake = await an_intake(4)

    intake.close()
    intake.done(4)

    assert intake.offset(5) == 4


@pytest.mark.parametrize("way", ["nothing is open", "it is closed"])
async def test_we_ask_at_once_when(way: str) -> None:
    intake = await an_intake(4)
    (intake.close if way == "it is closed" else lambda: intake.done(4))()
    began_at, late = asyncio.get_running_loop().time(), soon() + 60

    await intake.idle(late)

    assert asyncio.get_running_loop().time() - began_at < 1


async def test_while_something_is_open_we_ask_when_it_is_time() -> None:
    intake, moment = await an_intake(4), soon()

    await intake.idle(moment)

    assert asyncio.get_running_loop().time() >= moment


@pytest.mark.parametrize(("held_s", "offset"), [(60.0, 1), (-1.0, 101)])
async def test_who_holds_up_all_is_let_go_after_some_time(held_s: float, offset: int) -> None:
    numbers = range(1, MOST_AT_ONCE + 1)
    intake = await an_intake(*numbers, held_s=held_s)
    intake.done(50)

    intake.fetched(numbers)

    assert intake.offset(0) == offset
