"""GoOn: from a result to the next generation: the same again, or made larger."""

from core.generations.model import Job
from core.generations.ports import JobStore
from core.media.model import MediaKind, MediaRef
from core.shared.errors import StaleButtonError
from core.shared.ids import AccountId, JobId
from core.use_cases.cancel_generation import owned
from core.use_cases.start_generation import Request
from core.workflows.model import Workflow
from core.workflows.service import Workflows

UPSCALE = "upscale"


def first_image(job: Job) -> MediaRef | None:
    """Return a job's first picture, or None when it made none."""
    return next((each for each in job.outputs if each.kind is MediaKind.IMAGE), None)


class GoOn:
    """Makes the request that a result's button means. Whoever presses pays, and owns the job."""

    def __init__(self, *, jobs: JobStore, workflows: Workflows) -> None:
        self._jobs = jobs
        self._workflows = workflows

    async def again(self, job_id: JobId, account: AccountId, *, reply_to: str) -> Request:
        """Return the same wish with its seed to be drawn anew. The deployment is today's."""
        job = await owned(self._jobs, job_id, account)
        workflow = await self._workflows.named(job.wish.workflow)
        return Request(
            account=account,
            workflow=workflow,
            inputs=_without_seed(job, workflow),
            media=_files(job, workflow),
            parent=job.id,
            reply_to=reply_to,
        )

    async def upscale(self, job_id: JobId, account: AccountId, *, reply_to: str) -> Request:
        """Return the wish to have a result's first picture made larger."""
        job = await owned(self._jobs, job_id, account)
        image = first_image(job)
        if image is None:
            raise StaleButtonError(f"job {job_id} has no picture")
        return Request(
            account=account,
            workflow=await self._workflows.named(UPSCALE),
            images=(image.id,),
            parent=job.id,
            reply_to=reply_to,
        )


def _without_seed(job: Job, workflow: Workflow) -> dict[str, object]:
    """Return a job's inputs that the workflow still has, but for the seed and the files."""
    kept = {each.name for each in workflow.inputs if not (each.is_seed or each.kind.is_media)}
    return {name: value for name, value in job.wish.inputs.items() if name in kept}


def _files(job: Job, workflow: Workflow) -> dict[str, str]:
    """Return the files of ours that a job began with, by the inputs that the workflow still has."""
    kept = {each.name for each in workflow.media_inputs}
    return {name: str(job.wish.inputs[name]) for name in job.wish.media_inputs if name in kept}
