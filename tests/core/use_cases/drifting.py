"""The guard over forms and settings with what it keeps, and workflows that change."""

from datetime import UTC, datetime

import attrs

from core.sessions.model import Preferences, personal
from core.shared.events import OperatorAlerted, WorkflowsChanged
from core.shared.ids import DraftId
from core.use_cases.guard_drift import GuardDrift
from core.workflows.drafts import Draft
from core.workflows.inputs import Input
from core.workflows.kinds import InputKind, Role
from core.workflows.model import Workflow
from core.workflows.snapshot import Snapshot
from infrastructure.memory.drafts import InMemoryDrafts
from infrastructure.memory.preferences import InMemoryPreferences
from tests.builders import (
    ADA,
    NOW,
    TEXT2IMG,
    a_workflow,
    an_input,
)
from tests.fakes.clock import FixedClock
from tests.fakes.events import RecordingEvents

NOTHING = Snapshot(read_at=datetime.min.replace(tzinfo=UTC))
STEPS = an_input("steps", InputKind.INTEGER, default=20, minimum=1, maximum=100)
NUM_STEPS = attrs.evolve(STEPS, name="num_steps", role=Role.STEPS)
WIDTH = an_input("width", InputKind.INTEGER, minimum=64, maximum=2_048)
NARROW = attrs.evolve(WIDTH, maximum=1_024)
PROMPT = an_input()
IMAGE = an_input("image", InputKind.IMAGE)
OLD = a_workflow(inputs=(PROMPT, STEPS, WIDTH, IMAGE))
NEW = a_workflow(inputs=(PROMPT, NUM_STEPS, NARROW, IMAGE))
TOO_WIDE = "“width” takes a number from 64 to 1,024, and 1,500 is outside."
ADAS = personal(ADA)


def snapshot(*workflows: Workflow, warnings: tuple[str, ...] = (), whole: bool = True) -> Snapshot:
    return Snapshot.of(workflows, read_at=NOW, warnings=warnings, is_whole=whole)


def of(*inputs: Input) -> Snapshot:
    return snapshot(a_workflow(inputs=inputs))


class Station:
    """The guard, with what it keeps and whom it tells."""

    def __init__(
        self,
        drafts: InMemoryDrafts | None = None,
        preferences: InMemoryPreferences | None = None,
    ) -> None:
        self.drafts = drafts or InMemoryDrafts()
        self.preferences = preferences or InMemoryPreferences()
        self.events = RecordingEvents()
        self.clock = FixedClock(NOW)
        self.guard = self.restarted()

    def restarted(self) -> GuardDrift:
        """Return a guard that remembers nothing, over the same stores."""
        return GuardDrift(
            drafts=self.drafts,
            preferences=self.preferences,
            events=self.events,
            clock=self.clock,
        )

    async def draft(self, id: str = "draft-1") -> Draft | None:
        return await self.drafts.get(DraftId(id), now=NOW)

    async def prefer(self, owner: str, wanted: Preferences) -> None:
        assert await self.preferences.save(owner, TEXT2IMG, wanted)

    async def preferred(self, owner: str = ADAS) -> Preferences:
        found = await self.preferences.get(owner, TEXT2IMG)
        return attrs.evolve(found, version=0)

    @property
    def alerts(self) -> list[str]:
        return [each.text for each in self.events.events if isinstance(each, OperatorAlerted)]

    @property
    def changed(self) -> list[tuple[str, ...]]:
        return [each.names for each in self.events.events if isinstance(each, WorkflowsChanged)]
