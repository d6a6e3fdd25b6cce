"""What a run costs. Pure: seconds and a GPU in, whole points out."""

import math
from collections.abc import Mapping

import attrs
from attrs.validators import gt, in_

from core.points.model import MAX_AMOUNT, Points

# ComfyUI Deploy's price list (`GET /platform/gpu-pricing`), US dollars a second: for as long as
# the service itself tells no prices.
GPU_USD_PER_S: Mapping[str, float] = {
    "CPU": 0.000042,
    "T4": 0.00018,
    "L4": 0.00032,
    "A10G": 0.000337,
    "L40S": 0.000596,
    "A100": 0.00114,
    "A100-80GB": 0.001708,
    "H100": 0.002338,
    "H200": 0.001891,
    "B200": 0.002604,
}

MOST_USD_PER_S = 0.1
"""No GPU costs so much a second. Were prices told by the hour some day, nobody could pay them."""

NOTHING_TOLD: Mapping[str, float] = {}


@attrs.frozen(kw_only=True)
class Quote:
    """
    What a generation costs at most, and how long it takes. Settling never exceeds `points`.

    It has all that settling needs: whatever becomes of the prices, a run costs what was quoted.
    """

    points: Points
    median_s: float
    p90_s: float
    cold_s: float = 0.0
    """What a cold machine is likely to add to the time; 0 when none is expected. It is free."""
    points_per_s: float | None = None
    """None in quotes from before it was noted: those are settled by the present prices."""
    is_fixed: bool = False
    """Whether a result costs `points`, however long it took."""


@attrs.frozen(kw_only=True)
class PriceList:
    """Points for GPU seconds. An unknown GPU is never free: it costs what `usual_gpu` does."""

    usd_per_point: float = attrs.field(default=0.000337, validator=gt(0))
    factor: float = attrs.field(default=2.0, validator=gt(0))
    usual_gpu: str = attrs.field(default="A10G", validator=in_(GPU_USD_PER_S))

    def points_per_s(
        self, gpu: str | None, *, told: Mapping[str, float] = NOTHING_TOLD, factor: float = 1.0
    ) -> float:
        """
        Return what a second costs: above 0, and finite.

        `told` are the service's own dollars a second, which go before ours; one that is no price
        is passed over. `factor` is the workflow's own.
        """
        usual = _told_price(told, self.usual_gpu) or GPU_USD_PER_S[self.usual_gpu]
        name = gpu or self.usual_gpu
        usd = _told_price(told, name) or GPU_USD_PER_S.get(name) or usual
        exact = usd * self.factor * (_price(factor) or 1.0) / self.usd_per_point
        # What is so small that it vanishes, or too large for a number, is no price either.
        return min(exact, float(MAX_AMOUNT)) or usual

    def settled(self, quote: Quote, used_s: float, *, gpu: str | None) -> Points:
        """Return what a result costs that took so many seconds: never more than was quoted."""
        return quote.points if quote.is_fixed else self.used(quote, used_s, gpu=gpu)

    def used(self, quote: Quote, used_s: float, *, gpu: str | None) -> Points:
        """Return what so many seconds cost that led to no result: never more than was quoted."""
        rate = self.points_per_s(gpu) if quote.points_per_s is None else quote.points_per_s
        return min(_points(used_s, rate), quote.points)


def quoted(
    points_per_s: float,
    *,
    median_s: float,
    p90_s: float,
    cold_s: float = 0.0,
    fixed_price: int | None = None,
) -> Quote:
    """Return a run's quote: a fixed price, or that of one that is slower than nine in ten."""
    return Quote(
        points=_points(p90_s, points_per_s) if fixed_price is None else _movable(fixed_price),
        median_s=median_s,
        p90_s=p90_s,
        cold_s=cold_s,
        points_per_s=points_per_s,
        is_fixed=fixed_price is not None,
    )


def _points(seconds: float, rate: float) -> Points:
    """Return a price in whole points, rounded up: one that can be held, whatever the numbers."""
    # `max` with 0 first also turns what is no number into 0.
    exact = max(0.0, seconds) * rate
    return _movable(math.ceil(round(min(exact, MAX_AMOUNT), 6)))


def _movable(points: int) -> Points:
    return Points(min(max(1, points), MAX_AMOUNT))


def _told_price(told: Mapping[str, float], gpu: str) -> float | None:
    """Return what the service says that a GPU costs a second; None if that cannot be."""
    price = _price(told.get(gpu))
    return price if price is not None and price <= MOST_USD_PER_S else None


def _price(value: float | None) -> float | None:
    """Return a number that can be a price or a factor; None for any other."""
    return value if value is not None and math.isfinite(value) and value > 0 else None
