"""How long runs took, read off the jobs in memory."""

from collections.abc import Sequence

from core.generations.model import NO_KEY
from core.workflows.estimate import waited_s
from core.workflows.model import Workflow
from core.workflows.ports import RunHistory, RunTime
from infrastructure.memory.jobs import InMemoryJobs


class InMemoryRunHistory(RunHistory):
    """Knows the run times of the jobs that this process has seen succeed."""

    def __init__(self, jobs: InMemoryJobs) -> None:
        self._jobs = jobs

    async def recent(self, workflow: Workflow, *, limit: int) -> Sequence[RunTime]:
        found = [
            (job.moved_at, job.id, job.run_s, job)
            for job in self._jobs.succeeded()
            if job.wish.workflow == workflow.name
            and job.wish.key in (NO_KEY, workflow.key)
            and job.run_s is not None
        ]
        # No two have one id, so the jobs themselves are never compared.
        newest = sorted(found, reverse=True)[:limit]
        return [
            RunTime(
                ended_at=ended_at,
                run_s=run_s,
                wait_s=waited_s(job.submitted_at, ended_at, run_s=run_s),
                gpu=job.wish.gpu,
            )
            for ended_at, _, run_s, job in newest
        ]
