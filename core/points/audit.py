"""
The proof of the books: wallets against what was issued, against their entries, against their holds.

Pure, and of bare numbers: a wallet that cannot be (below zero) is told of, and is no exception.
"""

from collections.abc import Iterable, Iterator, Mapping

import attrs

from core.points.books import EARNED, ISSUED, Wallet
from core.points.model import Audit
from core.shared.ids import WalletId


@attrs.frozen(kw_only=True)
class Standing:
    """A wallet's numbers as they stand, in points, whatever they are."""

    id: WalletId
    allowance: int
    bought: int
    held: int
    held_allowance: int
    issued: int
    earned: int

    @classmethod
    def of(cls, wallet: Wallet) -> "Standing":
        """Return the numbers of a wallet."""
        return cls(**{each.name: getattr(wallet, each.name) for each in attrs.fields(cls)})

    @property
    def unbalanced(self) -> int:
        """The sum of its accounts and its shares of the station's: zero, or points came or went."""
        return self.allowance + self.bought + self.held + self.earned - self.issued


@attrs.frozen(kw_only=True)
class HeldSum:
    """What the open holds of one wallet come to, by where it is from."""

    allowance: int = 0
    bought: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.allowance + self.bought


def recount(
    wallets: Iterable[Standing],
    *,
    journal: Mapping[str, int],
    entries: int,
    open_holds: Mapping[WalletId, HeldSum],
) -> Audit:
    """
    Prove the books, or say where they do not agree.

    Args:
        wallets: Every wallet, as it stands.
        journal: Every ledger account's balance by the journal alone: credits less debits.
        entries: How many journal entries there are.
        open_holds: What each wallet's open holds sum to.
    """
    standing = {ISSUED: 0, EARNED: 0}
    problems: list[str] = []
    total = 0
    for wallet in wallets:
        standing[ISSUED] -= wallet.issued
        standing[EARNED] += wallet.earned
        for part in ("allowance", "bought", "held"):
            standing[f"wallet:{wallet.id}:{part}"] = getattr(wallet, part)
        total += wallet.unbalanced
        problems += _problems(wallet, open_holds.get(wallet.id, HeldSum()))
    for account in sorted(standing.keys() | journal.keys()):
        stands, counted = standing.get(account, 0), journal.get(account, 0)
        if stands != counted:
            problems.append(f"Account {account} stands at {stands}, and its entries at {counted}.")
    return Audit(
        sum_of_accounts=total, accounts=len(standing), entries=entries, problems=tuple(problems)
    )


def _problems(wallet: Standing, holds: HeldSum) -> Iterator[str]:
    """Yield what is wrong with a wallet by itself, and with its open holds."""
    about = f"Wallet {wallet.id}"
    for part in ("allowance", "bought", "held", "held_allowance", "issued", "earned"):
        amount = getattr(wallet, part)
        if amount < 0:
            yield f"{about} is below zero: {part.replace('_', ' ')} is {amount}."
    if wallet.unbalanced:
        has = wallet.issued + wallet.unbalanced
        yield f"{about} has or has paid {has} in all, and was issued {wallet.issued}."
    if holds.total != wallet.held:
        yield f"{about} has {wallet.held} held, and its open holds come to {holds.total}."
    elif holds.allowance != wallet.held_allowance:
        yield (
            f"{about} has {wallet.held_allowance} held of its allowance, "
            f"and its open holds have {holds.allowance} of it."
        )
