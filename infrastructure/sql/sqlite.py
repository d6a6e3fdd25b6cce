"""
SQLite in one file, durable and fit for several processes.

One thread writes and does nothing else, so writers never wait for each other's locks inside a
process; two read-only connections on threads of their own see the last committed state meanwhile.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.pool import ConnectionPoolEntry

from infrastructure.sql.transactions import Database, shielded, trouble_is_named
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
        self._readers: ThreadPoolExecutor | None = None
        if not inline:
            self._writer = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
            self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-reader")
        self._write_engine = _engine(
            path, "BEGIN IMMEDIATE", connections=1, busy_timeout_s=busy_timeout_s
        )
        self._read_engine = _engine(
            path, "BEGIN", connections=READERS, busy_timeout_s=busy_timeout_s
        )
        sa.event.listen(self._read_engine, "connect", _forbid_writing)

    async def open(self) -> None:
        await self._on(self._writer, self._open)

    async def close(self) -> None:
        await self._on(self._readers, self._read_engine.dispose)
        await self._on(self._writer, self._write_engine.dispose)
        for threads in (self._readers, self._writer):
            if threads is not None:
                threads.shutdown()

    async def run(self, transaction: Callable[[sa.Connection], T]) -> T:
        return await self._on(self._writer, partial(self._write, transaction))

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
        with trouble_is_named(), self._write_engine.begin() as connection:
            return transaction(connection)

    def _read(self, query: Callable[[sa.Connection], T]) -> T:
        with trouble_is_named(), self._read_engine.begin() as connection:
            return query(connection)


def _engine(path: Path, begin: str, *, connections: int, busy_timeout_s: float) -> sa.Engine:
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        poolclass=sa.QueuePool,
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"timeout": busy_timeout_s},
    )

    def on_connect(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        # The driver must not begin transactions by its own rules.
        connection.isolation_level = None
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    def on_begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    sa.event.listen(engine, "connect", on_connect)
    sa.event.listen(engine, "begin", on_begin)
    return engine


def _forbid_writing(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.execute("PRAGMA query_only=ON")


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
