"""CancelGeneration: a person wants an end."""

from core.generations.model import Job
from core.generations.ports import JobStore, WakeUps
from core.shared.errors import NotYoursError, StaleButtonError
from core.shared.ids import AccountId, JobId
from core.shared.ports import Clock


async def owned(jobs: JobStore, job_id: JobId, account: AccountId) -> Job:
    """Return a person's own job. Raises StaleButtonError and NotYoursError."""
    job = await jobs.get(job_id)
    if job is None:
        raise StaleButtonError(f"no job {job_id}")
    if job.wish.account != account:
        raise NotYoursError(f"job {job_id} is not of {account}")
    return job


class CancelGeneration:
    """Notes the wish; AdvanceGeneration does what it takes, for it alone moves jobs."""

    def __init__(self, *, jobs: JobStore, wake_ups: WakeUps, clock: Clock) -> None:
        self._jobs = jobs
        self._wake_ups = wake_ups
        self._clock = clock

    async def __call__(self, job_id: JobId, account: AccountId) -> Job:
        """Have a job ended, and return it as it was. Repeating, or too late, changes nothing."""
        job = await owned(self._jobs, job_id, account)
        if not job.state.is_end:
            await self._jobs.request_cancel(job_id)
            await self._wake_ups.wake(job_id, at=self._clock.now())
        return job
