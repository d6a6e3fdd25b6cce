"""What every PreferenceStore promises."""

import asyncio

import attrs
import pytest

from core.sessions.model import Preferences, common, personal
from core.sessions.ports import PreferenceStore
from infrastructure.memory.preferences import InMemoryPreferences
from infrastructure.sql.database import Database
from infrastructure.sql.preferences import SqlPreferences
from tests.builders import ADA, BOB, CHAT, TEXT2IMG, some_preferences

OWNER = personal(ADA)


@pytest.fixture
def preferences(database: Database | None) -> PreferenceStore:
    return InMemoryPreferences() if database is None else SqlPreferences(database)


async def saved(
    preferences: PreferenceStore, wanted: Preferences, owner: str = OWNER
) -> Preferences:
    """Save what is wanted over what is there; return it as it is there now."""
    there = await preferences.get(owner, TEXT2IMG)
    over = attrs.evolve(wanted, version=there.version)
    assert await preferences.save(owner, TEXT2IMG, over)
    return await preferences.get(owner, TEXT2IMG)


async def test_where_nothing_is_saved_there_are_empty_ones(preferences: PreferenceStore) -> None:
    assert await preferences.get(OWNER, TEXT2IMG) == Preferences()
    assert await preferences.of_owner(OWNER) == {}
    assert await preferences.of_workflow(TEXT2IMG) == {}


async def test_preferences_come_back_as_they_were_saved(preferences: PreferenceStore) -> None:
    wanted = some_preferences(
        {"style \u2603": "fuchs \ud800 '\" \0", "seed": -1}, set_aside={"old": "it is gone \u2744"}
    )

    found = await saved(preferences, wanted)

    assert found.version != 0
    assert attrs.evolve(found, version=0) == wanted


async def test_t_87_preferences_keep_the_type_of_a_value(preferences: PreferenceStore) -> None:
    wanted = some_preferences({"steps": 0, "cfg": 7.0, "tile": False, "name": "1"})

    found = (await saved(preferences, wanted)).values

    assert [type(found[each]) for each in ("steps", "cfg", "tile", "name")] == [
        int,
        float,
        bool,
        str,
    ]


async def test_what_was_set_aside_is_kept_without_values(preferences: PreferenceStore) -> None:
    wanted = some_preferences({}, set_aside={"old": "it is gone"})

    found = await saved(preferences, wanted)

    assert found.set_aside == {"old": "it is gone"}


async def test_every_save_has_another_version(preferences: PreferenceStore) -> None:
    first = await saved(preferences, some_preferences())
    second = await saved(preferences, some_preferences({"steps": 20}))

    assert first.version != second.version
    assert not await preferences.save(OWNER, TEXT2IMG, first)
    assert await preferences.get(OWNER, TEXT2IMG) == second


async def test_the_first_save_is_not_made_over_another(preferences: PreferenceStore) -> None:
    first = await saved(preferences, some_preferences())

    assert not await preferences.save(OWNER, TEXT2IMG, some_preferences({"steps": 1}))
    assert not await preferences.save(OWNER, TEXT2IMG, Preferences())
    assert await preferences.get(OWNER, TEXT2IMG) == first


async def test_empty_ones_are_forgotten(preferences: PreferenceStore) -> None:
    await saved(preferences, some_preferences())

    assert await saved(preferences, Preferences()) == Preferences()
    assert await preferences.of_owner(OWNER) == {}
    assert await preferences.save(OWNER, TEXT2IMG, Preferences())


async def test_what_was_forgotten_cannot_be_saved_over(preferences: PreferenceStore) -> None:
    first = await saved(preferences, some_preferences())
    await saved(preferences, Preferences())

    assert not await preferences.save(OWNER, TEXT2IMG, first)
    assert not await preferences.save(OWNER, TEXT2IMG, Preferences(version=first.version))
    assert await preferences.get(OWNER, TEXT2IMG) == Preferences()


