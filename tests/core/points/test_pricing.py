"""What a run costs."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.points.model import MAX_AMOUNT, Points
from core.points.pricing import GPU_USD_PER_S, PriceList, Quote, quoted

PRICES = PriceList()
GPUS = st.one_of(st.none(), st.sampled_from([*GPU_USD_PER_S, "", "RTX-9090"]))


def price(seconds: float, gpu: str | None = "A10G") -> int:
    return quoted(PRICES.points_per_s(gpu), median_s=seconds, p90_s=seconds).points.amount


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


@pytest.mark.parametrize("gpu", ["A10G", "H100", None, "RTX-9090"])
def test_the_services_own_prices_go_before_ours(gpu: str | None) -> None:
    told = {"A10G": 0.000674, "H100": 0.00337, "RTX-9090": 0.0001685}

    assert PRICES.points_per_s(gpu, told=told) == pytest.approx(
        {"A10G": 4.0, "H100": 20.0, None: 4.0, "RTX-9090": 1.0}[gpu]
    )


@pytest.mark.parametrize("wrong", [0.0, -1.0, 0.11, 1e300, math.inf, -math.inf, math.nan])
def test_t_44_a_price_of_the_service_that_is_none_is_passed_over(wrong: float) -> None:
    told = {"A10G": wrong, "NEW": wrong}

    assert [PRICES.points_per_s(each, told=told) for each in ("A10G", "NEW", None)] == [2.0] * 3


@pytest.mark.parametrize("wrong", [0.0, -1.0, math.inf, math.nan])
def test_t_44_a_factor_that_is_none_is_one(wrong: float) -> None:
    assert PRICES.points_per_s("A10G", factor=wrong) == 2.0


def test_the_operators_factors_are_multiplied() -> None:
    dear = PriceList(factor=3.0)

    assert dear.points_per_s("A10G", factor=0.5) == pytest.approx(1.5)


@given(gpu=GPUS, usd=st.floats(), factor=st.floats(), seconds=st.floats())
def test_t_21_a_second_never_costs_nothing_and_never_what_is_no_number(
    gpu: str | None, usd: float, factor: float, seconds: float
) -> None:
    rate = PRICES.points_per_s(gpu, told={"A10G": usd, "RTX-9090": usd}, factor=factor)
    quote = quoted(rate, median_s=1.0, p90_s=seconds)

    assert 0 < rate <= MAX_AMOUNT
    assert 1 <= quote.points.amount <= MAX_AMOUNT
    assert Points(1) <= PRICES.settled(quote, seconds, gpu=gpu) <= quote.points


def test_a_quote_is_the_price_of_a_slow_run() -> None:
    quote = quoted(2.0, median_s=3.0, p90_s=7.2, cold_s=40.0)

    assert (quote.points, quote.is_fixed) == (Points(15), False)
    assert (quote.median_s, quote.p90_s, quote.cold_s) == (3.0, 7.2, 40.0)


@pytest.mark.parametrize(("used_s", "points"), [(3.0, 6), (3.1, 7), (0.0, 1), (7.2, 15), (99, 15)])
def test_a_result_costs_what_it_took_and_never_more_than_was_quoted(
    used_s: float, points: int
) -> None:
    quote = quoted(2.0, median_s=3.0, p90_s=7.2)

    assert PRICES.settled(quote, used_s, gpu="H100") == Points(points)


@pytest.mark.parametrize("used_s", [0.0, 3.0, 900.0])
def test_a_fixed_price_is_what_a_result_costs_however_long_it_took(used_s: float) -> None:
    quote = quoted(2.0, median_s=3.0, p90_s=7.2, fixed_price=5)

    assert (quote.points, quote.is_fixed) == (Points(5), True)
    assert PRICES.settled(quote, used_s, gpu="H100") == Points(5)


@pytest.mark.parametrize(("used_s", "points"), [(1.0, 2), (0.0, 1), (900.0, 5)])
def test_time_without_a_result_costs_at_most_the_fixed_price(used_s: float, points: int) -> None:
    quote = quoted(2.0, median_s=3.0, p90_s=7.2, fixed_price=5)

    assert PRICES.used(quote, used_s, gpu="H100") == Points(points)


@pytest.mark.parametrize(
    ("fixed", "points"), [(0, 1), (-5, 1), (MAX_AMOUNT + 1, MAX_AMOUNT), (7, 7)]
)
def test_t_44_a_fixed_price_is_always_one_that_can_be_held(fixed: int, points: int) -> None:
    assert quoted(2.0, median_s=3.0, p90_s=7.2, fixed_price=fixed).points == Points(points)


def test_a_quote_from_before_rates_were_noted_is_settled_by_its_gpu() -> None:
    old = Quote(points=Points(50), median_s=5.0, p90_s=8.0)

    assert PRICES.settled(old, 10.0, gpu="A10G") == Points(20)
    assert PRICES.settled(old, 10.0, gpu="B200") == Points(50)
