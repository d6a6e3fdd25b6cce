"""What only PostgreSQL needs: deadlocks are tried again, and lost connections replaced."""

import asyncio
from functools import partial

import pytest
import sqlalchemy as sa

from infrastructure.sql.database import Database, open_database
from infrastructure.sql.tables import metadata, seen
from infrastructure.sql.upgrade import NewerDataError
from tests.builders import NOW
from tests.databases import POSTGRESQL_ONLY

pytestmark = POSTGRESQL_ONLY


def insert(connection: sa.Connection, *, key: str) -> None:
    connection.execute(sa.insert(seen).values(key=key, seen_at=NOW, forget_at=NOW))


def keys(connection: sa.Connection) -> list[str]:
    return list(connection.execute(sa.select(seen.c.key)).scalars())


def pause(connection: sa.Connection) -> None:
    connection.exec_driver_sql("SELECT pg_sleep(0.1)")


async def test_a_deadlock_is_tried_again(sql: Database) -> None:
    for key in ("a", "b"):
        await sql.run(partial(insert, key=key))

    def update(first: str, second: str, connection: sa.Connection) -> None:
        for key in (first, second):
            connection.execute(sa.update(seen).where(seen.c.key == key).values(seen_at=NOW))
            pause(connection)

    await asyncio.gather(
        sql.run(lambda connection: update("a", "b", connection)),
        sql.run(lambda connection: update("b", "a", connection)),
    )


async def test_a_pool_outlives_its_connections(sql: Database) -> None:
    def end_the_others(connection: sa.Connection) -> None:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    await asyncio.gather(*(sql.run(pause) for _ in range(3)))
    await sql.run(end_the_others)

    await asyncio.gather(*(sql.run(pause) for _ in range(3)))
    assert await sql.read(keys) == []


def drop_everything(connection: sa.Connection) -> None:
    metadata.drop_all(connection)
    drop_version(connection)


def drop_version(connection: sa.Connection) -> None:
    connection.exec_driver_sql("DROP TABLE alembic_version")


async def test_a_newer_program_that_migrates_first_is_found_out(
    sql: Database, database_url: str
) -> None:
    has_the_turn = asyncio.Event()
    loop = asyncio.get_running_loop()

    def migrate_further(connection: sa.Connection) -> None:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7206471)")
        loop.call_soon(has_the_turn.set)
        pause(connection)
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num text)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('9999')")

    await sql.run(drop_everything)
    other = open_database(database_url)
    try:
        newer = asyncio.create_task(sql.run(migrate_further))
        await has_the_turn.wait()
        with pytest.raises(NewerDataError):
            await other.open()
        await newer
    finally:
        await sql.run(drop_version)
        await other.open()
        await other.close()


async def test_processes_may_migrate_at_once(sql: Database, database_url: str) -> None:
    await sql.run(drop_everything)
    others = [open_database(database_url) for _ in range(4)]

    await asyncio.gather(*(other.open() for other in others))
    await asyncio.gather(*(other.close() for other in others))

    assert await sql.read(keys) == []
