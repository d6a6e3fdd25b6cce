"""ApiStatistics: counts whatever it is told, and never stands in the way."""

import functools
import time
from collections.abc import Callable

import pytest

from core.shared.ports import ApiStatistics
from core.shared.statistics import BreakerState, Outcome, Saving
from infrastructure.clock import SystemClock
from infrastructure.comfy_deploy.meter import NoStatistics
from infrastructure.metrics import Metrics
from tests.infrastructure.comfy_deploy.counting import CountingMeter

STATISTICS: dict[str, Callable[[], ApiStatistics]] = {
    "metrics": lambda: Metrics(SystemClock()),
    "none": NoStatistics,
    "counting": CountingMeter,
}


NOTHING_IS_WAITED_FOR_S = 0.5


@pytest.fixture(params=list(STATISTICS.values()), ids=list(STATISTICS))
def statistics(request: pytest.FixtureRequest) -> ApiStatistics:
    made: ApiStatistics = request.param()
    return made


def seconds(told: Callable[[], None]) -> float:
    """Return how long telling took; what it raises fails the test."""
    began_s = time.perf_counter()
    told()
    return time.perf_counter() - began_s


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("endpoint", ["GET /run/{run_id}", "never heard of", ""])
def test_every_outcome_of_every_endpoint_is_taken(
    statistics: ApiStatistics, endpoint: str, outcome: Outcome
) -> None:
    def told() -> None:
        statistics.call_began(endpoint)
        statistics.call_repeated(endpoint)
        statistics.call_ended(endpoint, outcome, seconds=0.0, sent=0, received=0)

    assert seconds(told) < NOTHING_IS_WAITED_FOR_S


@pytest.mark.parametrize("saving", Saving)
def test_every_saving_is_taken(statistics: ApiStatistics, saving: Saving) -> None:
    told = functools.partial(statistics.calls_saved, "GET /run/{run_id}", saving, count=3)

    assert seconds(told) < NOTHING_IS_WAITED_FOR_S


@pytest.mark.parametrize("state", BreakerState)
def test_every_state_of_the_breaker_is_taken(
    statistics: ApiStatistics, state: BreakerState
) -> None:
    assert seconds(lambda: statistics.breaker_is(state)) < NOTHING_IS_WAITED_FOR_S
