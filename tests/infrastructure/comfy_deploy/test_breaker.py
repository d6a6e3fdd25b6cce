"""The breaker: opens, fails fast, lets one through, closes."""

import pytest

from core.shared.statistics import BreakerState
from infrastructure.comfy_deploy.breaker import Breaker, BreakerOpenError


class Times:
    """A clock that a test sets."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def breaker(times: Times, states: list[BreakerState]) -> Breaker:
    return Breaker(failures=3, open_s=10.0, clock=times, changed=states.append)


def opened(times: Times, states: list[BreakerState]) -> Breaker:
    made = breaker(times, states)
    fail(made, "a", "b", "c")
    return made


def fail(made: Breaker, *endpoints: str) -> None:
    """Have calls at these endpoints fail that began now."""
    for endpoint in endpoints:
        made.failed(made.enter(), endpoint)


def is_open(made: Breaker) -> bool:
    """Whether the next call is refused."""
    try:
        made.enter()
    except BreakerOpenError:
        return True
    return False


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    states: list[BreakerState] = []
    made = opened(Times(), states)

    with pytest.raises(BreakerOpenError, match="3 times in a row; it is asked again in 10 s"):
        made.enter()
    assert states == [BreakerState.OPEN]


def test_an_answer_in_between_counts_from_the_beginning() -> None:
    made = breaker(Times(), [])
    for _ in range(4):
        fail(made, "a", "b")
        made.did_well(made.enter())

    assert not is_open(made)


def test_failures_at_one_endpoint_alone_must_be_three_times_as_many() -> None:
    made = breaker(Times(), [])
    fail(made, *"aaaaaaaa")
    was_open = is_open(made)
    fail(made, "a")

    assert (was_open, is_open(made)) == (False, True)


def test_after_its_time_exactly_one_call_is_let_through() -> None:
    times = Times()
    made = opened(times, [])
    times.now_s = 10.0

    assert [is_open(made), is_open(made)] == [False, True]


def test_a_probe_that_takes_long_is_joined_by_another() -> None:
    times = Times()
    made = opened(times, [])
    times.now_s = 10.0
    made.enter()
    times.now_s = 20.0

    assert [is_open(made), is_open(made)] == [False, True]


def test_a_probe_that_does_well_closes_it() -> None:
    times = Times()
    states: list[BreakerState] = []
    made = opened(times, states)
    times.now_s = 10.0
    made.did_well(made.enter())

    assert not is_open(made)
    assert states == [BreakerState.OPEN, BreakerState.PROBING, BreakerState.CLOSED]


def test_a_probe_that_fails_opens_it_for_another_while() -> None:
    times = Times()
    made = opened(times, [])
    times.now_s = 10.0
    fail(made, "a")
    times.now_s = 19.9

    assert is_open(made)


def test_a_probe_whose_asker_has_gone_leaves_its_place_to_the_next() -> None:
    times = Times()
    made = opened(times, [])
    times.now_s = 10.0
    made.gave_up(made.enter())

    assert not is_open(made)


@pytest.mark.parametrize("outcome", ["did_well", "failed", "gave_up"])
def test_what_was_on_its_way_before_changes_nothing(outcome: str) -> None:
    times = Times()
    states: list[BreakerState] = []
    made = breaker(times, states)
    early = made.enter()
    fail(made, "a", "b", "c")
    times.now_s = 5.0
    arguments = (early, "a") if outcome == "failed" else (early,)
    getattr(made, outcome)(*arguments)
    was_open, times.now_s = is_open(made), 10.0

    assert (was_open, is_open(made)) == (True, False)
