"""What a run costs. Pure: seconds and a GPU in, whole points out."""

import math
from collections.abc import Mapping

import attrs
from attrs.validators import gt, in_

from core.points.model import MAX_AMOUNT, Points

# ComfyUI Deploy's price list (`GET /platform/gpu-pricing`), US dollars a second.
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


@attrs.frozen(kw_only=True)
class PriceList:
    """Points for GPU seconds. An unknown GPU is never free: it costs what `usual_gpu` does."""

    usd_per_point: float = attrs.field(default=0.000337, validator=gt(0))
    factor: float = attrs.field(default=2.0, validator=gt(0))
    usual_gpu: str = attrs.field(default="A10G", validator=in_(GPU_USD_PER_S))

    def points_for(self, seconds: float, *, gpu: str | None) -> Points:
        """Return the price of so many run seconds: at least 1 point, rounded up."""
        rate = GPU_USD_PER_S.get(gpu or self.usual_gpu, GPU_USD_PER_S[self.usual_gpu])
        exact = max(0.0, seconds) * rate * self.factor / self.usd_per_point
        return Points(max(1, math.ceil(round(min(exact, MAX_AMOUNT), 6))))


@attrs.frozen(kw_only=True)
class Quote:
    """What a generation costs at most, and how long it takes. Settling never exceeds `points`."""

    points: Points
    median_s: float
    p90_s: float
