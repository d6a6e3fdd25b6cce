"""Moving a job: every change is saved over the version it was read at, and then told."""

from datetime import datetime, timedelta

import attrs

from core.generations.model import WORKER, Claim, Delivery, Job, JobState
from core.generations.ports import JobStore, Places
from core.generations.timing import Timing
from core.shared.events import DeliveryDue, JobChanged, OperatorAlerted
from core.shared.ids import JobId
from core.shared.ports import Clock, EventPublisher

ALERT_EVERY = timedelta(minutes=10)
"""A refused key would otherwise be told at every question of every job."""


class Moves:
    """
    Saves, claims and ends jobs in the name of one owner.

    Every method returns None when somebody else moved the job first: whoever asked stops there.
    """

    def __init__(
        self,
        *,
        jobs: JobStore,
        clock: Clock,
        events: EventPublisher,
        timing: Timing,
        owner: str,
        driver: str = WORKER,
    ) -> None:
        self._jobs = jobs
        self._clock = clock
        self._events = events
        self._alerted_at: dict[str, datetime] = {}
        self.timing = timing
        self.owner = owner
        self.driver = driver

    def now(self) -> datetime:
        """Return the present."""
        return self._clock.now()

    async def get(self, job: JobId) -> Job | None:
        """Return a job as it stands."""
        return await self._jobs.get(job)

    def claim_for(self, seconds: float) -> Claim:
        """Return a claim of ours that lives so long."""
        return Claim(owner=self.owner, until=self.now() + timedelta(seconds=seconds))

    async def save(self, job: Job) -> Job | None:
        """Save a change and tell it."""
        saved = await self._jobs.save(job)
        if saved is not None:
            await self.tell(saved)
        return saved

    async def tell(self, job: Job) -> None:
        """Tell that a job, or what its person should see of it, has changed."""
        await self._events.publish(JobChanged(job.id, job.state))

    async def move(
        self, job: Job, state: JobState, *, wake_at: datetime | None = None
    ) -> Job | None:
        """Move a job to a state without an outside effect."""
        return await self.save(attrs.evolve(job.moved(state, now=self.now()), next_wake_at=wake_at))

    async def claim(self, job: Job, state: JobState) -> Job | None:
        """Move a job into a state with an outside effect, or take over there, under a claim."""
        claim = self.claim_for(self.timing.work_lease_s)
        claimed = job if job.state is state else job.moved(state, now=self.now())
        return await self.save(attrs.evolve(claimed, claim=claim, next_wake_at=claim.until))

    async def claim_next(self, places: Places) -> Job | None:
        """Take the waiting job whose turn it is into *submitting*, or None."""
        claim = self.claim_for(self.timing.submit_lease_s)
        job = await self._jobs.claim_next(claim, places, now=self.now(), driver=self.driver)
        if job is not None:
            await self.tell(job)
        return job

    async def renew(self, job: Job) -> Job | None:
        """Begin the lease of a submit anew; None when it was over, and somebody else went on."""
        claim = self.claim_for(self.timing.submit_lease_s)
        return await self.save(attrs.evolve(job, claim=claim, moved_at=self.now()))

    async def again(self, job: Job, wait: timedelta, *, counts: bool = True) -> Job | None:
        """Let go of a claim and do the same later; one attempt further, if it counts as one."""
        attempts = job.attempts + counts
        wake_at = self.now() + wait
        return await self.save(
            attrs.evolve(job, claim=None, attempts=attempts, next_wake_at=wake_at)
        )

    async def end(self, job: Job, state: JobState, *, failure: str = "") -> Job | None:
        """End a job; its delivery is pending in the same update."""
        ended = await self.save(job.ended(state, now=self.now(), failure=failure))
        if ended is not None:
            await self._events.publish(DeliveryDue(ended.id))
        return ended

    async def alert(self, code: str, text: str) -> None:
        """Tell the operators what only they can put right; the same kind once in a while."""
        now = self.now()
        told_at = self._alerted_at.get(code)
        # A clock that was set back must not keep the operators in the dark.
        if told_at is None or not timedelta() <= now - told_at < ALERT_EVERY:
            self._alerted_at[code] = now
            await self._events.publish(OperatorAlerted(code, text))

    async def claim_delivery(self, job: Job) -> Job | None:
        """Take a pending delivery, or one whose claim is over; it counts as a try at once."""
        return await self.save(
            attrs.evolve(
                job,
                delivery=Delivery.DELIVERING,
                delivery_attempts=job.delivery_attempts + 1,
                claim=self.claim_for(self.timing.work_lease_s),
            )
        )

    async def end_delivery(self, job: Job, delivery: Delivery, *, wait: timedelta) -> Job | None:
        """Note how a delivery went; a pending one is tried again after `wait`."""
        return await self.save(
            attrs.evolve(
                job,
                delivery=delivery,
                claim=None,
                next_wake_at=self.now() + wait if delivery is Delivery.PENDING else None,
            )
        )
