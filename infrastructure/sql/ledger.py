"""
The points ledger in SQL. Right on both databases, with any number of processes.

Each call is one transaction that locks the wallet's row, works out the new books in the core's
arithmetic, and writes row and journal together. References and hold ids are unique in the database:
whoever inserts first has won, and RETURNING says who that was (row counts differ between drivers).
Locks are taken in one order, hold before wallet; a new hold is nobody else's to lock.
"""

from collections.abc import Mapping, Sequence
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
    Wallet,
    answer_to_repeated_grant,
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
from core.points.receipts import refs_of
from core.shared.ids import WalletId
from infrastructure.sql import ledger_statements as statements
from infrastructure.sql.books import recounted
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

    async def history(self, wallet: WalletId, *, limit: int, skip: int = 0) -> Sequence[Entry]:
        newest = {"the_wallet": wallet, "at_most": limit, "skipped": skip}
        return await self._database.read(partial(_entries, query=statements.HISTORY, asked=newest))

    async def of_hold(self, hold: str) -> Sequence[Entry]:
        refs = {f"ref_{number}": ref for number, ref in enumerate(refs_of(hold))}
        return await self._database.read(partial(_entries, query=statements.OF_HOLD, asked=refs))

    async def open_holds(self, wallet: WalletId) -> Sequence[Hold]:
        return await self._database.read(partial(_open_holds, wallet=wallet))

    async def balances(self, *, now: datetime) -> Mapping[WalletId, Balance]:
        found = await self._database.read(_find_all)
        return {
            each.id: Books(wallet=each).refilled(self._policy, now=now).wallet.balance(self._policy)
            for each in found
        }

    async def journal(self, *, after: int, limit: int) -> Sequence[tuple[int, Entry]]:
        page = {"after": after, "at_most": limit}
        return await self._database.read(
            lambda connection: [
                (row["seq"], entry_from(row))
                for row in connection.execute(statements.JOURNAL, page).mappings()
            ]
        )

    async def audit(self) -> Audit:
        return await self._database.read(recounted)

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
        insert = statements.GRANT[connection.dialect.name]
        if connection.execute(insert, grant_row(grant, now=now)).first() is not None:
            _write(connection, locked, locked.books.granted(grant, now=now))
            return GrantResult.GRANTED
        known = connection.execute(statements.KNOWN_GRANT, {"the_ref": grant.ref}).mappings()
        return answer_to_repeated_grant(grant_from(known.one()), grant)

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
        # No hold is larger, and no column holds every number that Points can.
        at_most = min(actual.amount, MAX_AMOUNT)
        ended = _end_hold(connection, hold, HoldState.SETTLED, at_most=at_most, now=now)
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
        ended = _end_hold(connection, hold, HoldState.RELEASED, at_most=0, now=now)
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
            insert = statements.OPEN_WALLET[connection.dialect.name]
            columns = {**wallet_row(opened.wallet), "version": 0}
            if connection.execute(insert, columns).first() is not None:
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


def _entries(
    connection: sa.Connection, *, query: sa.Executable, asked: Mapping[str, object]
) -> list[Entry]:
    return [entry_from(row) for row in connection.execute(query, asked).mappings()]


def _open_holds(connection: sa.Connection, *, wallet: WalletId) -> list[Hold]:
    rows = connection.execute(statements.OPEN_HOLDS_OF, {"the_wallet": wallet}).mappings()
    return [
        Hold(id=row["id"], wallet=wallet, points=Points(hold_from(row).split.total)) for row in rows
    ]


def _find(connection: sa.Connection, *, wallet: WalletId) -> Wallet | None:
    row = connection.execute(statements.WALLET, {"the_wallet": wallet}).mappings().first()
    return None if row is None else wallet_from(row)


def _find_all(connection: sa.Connection) -> list[Wallet]:
    found = map(wallet_from, connection.execute(statements.WALLETS).mappings())
    # Not by the database: each has an order of its own for text.
    return sorted(found, key=lambda wallet: wallet.id)


def _lock(connection: sa.Connection, wallet: WalletId) -> sa.RowMapping | None:
    return connection.execute(statements.LOCK_WALLET, {"the_wallet": wallet}).mappings().first()


def _write(connection: sa.Connection, locked: _Locked, books: Books) -> None:
    # The version and the table's own checks stand behind the lock: should it ever fail us, this
    # transaction does, and not the books.
    parameters = {
        **wallet_row(books.wallet),
        "version": locked.version + 1,
        "the_wallet": books.wallet.id,
        "the_version": locked.version,
    }
    if connection.execute(statements.WRITE_WALLET, parameters).first() is None:
        raise RuntimeError("a wallet changed under its lock")
    _write_journal(connection, books)


def _write_journal(connection: sa.Connection, books: Books) -> None:
    if books.entries:
        lines = [entry_row(entry, books.wallet.id) for entry in books.entries]
        connection.execute(statements.WRITE_ENTRY, lines)


def _find_hold(connection: sa.Connection, hold: str) -> HoldRecord | None:
    row = connection.execute(statements.KNOWN_HOLD, {"the_hold": hold}).mappings().first()
    return None if row is None else hold_from(row)


def _insert_hold(
    connection: sa.Connection, hold: str, record: HoldRecord, *, now: datetime
) -> bool:
    insert = statements.HOLD[connection.dialect.name]
    return connection.execute(insert, hold_row(hold, record, now=now)).first() is not None


def _end_hold(
    connection: sa.Connection, hold: str, end: HoldState, *, at_most: int, now: datetime
) -> HoldRecord | None:
    """End an open hold; return it as it ended, None when there is no open one."""
    parameters = {"the_hold": hold, "end": end, "at_most": at_most, "now": now}
    row = connection.execute(statements.END_HOLD, parameters).mappings().first()
    return None if row is None else hold_from(row)
