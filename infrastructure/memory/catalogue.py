"""A list of workflows that is given, not asked for."""

from collections.abc import Iterable, Sequence

from core.workflows.model import Workflow
from core.workflows.ports import WorkflowCatalogue


class InMemoryCatalogue(WorkflowCatalogue):
    """Shows the workflows that it was given; of two with one name, the later one."""

    def __init__(self, workflows: Iterable[Workflow] = ()) -> None:
        self._workflows = {each.name: each for each in workflows}

    async def all(self) -> Sequence[Workflow]:
        return tuple(self._workflows[name] for name in sorted(self._workflows))
