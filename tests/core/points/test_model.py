"""Points are whole numbers, never below zero."""

import attrs
import pytest

from core.points.model import MAX_AMOUNT, Audit, Balance, Entry, Points
from tests.builders import NOW, a_grant, a_hold


@pytest.mark.parametrize("amount", [-1, -(10**9)])
def test_points_are_never_below_zero(amount: int) -> None:
    with pytest.raises(ValueError, match="must be >= 0"):
        Points(amount)


@pytest.mark.parametrize("amount", [1.0, 0.5, float("nan"), "1", None])
def test_points_are_whole(amount: int) -> None:
    with pytest.raises(TypeError):
        Points(amount)


def test_points_are_added_and_compared() -> None:
    assert Points(2) + Points(3) == Points(5)
    assert Points(5) - Points(3) == Points(2)
    assert Points(2) < Points(3)


def test_more_than_there_is_cannot_be_taken() -> None:
    with pytest.raises(ValueError, match="must be >= 0"):
        Points(2) - Points(3)


@pytest.mark.parametrize(
    ("amount", "said"), [(0, "0 points"), (1, "1 point"), (2, "2 points"), (1_500, "1,500 points")]
)
def test_points_are_said_as_people_say_them(amount: int, said: str) -> None:
    assert str(Points(amount)) == said


@pytest.mark.parametrize("amount", [0, MAX_AMOUNT + 1])
def test_a_hold_and_a_grant_move_something_and_not_everything(amount: int) -> None:
    with pytest.raises(ValueError, match="points must be 1 to 1000000"):
        a_hold(points=amount)
    with pytest.raises(ValueError, match="points must be 1 to 1000000"):
        a_grant(points=amount)


@pytest.mark.parametrize("amount", [1, MAX_AMOUNT])
def test_a_hold_and_a_grant_may_be_as_small_and_as_large_as_that(amount: int) -> None:
    assert a_hold(points=amount).points == a_grant(points=amount).points == Points(amount)


@pytest.mark.parametrize("amount", [0, -1, MAX_AMOUNT + 1])
def test_an_entry_moves_something_one_way(amount: int) -> None:
    entry = Entry(ref="r", debit="a", credit="b", amount=1, at=NOW)

    with pytest.raises(ValueError, match="must be"):
        attrs.evolve(entry, amount=amount)


def test_what_is_held_is_not_available() -> None:
    balance = Balance(allowance=Points(3), bought=Points(4), held=Points(5))

    assert balance.available == Points(7)


@pytest.mark.parametrize(
    ("total", "problems", "balanced"), [(0, (), True), (1, (), False), (0, ("odd",), False)]
)
def test_books_are_balanced_only_without_a_sum_and_without_a_problem(
    total: int, problems: tuple[str, ...], *, balanced: bool
) -> None:
    audit = Audit(sum_of_accounts=total, accounts=5, entries=9, problems=problems)

    assert audit.balanced is balanced
