"""The guard when the program dies in between, or somebody is faster."""

import attrs
import pytest

from core.sessions.model import Preferences, common, personal
from core.shared.errors import StoreTroubleError
from core.workflows.drafts import Draft
from infrastructure.memory.drafts import InMemoryDrafts
from infrastructure.memory.preferences import InMemoryPreferences
from tests.builders import (
    ADA,
    BOB,
    CHAT,
    NOW,
    TEXT2IMG,
    a_draft,
    some_preferences,
)
from tests.core.use_cases.drifting import ADAS, NEW, OLD, TOO_WIDE, Station, snapshot


async def test_the_same_call_again_changes_nothing_more() -> None:
    station = Station()
    await station.drafts.add(a_draft(values={"steps": 30, "width": 1_500}, asking="steps"))
    await station.prefer(ADAS, some_preferences({"steps": 30, "width": 1_500}))
    await station.guard(snapshot(OLD), snapshot(NEW))
    draft, saved = await station.draft(), await station.preferences.get(ADAS, TEXT2IMG)

    await station.restarted()(snapshot(OLD), snapshot(NEW))

    assert await station.draft() == draft
    assert await station.preferences.get(ADAS, TEXT2IMG) == saved
    assert station.alerts[0] == station.alerts[1]


class PowerCutError(Exception):
    """The program dies here."""


class CutPreferences(InMemoryPreferences):
    """Preferences of a program that dies after some of its saves."""

    def __init__(self, *, saves: int) -> None:
        super().__init__()
        self.saves = saves

    async def save(self, owner: str, workflow: str, preferences: Preferences) -> bool:
        if self.saves == 0:
            raise PowerCutError
        self.saves -= 1
        return await super().save(owner, workflow, preferences)


@pytest.mark.parametrize("saves", range(4))
async def test_a_program_that_dies_in_between_does_the_rest_later(saves: int) -> None:
    cut = CutPreferences(saves=-1)
    station = Station(preferences=cut)
    people = [personal(ADA), personal(BOB), common(CHAT)]
    await station.drafts.add(a_draft(values={"steps": 30, "width": 1_500}))
    for owner in people:
        await station.prefer(owner, some_preferences())
    cut.saves = saves
    try:
        await station.guard(snapshot(OLD), snapshot(NEW))
    except PowerCutError:
        assert station.alerts == []
        cut.saves = -1
        await station.restarted()(snapshot(OLD), snapshot(NEW))

    assert [(await station.preferred(owner)).values for owner in people] == [{"num_steps": 30}] * 3
    draft = await station.draft()
    assert draft is not None
    assert (draft.values, draft.notes) == ({"num_steps": 30}, (TOO_WIDE,))
    assert len(station.alerts) == len(station.changed) == 1


class BusyDrafts(InMemoryDrafts):
    """Drafts whose owner is faster so many times, or closes the form."""

    def __init__(self, *, times: int, closes: bool = False) -> None:
        super().__init__()
        self.times = times
        self.closes = closes

    async def save(self, draft: Draft) -> Draft | None:
        if self.closes:
            await self.remove(draft.id)
        elif self.times > 0:
            self.times -= 1
            there = await self.get(draft.id, now=NOW)
            assert there is not None
            await super().save(attrs.evolve(there, words=f"{there.words}!"))
        return await super().save(draft)


class BusyPreferences(InMemoryPreferences):
    """Preferences whose owner is faster so many times."""

    def __init__(self, *, times: int) -> None:
        super().__init__()
        self.times = -1 - times

    async def save(self, owner: str, workflow: str, preferences: Preferences) -> bool:
        self.times += 1
        if self.times in range(-99, 0) and preferences.version:
            there = await self.get(owner, workflow)
            values = {**there.values, "prompt": f"{self.times}"}
            await super().save(owner, workflow, attrs.evolve(there, values=values))
        return await super().save(owner, workflow, preferences)


async def test_what_its_owner_does_meanwhile_is_kept() -> None:
    station = Station(BusyDrafts(times=2), BusyPreferences(times=2))
    await station.drafts.add(a_draft(words="a fox", values={"steps": 30}))
    await station.prefer(ADAS, some_preferences())

    await station.guard(snapshot(OLD), snapshot(NEW))

    draft = await station.draft()
    assert draft is not None
    assert (draft.words, draft.values) == ("a fox!!", {"num_steps": 30})
    assert (await station.preferred()).values == {"num_steps": 30, "prompt": "-1"}


async def test_a_form_that_is_closed_meanwhile_stays_closed() -> None:
    station = Station(BusyDrafts(times=0, closes=True))
    await station.drafts.add(a_draft(values={"steps": 30}))

    await station.guard(snapshot(OLD), snapshot(NEW))

    assert await station.draft() is None


@pytest.mark.parametrize("busy", ["drafts", "preferences"])
async def test_what_changes_all_the_time_is_done_later(busy: str) -> None:
    station = Station(
        BusyDrafts(times=9 if busy == "drafts" else 0),
        BusyPreferences(times=9 if busy == "preferences" else 0),
    )
    await station.drafts.add(a_draft(values={"steps": 30}))
    await station.prefer(ADAS, some_preferences())

    with pytest.raises(StoreTroubleError):
        await station.guard(snapshot(OLD), snapshot(NEW))

    assert station.events.events == []
