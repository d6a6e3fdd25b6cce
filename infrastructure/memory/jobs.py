"""The jobs in a dictionary: honest, and forgotten when the program ends."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import attrs

from core.generations.model import WORKER, Claim, Delivery, Job, JobState
from core.generations.ports import JobStore, Places
from core.shared.ids import AccountId, JobId

_ON_ITS_WAY = (Delivery.PENDING, Delivery.DELIVERING)


def _age(job: Job) -> tuple[datetime, str]:
    return (job.created_at, job.id)


class InMemoryJobs(JobStore):
    """
    Keeps the jobs of one process.

    No method waits for anything, so on an event loop each is atomic.
    """

    def __init__(self) -> None:
        self._jobs: dict[JobId, Job] = {}
        # Not ended, or not yet told to their person: what nearly every question is about.
        self._unfinished: dict[JobId, Job] = {}
        self._of_account: dict[AccountId, list[JobId]] = defaultdict(list)

    def succeeded(self) -> Iterable[Job]:
        """Return every job that succeeded: what the run history is made from."""
        return (job for job in self._jobs.values() if job.state is JobState.SUCCEEDED)

    async def add(self, job: Job) -> Job:
        if job.id not in self._jobs:
            self._of_account[job.wish.account].append(job.id)
            self._keep(job)
        return self._jobs[job.id]

    async def get(self, job: JobId) -> Job | None:
        return self._jobs.get(job)

    async def save(self, job: Job) -> Job | None:
        there = self._jobs.get(job.id)
        if there is None or there.version != job.version:
            return None
        return self._keep(
            attrs.evolve(
                job,
                version=job.version + 1,
                wish=there.wish,
                quote=there.quote,
                created_at=there.created_at,
                reply_to=there.reply_to,
                driver=there.driver,
                shown_at=there.shown_at,
                cancel_requested=there.cancel_requested,
            )
        )

    async def claim_next(
        self, claim: Claim, places: Places, *, now: datetime, driver: str = WORKER
    ) -> Job | None:
        at_service = Counter(
            job.wish.account
            for job in self._unfinished.values()
            if job.state.at_service and job.driver == driver
        )
        if at_service.total() >= places.in_all:
            return None
        turns = [
            (at_service[job.wish.account], *_age(job))
            for job in self._waiting()
            if at_service[job.wish.account] < places.per_account
            and job.driver == driver
            and not job.cancel_requested
            and (job.attempts == 0 or (job.next_wake_at or now) <= now)
        ]
        if not turns:
            return None
        job = self._jobs[JobId(min(turns)[-1])]
        moved = job.moved(JobState.SUBMITTING, now=now)
        return self._keep(
            attrs.evolve(moved, claim=claim, attempts=job.attempts, version=job.version + 1)
        )

    async def ahead_of(self, job: Job) -> int:
        return sum(
            _age(other) < _age(job) for other in self._waiting() if other.driver == job.driver
        )

    async def request_cancel(self, job: JobId) -> None:
        there = self._jobs.get(job)
        if there is not None and not there.state.is_end:
            self._keep(attrs.evolve(there, cancel_requested=True))

    async def note_shown(self, job: JobId, shown_at: str) -> None:
        there = self._jobs.get(job)
        if there is not None:
            self._keep(attrs.evolve(there, shown_at=shown_at))

    async def open_of(self, account: AccountId) -> Sequence[Job]:
        mine = (job for job in self._unfinished.values() if job.wish.account == account)
        return sorted((job for job in mine if not job.state.is_end), key=_age)

    async def recent_of(self, account: AccountId, *, limit: int) -> Sequence[Job]:
        return sorted(self._all_of(account), key=_age, reverse=True)[:limit]

    async def starting(
        self, prefix: str, *, limit: int, account: AccountId | None = None
    ) -> Sequence[Job]:
        among = self._jobs.values() if account is None else self._all_of(account)
        return sorted((job for job in among if job.id.startswith(prefix)), key=_age)[:limit]

    async def newest(self, *, limit: int, state: JobState | None = None) -> Sequence[Job]:
        found = (job for job in self._jobs.values() if state is None or job.state is state)
        return sorted(found, key=_age, reverse=True)[:limit]

    async def cancelled_running_since(self, account: AccountId, since: datetime) -> int:
        return sum(
            job.state is JobState.CANCELLED and job.run is not None and job.moved_at >= since
            for job in self._all_of(account)
        )

    async def unfinished(self) -> Sequence[Job]:
        return sorted(self._unfinished.values(), key=_age)

    async def undelivered(
        self, *, now: datetime, limit: int, prefixes: Sequence[str] = ()
    ) -> Sequence[Job]:
        due = [
            job
            for job in self._unfinished.values()
            if _delivery_is_due(job, now=now)
            and (not prefixes or job.reply_to.startswith(tuple(prefixes)))
        ]
        return sorted(due, key=lambda job: (job.next_wake_at or job.moved_at, job.id))[:limit]

    async def free_claims(self, owner_prefix: str) -> int:
        claimed = [
            job
            for job in self._unfinished.values()
            if job.claim is not None and job.claim.owner.startswith(owner_prefix)
        ]
        for job in claimed:
            self._keep(attrs.evolve(job, claim=None, version=job.version + 1))
        return len(claimed)

    def _waiting(self) -> Iterable[Job]:
        return (job for job in self._unfinished.values() if job.state is JobState.WAITING)

    def _all_of(self, account: AccountId) -> Iterable[Job]:
        return (self._jobs[job] for job in self._of_account[account])

    def _keep(self, job: Job) -> Job:
        self._jobs[job.id] = job
        if job.state.is_end and job.delivery not in _ON_ITS_WAY:
            self._unfinished.pop(job.id, None)
        else:
            self._unfinished[job.id] = job
        return job


def _delivery_is_due(job: Job, *, now: datetime) -> bool:
    if not job.state.is_end:
        return False
    if job.delivery is Delivery.DELIVERING:
        return not job.is_claimed(now)
    is_due = job.next_wake_at is None or job.next_wake_at <= now
    return job.delivery is Delivery.PENDING and is_due
