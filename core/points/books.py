"""
What a refill, a grant, a hold and its end do to one wallet's books. Pure: every ledger keeps by it.

Each wallet has three ledger accounts, `wallet:<id>:allowance`, `:bought` and `:held`; the station
has `station:issued`, which is never above zero, and `station:earned`. A journal entry takes its
amount from the account in `debit` and gives it to the one in `credit`: the sum of all stays zero.
"""

from datetime import datetime
from enum import StrEnum

import attrs
from attrs.validators import ge

from core.points import allowance
from core.points.allowance import AllowanceLevel, AllowancePolicy
from core.points.model import (
    Balance,
    Entry,
    Grant,
    GrantResult,
    Hold,
    HoldResult,
    Points,
    ResolveResult,
)
from core.shared.ids import WalletId

ISSUED = "station:issued"
EARNED = "station:earned"


@attrs.frozen(kw_only=True)
class Split:
    """How much of a hold came from the allowance, and how much from what was bought."""

    allowance: int = attrs.field(validator=ge(0))
    bought: int = attrs.field(validator=ge(0))

    @property
    def total(self) -> int:
        """All of it."""
        return self.allowance + self.bought

    def charged(self, actual: Points) -> "Split":
        """Return what is taken for good: at most all of it, from the allowance first."""
        charge = min(actual.amount, self.total)
        from_allowance = min(charge, self.allowance)
        return Split(allowance=from_allowance, bought=charge - from_allowance)


NOTHING = Split(allowance=0, bought=0)


class HoldState(StrEnum):
    """Where a hold stands. A tombstone is a released hold without a wallet."""

    HELD = "held"
    SETTLED = "settled"
    RELEASED = "released"


@attrs.frozen(kw_only=True)
class HoldRecord:
    """A hold as a ledger remembers it, for ever."""

    wallet: WalletId | None
    split: Split
    state: HoldState
    charged: int = 0

    @property
    def end(self) -> ResolveResult:
        """What settling or releasing it once more is answered with."""
        if self.state is HoldState.SETTLED:
            return ResolveResult.ALREADY_SETTLED
        return ResolveResult.ALREADY_RELEASED

    def answer(self, hold: Hold) -> HoldResult:
        """Return what asking for a hold under the same id is answered with."""
        if self.state is HoldState.SETTLED:
            return HoldResult.ALREADY_SETTLED
        if self.state is HoldState.RELEASED:
            return HoldResult.ALREADY_RELEASED
        if (self.wallet, self.split.total) != (hold.wallet, hold.points.amount):
            return HoldResult.EXISTS_WITH_DIFFERENT_TERMS
        return HoldResult.EXISTS


TOMBSTONE = HoldRecord(wallet=None, split=NOTHING, state=HoldState.RELEASED)
"""What releasing an unknown hold leaves, so that the hold, should it come late, finds its end."""


def answer_to_repeated_grant(first: Grant, again: Grant) -> GrantResult:
    """Return what a grant under a known reference is answered with. Its reason is not a term."""
    if (first.wallet, first.points) != (again.wallet, again.points):
        return GrantResult.EXISTS_WITH_DIFFERENT_TERMS
    return GrantResult.EXISTS


@attrs.frozen(kw_only=True)
class Wallet:
    """
    One wallet at one moment.

    `held_allowance` is the part of `held` that came from the allowance. `issued` and `earned` are
    this wallet's shares of the station's accounts: what it was ever given, and what it ever paid.
    """

    id: WalletId
    allowance: int = attrs.field(default=0, validator=ge(0))
    bought: int = attrs.field(default=0, validator=ge(0))
    held: int = attrs.field(default=0, validator=ge(0))
    held_allowance: int = attrs.field(default=0, validator=ge(0))
    issued: int = attrs.field(default=0, validator=ge(0))
    earned: int = attrs.field(default=0, validator=ge(0))
    step: int = 0
    stepped_at: datetime

    @property
    def level(self) -> AllowanceLevel:
        """Where its allowance stands."""
        return AllowanceLevel(
            available=self.allowance,
            held=self.held_allowance,
            step=self.step,
            stepped_at=self.stepped_at,
        )

    @property
    def unbalanced(self) -> int:
        """The sum of its accounts and its shares of the station's: zero, or points came or went."""
        return self.allowance + self.bought + self.held + self.earned - self.issued

    def balance(self, policy: AllowancePolicy) -> Balance:
        """Return what its owner is shown."""
        return Balance(
            allowance=Points(self.allowance),
            bought=Points(self.bought),
            held=Points(self.held),
            next_refill_at=allowance.next_refill_at(self.level, policy),
            full_at=allowance.full_at(self.level, policy),
        )

    def seconds_until(
        self, points: Points, policy: AllowancePolicy, *, now: datetime
    ) -> float | None:
        """Return in how many seconds refills alone will have made it enough, None for never."""
        needed = max(0, points.amount - self.bought)
        return allowance.seconds_until(self.level, policy, needed=needed, now=now)


