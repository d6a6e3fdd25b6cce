"""Sleep that lasts until a test lets the time pass."""

import asyncio
from datetime import datetime, timedelta

from tests.fakes.clock import FixedClock

STEPS = 20
"""So many rounds of the event loop let everything in memory come to rest."""


async def come_to_rest() -> None:
    """Let every task go on until it waits for time or for a gate."""
    for _ in range(STEPS):
        await asyncio.sleep(0)


class Sleeper:
    """Sleeps by a fixed clock."""

    def __init__(self, clock: FixedClock) -> None:
        self._clock = clock
        self._sleeping: list[tuple[datetime, asyncio.Future[None]]] = []

    async def sleep(self, seconds: float) -> None:
        """Wait until so many seconds have passed on the clock."""
        wake = asyncio.get_running_loop().create_future()
        self._sleeping.append((self._clock.now() + timedelta(seconds=seconds), wake))
        await wake

    async def pass_time(self, *, seconds: float) -> None:
        """Move the clock on, from one sleeper's end to the next."""
        end = self._clock.now() + timedelta(seconds=seconds)
        await come_to_rest()
        while (due := min((at for at, _ in self._sleeping), default=end)) < end:
            self._clock.set(due)
            await self._wake()
        self._clock.set(end)
        await self._wake()

    async def _wake(self) -> None:
        now = self._clock.now()
        due = [wake for at, wake in self._sleeping if at <= now]
        self._sleeping = [(at, wake) for at, wake in self._sleeping if at > now]
        for wake in due:
            if not wake.done():
                wake.set_result(None)
        await come_to_rest()
