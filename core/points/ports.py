"""What the points need from the world."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

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
from core.shared.ids import WalletId


class PointsLedger(Protocol):
    """
    Keeps everybody's points, in double entry. Each method is atomic and safe to repeat.

    A wallet that nobody has used yet is opened by the first call that names it, with a full
    allowance. Every call first brings the refills that are due at `now`. The allowance is spent
    before what was bought. The sum over all ledger accounts is zero at all times.
    """

    async def balance(self, wallet: WalletId, *, now: datetime) -> Balance:
        """Return what the wallet has now."""

    async def seconds_until(
        self, wallet: WalletId, points: Points, *, now: datetime
    ) -> float | None:
        """Return in how many seconds refills alone bring so many points, None for never."""

    async def grant(self, grant: Grant, *, now: datetime) -> GrantResult:
        """Add bought or given points. A reference that is there already changes nothing."""

    async def hold(self, hold: Hold, *, now: datetime) -> HoldResult:
        """
        Set points aside. NOT_ENOUGH changes nothing and may be tried again later.

        The same hold again is EXISTS; the same id with another wallet or amount is
        EXISTS_WITH_DIFFERENT_TERMS; after its end it is ALREADY_SETTLED or ALREADY_RELEASED.
        """

    async def settle(self, hold: str, actual: Points, *, now: datetime) -> Settlement:
        """
        Take min(actual, held) for good and give the rest back.

        Repeated, it answers ALREADY_SETTLED with what was charged the first time.
        """

    async def release(self, hold: str, *, now: datetime) -> ResolveResult:
        """
        Give all held points back.

        An id without a hold leaves a tombstone: a late hold under it is ALREADY_RELEASED.
        """

    async def history(self, wallet: WalletId, *, limit: int, skip: int = 0) -> Sequence[Entry]:
        """Return journal entries that touch the wallet, newest first; `skip` leaves newest out."""

    async def of_hold(self, hold: str) -> Sequence[Entry]:
        """Return the journal entries of one hold, oldest first: what it set aside, and its end."""

    async def open_holds(self, wallet: WalletId) -> Sequence[Hold]:
        """Return what the wallet has set aside for what has not ended, oldest first."""

    async def balances(self, *, now: datetime) -> Mapping[WalletId, Balance]:
        """Return what every wallet has now, in the order of their ids. Opens and writes nothing."""

    async def journal(self, *, after: int, limit: int) -> Sequence[tuple[int, Entry]]:
        """
        Return the oldest entries of all wallets whose number is above `after`, oldest first.

        Numbers rise from 1, and may have gaps. What is being written at the moment may be missing.
        """

    async def audit(self) -> Audit:
        """Recount the books: accounts against entries, holds against held points, zero sum."""


class BooksAuditor(Protocol):
    """Proves the books against themselves, and against the jobs that points are held for."""

    async def audit(self, *, now: datetime) -> Audit:
        """
        Look at all wallets, entries, holds and jobs as they are at one moment; change nothing.

        Each problem is a sentence: wallets that do not sum to what was issued, that differ from
        their entries or from their open holds, or are below zero; open holds without a live job;
        jobs past `prepared` without their hold. Safe beside whoever moves points meanwhile.
        """
