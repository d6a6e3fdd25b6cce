"""Steps of an allowance that is refilled fast, or in odd fractions of a second."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.points.allowance import AllowanceLevel, AllowancePolicy, refilled, seconds_until
from tests.builders import NOW

EMPTY = AllowanceLevel(available=0, held=0, step=0, stepped_at=NOW)


@given(steps=st.integers(1, 40), milliseconds=st.integers(1, 5_000), due=st.integers(0, 60))
def test_steps_of_any_length_are_counted_exactly(steps: int, milliseconds: int, due: int) -> None:
    policy = AllowancePolicy(capacity=steps, steps=steps, step_s=milliseconds / 1_000)

    level = refilled(EMPTY, policy, now=NOW + due * timedelta(milliseconds=milliseconds))

    assert level.available == min(due, steps)


@given(steps=st.integers(1, 40), milliseconds=st.integers(1, 5_000))
def test_the_wait_for_everything_is_a_whole_round(steps: int, milliseconds: int) -> None:
    policy = AllowancePolicy(capacity=steps, steps=steps, step_s=milliseconds / 1_000)

    wait_s = seconds_until(EMPTY, policy, needed=steps, now=NOW)

    assert wait_s == pytest.approx(steps * milliseconds / 1_000)
