"""What every DraftStore promises."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs
import pytest

from core.shared.ids import ChatId, DraftId, JobId, WorkflowKey, WorkflowName
from core.workflows.drafts import DRAFT_LIVES, Draft
from core.workflows.ports import DraftStore
from infrastructure.memory.drafts import InMemoryDrafts
from infrastructure.sql.database import Database, open_database
from infrastructure.sql.drafts import SqlDrafts
from tests.builders import ADA, BOB, CHAT, NOW, TEXT2IMG, a_draft
from tests.databases import SQL_KINDS

DRAFT = DraftId("draft-1")
KEY = WorkflowKey(TEXT2IMG)
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def drafts(database: Database | None) -> DraftStore:
    return InMemoryDrafts() if database is None else SqlDrafts(database)


def minutes(count: float) -> datetime:
    return NOW + timedelta(minutes=count)


def ids(many: Sequence[Draft]) -> list[str]:
    return [each.id for each in many]


async def stored(drafts: DraftStore) -> Draft:
    """Return the draft that every test here keeps."""
    found = await drafts.get(DRAFT, now=NOW)
    assert found is not None
    return found


FULL = attrs.evolve(
    a_draft(
        words="fuchs \u2744 \ud800 '\" \0",
        values={"steps": 0, "cfg": 7.0, "tile": False, "style": "", "name": "1"},
        media={"image": "5f0c.png"},
        asking="width \U0001f98a",
    ),
    workflow=WorkflowName("another"),
    parent=JobId("job-0"),
    notes=("one \u2014 thing", "\0another"),
    reply_to="telegram:7/\u2603",
    shown_at="telegram:7/3",
)


@pytest.mark.parametrize("draft", [a_draft(), FULL])
async def test_a_draft_comes_back_as_it_was_added(drafts: DraftStore, draft: Draft) -> None:
    await drafts.add(draft)

    assert await drafts.get(DRAFT, now=NOW) == draft
    assert isinstance((await stored(drafts)).notes, tuple)


async def test_t_87_numbers_stay_numbers_and_switches_stay_switches(drafts: DraftStore) -> None:
    await drafts.add(FULL)
    await drafts.save(FULL)

    found = (await stored(drafts)).values
    assert [(each, type(found[each])) for each in found] == [
        ("steps", int),
        ("cfg", float),
        ("tile", bool),
        ("style", str),
        ("name", str),
    ]


async def test_the_same_id_again_changes_nothing(drafts: DraftStore) -> None:
    await drafts.add(a_draft(words="first"))
    await drafts.add(a_draft(words="second", account=BOB))

    assert await stored(drafts) == a_draft(words="first")


async def test_an_unknown_draft_is_none(drafts: DraftStore) -> None:
    assert await drafts.get(DRAFT, now=NOW) is None
    assert await drafts.save(a_draft()) is None
    assert not await drafts.remove(DRAFT)
    assert await drafts.get(DRAFT, now=NOW) is None


async def test_a_saved_draft_has_the_next_version(drafts: DraftStore) -> None:
    await drafts.add(a_draft())
    changed = attrs.evolve(FULL, expires_at=minutes(20), key=WorkflowKey("other"))

    saved = await drafts.save(changed)

    assert saved == attrs.evolve(changed, version=1)
    assert await stored(drafts) == saved
    assert await drafts.save(saved) == attrs.evolve(changed, version=2)


async def test_saving_over_an_older_version_of_a_draft_changes_nothing(drafts: DraftStore) -> None:
    await drafts.add(a_draft())
    saved = await drafts.save(a_draft(words="mine"))

    assert await drafts.save(a_draft(words="too late")) is None
    assert await stored(drafts) == saved


async def test_of_many_savers_of_one_version_one_wins(drafts: DraftStore) -> None:
    await drafts.add(a_draft())

    saved = await asyncio.gather(*(drafts.save(a_draft(words=str(each))) for each in range(20)))

    won = [each for each in saved if each is not None]
    assert won == [await stored(drafts)]


async def test_of_many_who_remove_a_draft_one_is_told_so(drafts: DraftStore) -> None:
    await drafts.add(a_draft())

    told = await asyncio.gather(*(drafts.remove(DRAFT) for _ in range(20)))

    assert told.count(True) == 1


async def test_a_removed_draft_cannot_be_saved_and_may_be_put_back(drafts: DraftStore) -> None:
    await drafts.add(a_draft())
    saved = await drafts.save(a_draft(words="a fox"))
    assert saved is not None
    await drafts.remove(DRAFT)

    assert await drafts.save(saved) is None
    assert await drafts.get(DRAFT, now=NOW) is None
    await drafts.add(saved)
    assert await drafts.save(saved) == attrs.evolve(saved, version=2)


async def test_a_removal_and_a_save_at_once_leave_nothing_behind(drafts: DraftStore) -> None:
    for number in range(10):
        draft = a_draft(f"draft-{number}")
        await drafts.add(draft)

        await asyncio.gather(drafts.save(draft), drafts.remove(draft.id))

        assert await drafts.get(draft.id, now=NOW) is None


class CarelessDrafts(InMemoryDrafts):
    """The negative control: it looks, lets others run, and then believes what it saw."""

    async def save(self, draft: Draft) -> Draft | None:
        found = await self.get(draft.id, now=NOW)
        await asyncio.sleep(0)
        if found is None or found.version != draft.version:
            return None
        saved = attrs.evolve(draft, version=draft.version + 1)
        await super().remove(draft.id)
        await super().add(saved)
        return saved

    async def remove(self, draft: DraftId) -> bool:
        found = await self.get(draft, now=NOW)
        await asyncio.sleep(0)
        await super().remove(draft)
        return found is not None


async def test_the_races_are_lost_by_a_store_that_checks_and_then_acts() -> None:
    careless = CarelessDrafts()
    await careless.add(a_draft())

    saved = await asyncio.gather(careless.save(a_draft()), careless.save(a_draft()))
    assert None not in saved
    assert all(await asyncio.gather(careless.remove(DRAFT), careless.remove(DRAFT)))


async def test_a_draft_is_gone_from_the_moment_that_it_expires(drafts: DraftStore) -> None:
    await drafts.add(a_draft(asking="width"))
    end = NOW + DRAFT_LIVES

    assert await drafts.get(DRAFT, now=end - MOMENT) is not None
    assert await drafts.get(DRAFT, now=end) is None
    assert await drafts.asking(ADA, CHAT, now=end) is None
    assert await drafts.of_workflow(KEY, now=end) == []


async def test_what_its_owner_does_keeps_a_draft_alive(drafts: DraftStore) -> None:
    await drafts.add(a_draft())
    await drafts.save(a_draft().kept_alive(minutes(14)))

    assert await drafts.get(DRAFT, now=minutes(28)) is not None
    assert await drafts.get(DRAFT, now=minutes(29)) is None


async def test_the_draft_that_was_touched_last_waits_for_the_answer(drafts: DraftStore) -> None:
    first, second = a_draft("draft-1", asking="width"), a_draft("draft-2", asking="steps")
    await drafts.add(first)
    await drafts.add(attrs.evolve(second, expires_at=minutes(16)))
    assert await drafts.asking(ADA, CHAT, now=NOW) == attrs.evolve(second, expires_at=minutes(16))

    touched = await drafts.save(attrs.evolve(first, expires_at=minutes(17)))

    assert await drafts.asking(ADA, CHAT, now=NOW) == touched


async def test_a_draft_waits_for_its_owner_in_its_chat_alone(drafts: DraftStore) -> None:
    await drafts.add(a_draft("draft-1", asking="width"))
    await drafts.add(a_draft("draft-2", account=BOB))

    assert await drafts.asking(ADA, CHAT, now=NOW) is not None
    assert await drafts.asking(BOB, CHAT, now=NOW) is None
    assert await drafts.asking(ADA, ChatId("web:chat-2"), now=NOW) is None


async def test_a_draft_that_asks_no_more_waits_for_nothing(drafts: DraftStore) -> None:
    await drafts.add(a_draft(asking="width"))
    await drafts.save(a_draft(asking=""))

    assert await drafts.asking(ADA, CHAT, now=NOW) is None


async def test_the_drafts_of_a_workflow_are_everybodys_oldest_first(drafts: DraftStore) -> None:
    await drafts.add(attrs.evolve(a_draft("draft-1"), expires_at=minutes(9)))
    await drafts.add(attrs.evolve(a_draft("draft-2", account=BOB), expires_at=minutes(7)))
    await drafts.add(a_draft("draft-3", workflow="other"))

    assert ids(await drafts.of_workflow(KEY, now=NOW)) == ["draft-2", "draft-1"]
    assert ids(await drafts.of_workflow(KEY, now=minutes(8))) == ["draft-1"]
    assert await drafts.of_workflow(WorkflowKey("text"), now=NOW) == []


async def test_what_has_expired_is_forgotten_once(drafts: DraftStore) -> None:
    for number in range(3):
        early = attrs.evolve(a_draft(f"draft-{number}"), expires_at=minutes(number))
        await drafts.add(early)

    assert await drafts.forget_expired(now=minutes(1)) == 2
    assert await drafts.forget_expired(now=minutes(1)) == 0
    assert ids(await drafts.of_workflow(KEY, now=NOW)) == ["draft-2"]


@SQL_KINDS
async def test_t_88_a_form_survives_a_restart(sql: Database, database_url: str) -> None:
    await SqlDrafts(sql).add(FULL)

    again = open_database(database_url)
    await again.open()
    found = await SqlDrafts(again).get(DRAFT, now=NOW)
    await again.close()

    assert found == FULL
