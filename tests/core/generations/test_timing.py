"""When a job is looked at again."""

from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.generations.timing import Timing, back_off, poll_after
from tests.builders import NOW

TIMING = Timing()


def wait_s(age_s: float, *, hooked: bool = False) -> float:
    now = NOW + timedelta(seconds=age_s)
    at = poll_after(TIMING, submitted_at=NOW, now=now, hooked=hooked)
    return (at - now).total_seconds()


def test_a_run_is_asked_for_soon_at_first_and_when_it_is_old_more_seldom() -> None:
    ages = (0, 2, 4, 20, 300, 600, 2_400, 9_999)

    assert [wait_s(age) for age in ages] == [0.5, 0.5, 1, 1.25, 1.25, 2.5, 10, 10]


def test_where_the_service_calls_us_the_first_questions_are_later() -> None:
    assert [wait_s(age, hooked=True) for age in (0, 4, 20, 1_000)] == [2, 2, 5, 10]


@given(age_s=st.floats(-100_000, 100_000), hooked=st.booleans())
def test_the_next_question_always_comes_later_and_not_much(age_s: float, *, hooked: bool) -> None:
    assert 0 < wait_s(age_s, hooked=hooked) <= TIMING.longest_poll_s


def test_waits_double_up_to_the_longest() -> None:
    waits = [back_off(attempts).total_seconds() for attempts in (0, 1, 2, 3, 4, 6, 7, 10**9)]

    assert waits == [1, 1, 2, 4, 8, 32, 60, 60]
    assert back_off(1, first_s=5.0).total_seconds() == 5
    assert back_off(9, longest_s=30.0).total_seconds() == 30


def test_a_living_submit_is_never_taken_over() -> None:
    assert TIMING.submit_lease_s > TIMING.look_up_s >= 60


@pytest.mark.parametrize("field", [each.name for each in attrs.fields(Timing)])
def test_no_wait_and_no_limit_is_zero(field: str) -> None:
    with pytest.raises(ValueError, match="must be > 0"):
        attrs.evolve(TIMING, **{field: 0.0})
