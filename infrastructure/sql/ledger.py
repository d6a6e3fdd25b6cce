"""
The points ledger in SQL. Right on both databases, with any number of processes.

Each call is one transaction that locks the wallet's row, works out the new books in the core's
arithmetic, and writes row and journal together. References and hold ids are unique in the database:
whoever inserts first has won, and RETURNING says who that was (row counts differ between drivers).
Locks are taken in one order, hold before wallet; a new hold is nobody else's to lock.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import partial

import attrs
import sqlalchemy as sa

from core.points.allowance import AllowancePolicy
from core.points.books import (
    TOMBSTONE,
    Books,
    HoldRecord,
    HoldState,
    Split,
    Wallet,
    answer_to_repeated_grant,
    recount,
)
from core.points.model import (
    MAX_AMOUNT,
    Audit,
    Balance,
    Entry,
    Grant,
    GrantResult,
    Hold,
    HoldResult,
    Points,
    ResolveResult,
    Settlement,
)
from core.points.ports import PointsLedger
from core.shared.ids import WalletId
from infrastructure.sql.dialects import inserting
from infrastructure.sql.rows import (
    entry_from,
    entry_row,
    grant_from,
    grant_row,
    hold_from,
    hold_row,
    wallet_from,
    wallet_row,
)
from infrastructure.sql.tables import entries, grants, holds, wallets
from infrastructure.sql.transactions import Database


class SqlLedger(PointsLedger):
    """Keeps everybody's points in `wallets`, `holds`, `grants` and `entries`."""

    def __init__(self, database: Database, policy: AllowancePolicy) -> None:
        self._database = database
        self._policy = policy

    async def balance(self, wallet: WalletId, *, now: datetime) -> Balance:
        return (await self._wallet(wallet, now=now)).balance(self._policy)

    async def seconds_until(
        self, wallet: WalletId, points: Points, *, now: datetime
    ) -> float | None:
        found = await self._wallet(wallet, now=now)
        return found.seconds_until(points, self._policy, now=now)

    async def grant(self, grant: Grant, *, now: datetime) -> GrantResult:
        return await self._database.run(partial(self._grant, grant=grant, now=now))

    async def hold(self, hold: Hold, *, now: datetime) -> HoldResult:
        return await self._database.run(partial(self._hold, hold=hold, now=now))

    async def settle(self, hold: str, actual: Points, *, now: datetime) -> Settlement:
        return await self._database.run(partial(self._settle, hold=hold, actual=actual, now=now))

    async def release(self, hold: str, *, now: datetime) -> ResolveResult:
        return await self._database.run(partial(self._release, hold=hold, now=now))

    async def history(self, wallet: WalletId, *, limit: int) -> Sequence[Entry]:
        newest = (
            sa.select(entries)
            .where(entries.c.wallet == wallet)
            .order_by(entries.c.seq.desc())
            .limit(limit)
        )
        return await self._database.read(
            lambda connection: [entry_from(row) for row in connection.execute(newest).mappings()]
        )

    async def audit(self) -> Audit:
        return await self._database.read(_audit)

    async def _wallet(self, wallet: WalletId, *, now: datetime) -> Wallet:
        """Return the wallet after its refills. Writes only when there is one, or no wallet yet."""
        found = await self._database.read(partial(_find, wallet=wallet))
        if found is not None:
            books = Books(wallet=found).refilled(self._policy, now=now)
            if not books.entries:
                return books.wallet
        return await self._database.run(partial(self._refill, wallet=wallet, now=now))

    def _refill(self, connection: sa.Connection, *, wallet: WalletId, now: datetime) -> Wallet:
        locked = self._locked(connection, wallet, now=now)
        if locked.books.entries:
            _write(connection, locked, locked.books)
        return locked.books.wallet

    def _grant(self, connection: sa.Connection, *, grant: Grant, now: datetime) -> GrantResult:
        locked = self._locked(connection, grant.wallet, now=now)
        insert = inserting(connection, grants).values(**grant_row(grant, now=now))
        unless_there = insert.on_conflict_do_nothing().returning(grants.c.ref)
        if connection.execute(unless_there).first() is not None:
            _write(connection, locked, locked.books.granted(grant, now=now))
            return GrantResult.GRANTED
        known = sa.select(grants).where(grants.c.ref == grant.ref)
        first = grant_from(connection.execute(known).mappings().one())
        return answer_to_repeated_grant(first, grant)

    def _hold(self, connection: sa.Connection, *, hold: Hold, now: datetime) -> HoldResult:
        locked = self._locked(connection, hold.wallet, now=now)
        split = locked.books.split(hold.points)
        if split is not None:
            record = HoldRecord(wallet=hold.wallet, split=split, state=HoldState.HELD)
            if _insert_hold(connection, hold.id, record, now=now):
                _write(connection, locked, locked.books.held(hold.id, split, now=now))
                return HoldResult.HELD
        known = _find_hold(connection, hold.id)
        return HoldResult.NOT_ENOUGH if known is None else known.answer(hold)

    def _settle(
        self, connection: sa.Connection, *, hold: str, actual: Points, now: datetime
    ) -> Settlement:
        total = holds.c.allowance + holds.c.bought
        # No hold is larger, and no column holds every number that Points can.
        at_most = min(actual.amount, MAX_AMOUNT)
        charged = sa.case((total < at_most, total), else_=sa.literal(at_most))
        ended = _end_hold(connection, hold, HoldState.SETTLED, charged=charged, now=now)
        if ended is not None and ended.wallet is not None:
            locked = self._locked(connection, ended.wallet, now=now)
            books = locked.books.settled(hold, ended.split, actual=actual, now=now)
            _write(connection, locked, books)
            return Settlement(result=ResolveResult.SETTLED, charged=Points(ended.charged))
        known = _find_hold(connection, hold)
        if known is None:
            return Settlement(result=ResolveResult.UNKNOWN_HOLD, charged=Points(0))
        return Settlement(result=known.end, charged=Points(known.charged))

    def _release(self, connection: sa.Connection, *, hold: str, now: datetime) -> ResolveResult:
        # The tombstone first: it waits for a hold that is just being made under this id, so that
        # either the hold is found below or it will find the tombstone.
        if _insert_hold(connection, hold, TOMBSTONE, now=now):
            return ResolveResult.UNKNOWN_HOLD
        ended = _end_hold(connection, hold, HoldState.RELEASED, charged=sa.literal(0), now=now)
        if ended is not None and ended.wallet is not None:
            locked = self._locked(connection, ended.wallet, now=now)
            _write(connection, locked, locked.books.released(hold, ended.split, now=now))
            return ResolveResult.RELEASED
        known = _find_hold(connection, hold)
        return TOMBSTONE.end if known is None else known.end

    def _locked(self, connection: sa.Connection, wallet: WalletId, *, now: datetime) -> "_Locked":
        """Lock the wallet's row, or open it; return its books after the due refills."""
        row = _lock(connection, wallet)
        if row is None:
            opened = Books.opened(wallet, self._policy, now=now)
            insert = inserting(connection, wallets).values(**wallet_row(opened.wallet), version=0)
            unless_there = insert.on_conflict_do_nothing().returning(wallets.c.id)
            if connection.execute(unless_there).first() is not None:
                _write_journal(connection, opened)
                return _Locked(version=0, books=Books(wallet=opened.wallet))
            row = _lock(connection, wallet)
        if row is None:
            raise RuntimeError("a wallet was there and is gone: nobody deletes wallets")
        books = Books(wallet=wallet_from(row)).refilled(self._policy, now=now)
        return _Locked(version=row["version"], books=books)


