"""How an allowance comes back."""

from datetime import datetime, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.points.allowance import (
    AllowanceLevel,
    AllowancePolicy,
    full_at,
    next_refill_at,
    refilled,
    seconds_until,
)
from tests.builders import NOW

POLICY = AllowancePolicy()
STEP = timedelta(seconds=POLICY.step_s)
STEPS_S = st.floats(0, 2_000_000, allow_nan=False)


def a_level(available: int = 0, *, held: int = 0, step: int = 0) -> AllowanceLevel:
    return AllowanceLevel(available=available, held=held, step=step, stepped_at=NOW)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@given(first=st.integers(1, 10_000))
def test_any_eighteen_steps_in_a_row_bring_the_capacity(first: int) -> None:
    steps = [POLICY.step_amount(step) for step in range(first, first + 18)]

    assert sum(steps) == 370
    assert set(steps) == {20, 21}


@given(capacity=st.integers(0, 100_000), steps=st.integers(1, 500), first=st.integers(1, 999))
def test_any_round_of_any_policy_brings_its_capacity(capacity: int, steps: int, first: int) -> None:
    policy = AllowancePolicy(capacity=capacity, steps=steps)

    assert sum(policy.step_amount(step) for step in range(first, first + steps)) == capacity


@given(
    available=st.integers(0, 500),
    held=st.integers(0, 500),
    step=st.integers(0, 18),
    seconds=STEPS_S,
)
def test_a_refill_never_exceeds_the_capacity_and_never_takes(
    available: int, held: int, step: int, seconds: float
) -> None:
    before = a_level(available, held=held, step=step)

    level = refilled(before, POLICY, now=after(seconds))

    assert level.available >= available
    assert level.available == available or level.available + held <= POLICY.capacity


@given(moments=st.lists(STEPS_S, min_size=1, max_size=20), step=st.integers(0, 17))
def test_looking_often_brings_as_much_as_looking_once(moments: list[float], step: int) -> None:
    once = refilled(a_level(step=step), POLICY, now=after(max(moments)))

    level = a_level(step=step)
    for seconds in sorted(moments):
        level = refilled(level, POLICY, now=after(seconds))

    assert (level.available, level.stepped_at) == (once.available, once.stepped_at)


@given(moments=st.lists(st.floats(-2_000_000, 2_000_000), min_size=1, max_size=20))
def test_a_clock_that_steps_back_and_forth_brings_nothing_twice(moments: list[float]) -> None:
    level = a_level()
    for seconds in moments:
        level = refilled(level, POLICY, now=after(seconds))

    assert level.available == refilled(a_level(), POLICY, now=after(max(moments))).available


def test_a_step_comes_at_its_moment_and_not_before() -> None:
    before = refilled(a_level(), POLICY, now=NOW + STEP - timedelta(microseconds=1))
    at = refilled(a_level(), POLICY, now=NOW + STEP)

    assert (before, at.available) == (a_level(), 20)


def test_what_is_over_the_capacity_stays_and_grows_no_more() -> None:
    assert refilled(a_level(500), POLICY, now=NOW + 40 * STEP).available == 500


def test_no_refill_is_announced_while_nothing_is_missing() -> None:
    assert next_refill_at(a_level(370), POLICY) is None
    assert next_refill_at(a_level(300, held=70), POLICY) is None
    assert next_refill_at(a_level(300, held=69), POLICY) == NOW + STEP


def test_what_is_there_needs_no_wait() -> None:
    assert seconds_until(a_level(10), POLICY, needed=10, now=NOW) == 0.0


def test_what_is_held_never_comes_by_waiting() -> None:
    assert seconds_until(a_level(0, held=70), POLICY, needed=300, now=NOW) is not None
    assert seconds_until(a_level(0, held=70), POLICY, needed=301, now=NOW) is None


@given(
    available=st.integers(0, 370),
    step=st.integers(0, 17),
    needed=st.integers(0, 370),
    since_s=st.floats(-5_000, 20_000),
)
def test_the_wait_is_as_long_as_needed_and_no_longer(
    available: int, step: int, needed: int, since_s: float
) -> None:
    level, now = a_level(available, step=step), after(since_s)

    wait_s = seconds_until(level, POLICY, needed=needed, now=now)

    assert wait_s is not None
    moment = timedelta(seconds=wait_s) + timedelta(microseconds=1)
    assert refilled(level, POLICY, now=now + moment).available >= needed
    if wait_s > 0.01:
        early = now + timedelta(seconds=wait_s - 0.01)
        assert refilled(level, POLICY, now=early).available < needed


@pytest.mark.parametrize("broken", [{"capacity": -1}, {"steps": 0}, {"step_s": 0.0}])
def test_a_policy_that_makes_no_sense_cannot_be_made(broken: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        attrs.evolve(POLICY, **broken)


@given(st.integers(0, 370), st.integers(0, 40), st.integers(0, 60))
def test_an_allowance_is_full_when_it_is_said_to_be_and_not_a_step_before(
    available: int, held: int, step: int
) -> None:
    level = a_level(available, held=held, step=step)

    full = full_at(level, POLICY)

    if full is None:
        assert next_refill_at(level, POLICY) is None
    else:
        at_end, before = (refilled(level, POLICY, now=at) for at in (full, full - STEP))
        assert next_refill_at(at_end, POLICY) is None
        assert next_refill_at(before, POLICY) is not None
