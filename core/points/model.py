"""Points, and what can be done with them: wallets, holds, grants, entries. Whole numbers only."""

from datetime import datetime
from enum import StrEnum

import attrs
from attrs.validators import ge, instance_of, le

from core.shared.ids import WalletId

MAX_AMOUNT = 1_000_000
"""The most points that one hold or one grant may move."""


@attrs.frozen(order=True)
class Points:
    """A whole number of points, never below zero."""

    amount: int = attrs.field(validator=[instance_of(int), ge(0)])

    def __add__(self, other: "Points") -> "Points":
        return Points(self.amount + other.amount)

    def __sub__(self, other: "Points") -> "Points":
        return Points(self.amount - other.amount)

    def __str__(self) -> str:
        return "1 point" if self.amount == 1 else f"{self.amount:,} points"


def _movable(_: object, field: "attrs.Attribute[Points]", value: Points) -> None:
    if not 1 <= value.amount <= MAX_AMOUNT:
        msg = f"{field.name} must be 1 to {MAX_AMOUNT}: {value.amount}"
        raise ValueError(msg)


@attrs.frozen(kw_only=True)
class Hold:
    """Points set aside for one job: at most these are ever taken. The id is the job's."""

    id: str
    wallet: WalletId
    points: Points = attrs.field(validator=_movable)


@attrs.frozen(kw_only=True)
class Grant:
    """Bought or given points. `ref` makes it unique: the same reference counts once."""

    ref: str
    wallet: WalletId
    points: Points = attrs.field(validator=_movable)
    reason: str = ""


class HoldResult(StrEnum):
    """What became of a hold."""

    HELD = "held"
    EXISTS = "exists"
    EXISTS_WITH_DIFFERENT_TERMS = "exists_with_different_terms"
    NOT_ENOUGH = "not_enough"
    ALREADY_SETTLED = "already_settled"
    ALREADY_RELEASED = "already_released"


class ResolveResult(StrEnum):
    """What became of settling or releasing a hold."""

    SETTLED = "settled"
    RELEASED = "released"
    ALREADY_SETTLED = "already_settled"
    ALREADY_RELEASED = "already_released"
    UNKNOWN_HOLD = "unknown_hold"


class GrantResult(StrEnum):
    """What became of a grant."""

    GRANTED = "granted"
    EXISTS = "exists"
    EXISTS_WITH_DIFFERENT_TERMS = "exists_with_different_terms"


@attrs.frozen(kw_only=True)
class Settlement:
    """The end of a hold: what was taken for good, now or (when repeated) the first time."""

    result: ResolveResult
    charged: Points


@attrs.frozen(kw_only=True)
class Balance:
    """
    One wallet at one moment.

    `allowance` refills by itself, `bought` does not; both can be spent now. `held` is set aside for
    open jobs. `next_refill_at` and `full_at`, when the last of the refills that are missing comes,
    are None while nothing is missing.
    """

    allowance: Points
    bought: Points
    held: Points
    next_refill_at: datetime | None = None
    full_at: datetime | None = None

    @property
    def available(self) -> Points:
        """What can be spent now."""
        return self.allowance + self.bought


@attrs.frozen(kw_only=True)
class Entry:
    """One line of the journal: `amount` points from one ledger account to another."""

    ref: str
    debit: str
    credit: str
    amount: int = attrs.field(validator=[instance_of(int), ge(1), le(MAX_AMOUNT)])
    at: datetime


@attrs.frozen(kw_only=True)
class Audit:
    """What proves the books: all sums must be zero, `problems` must be empty."""

    sum_of_accounts: int
    accounts: int
    entries: int
    problems: tuple[str, ...] = ()

    @property
    def balanced(self) -> bool:
        """Whether not a single point was made or lost."""
        return self.sum_of_accounts == 0 and not self.problems
