"""Only one worker moves the jobs of a database, whatever folder or machine it was started on."""

import asyncio
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.shared.errors import StoreTroubleError
from infrastructure.sql.database import Database, open_database
from infrastructure.sql.transactions import WorkerRunsAlreadyError
from tests.databases import POSTGRESQL_ONLY, SQL_KINDS
from tests.program import environment

HOLD = """
import asyncio, sys
from infrastructure.sql.database import open_database

async def hold():
    database = open_database(sys.argv[1])
    async with database.lock_for_worker():
        print("held", flush=True)
        await asyncio.sleep(60)

asyncio.run(hold())
"""


@SQL_KINDS
async def test_a_second_worker_is_refused_until_the_first_has_ended(
    sql: Database, database_url: str
) -> None:
    other = open_database(database_url)
    async with sql.lock_for_worker():
        with pytest.raises(WorkerRunsAlreadyError, match="has its worker"):
            async with other.lock_for_worker():
                pass

    async with other.lock_for_worker():
        await other.close()


@SQL_KINDS
async def test_a_worker_that_failed_holds_nothing(sql: Database, database_url: str) -> None:
    other = open_database(database_url)
    with pytest.raises(LookupError):
        async with sql.lock_for_worker():
            raise LookupError("the worker's own")

    async with other.lock_for_worker():
        await other.close()


async def test_a_file_has_one_lock_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("new")
    one = open_database(f"sqlite:///{tmp_path}/new/station.db")
    other = open_database(f"sqlite:///{tmp_path}/link/station.db")

    async with one.lock_for_worker():
        with pytest.raises(WorkerRunsAlreadyError):
            async with other.lock_for_worker():
                pass

    await one.close()
    await other.close()


@pytest.mark.parametrize(
    "url",
    ["sqlite:///{}/file/station.db", "postgresql://ada@127.0.0.1:1/station?sslmode=disable"],
)
async def test_a_lock_that_cannot_be_asked_for_is_trouble(tmp_path: Path, url: str) -> None:
    (tmp_path / "file").touch()
    database = open_database(url.format(tmp_path))

    with pytest.raises(StoreTroubleError):
        async with database.lock_for_worker():
            pass
    await database.close()


@POSTGRESQL_ONLY
async def test_a_session_that_the_server_ended_holds_nothing(
    sql: Database, database_url: str
) -> None:
    other = open_database(database_url)
    async with sql.lock_for_worker():
        await other.run(end_the_holder)
        async with other.lock_for_worker():
            await other.close()


def end_the_holder(connection: sa.Connection) -> None:
    connection.exec_driver_sql(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks"
        " WHERE locktype = 'advisory' AND objid = 7206473"
    )


@SQL_KINDS
async def test_a_worker_that_was_killed_holds_nothing(sql: Database, database_url: str) -> None:
    held = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD, database_url, stdout=asyncio.subprocess.PIPE, env=environment()
    )
    assert held.stdout is not None
    assert await held.stdout.readline() == b"held\n"
    with pytest.raises(WorkerRunsAlreadyError):
        async with sql.lock_for_worker():
            pass
    held.kill()
    await held.wait()

    async with asyncio.timeout(5):
        while True:
            try:
                async with sql.lock_for_worker():
                    return
            except WorkerRunsAlreadyError:
                await asyncio.sleep(0.01)
