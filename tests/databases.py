"""
The databases that tests run on, each its own.

SQLite is a file in the test's folder. PostgreSQL is the server of TEST_DATABASE_URL, else the local
one when it answers, else the test is skipped; each process of a run makes a database with a random
name there, and drops it. `tests/contracts/conftest.py` shows how the fixtures are taken.
"""

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from infrastructure.sql.database import Database, open_database
from infrastructure.sql.tables import metadata

LOCAL_SERVER = "postgresql://postgres@127.0.0.1:5432/postgres"

KINDS = ("memory", "sqlite", "postgresql")


def _apart(work: Callable[[], Awaitable[None]]) -> None:
    """Run a coroutine on a loop of its own, away from the tests' loops."""

    async def run() -> None:
        await work()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(run())).result()


async def _administer(server: str, statement: str) -> None:
    url = sa.make_url(server).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT", connect_args={"timeout": 5})
    try:
        async with engine.connect() as connection:
            await connection.execute(sa.text(statement))
    finally:
        await engine.dispose()


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """Make an empty database for this process, and drop it in the end."""
    server = os.environ.get("TEST_DATABASE_URL", "")
    name = f"stationthis_test_{secrets.token_hex(6)}"
    try:
        _apart(lambda: _administer(server or LOCAL_SERVER, f"CREATE DATABASE {name}"))
    except OSError as error:
        if server:
            raise
        pytest.skip(f"no PostgreSQL at 127.0.0.1:5432 and no TEST_DATABASE_URL: {error}")
    url = sa.make_url(server or LOCAL_SERVER).set(database=name)
    yield url.render_as_string(hide_password=False)
    _apart(lambda: _administer(server or LOCAL_SERVER, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with all tables and no rows: copying it is quicker than making it again."""
    path = tmp_path_factory.mktemp("migrated") / "empty.db"

    async def make() -> None:
        database = open_database(f"sqlite:///{path}")
        await database.open()
        await database.close()

    _apart(make)
    return path


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """Return the URL of an empty, migrated file of this test's own."""
    path = tmp_path / "station.db"
    shutil.copyfile(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=KINDS)
def store_kind(request: pytest.FixtureRequest) -> str:
    """Name what keeps the stores of this test. Parametrize it anew for fewer."""
    return str(request.param)


@pytest.fixture
def database_url(store_kind: str, request: pytest.FixtureRequest) -> str | None:
    """Return the URL of the test's database, None in memory."""
    if store_kind == "memory":
        return None
    return str(request.getfixturevalue(f"{store_kind}_url"))


@pytest.fixture
async def database(database_url: str | None) -> AsyncIterator[Database | None]:
    """Open the test's database with no rows in it, None in memory."""
    if database_url is None:
        yield None
        return
    opened = open_database(database_url)
    await opened.open()
    if database_url.startswith("postgresql"):
        await opened.run(_empty)
    yield opened
    await opened.close()


@pytest.fixture
def sql(database: Database | None) -> Database:
    """Return the test's database, where the test is about databases only."""
    if database is None:
        pytest.fail("this test needs a database: parametrize store_kind with SQL_KINDS")
    return database


SQL_KINDS = pytest.mark.parametrize("store_kind", ["sqlite", "postgresql"], indirect=True)
SQLITE_ONLY = pytest.mark.parametrize("store_kind", ["sqlite"], indirect=True)
POSTGRESQL_ONLY = pytest.mark.parametrize("store_kind", ["postgresql"], indirect=True)


def _empty(connection: sa.Connection) -> None:
    for table in reversed(metadata.sorted_tables):
        connection.execute(sa.delete(table))
