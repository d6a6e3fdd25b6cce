"""What a journal's entries are taken for."""

import pytest

from core.points.allowance import AllowancePolicy
from core.points.books import Books, Split
from core.points.model import Entry, Points
from core.points.receipts import Kind, Receipt, hold_of, is_of_bought, kind_of, refs_of
from core.shared.ids import WalletId
from tests.builders import NOW, a_grant

POLICY = AllowancePolicy(capacity=100)
SPLIT = Split(allowance=100, bought=50)


def opened() -> Books:
    return Books.opened(WalletId("ada"), POLICY, now=NOW).granted(a_grant(points=80), now=NOW)


def of_hold(books: Books) -> list[Entry]:
    return [each for each in books.entries if hold_of(each) == "a:b"]


HELD = opened().held("a:b", SPLIT, now=NOW)
SETTLED = HELD.settled("a:b", SPLIT, actual=Points(30), now=NOW)
RELEASED = HELD.released("a:b", SPLIT, now=NOW)


def test_every_entry_of_the_books_has_a_kind() -> None:
    kinds = [(kind_of(each), each.amount, is_of_bought(each)) for each in SETTLED.entries]

    assert kinds == [
        (Kind.ALLOWANCE, 100, False),
        (Kind.GRANTED, 80, True),
        (Kind.HELD, 100, False),
        (Kind.HELD, 50, True),
        (Kind.CHARGED, 30, False),
        (Kind.RETURNED, 70, False),
        (Kind.RETURNED, 50, True),
    ]


@pytest.mark.parametrize("books", [SETTLED, RELEASED], ids=["settled", "released"])
def test_the_entries_of_a_hold_are_known_by_their_references(books: Books) -> None:
    refs = [each.ref for each in of_hold(books)]

    assert refs == [ref for ref in refs_of("a:b") if ref in refs]
    assert len(refs) == len(books.entries) - 2


def test_a_receipt_adds_up_what_was_taken_and_what_came_back() -> None:
    assert Receipt.of(of_hold(SETTLED)) == Receipt(charged=Points(30), returned=Points(120))
    assert Receipt.of(of_hold(RELEASED)) == Receipt(charged=Points(0), returned=Points(150))
    assert Receipt.of(of_hold(HELD)) == Receipt(charged=Points(0), returned=Points(0))


def test_what_was_never_held_has_no_receipt() -> None:
    assert Receipt.of([]) is None
