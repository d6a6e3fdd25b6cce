import asyncio
import gc
import weakref

import pytest

from adapters.chat.turns import Turns


class Subject:
    """What turns are about; as long as somebody remembers it, it lives."""


async def note(turns: Turns, subject: object, log: list[str], *, name: str) -> None:
    async with turns.of(subject):
        log.append(f"{name} begins")
        await asyncio.sleep(0)
        log.append(f"{name} ends")


async def test_one_subject_has_its_turns_in_the_order_of_asking() -> None:
    turns, log = Turns(), list[str]()

    await asyncio.gather(*(note(turns, "ada", log, name=name) for name in "123"))

    assert log == ["1 begins", "1 ends", "2 begins", "2 ends", "3 begins", "3 ends"]


async def test_subjects_do_not_wait_for_each_other() -> None:
    turns, log = Turns(), list[str]()

    await asyncio.gather(*(note(turns, name, log, name=name) for name in ("ada", "bob")))

    assert log == ["ada begins", "bob begins", "ada ends", "bob ends"]


async def test_a_turn_that_fails_is_over() -> None:
    turns, log = Turns(), list[str]()

    with pytest.raises(KeyError):
        async with turns.of("ada"):
            raise KeyError
    await note(turns, "ada", log, name="1")

    assert log == ["1 begins", "1 ends"]


async def test_whoever_gives_up_waiting_holds_up_nobody() -> None:
    turns, log = Turns(), list[str]()
    async with turns.of("ada"):
        impatient = asyncio.create_task(note(turns, "ada", log, name="1"))
        patient = asyncio.create_task(note(turns, "ada", log, name="2"))
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.sleep(0)
    await patient

    assert log == ["2 begins", "2 ends"]


async def test_a_subject_is_forgotten_after_its_last_turn() -> None:
    turns, subject = Turns(), Subject()
    kept = weakref.ref(subject)
    await asyncio.gather(*(note(turns, subject, [], name=name) for name in "123"))
    waiting = asyncio.create_task(note(turns, subject, [], name="4"))
    waiting.cancel()
    await asyncio.wait([waiting])

    del subject, waiting
    gc.collect()

    assert kept() is None
