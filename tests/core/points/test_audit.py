"""The proof of the books: what it finds, each in a sentence."""

import attrs
import pytest

from core.points.allowance import AllowancePolicy
from core.points.audit import HeldSum, Standing, recount
from core.points.books import EARNED, ISSUED, Books, Split
from core.points.model import Audit
from core.shared.ids import WalletId
from tests.builders import NOW

WALLET = WalletId("ada")
OPENED = Books.opened(WALLET, AllowancePolicy(), now=NOW)
FULL = Standing.of(OPENED.wallet)
HELD = Standing.of(OPENED.held("job-1", Split(allowance=10, bought=0), now=NOW).wallet)


def audit_of(wallet: Standing, *, holds: HeldSum | None = None) -> Audit:
    """Recount one wallet, whose journal says whatever it says itself."""
    journal = {
        ISSUED: -wallet.issued,
        EARNED: wallet.earned,
        "wallet:ada:allowance": wallet.allowance,
        "wallet:ada:bought": wallet.bought,
        "wallet:ada:held": wallet.held,
    }
    open_holds = {} if holds is None else {WALLET: holds}
    return recount([wallet], journal=journal, entries=2, open_holds=open_holds)


def test_books_that_agree_have_no_problem() -> None:
    assert audit_of(FULL) == Audit(sum_of_accounts=0, accounts=5, entries=2)
    assert audit_of(HELD, holds=HeldSum(allowance=10)).balanced


def test_a_balance_that_its_entries_do_not_know_is_found() -> None:
    richer = attrs.evolve(FULL, allowance=371, issued=371)

    audit = recount(
        [richer], journal={ISSUED: -370, "wallet:ada:allowance": 370}, entries=1, open_holds={}
    )

    assert audit.problems == (
        "Account station:issued stands at -371, and its entries at -370.",
        "Account wallet:ada:allowance stands at 371, and its entries at 370.",
    )


def test_points_that_were_never_issued_are_found() -> None:
    audit = audit_of(attrs.evolve(FULL, allowance=371))

    assert audit.sum_of_accounts == 1
    assert audit.problems == ("Wallet ada has or has paid 371 in all, and was issued 370.",)


def test_what_is_below_zero_is_found() -> None:
    audit = audit_of(attrs.evolve(FULL, bought=-5, issued=365))

    assert audit.problems == ("Wallet ada is below zero: bought is -5.",)


@pytest.mark.parametrize(
    ("holds", "problem"),
    [
        (None, "Wallet ada has 10 held, and its open holds come to 0."),
        (
            HeldSum(allowance=4, bought=6),
            "Wallet ada has 10 held of its allowance, and its open holds have 4 of it.",
        ),
    ],
)
def test_held_points_without_their_hold_are_found(holds: HeldSum | None, problem: str) -> None:
    audit = audit_of(HELD, holds=holds)

    assert audit.sum_of_accounts == 0
    assert audit.problems == (problem,)


def test_a_journal_without_its_wallet_is_found() -> None:
    audit = recount([], journal={ISSUED: -5, EARNED: 5}, entries=1, open_holds={})

    assert len(audit.problems) == 2
