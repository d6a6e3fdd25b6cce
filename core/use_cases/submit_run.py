"""SubmitRun: the waiting job whose turn it is gets its run, exactly one."""

from datetime import datetime, timedelta

import attrs

from core.generations.model import Job, JobState
from core.generations.ports import GenerationGateway, Hooks, Places, RunRequest, WakeUps
from core.generations.service import Moves
from core.generations.timing import back_off, poll_after
from core.shared.errors import (
    ServiceError,
    ServiceRefusedError,
    StationError,
    SubmitUnclearError,
)
from core.shared.ids import JobId, RunId
from core.use_cases.end_job import EndJob
from core.use_cases.run_inputs import RunInputs

MOST_TRIES = 12
"""How often a busy service is asked before the person is told: some three and a half minutes."""
LOOK_UP_EVERY_S = 2.0
SILENT_LOOK_UP_EVERY_S = 30.0
"""How often a service that does not answer look-ups is asked at last."""
ABANDONED = "Nobody was left to start this one. You were not charged. Please start it again."


class SubmitRun:
    """Submits under a claim. An answer that was lost is looked up, never repeated."""

    def __init__(
        self,
        *,
        moves: Moves,
        gateway: GenerationGateway,
        inputs: RunInputs,
        hooks: Hooks,
        end: EndJob,
        wake_ups: WakeUps,
        places: Places,
    ) -> None:
        self._moves = moves
        self._gateway = gateway
        self._inputs = inputs
        self._hooks = hooks
        self._end = end
        self._wake_ups = wake_ups
        self._places = places
        self._answered_at: dict[JobId, datetime] = {}
        """When a look-up was first answered; a new life of the program counts anew."""

    async def wait_or_submit(self, job: Job) -> Job | None:
        """
        Move a waiting job: end it when its person asked for that, else give away a free place.

        The place goes to whoever's turn it is, which need not be this job.
        """
        if job.cancel_requested:
            return await self._end(job, JobState.CANCELLED)
        if job.driver != self._moves.driver:
            # The command that started it is gone, and only that would ever have given it a place.
            return await self._end(job, JobState.FAILED, ABANDONED)
        chosen = await self.submit_next()
        if chosen is not None and chosen.id == job.id:
            return chosen
        now = self._moves.now()
        wait = back_off(0, first_s=self._moves.timing.waiting_check_s)
        # Its row stays as it is, but those before it get on.
        await self._moves.tell(job)
        return attrs.evolve(job, next_wake_at=now if chosen else now + wait)

    async def submit_next(self) -> Job | None:
        """Submit the job whose turn it is, and have it followed; None when there is none."""
        claimed = await self._moves.claim_next(self._places)
        if claimed is None:
            return None
        moved = await self._submit(claimed) or claimed
        await self._wake_ups.wake(moved.id, at=moved.next_wake_at or self._moves.now())
        return moved

    async def look_up(self, job: Job) -> Job | None:
        """Find out whether a submit without an answer made a run: adopt it, or give up in time."""
        claimed = await self._moves.claim(job, JobState.SUBMITTING)
        moved = None if claimed is None else await self._looked_up(claimed)
        if moved is None or moved.state is not JobState.SUBMITTING:
            self._answered_at.pop(job.id, None)
        return moved

    async def _looked_up(self, job: Job) -> Job | None:
        try:
            # It came into this state just before its submit.
            run = await self._gateway.find(job.wish.deployment, job.id, since=job.moved_at)
        except ServiceError:
            # In an outage, or where runs cannot be listed: this says nothing of the run.
            wait = back_off(
                job.attempts + 1, first_s=LOOK_UP_EVERY_S, longest_s=SILENT_LOOK_UP_EVERY_S
            )
        else:
            if run is not None:
                return await self._submitted(job, run)
            self._answered_at.setdefault(job.id, self._moves.now())
            job, wait = attrs.evolve(job, attempts=0), timedelta(seconds=LOOK_UP_EVERY_S)
        if self._has_looked_enough(job):
            failure = SubmitUnclearError("no run").user_message
            return await self._end(job, JobState.FAILED, failure)
        return await self._moves.again(job, wait)

    def _has_looked_enough(self, job: Job) -> bool:
        now, timing = self._moves.now(), self._moves.timing
        if (now - self._answered_at.get(job.id, now)).total_seconds() >= timing.look_up_s:
            return True
        longest_s = max(timing.look_up_s, timing.look_up_longest_s)
        return (now - job.moved_at).total_seconds() >= longest_s

    async def _submit(self, job: Job) -> Job | None:
        try:
            inputs = await self._inputs(job)
            # The lease must outlast the submit itself, however long the uploads took.
            renewed = await self._moves.renew(job) if job.wish.media_inputs else job
            if renewed is None:
                return None
            job = renewed
            request = RunRequest(
                deployment=job.wish.deployment,
                inputs=inputs,
                marker=job.id,
                hook=self._hooks.address(job.id),
            )
            run = await self._gateway.submit(request)
        except StationError as error:
            return await self._not_submitted(job, error)
        return await self._submitted(job, run)

    async def _not_submitted(self, job: Job, error: StationError) -> Job | None:
        if isinstance(error, SubmitUnclearError):
            lost = attrs.evolve(job, attempts=0)  # those of a busy service say nothing here
            return await self._moves.again(lost, timedelta(seconds=LOOK_UP_EVERY_S), counts=False)
        if isinstance(error, ServiceRefusedError):
            await self._moves.alert(error.code, str(error))
        elif isinstance(error, ServiceError):
            return await self._later(job, error)
        return await self._end(job, JobState.FAILED, error.user_message)

    async def _submitted(self, job: Job, run: RunId) -> Job | None:
        now = self._moves.now()
        hooked = self._hooks.address(job.id) is not None
        wake_at = poll_after(self._moves.timing, submitted_at=now, now=now, hooked=hooked)
        moved = attrs.evolve(job, run=run, submitted_at=now)
        return await self._moves.move(moved, JobState.SUBMITTED, wake_at=wake_at)

    async def _later(self, job: Job, error: ServiceError) -> Job | None:
        """Nothing was queued: wait again, or tell the person after many tries."""
        attempts = job.attempts + 1
        if attempts >= MOST_TRIES:
            await self._moves.alert(error.code, str(error))
            return await self._end(job, JobState.FAILED, error.user_message)
        now = self._moves.now()
        waiting = job.moved(JobState.WAITING, now=now)
        wake_at = now + back_off(attempts, longest_s=30.0)
        return await self._moves.save(
            attrs.evolve(waiting, attempts=attempts, next_wake_at=wake_at)
        )
