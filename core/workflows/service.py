"""Finding the workflow that a person means."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from core.shared.errors import ServiceError, UnknownWorkflowError
from core.shared.ports import Clock
from core.workflows.directives import RESERVED
from core.workflows.kinds import InputKind
from core.workflows.model import Workflow
from core.workflows.ports import WorkflowCatalogue
from core.workflows.snapshot import Snapshot, normal_name

MAKE = "make"
NEAREST = 3

LOOK_AGAIN_AFTER = timedelta(seconds=10)
"""A name that is not found may be of a workflow that has just been deployed: all is read anew."""

COMMANDS = tuple(sorted(RESERVED - {"start"}))
"""What every chat understands beside the workflows: a slip of the finger may have meant these."""


class Workflows:
    """Finds workflows by what people call them."""

    def __init__(
        self,
        catalogue: WorkflowCatalogue,
        *,
        default: str = "text2img",
        clock: Clock | None = None,
    ) -> None:
        """Without a clock nothing is read anew for the sake of a name that is not found."""
        self._catalogue = catalogue
        self._default = normal_name(default)
        self._clock = clock
        self._looked_again_at: datetime | None = None

    async def snapshot(self) -> Snapshot:
        """Return all that is known. Raises ServiceError when the service has never answered."""
        return await self._catalogue.current()

    async def reload(self) -> Snapshot:
        """Read everything anew. Raises ServiceError when the service does not answer."""
        return await self._catalogue.reload()

    async def all(self) -> Sequence[Workflow]:
        """Return every workflow. Raises ServiceError when the service has never answered."""
        return (await self._catalogue.current()).workflows

    async def named(self, raw: str, *, for_admin: bool = True) -> Workflow:
        """
        Return the workflow of this name, alias or id. Raises UnknownWorkflowError.

        A name that is not found has everything read anew, once in 10 s at most. What is for
        operators alone is as if it were not there to others.
        """
        snapshot = await self._catalogue.current()
        found = snapshot.find(raw)
        if found is None:
            snapshot = await self._looked_again(snapshot)
            found = snapshot.find(raw)
        if found is None or not found.is_for(for_admin=for_admin):
            # Whoever wrote `/run make` does not mean what they wrote.
            others = [each for each in COMMANDS if each != normal_name(raw)]
            near = snapshot.nearest(raw, others, most=NEAREST, for_admin=for_admin)
            raise UnknownWorkflowError(raw, near)
        return found

    async def _looked_again(self, known: Snapshot) -> Snapshot:
        """Return what there is now; what was known where that is new, or nothing else is had."""
        if self._clock is None or known.problem:
            return known
        now = self._clock.now()
        for looked_at in filter(None, (known.read_at, self._looked_again_at)):
            if timedelta(0) <= now - looked_at < LOOK_AGAIN_AFTER:
                return known
        self._looked_again_at = now
        try:
            return await self._catalogue.reload()
        except ServiceError:
            return known

    async def meant_by(self, name: str, *, with_image: bool, for_admin: bool = True) -> Workflow:
        """Return the workflow of a name; `make` leaves the choice to us, as a sentence does."""
        if normal_name(name) == MAKE:
            return await self.for_sentence(with_image=with_image, for_admin=for_admin)
        return await self.named(name, for_admin=for_admin)

    async def for_sentence(self, *, with_image: bool, for_admin: bool = True) -> Workflow:
        """
        Return the workflow that a bare sentence, or a sentence with a picture, means.

        Raises UnknownWorkflowError when nothing in the catalogue can take it.
        """
        snapshot = await self._catalogue.current()
        default = snapshot.find(self._default)
        listed = [each for each in snapshot.workflows if each.is_listed_for(for_admin=for_admin)]
        usual = [default] if default is not None and default.is_for(for_admin=for_admin) else []
        for each in (*usual, *listed):
            if _takes_sentence(each, with_image=with_image):
                return each
        raise UnknownWorkflowError("make", [each.name for each in listed[:NEAREST]])


def _takes_sentence(workflow: Workflow, *, with_image: bool) -> bool:
    """Whether a sentence (and one picture, or none) is all that the workflow must be told."""
    images = [each for each in workflow.media_inputs if each.kind is InputKind.IMAGE]
    return workflow.prompt is not None and len(workflow.media_inputs) == len(images) == with_image
