"""SettleJob: a job with its results in hand is paid, once, and ends."""

import attrs

from core.generations.model import Job, JobState
from core.generations.service import Moves
from core.points.model import ResolveResult
from core.points.ports import PointsLedger
from core.points.pricing import PriceList


class SettleJob:
    """Takes what the quote says of the time that it took; the rest of the hold goes back."""

    def __init__(self, *, moves: Moves, ledger: PointsLedger, prices: PriceList) -> None:
        self._moves = moves
        self._ledger = ledger
        self._prices = prices

    async def __call__(self, job: Job) -> Job | None:
        """Settle and end a job that has its results. Repeating charges nothing more."""
        claimed = await self._moves.claim(job, JobState.SETTLING)
        if claimed is None:
            return None
        # Without a run time from the service the median of its workflow is the fairest guess.
        used_s = job.quote.median_s if job.run_s is None else job.run_s
        actual = self._prices.settled(job.quote, used_s, gpu=job.wish.gpu)
        settled = await self._ledger.settle(job.id, actual, now=self._moves.now())
        if settled.result in (ResolveResult.UNKNOWN_HOLD, ResolveResult.ALREADY_RELEASED):
            await self._moves.alert("points.no_hold", f"job {job.id} had no hold to settle: free")
        paid = attrs.evolve(claimed, charged=settled.charged, progress=1.0)
        return await self._moves.end(paid, JobState.SUCCEEDED)
