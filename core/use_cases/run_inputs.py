"""RunInputs: what a run is sent, at the moment when it is sent."""

from core.generations.model import Job, Wish
from core.generations.ports import GenerationGateway
from core.media.model import mime_of
from core.media.service import Media
from core.shared.errors import InputRefusedError, ServiceError
from core.shared.ids import MediaId
from core.workflows.filling import accept
from core.workflows.inputs import InputValue
from core.workflows.service import Workflows


class RunInputs:
    """Makes a wish's inputs ready: checked again if its workflow has changed, files uploaded."""

    def __init__(self, *, gateway: GenerationGateway, media: Media, workflows: Workflows) -> None:
        self._gateway = gateway
        self._media = media
        self._workflows = workflows

    async def __call__(self, job: Job) -> dict[str, InputValue]:
        """
        Return the inputs with a URL for every file.

        Raises InputRefusedError when another version was deployed while the job waited, and that
        does not take them; MediaRefusedError for a file that is gone, and ServiceError.
        """
        await self._check(job.wish)
        inputs = dict(job.wish.inputs)
        for name in job.wish.media_inputs:
            media = MediaId(str(inputs[name]))
            data = await self._media.read(media)
            extension = media.rpartition(".")[2]
            kind = mime_of(media).partition("/")[0]
            inputs[name] = await self._gateway.upload(data, name=f"{kind}.{extension}")
        return inputs

    async def _check(self, wish: Wish) -> None:
        """Refuse what the deployed version would not take: it must not be sent blindly."""
        if wish.version is None:
            return
        try:
            workflow = (await self._workflows.snapshot()).find(wish.deployment)
        except ServiceError:
            return
        if workflow is None or workflow.runs_on.version in (None, wish.version):
            return
        try:
            accept(workflow, wish.inputs)
        except InputRefusedError as error:
            raise InputRefusedError(
                error.name,
                f"“{wish.title}” was changed while you waited: {error.problem} "
                "You were not charged. Please try again.",
            ) from error
