"""What a run costs."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.points.model import MAX_AMOUNT
from core.points.pricing import GPU_USD_PER_S, PriceList

PRICES = PriceList()
GPUS = st.one_of(st.none(), st.sampled_from([*GPU_USD_PER_S, "", "RTX-9090"]))


def price(seconds: float, gpu: str | None = "A10G") -> int:
    return PRICES.points_for(seconds, gpu=gpu).amount


def test_a_second_of_the_usual_gpu_costs_two_points() -> None:
    assert [price(seconds) for seconds in (1, 10, 2.5)] == [2, 20, 5]


def test_a_part_of_a_point_costs_a_whole_one() -> None:
    assert [price(seconds) for seconds in (1.01, 1.5, 1.501)] == [3, 3, 4]


def test_a_rounding_error_does_not_cost_a_point() -> None:
    assert price(0.1 + 0.2) == 1
    assert price(1.1 * 3 - 0.3) == 6


def test_a_better_gpu_costs_more() -> None:
    assert price(10, "T4") < price(10, "A10G") < price(10, "A100") < price(10, "B200")


@pytest.mark.parametrize("gpu", [None, "", "RTX-9090", "a10g"])
def test_t_44_an_unknown_gpu_is_not_free(gpu: str | None) -> None:
    assert price(10, gpu) == price(10, PRICES.usual_gpu) == 20


@pytest.mark.parametrize("seconds", [0.0, -0.0, -5.0, math.nan, -math.inf, 1e-9])
def test_t_44_the_least_is_one_point(seconds: float) -> None:
    assert price(seconds) == 1


@pytest.mark.parametrize("seconds", [1e6, 1e300, math.inf])
def test_the_most_is_what_a_hold_may_be(seconds: float) -> None:
    assert price(seconds) == MAX_AMOUNT


@given(seconds=st.floats(), gpu=GPUS)
def test_a_price_is_always_one_that_can_be_held(seconds: float, gpu: str | None) -> None:
    assert 1 <= price(seconds, gpu) <= MAX_AMOUNT


@given(shorter=st.floats(0, 1e6), longer=st.floats(0, 1e6), gpu=GPUS)
def test_more_seconds_never_cost_less(shorter: float, longer: float, gpu: str | None) -> None:
    shorter, longer = sorted((shorter, longer))

    assert price(shorter, gpu) <= price(longer, gpu)


@pytest.mark.parametrize("free", [0.0, -1.0])
def test_t_44_a_price_list_that_gives_away_cannot_be_made(free: float) -> None:
    with pytest.raises(ValueError, match="must be > 0"):
        PriceList(factor=free)
    with pytest.raises(ValueError, match="must be > 0"):
        PriceList(usd_per_point=free)


def test_t_44_a_price_list_without_a_rate_for_its_usual_gpu_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="must be in"):
        PriceList(usual_gpu="RTX-9090")
