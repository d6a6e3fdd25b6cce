"""
SQLite in one file, durable and fit for several processes.

One thread writes and does nothing else, so writers never wait for each other's locks inside a
process; two read-only connections on threads of their own see the last committed state meanwhile.
"""

import asyncio
import fcntl
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from infrastructure.sql.group_commit import GroupCommit
from infrastructure.sql.sqlite_connections import SqliteConnections
from infrastructure.sql.transactions import (
    Database,
    WorkerRunsAlreadyError,
    shielded,
    trouble_is_named,
)
from infrastructure.sql.upgrade import upgrade

T = TypeVar("T")

BUSY_TIMEOUT_S = 10.0
"""How long a transaction waits for one of another process."""

READERS = 2


class SqliteDatabase(Database):
    """
    One SQLite file.

    With `inline` everything runs on the caller's own thread, in the order of the calls.
    """

    def __init__(
        self, path: Path, *, inline: bool = False, busy_timeout_s: float = BUSY_TIMEOUT_S
    ) -> None:
        self._path = path
        self._busy_timeout_s = busy_timeout_s
        self._writer: ThreadPoolExecutor | None = None
        self._group_commit: GroupCommit | None = None
        self._readers: ThreadPoolExecutor | None = None
        if not inline:
            self._writer = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
            self._group_commit = GroupCommit(self._writer, self._write)
            self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-reader")
        self._writing = SqliteConnections(
            path, "BEGIN IMMEDIATE", count=1, busy_timeout_s=busy_timeout_s, read_only=False
        )
        self._reading = SqliteConnections(
            path, "BEGIN", count=READERS, busy_timeout_s=busy_timeout_s, read_only=True
        )

    async def open(self) -> None:
        await self._on(self._writer, self._open)

    async def close(self) -> None:
        await self._on(self._readers, self._reading.close)
        await self._on(self._writer, self._writing.close)
        for threads in (self._readers, self._writer):
            if threads is not None:
                threads.shutdown()

    @asynccontextmanager
    async def lock_for_worker(self) -> AsyncIterator[None]:
        with trouble_is_named():
            # By whatever link the file is reached, it has one lock.
            path = self._path.resolve()
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(f"{path}.worker.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            with trouble_is_named():
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    raise WorkerRunsAlreadyError(f"{self._path} has its worker") from error
            yield
        finally:
            # The file stays: were it removed, two could hold two files of one name.
            os.close(descriptor)

    async def run(self, transaction: Callable[[sa.Connection], T]) -> T:
        if self._group_commit is None:
            return self._write(transaction)
        return await shielded(asyncio.wrap_future(self._group_commit.submit(transaction)))

    async def read(self, query: Callable[[sa.Connection], T]) -> T:
        return await self._on(self._readers, partial(self._read, query))

    async def _on(self, threads: ThreadPoolExecutor | None, work: Callable[[], T]) -> T:
        if threads is None:
            return work()
        return await shielded(asyncio.get_running_loop().run_in_executor(threads, work))

    def _open(self) -> None:
        with trouble_is_named():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            _use_write_ahead_log(self._path, timeout_s=self._busy_timeout_s)
        self._write(upgrade)

    def _write(self, transaction: Callable[[sa.Connection], T]) -> T:
        with trouble_is_named(), self._writing.begin() as connection:
            return transaction(connection)

    def _read(self, query: Callable[[sa.Connection], T]) -> T:
        with trouble_is_named(), self._reading.begin() as connection:
            return query(connection)


def _use_write_ahead_log(path: Path, *, timeout_s: float) -> None:
    """Turn the file's journal into a write-ahead log; it stays so."""
    deadline = time.monotonic() + timeout_s
    connection = sqlite3.connect(path, timeout=timeout_s, isolation_level=None)
    try:
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError as error:
                # SQLite does not wait by itself when another process is turning it just now.
                busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not busy or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return
    finally:
        connection.close()
