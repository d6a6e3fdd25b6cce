"""EndJob: a job ends without a result, and its points go back."""

from core.generations.model import Job, JobState
from core.generations.service import Moves
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
        await self._ledger.release(job.id, now=self._moves.now())
        return await self._moves.end(job, state, failure=failure)
