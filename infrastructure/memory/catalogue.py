"""A list of workflows that is given, not asked for."""

from collections.abc import Iterable
from datetime import UTC, datetime

from core.workflows.model import Workflow
from core.workflows.ports import WorkflowCatalogue
from core.workflows.snapshot import Snapshot

_ALWAYS = datetime(2020, 1, 1, tzinfo=UTC)


class InMemoryCatalogue(WorkflowCatalogue):
    """Shows the workflows that it was given; of two with one name, the later one."""

    def __init__(self, workflows: Iterable[Workflow] = ()) -> None:
        kept = {each.name: each for each in workflows}.values()
        self._snapshot = Snapshot.of(kept, read_at=_ALWAYS)

    @classmethod
    def showing(cls, snapshot: Snapshot) -> "InMemoryCatalogue":
        """Return a catalogue that shows what another one has read."""
        made = cls()
        made._snapshot = snapshot
        return made

    async def current(self) -> Snapshot:
        return self._snapshot

    async def reload(self) -> Snapshot:
        return self._snapshot
