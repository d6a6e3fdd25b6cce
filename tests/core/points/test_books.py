"""What a refill, a grant, a hold and its end do to one wallet's books."""

from datetime import timedelta

import attrs
from hypothesis import given
from hypothesis import strategies as st

from core.points.allowance import AllowancePolicy
from core.points.books import (
    ISSUED,
    TOMBSTONE,
    Books,
    Split,
)
from core.points.model import HoldResult, Points, ResolveResult
from core.shared.ids import WalletId
from tests.builders import NOW, a_grant, a_hold

POLICY = AllowancePolicy()
WALLET = WalletId("ada")


def the_books(*, bought: int = 0) -> Books:
    books = Books.opened(WALLET, POLICY, now=NOW)
    return books if bought == 0 else books.granted(a_grant(points=bought), now=NOW)


def parts(books: Books) -> tuple[int, int, int]:
    return books.wallet.allowance, books.wallet.bought, books.wallet.held


def test_a_wallet_is_opened_with_its_allowance_issued() -> None:
    books = the_books()

    (entry,) = books.entries
    assert (entry.debit, entry.credit) == (ISSUED, "wallet:ada:allowance")
    assert parts(books) == (370, 0, 0)


def test_a_wallet_without_an_allowance_has_an_empty_journal() -> None:
    books = Books.opened(WALLET, AllowancePolicy(capacity=0), now=NOW)

    assert books.entries == ()


def test_too_few_points_cannot_be_split() -> None:
    assert the_books(bought=30).split(Points(401)) is None
    assert the_books(bought=30).split(Points(400)) == Split(allowance=370, bought=30)


def test_a_charge_takes_the_allowance_first() -> None:
    split = Split(allowance=7, bought=5)

    assert split.charged(Points(9)) == Split(allowance=7, bought=2)
    assert split.charged(Points(3)) == Split(allowance=3, bought=0)
    assert split.charged(Points(99)) == split


def test_two_refills_never_share_a_reference() -> None:
    spent = attrs.evolve(the_books().wallet, allowance=0, issued=0)
    first = Books(wallet=spent).refilled(POLICY, now=NOW + timedelta(minutes=15))
    second = first.refilled(POLICY, now=NOW + timedelta(minutes=30))

    assert len({entry.ref for entry in second.entries}) == 2


def test_nothing_due_leaves_the_books_as_they_are() -> None:
    books = Books(wallet=the_books().wallet)

    assert books.refilled(POLICY, now=NOW + timedelta(minutes=14)) is books


def test_a_full_wallet_moves_on_without_an_entry() -> None:
    books = Books(wallet=the_books().wallet).refilled(POLICY, now=NOW + timedelta(days=3))

    assert books.entries == ()
    assert books.wallet.stepped_at == NOW + timedelta(days=3)


def test_points_that_come_back_are_never_cut_at_the_capacity() -> None:
    books = the_books()
    split = Split(allowance=300, bought=0)
    held = books.held("job-1", split, now=NOW)
    # Somebody lowered the capacity by raising what is there already.
    fuller = attrs.evolve(held.wallet, allowance=300, issued=held.wallet.issued + 230)

    released = Books(wallet=fuller).released("job-1", split, now=NOW)

    assert released.wallet.allowance == 600
    assert released.wallet.unbalanced == 0


def test_a_tombstone_answers_a_late_hold() -> None:
    assert TOMBSTONE.answer(a_hold()) is HoldResult.ALREADY_RELEASED
    assert TOMBSTONE.end is ResolveResult.ALREADY_RELEASED


@given(
    bought=st.integers(1, 1_000),
    wanted=st.integers(1, 1_500),
    actual=st.integers(0, 2_000),
    released=st.booleans(),
)
def test_no_way_through_a_hold_makes_or_loses_points(
    bought: int, wanted: int, actual: int, *, released: bool
) -> None:
    books = the_books(bought=bought)
    split = books.split(Points(wanted))
    if split is None:
        assert wanted > 370 + bought
        return

    held = books.held("job-1", split, now=NOW)
    ended = (
        held.released("job-1", split, now=NOW)
        if released
        else held.settled("job-1", split, actual=Points(actual), now=NOW)
    )

    charge = 0 if released else min(actual, wanted)
    assert held.wallet.unbalanced == ended.wallet.unbalanced == 0
    assert ended.wallet.earned == charge
    assert ended.wallet.allowance + ended.wallet.bought == 370 + bought - charge
    assert (ended.wallet.held, ended.wallet.held_allowance) == (0, 0)
    assert len({entry.ref for entry in ended.entries}) == len(ended.entries)
