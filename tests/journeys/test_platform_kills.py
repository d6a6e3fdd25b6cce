"""
kill -9 at any moment, on Telegram and Discord: nothing is lost, doubled or charged twice.

One thing no bot can help there: a program that dies after the platform took a job's first card, and
before it noted where that is, does not know the card any more. It stays as it was, and the end
comes in a message of its own. So much is allowed here, to cards that came just before a kill.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import attrs
import pytest

from core.generations.model import Job, JobState
from tests.journeys.books import books_of
from tests.journeys.fronts import Person, Shown, Station, see, station

pytestmark = pytest.mark.process

PORTS = {"telegram": 29_920, "discord": 29_921}
SMALL = "width=64 height=64 steps=50"
ACTS = ("make", "make", "again", "cancel")
KILLED_WITHIN_S = 0.6
DIES_WITHIN_S = 0.02
"""A question is asked so shortly before a kill."""

ENDED_WITHIN_S = 30.0
PATIENCE_S = 4.0
"""What people at Discord say while nobody is there is lost: after so long they say it again."""

NOTED_WITHIN_S = 0.2
"""A card that came longer before a kill is known after it."""

DEAD_FOR_S = 1.0
"""A start takes longer: what is seen so soon after a kill was sent before it."""

LOOK_EVERY_S = 0.01
UNDER_WAY = ("Starting", "Queued", "Waiting for", "Finishing", "Cancelling", "%")

on_both = pytest.mark.parametrize("front", ["telegram", "discord"])


def is_result(shown: Shown) -> bool:
    return bool(shown.pictures)


def is_refund(shown: Shown) -> bool:
    return not shown.pictures and "not charged" in shown.text


def is_end(shown: Shown) -> bool:
    return is_result(shown) or is_refund(shown)


def is_left(shown: Shown) -> bool:
    """Whether it says that something is under way."""
    return not shown.pictures and any(each in shown.text for each in UNDER_WAY)


def is_open(shown: Shown) -> bool:
    return "Undo" in shown.labels or "Cancel" in shown.labels


async def seen(person: Person, is_it: Callable[[Shown], bool], *, words: str) -> list[Shown]:
    return [each for each in await person.looks() if words in each.text and is_it(each)]


@attrs.define(kw_only=True)
class Rounds:
    """The rounds on one front: who says and presses what, and when the program was killed."""

    world: Station
    front: str
    people: Sequence[Person]
    chance: random.Random
    killed_at: list[float] = attrs.field(factory=list)
    came_at: dict[str, float] = attrs.field(factory=dict)
    """When each message was seen first."""
    askers: list[Person] = attrs.field(factory=list)

    async def play(self, count: int) -> None:
        """Play so many rounds with one kill in each, and wait for every end and every answer."""
        watching = asyncio.create_task(self._watch())
        for number in range(count):
            await self._round(number)
        for asker in self.askers:
            await see(asker, lambda shown: "You have 370 points" in shown.text)
        await self.world.delivered()
        watching.cancel()

    async def _round(self, number: int) -> None:
        person, act = self.people[number % len(self.people)], self.chance.choice(ACTS)
        doing = asyncio.create_task(self._done(person, act, words=f"fox {number:03}"))
        await asyncio.sleep(self.chance.uniform(0, KILLED_WITHIN_S))
        await self._ask()
        await asyncio.sleep(self.chance.uniform(0, DIES_WITHIN_S))
        await self.world.kill()
        self.killed_at.append(time.monotonic())
        await self._ask()
        await self.world.start_again()
        await doing

    async def _ask(self) -> None:
        """Have somebody new ask a question, where the platform keeps what nobody has taken yet."""
        if self.front == "telegram":
            asker = await self.world.person()
            await asker.say("/points")
            self.askers.append(asker)

    async def _done(self, person: Person, act: str, *, words: str) -> None:
        """Do it, and wait for the end; on Discord say it again when nothing comes."""
        results = [each for each in await person.looks() if is_result(each)]
        if act == "again" and results:
            words = results[-1].text[results[-1].text.index("fox ") :][: len(words)]
        before = len(await seen(person, is_end, words=words))
        async with asyncio.timeout(ENDED_WITHIN_S):
            while True:
                if act == "again" and results:
                    await person.press(results[-1], "Again")
                else:
                    await person.say(f"/make {words} {SMALL}")
                patience_s = PATIENCE_S if self.front == "discord" else ENDED_WITHIN_S
                deadline = time.monotonic() + patience_s
                while time.monotonic() < deadline:
                    if len(await seen(person, is_end, words=words)) > before:
                        return
                    if act == "cancel":
                        await self._cancel(person, words)
                    await asyncio.sleep(LOOK_EVERY_S)

    async def _cancel(self, person: Person, words: str) -> None:
        """Press the button of the newest card, if there is one."""
        for shown in (await seen(person, is_open, words=words))[-1:]:
            await person.press(shown, shown.labels[0])
            await asyncio.sleep(1)  # nobody presses a hundred times a second

    async def _watch(self) -> None:
        while True:
            for person in self.people:
                for shown in await person.looks():
                    self.came_at.setdefault(shown.id, time.monotonic())
            await asyncio.sleep(LOOK_EVERY_S)

    def was_just_sent(self, shown: Shown) -> bool:
        """Whether a message came so shortly before a kill that its place was not noted."""
        came_at = self.came_at[shown.id]
        return any(kill - NOTED_WITHIN_S < came_at < kill + DEAD_FOR_S for kill in self.killed_at)


def ends_by_words(jobs: Sequence[Job]) -> Counter[tuple[str, bool]]:
    """Count the ends that people must have seen, by the words and whether it is a result."""
    return Counter((job.wish.words, job.state is JobState.SUCCEEDED) for job in jobs)


def shown_by_words(messages: Sequence[Shown]) -> Counter[tuple[str, bool]]:
    """Count the ends that people see."""
    ends = [each for each in messages if is_end(each)]
    at = [each.text.index("fox ") for each in ends]
    return Counter(
        (each.text[i : i + len("fox 000")], is_result(each))
        for each, i in zip(ends, at, strict=True)
    )


async def check_rounds(front: str, tmp_path: Path, *, count: int, seed: int) -> None:
    async with station(front, tmp_path, port=PORTS[front], STATIONTHIS_LOOK_UP_S="1") as world:
        rounds = Rounds(
            world=world,
            front=front,
            people=[await world.person() for _ in range(4)],
            chance=random.Random(seed),  # noqa: S311 - a replayable test, no secret
        )
        await rounds.play(count)

        messages = [shown for person in rounds.people for shown in await person.looks()]
        runs = (await world.emulator.get("/control")).json()["runs"]
    audit, jobs = await books_of(tmp_path / "data")

    left = [shown for shown in messages if is_left(shown)]
    assert shown_by_words(messages) == ends_by_words(jobs)
    assert audit.balanced, audit
    assert len(jobs) == count if front == "telegram" else len(jobs) >= count
    assert all(job.charged <= job.quote.points for job in jobs)
    assert max(Counter(run["inputs"]["stationthis_job"] for run in runs).values()) == 1
    assert [shown for shown in left if not rounds.was_just_sent(shown)] == []
    assert len(left) <= count
    assert "Traceback" not in world.log


@on_both
async def test_a_killed_station_goes_on_where_it_was(front: str, tmp_path: Path) -> None:
    await check_rounds(front, tmp_path, count=4, seed=1)


@pytest.mark.full
@on_both
async def test_a_station_killed_30_times_goes_on_where_it_was(front: str, tmp_path: Path) -> None:
    await check_rounds(front, tmp_path, count=30, seed=2)
