"""What the workflows need from the world."""

from collections.abc import Sequence
from typing import Protocol

from core.shared.ids import WorkflowName
from core.workflows.model import Workflow


class WorkflowCatalogue(Protocol):
    """Knows which workflows can be run. ComfyUI Deploy is the only source of truth."""

    async def all(self) -> Sequence[Workflow]:
        """
        Return every workflow, one a name, in the order of their names.

        May be as old as the catalogue's time to live. Raises ServiceError when nothing is known yet
        and the service does not answer.
        """


class RunHistory(Protocol):
    """Knows how long runs took."""

    async def recent_seconds(self, workflow: WorkflowName, *, limit: int) -> Sequence[float]:
        """Return the run times, in seconds, of the newest `limit` successes, newest first."""
