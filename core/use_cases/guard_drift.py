"""GuardDrift: when a workflow changes, what people have kept for it follows or is set aside."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import attrs

from core.sessions.model import Preferences
from core.sessions.ports import PreferenceStore
from core.shared.errors import StoreTroubleError
from core.shared.events import OperatorAlerted, WorkflowsChanged
from core.shared.ports import Clock, EventPublisher
from core.workflows.drafts import Draft
from core.workflows.drift import Migrated, migrate, names_now, shown
from core.workflows.model import Workflow
from core.workflows.ports import DraftStore
from core.workflows.refreshed import Refreshed
from core.workflows.snapshot import Snapshot

CHANGED = "workflows.changed"

TRIES = 5
"""How often a change is tried that somebody else was faster than."""

TOLD_AGAIN_AFTER = timedelta(days=1)
"""A problem that comes and goes, such as a list that cannot be read, is told so often at most."""


class GuardDrift:
    """
    Hears of each new snapshot: carries over what is kept, and tells operators and fronts.

    Doing it twice is doing it once: what is carried over already stays as it is.
    """

    def __init__(
        self,
        *,
        drafts: DraftStore,
        preferences: PreferenceStore,
        events: EventPublisher,
        clock: Clock,
    ) -> None:
        self._drafts = drafts
        self._preferences = preferences
        self._events = events
        self._clock = clock
        self._told_at: dict[str, datetime] = {}

    async def __call__(self, before: Snapshot, after: Snapshot) -> None:
        """
        Do what the difference asks for; the operators hear of it after that, in one message.

        Raises StoreTroubleError: then all of it is to be done again.
        """
        found = Refreshed.between(before, after)
        for old, new in found.changed:
            if old.inputs != new.inputs or old.name != new.name:
                await self._carry_over(old, new)
        for new in found.added:
            # It may have been away, and what was kept for it is of a time that nobody remembers.
            await self._carry_over(new, new)
        # What is gone keeps its forms for their while: whoever answers one is told that it is gone.
        if not found.is_first:
            await self._tell_operators(found)
        await self._events.publish(WorkflowsChanged(found.names))

    async def _carry_over(self, old: Workflow, new: Workflow) -> None:
        for draft in await self._drafts.of_workflow(new.key, now=self._clock.now()):
            await self._carry_draft(draft, old, new)
        for owner in await self._preferences.of_workflow(new.key):
            await self._carry_preferences(owner, old, new)

    async def _carry_draft(self, draft: Draft, old: Workflow, new: Workflow) -> None:
        for _ in range(TRIES):
            moved = _moved(draft, old, new)
            if moved == draft or await self._drafts.save(moved) is not None:
                return
            found = await self._drafts.get(draft.id, now=self._clock.now())
            if found is None:
                return
            draft = found
        raise StoreTroubleError(f"draft {draft.id} changes all the time")

    async def _carry_preferences(self, owner: str, old: Workflow, new: Workflow) -> None:
        for _ in range(TRIES):
            saved = await self._preferences.get(owner, new.key)
            migrated = migrate(saved.values, old, new)
            aside = {**_not_kept(saved, migrated), **migrated.set_aside}
            moved = attrs.evolve(saved, values=migrated.values, set_aside=aside)
            if moved == saved or await self._preferences.save(owner, new.key, moved):
                return
        raise StoreTroubleError(f"preferences of {new.key} change all the time")

    async def _tell_operators(self, found: Refreshed) -> None:
        problems = list(self._untold(found))
        if not found.drifted and not problems:
            return
        await self._events.publish(OperatorAlerted(CHANGED, found.text(problems)))
        now = self._clock.now()
        self._told_at.update(dict.fromkeys(map(_matter, problems), now))

    def _untold(self, found: Refreshed) -> Iterator[str]:
        """Yield the new problems that were not told of lately."""
        now = self._clock.now()
        # What was told in the future was told before the clock was set back.
        self._told_at = {
            each: at for each, at in self._told_at.items() if now - TOLD_AGAIN_AFTER < at <= now
        }
        yield from (each for each in found.problems if _matter(each) not in self._told_at)


def _matter(problem: str) -> str:
    """Return what a problem is about: its cause in brackets is worded anew at each reading."""
    return re.sub(r"\(.*\)", "", problem)


def _not_kept(saved: Preferences, migrated: Migrated) -> Mapping[str, str]:
    """Return what was set aside before, without what has a value again."""
    return {name: why for name, why in saved.set_aside.items() if name not in migrated.values}


def _moved(draft: Draft, old: Workflow, new: Workflow) -> Draft:
    """Return a draft for the workflow as it is now, with a note for each value that is left out."""
    values = migrate(draft.values, old, new)
    media = migrate(draft.media, old, new, files=True)
    notes = [*draft.notes, *values.set_aside.values(), *media.set_aside.values()]
    has_lost_words = draft.words != "" and new.prompt is None
    if has_lost_words:
        notes.append(f"/{new.name} takes no words any more; they were {shown(draft.words)}.")
    return attrs.evolve(
        draft,
        workflow=new.name,
        words="" if has_lost_words else draft.words,
        values=values.values,
        media={name: str(each) for name, each in media.values.items()},
        asking=_asking(draft, old, new),
        notes=tuple(notes),
    )


def _asking(draft: Draft, old: Workflow, new: Workflow) -> str:
    """Return the name of the input that a draft asks for, "" when it is gone."""
    # What has been carried over already has a name of now.
    now = {each.name for each in new.inputs}
    return draft.asking if draft.asking in now else names_now(old, new).get(draft.asking, "")
