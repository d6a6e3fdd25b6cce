"""The proof of the books that are in SQL: all of it on one state of the database."""

from datetime import datetime
from functools import partial

import attrs
import sqlalchemy as sa

from core.generations.holds import HoldAndJob, problems
from core.generations.model import JobState
from core.points.books import HoldState
from core.points.model import Audit
from core.points.ports import BooksAuditor
from core.shared.ids import WalletId
from infrastructure.sql import audit_statements as statements
from infrastructure.sql.books import recounted
from infrastructure.sql.transactions import Database


class SqlAuditor(BooksAuditor):
    """Reads wallets, entries, holds and jobs in one transaction, which nobody waits for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def audit(self, *, now: datetime) -> Audit:
        return await self._database.read(partial(_audit, now=now))


def _audit(connection: sa.Connection, *, now: datetime) -> Audit:
    books = recounted(connection)
    pairs = [
        _pair(row)
        for query in (statements.HOLDS_WITHOUT_JOB, statements.JOBS_WITHOUT_HOLD)
        for row in connection.execute(query).mappings()
    ]
    return attrs.evolve(books, problems=(*books.problems, *problems(pairs, now=now)))


def _pair(row: sa.RowMapping) -> HoldAndJob:
    return HoldAndJob(
        id=row["id"],
        job=None if row["job"] is None else JobState(row["job"]),
        hold=None if row["hold"] is None else HoldState(row["hold"]),
        wallet=None if row["wallet"] is None else WalletId(row["wallet"]),
        points=row["points"] or 0,
        ended_at=row["ended_at"],
    )