@attrs.frozen(kw_only=True)
class _Locked:
    """A wallet under its lock: the row's version, its books with refills not written yet."""

    version: int
    books: Books


def _find(connection: sa.Connection, *, wallet: WalletId) -> Wallet | None:
    query = sa.select(wallets).where(wallets.c.id == wallet)
    row = connection.execute(query).mappings().first()
    return None if row is None else wallet_from(row)


def _lock(connection: sa.Connection, wallet: WalletId) -> sa.RowMapping | None:
    # On SQLite the whole transaction is the lock.
    query = sa.select(wallets).where(wallets.c.id == wallet).with_for_update(key_share=True)
    return connection.execute(query).mappings().first()


def _write(connection: sa.Connection, locked: _Locked, books: Books) -> None:
    # The version and the table's own checks stand behind the lock: should it ever fail us, this
    # transaction does, and not the books.
    update = (
        sa.update(wallets)
        .where(wallets.c.id == books.wallet.id, wallets.c.version == locked.version)
        .values({**wallet_row(books.wallet), "version": locked.version + 1})
        .returning(wallets.c.id)
    )
    if connection.execute(update).first() is None:
        raise RuntimeError("a wallet changed under its lock")
    _write_journal(connection, books)


def _write_journal(connection: sa.Connection, books: Books) -> None:
    if books.entries:
        lines = [entry_row(entry, books.wallet.id) for entry in books.entries]
        connection.execute(sa.insert(entries), lines)


def _find_hold(connection: sa.Connection, hold: str) -> HoldRecord | None:
    row = connection.execute(sa.select(holds).where(holds.c.id == hold)).mappings().first()
    return None if row is None else hold_from(row)


def _insert_hold(
    connection: sa.Connection, hold: str, record: HoldRecord, *, now: datetime
) -> bool:
    insert = inserting(connection, holds).values(**hold_row(hold, record, now=now))
    unless_there = insert.on_conflict_do_nothing().returning(holds.c.id)
    return connection.execute(unless_there).first() is not None


def _end_hold(
    connection: sa.Connection,
    hold: str,
    state: HoldState,
    *,
    charged: sa.ColumnElement[int],
    now: datetime,
) -> HoldRecord | None:
    """End an open hold; return it as it ended, None when there is no open one."""
    update = (
        sa.update(holds)
        .where(holds.c.id == hold, holds.c.state == HoldState.HELD)
        .values(state=state, charged=charged, ended_at=now)
        .returning(holds)
    )
    row = connection.execute(update).mappings().first()
    return None if row is None else hold_from(row)


def _audit(connection: sa.Connection) -> Audit:
    journal: Counter[str] = Counter()
    for account, sign in ((entries.c.debit, -1), (entries.c.credit, 1)):
        sums = sa.select(account, sa.func.sum(entries.c.amount)).group_by(account)
        for name, amount in connection.execute(sums):
            journal[name] += sign * int(amount)
    every_open = (
        sa.select(holds.c.wallet, sa.func.sum(holds.c.allowance), sa.func.sum(holds.c.bought))
        .where(holds.c.state == HoldState.HELD)
        .group_by(holds.c.wallet)
    )
    return recount(
        [wallet_from(row) for row in connection.execute(sa.select(wallets)).mappings()],
        journal=journal,
        entries=connection.execute(sa.select(sa.func.count()).select_from(entries)).scalar_one(),
        open_holds={
            WalletId(wallet): Split(allowance=int(allowance), bought=int(bought))
            for wallet, allowance, bought in connection.execute(every_open)
        },
    )
