"""What GPU time was used, and what it costs: USD per second of each GPU."""

import datetime as dt
from collections.abc import Iterable

import attrs

PRICES = {
    "T4": 0.00018,
    "L4": 0.00032,
    "A10G": 0.000337,
    "L40S": 0.000596,
    "A100": 0.00114,
    "A100-80GB": 0.001708,
    "H100": 0.002338,
    "H200": 0.001891,
    "B200": 0.002604,
    "CPU": 4.2e-05,
}
FREE_TIER_CENTS = 500


@attrs.frozen(kw_only=True)
class GpuTime:
    """A stretch of time for which a GPU was rented."""

    machine_id: str
    machine_name: str | None
    gpu: str | None
    start: dt.datetime
    end: dt.datetime

    @property
    def seconds(self) -> float:
        """How long it was."""
        return (self.end - self.start).total_seconds()

    @property
    def cost(self) -> float:
        """What it costs, in USD; a GPU without a price is free."""
        return PRICES.get(self.gpu or "", 0.0) * self.seconds


def by_machine(times: Iterable[GpuTime]) -> list[dict[str, object]]:
    """Return one row for each machine and GPU, the most used first."""
    groups: dict[tuple[str, str | None, str | None], list[GpuTime]] = {}
    for one in times:
        groups.setdefault((one.machine_id, one.machine_name, one.gpu), []).append(one)
    ordered = sorted(groups.items(), key=lambda group: -sum(one.seconds for one in group[1]))
    return [
        {
            "machine_id": machine_id,
            "machine_name": name,
            "gpu": gpu,
            "ws_gpu": None,
            "usage_in_sec": sum(one.seconds for one in group),
            "cost_item_title": None,
            "cost": sum(one.cost for one in group),
        }
        for (machine_id, name, gpu), group in ordered
    ]


def by_day(times: Iterable[GpuTime]) -> list[dict[str, object]]:
    """Return one row for each day: its date, and the cost of each GPU."""
    days: dict[str, dict[str, float]] = {}
    for one in times:
        costs = days.setdefault(f"{one.start:%Y-%m-%d}", {})
        if one.gpu is not None:
            costs[one.gpu] = costs.get(one.gpu, 0.0) + one.cost
    return [{"date": date, **days[date]} for date in sorted(days)]


def bill(times: Iterable[GpuTime], start: dt.datetime, end: dt.datetime) -> dict[str, object]:
    """Return the usage of a period and what is to be paid for it, in USD."""
    used = list(times)
    total = sum(one.cost for one in used)
    return {
        "usage": by_machine(used),
        "total_cost": total,
        "final_cost": max(total - FREE_TIER_CENTS / 100, 0),
        "free_tier_credit": FREE_TIER_CENTS,
        "credit": None,
        "period": {"start": _bare(start), "end": _bare(end)},
    }


def _bare(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}"
