"""Measuring the bots as people meet them: at servers on loopback, through the real libraries."""

import asyncio
import statistics
import time
from collections.abc import Sequence

import attrs
import httpx
import psutil

from tests.journeys.fronts import Person, Shown, Station, see

SMALL = "width=256 height=256"
LOOK_EVERY_S = 0.001


@attrs.frozen
class Timed:
    """One generation: seconds to its first reply, to its result, and of the run itself."""

    first_s: float
    total_s: float
    run_s: float
    calls: int
    """How many calls the platform got for it."""

    @property
    def overhead_s(self) -> float:
        """What we added to the run."""
        return self.total_s - self.run_s


async def generations(world: Station, *, count: int) -> Sequence[Timed]:
    """
    Have so many people make a picture, one after another, and time each.

    Each is another person: one alone would meet the platform's limit for a chat.
    """
    timed = []
    for _ in range(count):
        person = await world.person()
        calls, began = world.calls, time.perf_counter()
        await person.say(f"/make a red fox {SMALL}")
        await see(person, _is_there, look_every_s=LOOK_EVERY_S)
        first_s = time.perf_counter() - began
        await see(person, _is_result, look_every_s=LOOK_EVERY_S)
        total_s = time.perf_counter() - began
        await asyncio.sleep(0.05)  # what follows the result is counted as well
        timed.append(Timed(first_s, total_s, await _run_s(world), world.calls - calls))
    return timed


async def _run_s(world: Station) -> float:
    """Return how long the newest run took, as the service tells it."""
    run = (await world.emulator.get("/control")).json()["runs"][-1]
    headers = {"Authorization": f"Bearer {world.settings['COMFY_DEPLOY_API_KEY']}"}
    base_url = world.settings["COMFY_DEPLOY_BASE_URL"]
    async with httpx.AsyncClient(headers=headers) as api:
        return float((await api.get(f"{base_url}/run/{run['id']}")).json()["duration"])


def _is_there(shown: Shown) -> bool:
    return bool(shown.text)


def _is_result(shown: Shown) -> bool:
    return bool(shown.pictures)


@attrs.frozen
class Crowd:
    """Many people at once: seconds until each was acknowledged and had the result, in order."""

    acknowledged_s: Sequence[float]
    delivered_s: Sequence[float]
    peak_mb: float


async def crowd(world: Station, *, people: int, words: str = "a cat") -> Crowd:
    """Have so many people send a command in the same moment, and wait for all results."""
    everybody = [await world.person() for _ in range(people)]
    process, peak_mb, is_over = psutil.Process(world.program.process.pid), 0.0, False

    async def watch() -> None:
        nonlocal peak_mb
        while not is_over:
            peak_mb = max(peak_mb, process.memory_info().rss / 1e6)
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    ends = await asyncio.gather(*(_served(world, each, words) for each in everybody))
    is_over = True
    await watching
    return Crowd([end[0] for end in ends], [end[1] for end in ends], peak_mb)


async def _served(world: Station, person: Person, words: str) -> tuple[float, float]:
    began = time.perf_counter()
    await person.say(f"/make {words}")
    await world.acknowledged(person)
    acknowledged_s = time.perf_counter() - began
    await see(person, _is_result, within_s=180)
    return acknowledged_s, time.perf_counter() - began


def told(name: str, timed: Sequence[Timed]) -> str:
    """Return the figures of one front as a line."""
    first_ms = statistics.median(each.first_s for each in timed) * 1000
    overhead_ms = statistics.median(each.overhead_s for each in timed) * 1000
    calls = max(each.calls for each in timed)
    return (
        f"{name}: first reply p50 {first_ms:.1f} ms, overhead {overhead_ms:.1f} ms, {calls} calls"
    )
