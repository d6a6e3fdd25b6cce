"""Measuring crowds: many people who ask in the same moment, and what the platforms got for it."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

import attrs
import psutil

from tests.benchmarks.platform_figures import sees
from tests.journeys.fronts import AtPage, OnDiscord, OnTelegram, Person, Station

LOOK_EVERY_S = 0.1
DELIVERED_WITHIN_S = 300
SIGNS = ("sendMessage", "sendChatAction")
RESULTS = ("editMessageMedia", "sendPhoto")


@attrs.frozen(kw_only=True)
class Crowd:
    """Seconds until each was acknowledged, in the order of asking, and the results' order."""

    acknowledged_s: Sequence[float]
    delivered: Sequence[int]
    """The places in the order of asking, in the order of the results."""
    took_s: float
    peak_mb: float

    @property
    def fairness(self) -> float:
        """The rank correlation of asking and getting: 1 when nobody was overtaken."""
        return statistics.correlation(range(len(self.delivered)), self.delivered)


class Watched(Protocol):
    """What a platform's server has seen of its crowd."""

    def acknowledged_at(self) -> Sequence[float]:
        """Return when each person had a sign of ours, on the monotonic clock."""

    def delivered(self) -> Sequence[int]:
        """Return the numbers of the people who have their results, in order, each once."""


@attrs.frozen
class WatchedTelegram(Watched):
    """Judged by the calls that were done. A sign is an answer, or that we are typing."""

    world: Station
    people: Sequence[OnTelegram]
    since: int

    def acknowledged_at(self) -> Sequence[float]:
        signs: dict[int | None, float] = {}
        for call in self.world.telegram.calls[self.since :]:
            if call.method in SIGNS and call.status == 200:
                signs.setdefault(call.chat_id, call.at)
        return [signs[person.user.chat_id] for person in self.people]

    def delivered(self) -> Sequence[int]:
        numbers = {person.user.chat_id: number for number, person in enumerate(self.people)}
        calls = self.world.telegram.calls[self.since :]
        chats = [each.chat_id for each in calls if each.method in RESULTS and each.status == 200]
        return [numbers[chat] for chat in dict.fromkeys(chats) if chat is not None]


@attrs.frozen
class WatchedDiscord(Watched):
    """Judged by the interactions' acknowledgements, and by the messages that were posted."""

    world: Station
    people: Sequence[OnDiscord]
    since: int

    def acknowledged_at(self) -> Sequence[float]:
        found = [person.user.interactions[-1].acknowledged_at for person in self.people]
        return [at if at is not None else float("inf") for at in found]

    def delivered(self) -> Sequence[int]:
        numbers = {
            f"/channels/{person.user.channel.id}/messages": number
            for number, person in enumerate(self.people)
        }
        calls = self.world.discord.calls[self.since :]
        paths = [each.path for each in calls if each.method == "POST" and each.status == 200]
        return [numbers[path] for path in dict.fromkeys(paths) if path in numbers]


async def crowd(
    world: Station,
    people: Sequence[Person],
    *,
    words: str,
    before_each: Callable[[], Awaitable[None]] | None = None,
) -> Crowd:
    """
    Have all these people at one platform ask, and wait for their results.

    They ask in the same moment, or one by one with what is done `before_each`.
    """
    watched: Watched
    telegram = [each for each in people if isinstance(each, OnTelegram)]
    discord = [each for each in people if isinstance(each, OnDiscord)]
    if telegram:
        watched = WatchedTelegram(world, telegram, len(world.telegram.calls))
    else:
        watched = WatchedDiscord(world, discord, len(world.discord.calls))
    asked_at = []
    async with memory_of(world) as peak_mb:
        for person in people:
            if before_each is not None:
                await before_each()
            asked_at.append(time.monotonic())
            await person.say(f"/make {words}")
        await _delivered(watched, len(people))
        took_s = time.monotonic() - asked_at[0]
    pairs = zip(watched.acknowledged_at(), asked_at, strict=True)
    return Crowd(
        acknowledged_s=[at - asked for at, asked in pairs],
        delivered=watched.delivered(),
        took_s=took_s,
        peak_mb=peak_mb(),
    )


async def _delivered(watched: Watched, count: int) -> None:
    async with asyncio.timeout(DELIVERED_WITHIN_S):
        while len(watched.delivered()) < count:  # noqa: ASYNC110 - rarely, to leave the time to those who are measured
            await asyncio.sleep(LOOK_EVERY_S)


async def crowd_at_page(people: Sequence[Person], *, words: str) -> Sequence[float]:
    """Have all these people ask at the page; return how long each waited for a first reply."""

    async def served(person: AtPage) -> float:
        began = time.monotonic()
        await person.say(f"/make {words}")
        await person.visitor.see(lambda message: message["id"].startswith("job-"))
        acknowledged_s = time.monotonic() - began
        await sees(person, lambda _, has_picture: has_picture)
        return acknowledged_s

    return await asyncio.gather(*(served(each) for each in people if isinstance(each, AtPage)))


@asynccontextmanager
async def memory_of(world: Station) -> AsyncIterator[Callable[[], float]]:
    """Watch the program's resident memory; yields what tells the most that it was, in MB."""
    process, peak_mb = psutil.Process(world.program.process.pid), 0.0

    async def watch() -> None:
        nonlocal peak_mb
        while True:
            peak_mb = max(peak_mb, process.memory_info().rss / 1e6)
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    try:
        yield lambda: peak_mb
    finally:
        watching.cancel()
