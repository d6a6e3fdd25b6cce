"""How long a run will take, told from those before it. Pure."""

import math
from collections.abc import Sequence

import attrs

UNKNOWN_MEDIAN_S = 6.0
UNKNOWN_P90_S = 10.0
"""What a run is taken to last before any has been seen, in seconds."""


@attrs.frozen(kw_only=True)
class Estimate:
    """How long a run takes, in seconds: half end by `median_s`, nine in ten by `p90_s`."""

    median_s: float
    p90_s: float
    gpu: str | None = None


def estimate(seconds: Sequence[float], *, gpu: str | None) -> Estimate:
    """Return the estimate from the run times of recent successes, in seconds, in any order."""
    usable = sorted(each for each in seconds if math.isfinite(each) and each >= 0)
    if not usable:
        return Estimate(median_s=UNKNOWN_MEDIAN_S, p90_s=UNKNOWN_P90_S, gpu=gpu)
    return Estimate(median_s=_quantile(usable, 0.5), p90_s=_quantile(usable, 0.9), gpu=gpu)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Return the nearest-rank quantile of numbers in ascending order."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
