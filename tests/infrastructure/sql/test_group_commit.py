"""What stays true of each transaction when several share a commit on SQLite."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import attrs
import pytest
import sqlalchemy as sa

from core.shared.errors import StoreTroubleError
from infrastructure.sql.group_commit import LARGEST_GROUP, Answers, GroupCommit
from infrastructure.sql.sqlite import SqliteDatabase
from infrastructure.sql.sqlite_connections import SqliteConnections
from infrastructure.sql.tables import identities, seen
from infrastructure.sql.transactions import trouble_is_named
from tests.builders import NOW

T = TypeVar("T")


@pytest.fixture
def path(sqlite_url: str) -> Path:
    return Path(sqlite_url.removeprefix("sqlite:///"))


@pytest.fixture
async def file(path: Path) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(path)
    await database.open()
    yield database
    await database.close()


def insert(connection: sa.Connection, *, key: str) -> str:
    connection.execute(sa.insert(seen).values(key=key, seen_at=NOW, forget_at=NOW))
    return key


def insert_and_fail(connection: sa.Connection, *, key: str) -> None:
    insert(connection, key=key)
    raise LookupError(key)


def break_a_constraint_of_the_commit(connection: sa.Connection) -> str:
    values = {"platform": "web", "user_id": "1", "account": "nobody"}
    connection.execute(sa.insert(identities).values(values))
    return "not committed yet"


def keys(connection: sa.Connection) -> list[str]:
    in_order = sa.select(seen.c.key).order_by(sa.text("rowid"))
    return list(connection.execute(in_order).scalars())


@contextmanager
def busy(file: SqliteDatabase) -> Iterator[Callable[[], None]]:
    """Keep the writer busy, so that all which is asked for meanwhile becomes one group."""
    may_end = threading.Event()
    first = asyncio.ensure_future(file.run(lambda _: may_end.wait(5)))
    try:
        yield may_end.set
    finally:
        may_end.set()
        assert first.done()


async def together(
    file: SqliteDatabase, *transactions: Callable[[sa.Connection], T]
) -> list[T | BaseException]:
    with busy(file) as go_on:
        await asyncio.sleep(0)
        asked = [asyncio.ensure_future(file.run(each)) for each in transactions]
        await asyncio.sleep(0)
        go_on()
        return await asyncio.gather(*asked, return_exceptions=True)


async def test_one_that_fails_takes_nobody_with_it(file: SqliteDatabase) -> None:
    answers = await together(
        file,
        partial(insert, key="a"),
        partial(insert_and_fail, key="b"),
        partial(insert, key="c"),
    )

    assert [str(answer) for answer in answers] == ["a", "b", "c"]
    assert isinstance(answers[1], LookupError)
    assert await file.read(keys) == ["a", "c"]


async def test_one_that_cannot_be_committed_takes_nobody_with_it(file: SqliteDatabase) -> None:
    first, broken, last = await together(
        file,
        partial(insert, key="a"),
        break_a_constraint_of_the_commit,
        partial(insert, key="c"),
    )

    assert (first, type(broken), last) == ("a", sa.exc.IntegrityError, "c")
    assert await file.read(keys) == ["a", "c"]


async def test_many_are_done_in_the_order_in_which_they_came(file: SqliteDatabase) -> None:
    asked = [f"{number:03}" for number in range(2 * LARGEST_GROUP + 5)]

    answers = await together(file, *(partial(insert, key=key) for key in asked))

    assert answers == asked
    assert await file.read(keys) == asked


async def test_a_cancelled_caller_in_a_group_waits_for_the_commit(file: SqliteDatabase) -> None:
    with busy(file) as go_on:
        await asyncio.sleep(0)
        callers = [asyncio.ensure_future(file.run(partial(insert, key=key))) for key in "abc"]
        await asyncio.sleep(0)
        callers[1].cancel()
        await asyncio.sleep(0)
        was_let_go = callers[1].done()
        go_on()
        await asyncio.wait(callers)

    assert (was_let_go, callers[1].cancelled()) == (False, True)
    assert await file.read(keys) == ["a", "b", "c"]


@attrs.define
class CountedGroups:
    """A group commit on a thread that waits until everything was asked for."""

    path: Path
    groups: int = 0

    def run(self, *asked: Callable[[GroupCommit], Future[str]]) -> list[Future[str]]:
        connections = SqliteConnections(
            self.path, "BEGIN IMMEDIATE", count=1, busy_timeout_s=0.05, read_only=False
        )

        def write(group: Callable[[sa.Connection], Answers]) -> Answers:
            self.groups += 1
            with trouble_is_named(), connections.begin() as connection:
                return group(connection)

        may_begin = threading.Event()
        with ThreadPoolExecutor(1) as thread:
            thread.submit(may_begin.wait, 5)
            group_commit = GroupCommit(thread, write)
            answers = [ask(group_commit) for ask in asked]
            may_begin.set()
        connections.close()
        return answers


def test_a_group_is_one_transaction_and_no_answer_comes_before_its_commit(path: Path) -> None:
    counted = CountedGroups(path)
    found_when_answered: list[int] = []
    other = sqlite3.connect(path, check_same_thread=False)

    def look(_: object) -> None:
        found_when_answered.extend(*other.execute("SELECT count(*) FROM seen").fetchall())

    def ask(group_commit: GroupCommit, *, key: str) -> Future[str]:
        answer = group_commit.submit(partial(insert, key=key))
        answer.add_done_callback(look)
        return answer

    counted.run(*(partial(ask, key=key) for key in "abcd"))
    other.close()

    assert counted.groups == 1
    assert found_when_answered == [4, 4, 4, 4]


def test_trouble_of_the_database_is_told_to_all_at_once(path: Path) -> None:
    counted = CountedGroups(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    def ask(group_commit: GroupCommit) -> Future[str]:
        return group_commit.submit(partial(insert, key="k"))

    answers = counted.run(ask, ask, ask)
    other.close()

    assert counted.groups == 1
    assert {type(answer.exception()) for answer in answers} == {StoreTroubleError}


def test_nobody_can_take_back_what_was_asked_for(path: Path) -> None:
    def ask_and_cancel(group_commit: GroupCommit) -> Future[str]:
        answer = group_commit.submit(partial(insert, key="k"))
        answer.cancel()
        return answer

    (answer,) = CountedGroups(path).run(ask_and_cancel)

    assert answer.result() == "k"
