"""Only one worker moves the jobs of a database, whatever folder or machine it was started on."""

import asyncio
import sys

import pytest

from infrastructure.sql.database import Database, open_database
from infrastructure.sql.transactions import WorkerRunsAlreadyError
from tests.databases import SQL_KINDS
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
