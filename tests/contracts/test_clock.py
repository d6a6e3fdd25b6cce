"""What every Clock promises."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from core.shared.ports import Clock
from infrastructure.clock import SystemClock
from tests.fakes.clock import FixedClock


@pytest.fixture(params=[SystemClock, FixedClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    make: Callable[[], Clock] = request.param
    return make()


def test_the_time_is_in_utc(clock: Clock) -> None:
    now = clock.now()

    assert now.utcoffset() == timedelta(0)


def test_the_time_does_not_run_back_by_itself(clock: Clock) -> None:
    first = clock.now()

    second = clock.now()

    assert second >= first
