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
    for _ in range(3):
        made.enter()
        made.failed()
    return made


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    states: list[BreakerState] = []
    made = opened(Times(), states)

    with pytest.raises(BreakerOpenError, match="3 times in a row: it is asked again in 10 s"):
        made.enter()
    assert states == [BreakerState.OPEN]


def test_an_answer_in_between_counts_from_the_beginning() -> None:
    made = breaker(Times(), [])
    for _ in range(4):
        made.failed()
        made.failed()
        made.did_well()

    assert made.enter() is False


def test_after_its_time_exactly_one_call_is_let_through() -> None:
    times = Times()
    made = opened(times, [])
    times.now_s = 10.0

    assert made.enter() is True
    with pytest.raises(BreakerOpenError, match="one call is finding out"):
        made.enter()


def test_a_probe_that_does_well_closes_it() -> None:
    times = Times()
    states: list[BreakerState] = []
    made = opened(times, states)
    times.now_s = 10.0
    made.enter()
    made.did_well()

    assert made.enter() is False
    assert states == [BreakerState.OPEN, BreakerState.PROBING, BreakerState.CLOSED]


def test_a_probe_that_fails_opens_it_for_another_while() -> None:
    times = Times()
    made = opened(times, [])
    times.now_s = 10.0
    made.enter()
    made.failed()
    times.now_s = 19.9

    with pytest.raises(BreakerOpenError):
        made.enter()


def test_a_probe_whose_asker_has_gone_leaves_its_place_to_the_next() -> None:
    times = Times()
    made = opened(times, [])
    times.now_s = 10.0
    made.gave_up(probe=made.enter())

    assert made.enter() is True


def test_an_old_call_that_is_given_up_takes_no_place_from_the_probe() -> None:
    times = Times()
    made = opened(times, [])
    times.now_s = 10.0
    made.enter()
    made.gave_up(probe=False)

    with pytest.raises(BreakerOpenError):
        made.enter()