async def test_what_was_forgotten_and_saved_anew_is_another_one(
    preferences: PreferenceStore,
) -> None:
    first = await saved(preferences, some_preferences())
    await saved(preferences, Preferences())
    second = await saved(preferences, some_preferences({"width": 64}))

    assert not await preferences.save(OWNER, TEXT2IMG, first)
    assert await preferences.get(OWNER, TEXT2IMG) == second


@pytest.mark.parametrize("is_new", [True, False])
async def test_of_many_who_save_over_one_version_one_wins(
    preferences: PreferenceStore, *, is_new: bool
) -> None:
    there = Preferences() if is_new else await saved(preferences, some_preferences())

    answers = await asyncio.gather(
        *(
            preferences.save(OWNER, TEXT2IMG, some_preferences({"n": n}, version=there.version))
            for n in range(20)
        )
    )

    assert answers.count(True) == 1
    winner = answers.index(True)
    assert (await preferences.get(OWNER, TEXT2IMG)).values == {"n": winner}


async def test_of_one_who_saves_and_one_who_forgets_one_wins(
    preferences: PreferenceStore,
) -> None:
    there = await saved(preferences, some_preferences())

    answers = await asyncio.gather(
        preferences.save(OWNER, TEXT2IMG, attrs.evolve(there, values={"steps": 1})),
        preferences.save(OWNER, TEXT2IMG, Preferences(version=there.version)),
    )

    assert sorted(answers) == [False, True]
    left = (await preferences.get(OWNER, TEXT2IMG)).values
    assert left == ({"steps": 1} if answers[0] else {})


class CarelessPreferences(InMemoryPreferences):
    """The negative control: it looks, lets others run, and then believes what it saw."""

    async def save(self, owner: str, workflow: str, preferences: Preferences) -> bool:
        there = await self.get(owner, workflow)
        await asyncio.sleep(0)
        if there.version != preferences.version:
            return False
        there = await self.get(owner, workflow)
        over = attrs.evolve(preferences, version=there.version)
        return await super().save(owner, workflow, over)


async def test_the_race_is_lost_by_a_store_that_looks_and_then_writes() -> None:
    careless = CarelessPreferences()

    answers = await asyncio.gather(
        *(careless.save(OWNER, TEXT2IMG, some_preferences()) for _ in range(2))
    )

    assert answers == [True, True]


async def test_people_and_chats_do_not_share_preferences(preferences: PreferenceStore) -> None:
    await saved(preferences, some_preferences({"steps": 1}))
    await saved(preferences, some_preferences({"steps": 2}), personal(BOB))
    await saved(preferences, some_preferences({"steps": 3}), common(CHAT))

    everybodys = await preferences.of_workflow(TEXT2IMG)
    assert [(who, each.values["steps"]) for who, each in everybodys.items()] == [
        ("account:ada", 1),
        ("account:bob", 2),
        ("chat:web:chat-1", 3),
    ]
    assert everybodys[OWNER] == await preferences.get(OWNER, TEXT2IMG)


async def test_several_owners_are_answered_at_once_in_their_order(
    preferences: PreferenceStore,
) -> None:
    everybody = common(CHAT)
    await saved(preferences, some_preferences({"steps": 30}))
    await saved(preferences, some_preferences({"steps": 9}), owner=everybody)

    found = await preferences.of_owners([everybody, personal(BOB), OWNER], TEXT2IMG)

    assert [each.values for each in found] == [{"steps": 9}, {}, {"steps": 30}]
    assert [each.version != 0 for each in found] == [True, False, True]
    assert list(await preferences.of_owners([], TEXT2IMG)) == []


async def test_all_of_an_owner_are_listed_by_workflow(preferences: PreferenceStore) -> None:
    for workflow in ("b-2", "B-1", "a"):
        assert await preferences.save(OWNER, workflow, some_preferences({"name": workflow}))

    found = await preferences.of_owner(OWNER)
    assert [(key, each.values["name"]) for key, each in found.items()] == [
        ("B-1", "B-1"),
        ("a", "a"),
        ("b-2", "b-2"),
    ]
    assert await preferences.of_owner(personal(BOB)) == {}
