"""Wake-ups that a test drives by hand: time goes from one moment to the next, and nobody waits."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from core.generations.ports import WakeUps
from core.shared.ids import JobId
from tests.fakes.clock import FixedClock

Advance = Callable[[JobId], Awaitable[datetime | None]]
"""Moves a job on and returns when to call again, or None."""

MOST_STEPS = 2_000
"""More steps than any story has: beyond, a job goes round in circles."""


class HandDrivenWakeUps(WakeUps):
    """
    Keeps each job's next moment. Driving sets the clock to the earliest and advances that job.

    `woken` remembers every call of `wake`, in order.
    """

    def __init__(self, clock: FixedClock) -> None:
        self._clock = clock
        self._due: dict[JobId, datetime] = {}
        self.woken: list[tuple[JobId, datetime]] = []

    async def wake(self, job: JobId, *, at: datetime) -> None:
        self.woken.append((job, at))
        self._put(job, at)

    def next_at(self) -> datetime | None:
        """Return the earliest moment that anybody waits for."""
        return min(self._due.values(), default=None)

    async def advance_due(self, advance: Advance) -> int:
        """Advance whoever is due now, until nobody is; return how many steps that took."""
        return await self._drive(advance, until=self._clock.now())

    async def run_for(self, advance: Advance, *, seconds: float) -> int:
        """Live so many seconds, and return how many steps that took."""
        end = self._clock.now() + timedelta(seconds=seconds)
        steps = await self._drive(advance, until=end)
        self._clock.set(end)
        return steps

    async def run_until_idle(self, advance: Advance) -> int:
        """Live until nobody waits for anything; return how many steps that took."""
        return await self._drive(advance, until=None)

    async def _drive(self, advance: Advance, *, until: datetime | None) -> int:
        for step in range(MOST_STEPS):
            at = self.next_at()
            if at is None or (until is not None and at > until):
                return step
            job = next(job for job, moment in self._due.items() if moment == at)
            del self._due[job]
            self._clock.set(max(at, self._clock.now()))
            following = await advance(job)
            if following is not None:
                self._put(job, following)
        raise AssertionError(f"still not idle after {MOST_STEPS} steps")

    def _put(self, job: JobId, at: datetime) -> None:
        self._due[job] = min(at, self._due.get(job, at))
