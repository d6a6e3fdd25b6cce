"""Waiting for what happens beside the test, with a deadline."""

import asyncio
from collections.abc import Callable

LOOK_EVERY_S = 0.001
DEADLINE_S = 5.0


async def until(is_so: Callable[[], bool], *, within_s: float = DEADLINE_S) -> None:
    """Return as soon as it is so. Raises AssertionError after 5 s, or what is told."""
    clock = asyncio.get_running_loop()
    deadline_s = clock.time() + within_s
    while clock.time() < deadline_s:
        if is_so():
            return
        await asyncio.sleep(LOOK_EVERY_S)
    raise AssertionError("it did not come to that")
