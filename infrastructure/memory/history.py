"""How long runs took, read off the jobs in memory."""

from collections.abc import Sequence

from core.shared.ids import WorkflowName
from core.workflows.ports import RunHistory
from infrastructure.memory.jobs import InMemoryJobs


class InMemoryRunHistory(RunHistory):
    """Knows the run times of the jobs that this process has seen succeed."""

    def __init__(self, jobs: InMemoryJobs) -> None:
        self._jobs = jobs

    async def recent_seconds(self, workflow: WorkflowName, *, limit: int) -> Sequence[float]:
        found = [
            (job.moved_at, job.id, job.run_s)
            for job in self._jobs.succeeded()
            if job.wish.workflow == workflow and job.run_s is not None
        ]
        return [run_s for *_, run_s in sorted(found, reverse=True)[:limit]]
