"""What every SeenOnce promises."""

import asyncio
from datetime import timedelta

import pytest

from core.shared.ports import SeenOnce
from infrastructure.memory.seen import InMemorySeen
from infrastructure.sql.database import Database
from infrastructure.sql.seen import SqlSeen
from tests.builders import NOW


@pytest.fixture
def seen(database: Database | None) -> SeenOnce:
    return InMemorySeen() if database is None else SqlSeen(database)


async def is_first(seen: SeenOnce, key: str = "telegram:7", *, after_s: float = 0.0) -> bool:
    return await seen.first_time(key, now=NOW + timedelta(seconds=after_s), within_s=60)


async def test_a_key_is_new_once(seen: SeenOnce) -> None:
    assert await is_first(seen)
    assert not await is_first(seen)


async def test_other_keys_are_new(seen: SeenOnce) -> None:
    await is_first(seen)

    assert await is_first(seen, "telegram:8")


async def test_a_key_is_new_again_when_its_window_is_over(seen: SeenOnce) -> None:
    await is_first(seen)

    assert not await is_first(seen, after_s=59.9)
    assert await is_first(seen, after_s=60)
    assert not await is_first(seen, after_s=119.9)


async def test_a_refused_repeat_does_not_extend_the_window(seen: SeenOnce) -> None:
    await is_first(seen)
    await is_first(seen, after_s=30)

    assert await is_first(seen, after_s=61)


async def test_a_clock_that_steps_back_a_little_forgets_nothing(seen: SeenOnce) -> None:
    await is_first(seen)

    assert not await is_first(seen, after_s=-30)


async def test_a_key_with_a_long_window_outlives_the_pruning(seen: SeenOnce) -> None:
    day_s = 24 * 3600.0
    await seen.first_time("long", now=NOW, within_s=day_s)
    for hour in range(1, 24):
        await is_first(seen, f"short-{hour}", after_s=hour * 3600)

    almost = NOW + timedelta(seconds=day_s - 1)
    assert not await seen.first_time("long", now=almost, within_s=day_s)


async def test_of_many_callers_at_once_one_is_first(seen: SeenOnce) -> None:
    answers = await asyncio.gather(*(is_first(seen) for _ in range(20)))

    assert sum(answers) == 1


async def test_a_clock_that_was_set_back_far_swallows_nothing(seen: SeenOnce) -> None:
    await is_first(seen, after_s=3_600)

    assert await is_first(seen)
    assert not await is_first(seen, after_s=1)


async def test_a_key_may_hold_what_no_database_takes(seen: SeenOnce) -> None:
    assert await is_first(seen, "press:\x00\ud800")
    assert not await is_first(seen, "press:\x00\ud800")
