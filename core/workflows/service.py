"""Finding the workflow that a person means."""

import difflib
import re
from collections.abc import Sequence

from core.shared.errors import UnknownWorkflowError
from core.shared.ids import WorkflowName
from core.workflows.model import InputKind, Workflow
from core.workflows.ports import WorkflowCatalogue

ALIASES = {
    "makeimage": "text2img",
    "text_to_image": "text2img",
    "image_to_image": "img2img",
    "super_resolution": "upscale",
}
"""Names that people know from elsewhere. A workflow of that very name goes first."""

MAKE = "make"
NEAREST = 3
NEAR = 0.5
"""How alike a name must be to be offered, from 0 to 1."""

COMMANDS = (MAKE, "help", "workflows", "points", "status", "cancel")
"""What every chat understands beside the workflows: a slip of the finger may have meant these."""


def normal_name(raw: str) -> WorkflowName:
    """Return the command for a name: lower case, `_` for blanks and hyphens, the rest gone."""
    lowered = re.sub(r"[\s-]+", "_", raw.strip().lower())
    return WorkflowName(re.sub(r"_+", "_", re.sub(r"[^a-z0-9_]", "", lowered)).strip("_")[:32])


class Workflows:
    """Finds workflows by what people call them."""

    def __init__(self, catalogue: WorkflowCatalogue, *, default: str = "text2img") -> None:
        self._catalogue = catalogue
        self._default = normal_name(default)

    async def all(self) -> Sequence[Workflow]:
        """Return every workflow. Raises ServiceError when the service has never answered."""
        return await self._catalogue.all()

    async def named(self, raw: str) -> Workflow:
        """Return the workflow of this name or alias. Raises UnknownWorkflowError."""
        by_name = {each.name: each for each in await self._catalogue.all()}
        name = normal_name(raw)
        found = by_name.get(name) or by_name.get(WorkflowName(ALIASES.get(name, "")))
        if found is None:
            near = difflib.get_close_matches(name, [*by_name, *COMMANDS], n=NEAREST, cutoff=NEAR)
            raise UnknownWorkflowError(raw, near)
        return found

    async def meant_by(self, name: str, *, with_image: bool) -> Workflow:
        """Return the workflow of a name; `make` leaves the choice to us, as a sentence does."""
        if normal_name(name) == MAKE:
            return await self.for_sentence(with_image=with_image)
        return await self.named(name)

    async def for_sentence(self, *, with_image: bool) -> Workflow:
        """
        Return the workflow that a bare sentence, or a sentence with a picture, means.

        Raises UnknownWorkflowError when nothing in the catalogue can take it.
        """
        workflows = await self._catalogue.all()
        fitting = [each for each in workflows if _takes_sentence(each, with_image=with_image)]
        default = next((each for each in fitting if each.name == self._default), None)
        chosen = default or next(iter(fitting), None)
        if chosen is None:
            raise UnknownWorkflowError("make", [each.name for each in workflows[:NEAREST]])
        return chosen


def _takes_sentence(workflow: Workflow, *, with_image: bool) -> bool:
    """Whether a sentence (and one picture, or none) is all that the workflow must be told."""
    images = [each for each in workflow.media_inputs if each.kind is InputKind.IMAGE]
    return workflow.prompt is not None and len(workflow.media_inputs) == len(images) == with_image
