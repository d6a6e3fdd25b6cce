"""The points ledger in dictionaries: honest, and forgotten when the program ends."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import attrs

from core.generations.holds import HoldAndJob
from core.points.allowance import AllowancePolicy
from core.points.audit import HeldSum, Standing, recount
from core.points.books import (
    TOMBSTONE,
    Books,
    HoldRecord,
    HoldState,
    answer_to_repeated_grant,
)
from core.points.model import (
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


class InMemoryLedger(PointsLedger):
    """
    Keeps everybody's points for one process.

    No method waits for anything, so on an event loop each is atomic.
    """

    def __init__(self, policy: AllowancePolicy) -> None:
        self._policy = policy
        self._books: dict[WalletId, Books] = {}
        self._holds: dict[str, HoldRecord] = {}
        self._grants: dict[str, Grant] = {}
        self._journal: dict[WalletId, list[Entry]] = defaultdict(list)
        self._ended_at: dict[str, datetime] = {}
        self._all: list[Entry] = []
        self._refs: dict[str, Entry] = {}

    async def balance(self, wallet: WalletId, *, now: datetime) -> Balance:
        return self._refilled(wallet, now=now).wallet.balance(self._policy)

    async def seconds_until(
        self, wallet: WalletId, points: Points, *, now: datetime
    ) -> float | None:
        return self._refilled(wallet, now=now).wallet.seconds_until(points, self._policy, now=now)

    async def grant(self, grant: Grant, *, now: datetime) -> GrantResult:
        books = self._refilled(grant.wallet, now=now)
        first = self._grants.get(grant.ref)
        if first is not None:
            return answer_to_repeated_grant(first, grant)
        self._grants[grant.ref] = grant
        self._write(books.granted(grant, now=now))
        return GrantResult.GRANTED

    async def hold(self, hold: Hold, *, now: datetime) -> HoldResult:
        books = self._refilled(hold.wallet, now=now)
        record = self._holds.get(hold.id)
        if record is not None:
            return record.answer(hold)
        split = books.split(hold.points)
        if split is None:
            return HoldResult.NOT_ENOUGH
        self._holds[hold.id] = HoldRecord(wallet=hold.wallet, split=split, state=HoldState.HELD)
        self._write(books.held(hold.id, split, now=now))
        return HoldResult.HELD

    async def settle(self, hold: str, actual: Points, *, now: datetime) -> Settlement:
        record = self._holds.get(hold)
        if record is None:
            return Settlement(result=ResolveResult.UNKNOWN_HOLD, charged=Points(0))
        if record.state is not HoldState.HELD or record.wallet is None:
            return Settlement(result=record.end, charged=Points(record.charged))
        books = self._refilled(record.wallet, now=now)
        charged = record.split.charged(actual).total
        self._holds[hold] = attrs.evolve(record, state=HoldState.SETTLED, charged=charged)
        self._ended_at[hold] = now
        self._write(books.settled(hold, record.split, actual=actual, now=now))
        return Settlement(result=ResolveResult.SETTLED, charged=Points(charged))

    async def release(self, hold: str, *, now: datetime) -> ResolveResult:
        record = self._holds.get(hold)
        if record is None:
            self._holds[hold] = TOMBSTONE
            self._ended_at[hold] = now
            return ResolveResult.UNKNOWN_HOLD
        if record.state is not HoldState.HELD or record.wallet is None:
            return record.end
        books = self._refilled(record.wallet, now=now)
        self._holds[hold] = attrs.evolve(record, state=HoldState.RELEASED)
        self._ended_at[hold] = now
        self._write(books.released(hold, record.split, now=now))
        return ResolveResult.RELEASED

    async def history(self, wallet: WalletId, *, limit: int, skip: int = 0) -> Sequence[Entry]:
        return self._journal[wallet][::-1][skip:][:limit]

    async def of_hold(self, hold: str) -> Sequence[Entry]:
        return [self._refs[ref] for ref in refs_of(hold) if ref in self._refs]

    async def open_holds(self, wallet: WalletId) -> Sequence[Hold]:
        return [
            Hold(id=hold, wallet=wallet, points=Points(record.split.total))
            for hold, record in self._holds.items()
            if record.wallet == wallet and record.state is HoldState.HELD
        ]

    async def balances(self, *, now: datetime) -> Mapping[WalletId, Balance]:
        return {
            wallet: books.refilled(self._policy, now=now).wallet.balance(self._policy)
            for wallet, books in sorted(self._books.items())
        }

    async def journal(self, *, after: int, limit: int) -> Sequence[tuple[int, Entry]]:
        return list(enumerate(self._all[after : after + limit], after + 1))

    async def audit(self) -> Audit:
        journal: Counter[str] = Counter()
        entries = 0
        for lines in self._journal.values():
            entries += len(lines)
            for line in lines:
                journal[line.debit] -= line.amount
                journal[line.credit] += line.amount
        return recount(
            [Standing.of(books.wallet) for books in self._books.values()],
            journal=journal,
            entries=entries,
            open_holds=self._open_holds(),
        )

    def holds(self) -> Iterator[HoldAndJob]:
        """Return every hold that there ever was, and when it ended; its job is not known here."""
        for hold, record in self._holds.items():
            yield HoldAndJob(
                id=hold,
                hold=record.state,
                wallet=record.wallet,
                points=record.split.total,
                ended_at=self._ended_at.get(hold),
            )

    def _open_holds(self) -> dict[WalletId, HeldSum]:
        found: dict[WalletId, HeldSum] = {}
        for record in self._holds.values():
            if record.state is HoldState.HELD and record.wallet is not None:
                so_far = found.get(record.wallet, HeldSum())
                found[record.wallet] = HeldSum(
                    allowance=so_far.allowance + record.split.allowance,
                    bought=so_far.bought + record.split.bought,
                )
        return found

    def _refilled(self, wallet: WalletId, *, now: datetime) -> Books:
        """Return the wallet's books with every due refill, opened when nobody has used it."""
        books = self._books.get(wallet)
        if books is None:
            books = Books.opened(wallet, self._policy, now=now)
        else:
            books = books.refilled(self._policy, now=now)
        return self._write(books)

    def _write(self, books: Books) -> Books:
        for entry in books.entries:
            if entry.ref in self._refs:
                msg = f"the journal has {entry.ref} already"
                raise ValueError(msg)
            self._refs[entry.ref] = entry
            self._journal[books.wallet.id].append(entry)
            self._all.append(entry)
        written = Books(wallet=books.wallet)
        self._books[books.wallet.id] = written
        return written
