"""AdvanceGeneration: the only thing that moves a job after its start. One step a call."""

from datetime import datetime, timedelta

from core.generations.model import Job, JobState
from core.generations.service import Moves
from core.shared.errors import NotEnoughPointsError
from core.shared.ids import JobId
from core.use_cases.collect_results import CollectResults
from core.use_cases.end_job import EndJob
from core.use_cases.follow_run import FollowRun
from core.use_cases.settle_job import SettleJob
from core.use_cases.start_generation import StartGeneration
from core.use_cases.submit_run import SubmitRun

AFTER_A_LOST_RACE = timedelta(seconds=1)


class AdvanceGeneration:
    """A process manager: loads the job, has its next step done, says when to be called again."""

    def __init__(
        self,
        *,
        moves: Moves,
        start: StartGeneration,
        submit: SubmitRun,
        follow: FollowRun,
        collect: CollectResults,
        settle: SettleJob,
        end: EndJob,
    ) -> None:
        self._moves = moves
        self._start = start
        self._submit = submit
        self._follow = follow
        self._collect = collect
        self._settle = settle
        self._end = end

    async def __call__(self, job_id: JobId) -> datetime | None:
        """Do the job's next step; return when to be called again, or None at its end."""
        job = await self._moves.get(job_id)
        if job is None or job.state.is_end:
            return None
        if job.claim is not None and job.is_claimed(self._moves.now()):
            return job.claim.until
        moved = await self._step(job)
        if moved is None:
            return self._moves.now() + AFTER_A_LOST_RACE
        if moved.state.is_end:
            await self._submit.submit_next()  # its place is free
            return None
        return moved.next_wake_at

    async def _step(self, job: Job) -> Job | None:
        match job.state:
            case JobState.PREPARED:
                return await self._hold(job)
            case JobState.WAITING:
                return await self._submit.wait_or_submit(job)
            case JobState.SUBMITTING:
                return await self._submit.look_up(job)
            case JobState.COLLECTING:
                return await self._collect.resume(job)
            case JobState.SETTLING:
                return await self._settle(job)
            case _:
                return await self._follow(job)

    async def _hold(self, job: Job) -> Job | None:
        """Go on with a job whose start died between saving and holding."""
        if job.cancel_requested:
            return await self._end(job, JobState.CANCELLED)
        try:
            return await self._start.hold(job, told=False)
        except NotEnoughPointsError:
            return await self._moves.get(job.id)
