"""PostgreSQL through asyncpg: the same synchronous transactions, on a pool of connections."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from infrastructure.sql.transactions import (
    Database,
    WorkerRunsAlreadyError,
    shielded,
    sql_state,
    trouble_is_named,
)
from infrastructure.sql.upgrade import upgrade

T = TypeVar("T")

CONNECTIONS = 10
CONNECT_TIMEOUT_S = 10.0
STATEMENT_TIMEOUT_S = 30.0
RETRY_AFTER_S = (0.01, 0.03, 0.1, 0.3)
_WORKER = 7_206_473
"""The number under which the one worker of a database holds it."""

RETRIED_STATES = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: nothing was done, and the next try may pass."""


class PostgresqlDatabase(Database):
    """One PostgreSQL database, shared with any number of other processes."""

    def __init__(self, url: sa.URL) -> None:
        self._engine = _engine(url)
        # A query of several statements (the audit) must see one state.
        self._read_engine = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    async def open(self) -> None:
        await self.run(upgrade)

    async def close(self) -> None:
        await self._engine.dispose()

    @asynccontextmanager
    async def lock_for_worker(self) -> AsyncIterator[None]:
        # A connection of its own: the lock is the session's, and ends with it.
        with trouble_is_named():
            connection = await self._engine.connect()
        try:
            with trouble_is_named():
                connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
                is_ours = await connection.scalar(sa.select(sa.func.pg_try_advisory_lock(_WORKER)))
            if not is_ours:
                raise WorkerRunsAlreadyError("the database has its worker")
            try:
                yield
            finally:
                # The server notices a session's end a little later than we do. It may be over.
                with suppress(sa.exc.DBAPIError, OSError):
                    await connection.execute(sa.select(sa.func.pg_advisory_unlock(_WORKER)))
        finally:
            # Given back to the pool, the session would live on, and the lock with it.
            await connection.invalidate()
            await connection.close()

    async def run(self, transaction: Callable[[sa.Connection], T]) -> T:
        return await shielded(asyncio.ensure_future(self._tried(self._engine, transaction)))

    async def read(self, query: Callable[[sa.Connection], T]) -> T:
        return await self._tried(self._read_engine, query)

    async def _tried(self, engine: AsyncEngine, transaction: Callable[[sa.Connection], T]) -> T:
        with trouble_is_named():
            for pause_s in RETRY_AFTER_S:
                try:
                    return await _once(engine, transaction)
                except sa.exc.DBAPIError as error:
                    if sql_state(error) not in RETRIED_STATES:
                        raise
                await asyncio.sleep(pause_s)
            return await _once(engine, transaction)


async def _once(engine: AsyncEngine, transaction: Callable[[sa.Connection], T]) -> T:
    async with engine.begin() as connection:
        return await connection.run_sync(transaction)


def _engine(url: sa.URL) -> AsyncEngine:
    # libpq's name for what asyncpg calls `ssl`; the values are the same.
    query = {("ssl" if name == "sslmode" else name): value for name, value in url.query.items()}
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg", query=query),
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=STATEMENT_TIMEOUT_S,
        # A connection that died with the server is replaced before a transaction begins on it.
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            "timeout": CONNECT_TIMEOUT_S,
            "command_timeout": STATEMENT_TIMEOUT_S,
            "server_settings": {"application_name": "stationthis", "jit": "off"},
        },
    )
