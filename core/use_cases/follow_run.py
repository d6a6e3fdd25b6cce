"""FollowRun: ask how a run is doing, and decide what that means for its job."""

from datetime import datetime, timedelta

import attrs

from core.generations.model import Job, JobState, RunStatus, RunUpdate
from core.generations.ports import GenerationGateway, Hooks
from core.generations.service import Moves
from core.generations.timing import back_off, poll_after
from core.shared.errors import RunUnknownError, ServiceError, ServiceRefusedError
from core.shared.events import RunEnded
from core.shared.ids import JobId, RunId
from core.shared.ports import EventPublisher
from core.use_cases.collect_results import CollectResults
from core.use_cases.end_job import EndJob
from core.use_cases.stop_run import StopRun

UNKNOWN_READS = 3
"""How often a run must be unknown before it counts as lost: a read replica may lag."""

CANCEL_TRIES = 3
"""How often a run that has had its time is asked for and cancelled, over some six seconds."""

LOST = "The image service lost this one. You were not charged. Please start it again."
FAILED = (
    "The workflow failed on this one. You were not charged. Other words or settings may do better."
)
EMPTY = "The workflow ended without a result. You were not charged. Please try again."
STOPPED = "The image service stopped this one. You were not charged. Please start it again."
TOO_LONG = "This took too long and was stopped. You were not charged. Please try again later."


class FollowRun:
    """Moves a submitted or running job on. No answer is not a failure of the run."""

    def __init__(
        self,
        *,
        moves: Moves,
        gateway: GenerationGateway,
        hooks: Hooks,
        events: EventPublisher,
        collect: CollectResults,
        stop: StopRun,
        end: EndJob,
    ) -> None:
        self._moves = moves
        self._gateway = gateway
        self._hooks = hooks
        self._events = events
        self._collect = collect
        self._stop = stop
        self._end = end
        self._told: set[JobId] = set()
        """Jobs that are asked for once more after the end of their run was told."""

    async def __call__(self, job: Job) -> Job | None:
        """Ask once, and move the job by what was said; None when somebody else moved it."""
        if job.run is None:
            msg = f"job {job.id} is {job.state} without a run"
            raise ValueError(msg)
        moved = await self._asked(job, job.run)
        if moved is None or moved.state.is_end:
            self._told.discard(job.id)
        return moved

    async def _asked(self, job: Job, run: RunId) -> Job | None:
        if job.cancel_requested:
            return await self._stop(job)
        overdue = self._is_overdue(job)
        try:
            # The verdict is on what there is now: a list would not tell of outputs.
            update = await self._gateway.status(run, fresh=overdue)
        except RunUnknownError:
            return await self._unknown(job)
        except ServiceError as error:
            if isinstance(error, ServiceRefusedError):
                await self._moves.alert(error.code, str(error))
            return await (self._give_up(job, run) if overdue else self._poll_later(job))
        # Cancelled after its time: by ourselves, though the answer to that was lost.
        if update.status.is_end and not (overdue and update.status is RunStatus.CANCELLED):
            return await self._ended(job, update)
        return await (self._give_up(job, run, update) if overdue else self._note(job, update))

    async def _unknown(self, job: Job) -> Job | None:
        if job.attempts + 1 < UNKNOWN_READS:
            return await self._moves.again(job, back_off(job.attempts + 1))
        return await self._end(job, JobState.FAILED, LOST)

    def _is_overdue(self, job: Job) -> bool:
        age_s = (self._moves.now() - (job.submitted_at or job.moved_at)).total_seconds()
        return age_s >= self._moves.timing.run_deadline_s

    async def _give_up(self, job: Job, run: RunId, update: RunUpdate | None = None) -> Job | None:
        """
        Cancel a run that has had its time, and end its job; silence is asked again a few times.

        What it has made is delivered: some machines forget to say that they are done.
        """
        is_last = job.attempts + 1 >= CANCEL_TRIES
        # It is cancelled only when it is known what it has made, or nothing will be known.
        heard = (update is not None or is_last) and await self._cancelled(run)
        if not heard and not is_last:
            return await self._moves.again(job, back_off(job.attempts + 1, first_s=2.0))
        # Unheard, it costs GPU time but nobody's points; the run ends by the service's own limit.
        if update is not None and update.outputs:
            return await self._collect(job, update)
        return await self._end(job, JobState.TIMED_OUT, TOO_LONG)

    async def _cancelled(self, run: RunId) -> bool:
        try:
            return await self._gateway.cancel(run)
        except ServiceError:
            return False

    def _next_poll(self, job: Job) -> datetime:
        now = self._moves.now()
        return poll_after(
            self._moves.timing,
            submitted_at=job.submitted_at or now,
            now=now,
            hooked=self._hooks.address(job.id) is not None,
        )

    async def _poll_later(self, job: Job) -> Job:
        return attrs.evolve(job, next_wake_at=self._next_poll(job))

    async def _note(self, job: Job, update: RunUpdate) -> Job | None:
        """Note progress, which only rises, and the place in the queue, which only falls."""
        # A late answer may say "pending" once more: what has begun to run stays so.
        running = JobState.RUNNING is job.state or update.status is RunStatus.RUNNING
        noted = attrs.evolve(
            job,
            progress=max(job.progress, round(update.progress, 2)) if running else job.progress,
            live_status=update.live_status,
            queue_position=None if running else _lower(job.queue_position, update.queue_position),
            attempts=0,
        )
        if running and job.state is JobState.SUBMITTED:
            noted = noted.moved(JobState.RUNNING, now=self._moves.now())
        if noted == job:
            return await self._poll_later(job)
        return await self._moves.save(attrs.evolve(noted, next_wake_at=self._next_poll(job)))

    async def _ended(self, job: Job, update: RunUpdate) -> Job | None:
        await self._tell_once(job, update)
        usable = update.status in (RunStatus.SUCCESS, RunStatus.TIMEOUT)
        if usable and update.outputs:
            # A run that the service timed out may have everything: it forgets to say "success".
            return await self._collect(job, update)
        if update.status is RunStatus.SUCCESS:
            if job.attempts == 0:
                self._told.add(job.id)
                reread = timedelta(seconds=self._moves.timing.reread_s)
                return await self._moves.again(job, reread)
            return await self._end(job, JobState.FAILED, EMPTY)
        if update.status is RunStatus.TIMEOUT:
            return await self._end(job, JobState.TIMED_OUT, TOO_LONG)
        failure = STOPPED if update.status is RunStatus.CANCELLED else FAILED
        return await self._end(job, JobState.FAILED, failure)

    async def _tell_once(self, job: Job, update: RunUpdate) -> None:
        if job.id not in self._told:
            await self._events.publish(RunEnded(job.id, update.status, update.ended_at))
        self._told.discard(job.id)


def _lower(known: int | None, said: int | None) -> int | None:
    return said if known is None else known if said is None else min(known, said)
