"""What the journal's entries say of a hold, and are for their wallet. Pure."""

from collections.abc import Sequence
from enum import StrEnum

import attrs

from core.points.books import EARNED, ISSUED
from core.points.model import Entry, Points

_MOVES = (
    ("hold", "allowance"),
    ("hold", "bought"),
    ("settle", "earned"),
    ("settle", "allowance"),
    ("settle", "bought"),
    ("release", "allowance"),
    ("release", "bought"),
)


def refs_of(hold: str) -> tuple[str, ...]:
    """Return the reference of every entry that a hold can have, in the order of its life."""
    return tuple(f"{move}:{hold}:{part}" for move, part in _MOVES)


class Kind(StrEnum):
    """What an entry is for its wallet: it comes, leaves, or goes to and fro within."""

    ALLOWANCE = "allowance"
    GRANTED = "granted"
    HELD = "held"
    CHARGED = "charged"
    RETURNED = "returned"


def kind_of(entry: Entry) -> Kind:
    """Return what an entry is for its wallet."""
    if entry.debit == ISSUED:
        return Kind.ALLOWANCE if entry.credit.endswith(":allowance") else Kind.GRANTED
    if entry.credit == EARNED:
        return Kind.CHARGED
    return Kind.HELD if entry.credit.endswith(":held") else Kind.RETURNED


def is_of_bought(entry: Entry) -> bool:
    """Whether it moves points that do not refill by themselves."""
    return ":bought" in (entry.debit[-7:], entry.credit[-7:])


def hold_of(entry: Entry) -> str | None:
    """Return the hold that an entry belongs to, None for a refill and a grant."""
    move, _, rest = entry.ref.partition(":")
    hold, _, part = rest.rpartition(":")
    return hold if (move, part) in _MOVES else None


@attrs.frozen(kw_only=True)
class Receipt:
    """What became of one hold: nothing of either while it is open."""

    charged: Points
    returned: Points

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> "Receipt | None":
        """Return the receipt that a hold's entries add up to; None when nothing was ever held."""
        if not entries:
            return None
        return cls(charged=_sum(entries, Kind.CHARGED), returned=_sum(entries, Kind.RETURNED))


def _sum(entries: Sequence[Entry], kind: Kind) -> Points:
    return Points(sum(each.amount for each in entries if kind_of(each) is kind))
