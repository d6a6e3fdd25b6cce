"""
The connections to one SQLite file, kept for as long as the program runs.

Each is used by one thread at a time. One on which a transaction failed is not used again, so that
nothing of the failure is left for the next.
"""

import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import ConnectionPoolEntry


class SqliteConnections:
    """As many connections as there are threads, which all begin a transaction in the same way."""

    def __init__(
        self, path: Path, begin: str, *, count: int, busy_timeout_s: float, read_only: bool
    ) -> None:
        self._engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(path)),
            poolclass=sa.QueuePool,
            pool_size=count,
            max_overflow=0,
            hide_parameters=True,
            connect_args={"timeout": busy_timeout_s},
        )
        self._begin = begin
        self._query_only = "ON" if read_only else "OFF"
        self._idle: deque[sa.Connection] = deque()
        sa.event.listen(self._engine, "connect", self._on_connect)
        sa.event.listen(self._engine, "begin", self._on_begin)

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """Run one transaction: committed at the end of the block, rolled back by an error."""
        with ExitStack() as unless_it_went_well:
            connection = self._taken()
            unless_it_went_well.callback(connection.close)
            with connection.begin():
                yield connection
            unless_it_went_well.pop_all()
        self._idle.append(connection)

    def close(self) -> None:
        """Close every connection."""
        while self._idle:
            self._idle.pop().close()
        self._engine.dispose()

    def _taken(self) -> sa.Connection:
        with suppress(IndexError):
            return self._idle.pop()
        return self._engine.connect()

    def _on_connect(self, connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        # The driver must not begin transactions by its own rules.
        connection.isolation_level = None
        for pragma in ("synchronous=FULL", "foreign_keys=ON", f"query_only={self._query_only}"):
            connection.execute(f"PRAGMA {pragma}")

    def _on_begin(self, connection: sa.Connection) -> None:
        # The driver's own cursor: SQLAlchemy's way to it costs as much as a statement.
        connection.connection.cursor().execute(self._begin)
