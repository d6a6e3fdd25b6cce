"""EndJob: a job ends without a result, and its points go back."""

import attrs

from core.generations.model import NOTHING, Job, JobState
from core.generations.service import Moves
from core.points.model import ResolveResult
from core.points.ports import PointsLedger


class EndJob:
    """Releases the hold, then ends the job with its delivery pending."""

    def __init__(self, *, moves: Moves, ledger: PointsLedger) -> None:
        self._moves = moves
        self._ledger = ledger

    async def __call__(self, job: Job, state: JobState, failure: str = "") -> Job | None:
        """
        End a job as failed, timed out or cancelled.

        The release comes first and may be repeated: should we die in between, the job is still
        open and ends at the next try. The other order could leave a hold that nobody releases.
        """
        released = await self._ledger.release(job.id, now=self._moves.now())
        if released is ResolveResult.ALREADY_SETTLED:
            # A cancel was paid for, and we died before the job could say so: settling asks again.
            paid = await self._ledger.settle(job.id, NOTHING, now=self._moves.now())
            job = attrs.evolve(job, charged=paid.charged)
        return await self._moves.end(job, state, failure=failure)
