"""How long a run will take, told from those before it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.workflows.estimate import UNKNOWN_MEDIAN_S, UNKNOWN_P90_S, estimate


@pytest.mark.parametrize("seconds", [[], [math.nan, math.inf, -1.0]])
def test_without_a_usable_run_a_usual_time_is_taken(seconds: list[float]) -> None:
    expected = estimate(seconds, gpu="H100")

    assert (expected.median_s, expected.p90_s) == (UNKNOWN_MEDIAN_S, UNKNOWN_P90_S)
    assert expected.gpu == "H100"


def test_half_end_by_the_median_and_nine_in_ten_by_the_other() -> None:
    expected = estimate([float(each) for each in (3, 9, 1, 7, 5, 2, 10, 8, 4, 6)], gpu=None)

    assert (expected.median_s, expected.p90_s) == (5, 9)


def test_one_run_tells_both() -> None:
    expected = estimate([4.0], gpu=None)

    assert (expected.median_s, expected.p90_s) == (4, 4)


@given(seconds=st.lists(st.floats(), max_size=60))
def test_an_estimate_is_always_finite_and_in_order(seconds: list[float]) -> None:
    expected = estimate(seconds, gpu=None)

    assert expected.median_s >= 0
    assert expected.p90_s < math.inf
    assert expected.median_s <= expected.p90_s
