"""RecoverJobs: after a start, and every now and then, whatever was forgotten is found."""

from datetime import datetime, timedelta

from core.generations.model import WORKER, Job
from core.generations.ports import JobStore, WakeUps
from core.shared.ports import Clock

OVERDUE = timedelta(seconds=5)


ABANDONED = timedelta(hours=1)
"""How long after its last sign of life a command's own job is the worker's: no run takes longer."""


def _is_abandoned(job: Job, *, now: datetime) -> bool:
    return (job.next_wake_at or job.moved_at) + ABANDONED <= now


class RecoverJobs:
    """Wakes open jobs. Only the role *worker* recovers and sweeps."""

    def __init__(self, *, jobs: JobStore, wake_ups: WakeUps, clock: Clock) -> None:
        self._jobs = jobs
        self._wake_ups = wake_ups
        self._clock = clock

    async def at_start(self, *, dead_owners: str) -> int:
        """
        Wake every open job; return how many.

        Claims of owners that begin with `dead_owners` end at once: the caller holds the lock that
        proves them dead, so nobody has to wait for their leases.
        """
        await self._jobs.free_claims(dead_owners)
        return await self._wake(overdue_by=None)

    async def sweep(self) -> int:
        """Wake open jobs whose moment has passed by a while; return how many."""
        return await self._wake(overdue_by=OVERDUE)

    async def _wake(self, *, overdue_by: timedelta | None) -> int:
        now = self._clock.now()
        woken = 0
        for job in await self._jobs.unfinished():
            if job.driver != WORKER and not _is_abandoned(job, now=now):
                continue
            due = (
                job.next_wake_at is None
                or overdue_by is None
                or job.next_wake_at + overdue_by <= now
            )
            if due and not job.state.is_end:
                await self._wake_ups.wake(job.id, at=now)
                woken += 1
        return woken
