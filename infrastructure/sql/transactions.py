"""
What a database promises its stores: a transaction is one synchronous function, whole or not at all.

Whatever means that the database cannot be reached, is locked or full becomes a StoreTroubleError
that keeps the database's own code. Everything else (a broken constraint, wrong SQL) is a bug.
"""

import asyncio
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from typing import TypeVar

import sqlalchemy as sa

from core.shared.errors import StationError, StoreTroubleError

T = TypeVar("T")

# SQLite's result codes that tell of our own mistake: SQL, constraint, type, misuse, range.
_SQLITE_BUGS = frozenset({1, 19, 20, 21, 25})
# PostgreSQL's classes of states that tell of the server: connection, access, catalogue, rollback,
# resources, state of objects (a lock not had), intervention, system, configuration.
_POSTGRESQL_TROUBLE = ("08", "28", "3D", "40", "53", "55", "57", "58", "F0", "XX")


class WorkerRunsAlreadyError(StationError):
    """Another program recovers and moves the jobs of this database."""

    code = "database.in_use"

    @property
    def user_message(self) -> str:
        return (
            "Another StationThis is running on this database. Stop that one, or give this one "
            "another DATABASE_URL or --data."
        )


class Database(ABC):
    """Runs transactions against one database. Open it once, close it once."""

    @abstractmethod
    async def open(self) -> None:
        """Connect, and bring the tables up to date. Raises StoreTroubleError."""

    @abstractmethod
    async def close(self) -> None:
        """End every connection and thread, after the transactions under way."""

    @abstractmethod
    def lock_for_worker(self) -> AbstractAsyncContextManager[None]:
        """
        Hold the database for one worker: only one may recover its jobs.

        The lock ends with its process, however that ends. Raises WorkerRunsAlreadyError.
        """

    @abstractmethod
    async def run(self, transaction: Callable[[sa.Connection], T]) -> T:
        """
        Run one write transaction: all of it is durable when this returns, nothing when it raises.

        The function may be called again from its start when the database asks for it, so it must do
        nothing but SQL. A cancelled caller waits for the end first. Raises StoreTroubleError.
        """

    @abstractmethod
    async def read(self, query: Callable[[sa.Connection], T]) -> T:
        """Run queries on one unchanging state of the database. Raises StoreTroubleError."""


async def shielded(work: "asyncio.Future[T]") -> T:
    """Wait for the work; when cancelled, let it end first, then pass the cancellation on."""
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        while not work.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([work])
        if not work.cancelled():
            work.exception()  # looked at, else asyncio complains that nobody did
        raise


@contextmanager
def trouble_is_named() -> Iterator[None]:
    """Turn an error that tells of the database's state into a StoreTroubleError with its code."""
    try:
        yield
    except (sa.exc.DBAPIError, sa.exc.TimeoutError, sqlite3.Error, OSError) as error:
        code = trouble_code(error)
        if code is None:
            raise
        # Neither the statement nor the address: both may hold what a log must not.
        raise StoreTroubleError(f"the database is in trouble: {code}") from error


def trouble_code(error: BaseException) -> str | None:
    """Return the database's own code for its trouble, None for an error that is our bug."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    sqlite_code = getattr(cause, "sqlite_errorcode", None)
    if sqlite_code is not None:
        is_bug = sqlite_code & 0xFF in _SQLITE_BUGS
        return None if is_bug else str(getattr(cause, "sqlite_errorname", sqlite_code))
    state = sql_state(error)
    if state is not None:
        return state if state.startswith(_POSTGRESQL_TROUBLE) else None
    if isinstance(error, sa.exc.DBAPIError):
        return "disconnected" if error.connection_invalidated else None
    return type(error).__name__


def sql_state(error: BaseException) -> str | None:
    """Return the five characters by which PostgreSQL names an error, or None."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    state = getattr(cause, "sqlstate", None)
    return state if isinstance(state, str) else None
