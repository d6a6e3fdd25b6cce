"""Measuring the bots as people meet them: at servers on loopback, through the real libraries."""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence

import attrs
import httpx

from tests.journeys.fronts import AtPage, OnDiscord, OnTelegram, Person, Station
from tests.program import text_of

SMALL = "width=256 height=256"
SEEN_WITHIN_S = 30.0
FOLLOWS_WITHIN_S = 0.15
"""What follows a result is counted to its run as well."""


@attrs.frozen
class Timed:
    """One generation: seconds to its first reply, to its result, and of the run itself."""

    first_s: float
    total_s: float
    run_s: float
    calls: int
    """How many calls the platform got for it."""
    uploads: int

    @property
    def overhead_s(self) -> float:
        """What we added to the run."""
        return self.total_s - self.run_s


async def generations(
    world: Station, *, fronts: Sequence[str], count: int
) -> dict[str, list[Timed]]:
    """
    Have so many people at each front make a picture, one after another, and time each.

    Each is another person, who is known already: one alone would meet the limit for a chat. The
    fronts take turns, so that whatever else this machine does meets all of them.
    """
    people = {front: [await known(world, front) for _ in range(count)] for front in fronts}
    timed: dict[str, list[Timed]] = {front: [] for front in fronts}
    for number in range(count):
        for front in fronts:
            timed[front].append(await _one(world, people[front][number]))
    return timed


async def known(world: Station, front: str) -> Person:
    """Return somebody at a front who has an account, and an answer on it."""
    person = await world.person(front)
    await person.say("/points")
    await sees(person, lambda text, _: "You have" in text)
    return person


async def _one(world: Station, person: Person) -> Timed:
    calls, uploads = world.calls, _uploads(world)
    began = time.perf_counter()
    await person.say(f"/make a red fox {SMALL}")
    await sees(person, lambda text, _: "red fox" in text)
    first_s = time.perf_counter() - began
    await sees(person, lambda _, has_picture: has_picture)
    total_s = time.perf_counter() - began
    await asyncio.sleep(FOLLOWS_WITHIN_S)
    return Timed(
        first_s, total_s, await _run_s(world), world.calls - calls, _uploads(world) - uploads
    )


async def sees(
    person: Person, is_it: Callable[[str, bool], bool], *, within_s: float = SEEN_WITHIN_S
) -> None:
    """
    Return as soon as a person sees a message that is it, by its text and whether it has a picture.

    Each front wakes its person at a change: who looks again and again takes time from the others.
    """
    match person:
        case AtPage(visitor):
            await visitor.see(lambda each: is_it(text_of(each), bool(each["media"])))
        case OnTelegram(user):
            await user.see(lambda each: is_it(each.text, bool(each.media)), within_s)
        case OnDiscord(member):
            await member.see(lambda each: is_it(each.text, bool(each.media)), within_s=within_s)
        case _:
            raise AssertionError(person)


def _uploads(world: Station) -> int:
    return world.telegram.uploads + world.discord.uploads


async def _run_s(world: Station) -> float:
    """Return how long the newest run took, as the service tells it."""
    run = (await world.emulator.get("/control")).json()["runs"][-1]
    headers = {"Authorization": f"Bearer {world.settings['COMFY_DEPLOY_API_KEY']}"}
    base_url = world.settings["COMFY_DEPLOY_BASE_URL"]
    async with httpx.AsyncClient(headers=headers) as api:
        return float((await api.get(f"{base_url}/run/{run['id']}")).json()["duration"])


def first_s(timed: Sequence[Timed]) -> float:
    """Return the median time to a first reply."""
    return statistics.median(each.first_s for each in timed)


def overhead_s(timed: Sequence[Timed]) -> float:
    """Return the median of what we add to a run."""
    return statistics.median(each.overhead_s for each in timed)
