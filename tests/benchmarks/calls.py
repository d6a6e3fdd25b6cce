"""
How fast a client of the API is, and at what cost.

Knows the standard library only: it also runs where the SDK is installed and nothing of ours.
"""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable

KEY = "benchmark-key"
DEPLOYMENT = "3116a278-66b0-44bf-9e3d-841e52ae82b1"
INPUTS: dict[str, str | int | float | bool | list[object]] = {
    "prompt": "a fox in the snow",
    "width": 1024,
    "height": 1024,
    "seed": 7,
}
CALLS = {1: 500, 50: 1_000, 500: 1_000}
"""How many calls are timed, by how many are in flight all the while."""

Ask = Callable[[int], Awaitable[object]]


def run_id(number: int) -> str:
    """Return an id that no other call asks for, so that no two calls can be made one."""
    return f"{number:08x}-f87f-4e3a-b4d2-797280afec47"


async def tell_speed(ask: Ask) -> None:
    """Print a line: for each number in flight, calls per second and CPU seconds per call."""
    told = {in_flight: await _speed(ask, in_flight) for in_flight in CALLS}
    sys.stdout.write(json.dumps(told) + "\n")


async def _speed(ask: Ask, in_flight: int) -> tuple[float, float]:
    """Time the calls while all the others are in flight too: neither the start nor the end."""
    first, last = in_flight, in_flight + CALLS[in_flight]
    answered = 0
    marks: list[tuple[float, float]] = []
    numbers = iter(range(last + in_flight))

    async def some() -> None:
        nonlocal answered
        for number in numbers:
            await ask(number)
            answered += 1
            if answered in (first, last):
                marks.append((time.perf_counter(), _cpu_s()))

    await asyncio.gather(*(some() for _ in range(in_flight)))
    (began, spent_before), (ended, spent_after) = marks
    return CALLS[in_flight] / (ended - began), (spent_after - spent_before) / CALLS[in_flight]


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
