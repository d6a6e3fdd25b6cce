"""Catalogues for the tests of what is shown of them, and what is read off the cards."""

from collections.abc import Iterable

from adapters.chat.cards import Card
from core.shared.errors import ServiceTroubleError
from core.workflows.model import Workflow
from core.workflows.ports import WorkflowCatalogue
from core.workflows.snapshot import Snapshot
from infrastructure.memory.catalogue import InMemoryCatalogue
from tests.adapters.chat.talk import Talk, a_talk
from tests.builders import NOW


class ReadAnew(WorkflowCatalogue):
    """Shows its first list, and after each reading the next; behind the last it is silent."""

    def __init__(self, *lists: Iterable[Workflow]) -> None:
        self._lists = [Snapshot.of(each, read_at=NOW) for each in lists]

    async def current(self) -> Snapshot:
        return self._lists[0]

    async def reload(self) -> Snapshot:
        if len(self._lists) == 1:
            raise ServiceTroubleError("no answer from the service")
        del self._lists[0]
        return self._lists[0]


def showing(*workflows: Workflow) -> Talk:
    """Return a talk about these workflows."""
    return a_talk(catalogue=InMemoryCatalogue(workflows))


def actions(card: Card) -> list[object]:
    """Return what the buttons of a card do."""
    return [each.action for row in card.buttons for each in row]


def commands(card: Card) -> list[str]:
    """Return the commands that a card names."""
    return [span.text.strip() for span in card.spans if span.text.strip().startswith("/")]