_PARTS = ("allowance", "bought", "held", "issued", "earned")


def _account(wallet: WalletId, part: str) -> str:
    return f"station:{part}" if part in ("issued", "earned") else f"wallet:{wallet}:{part}"


@attrs.frozen
class _Line:
    source: str
    target: str
    amount: int
    ref: str


@attrs.frozen(kw_only=True)
class Books:
    """A wallet as it stands now, and the journal entries, not yet written, that led there."""

    wallet: Wallet
    entries: tuple[Entry, ...] = ()

    @classmethod
    def opened(cls, wallet: WalletId, policy: AllowancePolicy, *, now: datetime) -> "Books":
        """Return the books of a wallet that nobody has used yet, with a full allowance."""
        books = cls(wallet=Wallet(id=wallet, stepped_at=now))
        gift = _Line("issued", "allowance", policy.capacity, f"open:{wallet}")
        return books._post(gift, now=now)

    def refilled(self, policy: AllowancePolicy, *, now: datetime) -> "Books":
        """Return the books after the refills that are due at `now`."""
        old = self.wallet.level
        new = allowance.refilled(old, policy, now=now)
        if new == old:
            return self
        # The moment of the last step only ever rises, so no two refills have one reference.
        ref = f"refill:{self.wallet.id}:{new.stepped_at.isoformat()}"
        refill = _Line("issued", "allowance", new.available - old.available, ref)
        books = self._post(refill, now=now)
        wallet = attrs.evolve(books.wallet, step=new.step, stepped_at=new.stepped_at)
        return attrs.evolve(books, wallet=wallet)

    def granted(self, grant: Grant, *, now: datetime) -> "Books":
        """Return the books after bought or given points came in."""
        line = _Line("issued", "bought", grant.points.amount, f"grant:{grant.ref}")
        return self._post(line, now=now)

    def split(self, points: Points) -> Split | None:
        """Return where the points would come from, allowance first; None when there are too few."""
        from_allowance = min(points.amount, self.wallet.allowance)
        from_bought = points.amount - from_allowance
        if from_bought > self.wallet.bought:
            return None
        return Split(allowance=from_allowance, bought=from_bought)

    def held(self, hold: str, split: Split, *, now: datetime) -> "Books":
        """Return the books after a hold of that split."""
        return self._post(
            _Line("allowance", "held", split.allowance, f"hold:{hold}:allowance"),
            _Line("bought", "held", split.bought, f"hold:{hold}:bought"),
            held_allowance=split.allowance,
            now=now,
        )

    def settled(self, hold: str, split: Split, *, actual: Points, now: datetime) -> "Books":
        """Return the books after a hold was charged and its rest went back to where it was from."""
        charge = split.charged(actual)
        # Never capped by the allowance's capacity: only refills are, and points are not lost.
        return self._post(
            _Line("held", "earned", charge.total, f"settle:{hold}:earned"),
            _Line(
                "held", "allowance", split.allowance - charge.allowance, f"settle:{hold}:allowance"
            ),
            _Line("held", "bought", split.bought - charge.bought, f"settle:{hold}:bought"),
            held_allowance=-split.allowance,
            now=now,
        )

    def released(self, hold: str, split: Split, *, now: datetime) -> "Books":
        """Return the books after all of a hold went back to where it came from."""
        return self._post(
            _Line("held", "allowance", split.allowance, f"release:{hold}:allowance"),
            _Line("held", "bought", split.bought, f"release:{hold}:bought"),
            held_allowance=-split.allowance,
            now=now,
        )

    def _post(self, *lines: _Line, held_allowance: int = 0, now: datetime) -> "Books":
        parts = {name: getattr(self.wallet, name) for name in _PARTS}
        entries = list(self.entries)
        for line in lines:
            if line.amount == 0:
                continue
            parts[line.source] += line.amount if line.source == "issued" else -line.amount
            parts[line.target] += line.amount
            entries.append(
                Entry(
                    ref=line.ref,
                    debit=_account(self.wallet.id, line.source),
                    credit=_account(self.wallet.id, line.target),
                    amount=line.amount,
                    at=now,
                )
            )
        wallet = attrs.evolve(
            self.wallet, held_allowance=self.wallet.held_allowance + held_allowance, **parts
        )
        return Books(wallet=wallet, entries=tuple(entries))
