"""What both databases promise of a transaction."""

import asyncio
import time

import pytest
import sqlalchemy as sa

from core.shared.errors import StoreTroubleError
from infrastructure.sql.database import Database
from infrastructure.sql.tables import seen
from tests.builders import NOW
from tests.databases import SQL_KINDS

pytestmark = SQL_KINDS


def insert(connection: sa.Connection, key: str = "k") -> None:
    connection.execute(sa.insert(seen).values(key=key, seen_at=NOW, forget_at=NOW))


def keys(connection: sa.Connection) -> list[str]:
    return list(connection.execute(sa.select(seen.c.key)).scalars())


def pause(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_sleep(0.1)")
    else:
        time.sleep(0.1)


async def test_a_transaction_that_raises_leaves_nothing(sql: Database) -> None:
    def broken(connection: sa.Connection) -> None:
        insert(connection)
        raise LookupError("the caller's own")

    with pytest.raises(LookupError):
        await sql.run(broken)

    assert await sql.read(keys) == []


async def test_a_cancelled_caller_waits_for_the_end_of_its_transaction(sql: Database) -> None:
    def slow(connection: sa.Connection) -> None:
        insert(connection, "first")
        pause(connection)
        insert(connection, "second")

    caller = asyncio.create_task(sql.run(slow))
    await asyncio.sleep(0.02)
    caller.cancel()
    await asyncio.sleep(0.02)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller

    assert sorted(await sql.read(keys)) == ["first", "second"]


async def test_an_error_after_a_cancellation_is_not_left_behind(sql: Database) -> None:
    def slow_and_broken(connection: sa.Connection) -> None:
        pause(connection)
        raise LookupError("nobody listens any more")

    caller = asyncio.create_task(sql.run(slow_and_broken))
    await asyncio.sleep(0.02)
    caller.cancel()

    with pytest.raises(asyncio.CancelledError):
        await caller


async def test_a_broken_constraint_is_a_bug_and_not_trouble(sql: Database) -> None:
    await sql.run(insert)

    with pytest.raises(sa.exc.IntegrityError):
        await sql.run(insert)


async def test_reading_sees_one_state_and_cannot_write(sql: Database) -> None:
    with pytest.raises((StoreTroubleError, sa.exc.DBAPIError)):
        await sql.read(insert)

    assert await sql.read(keys) == []
