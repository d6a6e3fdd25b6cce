"""What only SQLite promises: durable commits, and readers who never wait for the writer."""

import asyncio
import os
import shutil
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.shared.errors import StoreTroubleError
from infrastructure.sql.database import Database, open_database
from infrastructure.sql.sqlite import SqliteDatabase
from infrastructure.sql.tables import seen
from infrastructure.sql.transactions import trouble_code
from tests.builders import NOW


@pytest.fixture
async def file(sqlite_url: str) -> AsyncIterator[Database]:
    database = open_database(sqlite_url)
    await database.open()
    yield database
    await database.close()


def pragma(name: str, connection: sa.Connection) -> object:
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def insert(connection: sa.Connection, key: str = "k") -> str:
    connection.execute(sa.insert(seen).values(key=key, seen_at=NOW, forget_at=NOW))
    return key


def count(connection: sa.Connection) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(seen)).scalar_one()


@pytest.mark.parametrize(
    ("name", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 10_000)],
)
async def test_every_commit_is_durable_and_checked(
    file: Database, name: str, value: object
) -> None:
    assert await file.run(lambda connection: pragma(name, connection)) == value


async def test_readers_cannot_write(file: Database) -> None:
    with pytest.raises(StoreTroubleError, match="SQLITE_READONLY"):
        await file.read(insert)


async def test_a_reader_sees_the_last_commit_while_a_writer_works(file: Database) -> None:
    may_end = threading.Event()

    def slow(connection: sa.Connection) -> None:
        insert(connection)
        may_end.wait(5)

    writing = asyncio.create_task(file.run(slow))
    meanwhile = await file.read(count)
    may_end.set()
    await writing

    assert (meanwhile, await file.read(count)) == (0, 1)


async def test_the_threads_end_with_the_database(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    await database.open()
    await database.read(count)
    await database.close()

    assert [each.name for each in threading.enumerate() if each.name.startswith("sqlite-")] == []


async def test_a_lock_of_somebody_else_is_trouble_with_its_code(
    sqlite_url: str, tmp_path: Path
) -> None:
    database = SqliteDatabase(Path(sqlite_url.removeprefix("sqlite:///")), busy_timeout_s=0.05)
    await database.open()
    other = sqlite3.connect(tmp_path / "station.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(StoreTroubleError, match="SQLITE_BUSY"):
            await database.run(insert)
    finally:
        other.execute("ROLLBACK")
        other.close()

    assert await database.run(insert) == "k"
    await database.close()


async def test_a_full_disk_is_trouble_with_its_code(file: Database) -> None:
    def fill(connection: sa.Connection) -> None:
        pages = pragma("page_count", connection)
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        for number in range(10_000):
            insert(connection, f"{number:0200}")

    with pytest.raises(StoreTroubleError, match="SQLITE_FULL"):
        await file.run(fill)

    assert await file.read(count) == 0


async def test_a_file_that_is_no_database_is_trouble_with_its_code(tmp_path: Path) -> None:
    path = tmp_path / "no.db"
    path.write_bytes(b"this is not a database, it is a letter" * 200)
    database = open_database(f"sqlite:///{path}")

    with pytest.raises(StoreTroubleError, match="SQLITE_NOTADB"):
        await database.open()
    await database.close()


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("folder", "SQLITE_CANTOPEN"),
        ("file/station.db", "FileExistsError"),
        ("file/new/station.db", "NotADirectoryError"),
        ("short", "SQLITE_NOTADB"),
        ("cut", "SQLITE_CORRUPT"),
    ],
)
async def test_a_place_where_no_database_can_be_is_trouble_with_its_code(
    tmp_path: Path, migrated_sqlite: Path, place: str, code: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "short").write_bytes(b"???")
    os.truncate(shutil.copyfile(migrated_sqlite, tmp_path / "cut"), 5_000)
    database = open_database(f"sqlite:///{tmp_path / place}")

    with pytest.raises(StoreTroubleError, match=code):
        await database.open()
    await database.close()


async def test_a_folder_where_nobody_may_write_is_trouble_with_its_code() -> None:
    database = open_database("sqlite:////proc/station.db")

    with pytest.raises(StoreTroubleError, match="SQLITE_CANTOPEN"):
        await database.open()
    await database.close()


async def test_wrong_sql_is_a_bug_and_not_trouble(file: Database) -> None:
    with pytest.raises(sa.exc.OperationalError) as caught:
        await file.run(lambda connection: connection.exec_driver_sql("SELECT * FROM nowhere"))

    assert trouble_code(caught.value) is None


async def test_inline_everything_runs_on_the_callers_thread(sqlite_url: str) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    database = SqliteDatabase(path, inline=True)
    await database.open()

    wrote_on = await database.run(lambda _: threading.get_ident())
    read_on = await database.read(lambda _: threading.get_ident())
    await database.close()

    assert {wrote_on, read_on} == {threading.get_ident()}


async def test_a_folder_that_is_not_there_is_made(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/new/folder/station.db")

    await database.open()
    await database.close()

    assert (tmp_path / "new/folder/station.db").is_file()
