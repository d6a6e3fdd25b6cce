"""StopRun: a person cancels a job that has its run."""

from datetime import timedelta

import attrs

from core.generations.model import Job, JobState
from core.generations.ports import GenerationGateway, JobStore
from core.generations.service import Moves
from core.generations.timing import back_off
from core.points.ports import PointsLedger
from core.points.pricing import PriceList
from core.shared.errors import RunUnknownError, ServiceError
from core.shared.ids import RunId
from core.use_cases.end_job import EndJob

FREE_CANCELS_A_DAY = 5
A_DAY = timedelta(days=1)
MOST_TRIES = 9
"""A silent service is asked again after 1, 2, 4, 8, 16, 30, 30 and 30 s: for two minutes in all."""
MOST_REFUSALS = 3
"""The service cannot cancel a run that has no machine yet: a few seconds later it can."""


class StopRun:
    """Stops the run, and ends the job: free five times a day, then for what was used."""

    def __init__(
        self,
        *,
        moves: Moves,
        jobs: JobStore,
        gateway: GenerationGateway,
        ledger: PointsLedger,
        prices: PriceList,
        end: EndJob,
    ) -> None:
        self._moves = moves
        self._jobs = jobs
        self._gateway = gateway
        self._ledger = ledger
        self._prices = prices
        self._end = end

    async def __call__(self, job: Job) -> Job | None:
        """
        Stop and end the job. A run that cannot be stopped is left to itself, after a while.

        Until then the job stays open: nobody moves one that has ended, so its run would go on.
        """
        if job.run is None:
            return await self._end(job, JobState.CANCELLED)
        if job.attempts and (job.next_wake_at or job.moved_at) > self._moves.now():
            return job  # whoever presses the button again does not use up the tries
        tries, wait = job.attempts, back_off(job.attempts + 1, longest_s=30.0)
        try:
            stopped = await self._gateway.cancel(job.run)
        except ServiceError:
            stopped = False
        else:
            # Whoever answers will not change its mind for two minutes.
            tries, wait = max(tries, MOST_TRIES - MOST_REFUSALS), timedelta(seconds=1)
        if not stopped and tries + 1 < MOST_TRIES:
            return await self._moves.again(attrs.evolve(job, attempts=tries), wait)
        return await self._ended(job, job.run)

    async def _ended(self, job: Job, run: RunId) -> Job | None:
        since = self._moves.now() - A_DAY
        cancelled = await self._jobs.cancelled_running_since(job.wish.account, since)
        used_s = 0.0 if cancelled < FREE_CANCELS_A_DAY else await self._used_s(job, run)
        if not used_s:
            return await self._end(job, JobState.CANCELLED)
        price = self._prices.used(job.quote, used_s, gpu=job.wish.gpu)
        settled = await self._ledger.settle(job.id, price, now=self._moves.now())
        return await self._moves.end(
            attrs.evolve(job, charged=settled.charged, run_s=used_s), JobState.CANCELLED
        )

    async def _used_s(self, job: Job, run: RunId) -> float:
        """Return the GPU seconds of the run, as the service counts them; 0 if it does not know."""
        try:
            return (await self._gateway.status(run, fresh=True)).run_s or 0.0
        except RunUnknownError:
            return 0.0
        except ServiceError:
            # Silent: its run may well go on to its end.
            age = self._moves.now() - (job.submitted_at or job.moved_at)
            return min(max(0.0, age.total_seconds()), job.quote.median_s)
