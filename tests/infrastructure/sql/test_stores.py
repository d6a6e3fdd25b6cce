"""What the stores in SQL promise beyond their ports: few transactions, small tables, any words."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import TypeVar

import attrs
import pytest
import sqlalchemy as sa

from core.generations.model import JobState
from core.points.allowance import AllowancePolicy
from core.points.model import Points
from core.shared.ids import JobId, WalletId
from infrastructure.sql.accounts import SqlAccounts
from infrastructure.sql.database import Database
from infrastructure.sql.jobs import SqlJobs
from infrastructure.sql.ledger import SqlLedger
from infrastructure.sql.seen import SqlSeen
from infrastructure.sql.tables import seen, wallets
from infrastructure.sql.transcripts import SqlTranscripts
from tests.builders import (
    ADA,
    CHAT,
    NOW,
    a_grant,
    a_hold,
    a_job,
    a_message,
    a_wish,
    an_identity,
)
from tests.databases import SQL_KINDS

T = TypeVar("T")

pytestmark = SQL_KINDS

WALLET = WalletId(ADA)


@attrs.define
class CountedWrites(Database):
    """A database that counts its write transactions."""

    database: Database
    writes: int = 0

    async def open(self) -> None:
        await self.database.open()

    async def close(self) -> None:
        await self.database.close()

    def lock_for_worker(self) -> AbstractAsyncContextManager[None]:
        return self.database.lock_for_worker()

    async def run(self, transaction: Callable[[sa.Connection], T]) -> T:
        self.writes += 1
        return await self.database.run(transaction)

    async def read(self, query: Callable[[sa.Connection], T]) -> T:
        return await self.database.read(query)


async def test_looking_at_a_balance_writes_only_what_is_due(sql: Database) -> None:
    counted = CountedWrites(sql)
    ledger = SqlLedger(counted, AllowancePolicy())
    await ledger.hold(a_hold(), now=NOW)
    await ledger.settle("job-1", Points(10), now=NOW)
    counted.writes = 0

    for minutes in (0, 1, 14, 15, 16, 30):
        await ledger.balance(WALLET, now=NOW + timedelta(minutes=minutes))

    assert counted.writes == 1


async def test_each_move_is_one_transaction(sql: Database) -> None:
    counted = CountedWrites(sql)
    ledger = SqlLedger(counted, AllowancePolicy())

    await ledger.grant(a_grant(), now=NOW)
    await ledger.hold(a_hold(), now=NOW)
    await ledger.settle("job-1", Points(5), now=NOW)
    await ledger.release("job-2", now=NOW)

    assert counted.writes == 4


@pytest.mark.parametrize(
    "change",
    [
        {"allowance": 371},
        {"bought": -1, "issued": 369},
        {"held": 5, "issued": 375, "held_allowance": 6},
    ],
)
async def test_the_tables_refuse_books_that_are_wrong(
    sql: Database, change: dict[str, int]
) -> None:
    await SqlLedger(sql, AllowancePolicy()).balance(WALLET, now=NOW)

    with pytest.raises(sa.exc.IntegrityError):
        await sql.run(lambda connection: connection.execute(sa.update(wallets).values(change)))


async def test_an_audit_finds_a_journal_that_was_tampered_with(sql: Database) -> None:
    ledger = SqlLedger(sql, AllowancePolicy())
    await ledger.balance(WALLET, now=NOW)
    richer = sa.update(wallets).values(allowance=371, issued=371)
    await sql.run(lambda connection: connection.execute(richer).close())

    audit = await ledger.audit()

    assert not audit.balanced
    assert len(audit.problems) == 2


async def test_keys_whose_window_is_over_are_pruned(sql: Database) -> None:
    store = SqlSeen(sql)
    for number in range(5):
        await store.first_time(f"key-{number}", now=NOW, within_s=30)

    await store.first_time("late", now=NOW + timedelta(minutes=5), within_s=30)

    left = await sql.read(lambda connection: list(connection.scalars(sa.select(seen.c.key))))
    assert left == ["late"]


async def test_words_that_no_database_takes_are_stored_without_them(sql: Database) -> None:
    odd = "a\0b\ud83dc \U0001f98a"
    jobs, transcripts = SqlJobs(sql), SqlTranscripts(sql)
    job = await jobs.add(a_job(state=JobState.RUNNING, wish=a_wish(words=odd), failure=odd))
    await transcripts.put(CHAT, a_message(body=odd))

    (message,) = await transcripts.since(CHAT, 0, limit=1)
    assert message.body == job.failure == "abc \U0001f98a"
    assert job.wish.words == odd
    assert await jobs.get(JobId("job-1")) == job


async def test_a_saved_job_is_returned_as_it_is_stored(sql: Database) -> None:
    jobs = SqlJobs(sql)
    job = await jobs.add(attrs.evolve(a_job(), reply_to="web:\0chat-1", shown_at="\0"))

    saved = await jobs.save(attrs.evolve(job, failure="a\0b", live_status="\ud83dc"))

    assert (job.reply_to, job.shown_at) == ("web:chat-1", "")
    assert saved is not None
    assert (saved.failure, saved.live_status) == ("ab", "c")
    assert await jobs.get(JobId("job-1")) == saved


async def test_a_moment_without_a_zone_is_a_bug(sql: Database) -> None:
    naive = NOW.replace(tzinfo=None)

    with pytest.raises(sa.exc.StatementError, match="without a zone"):
        await SqlAccounts(sql).account_for(an_identity(), fresh=ADA, now=naive)
