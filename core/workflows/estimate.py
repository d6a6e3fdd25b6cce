"""How long a run will take, told from those before it. Pure."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs

from core.workflows.ports import RunTime

UNKNOWN_MEDIAN_S = 6.0
UNKNOWN_P90_S = 10.0
"""What a run is taken to last before any has been seen, in seconds."""

ENOUGH = 3
"""So many runs on the same GPU tell enough; fewer are filled up with runs on others."""

STAYS_WARM = timedelta(seconds=90)
"""How long a machine is taken to stay after a run: the service's usual 60 s, and some more."""

COLD_EXTRA_S = 5.0
"""By how much a cold start waits longer than usual, at least."""

USUAL_WAIT_AT_MOST_S = 6.0
"""Where every run finds the machine cold, the usual wait would be that of a cold start."""

COLD_AT_MOST_S = 600.0
"""Longer waits come from outages, ours too: they say nothing of a machine."""

SAME_WITHIN = timedelta(seconds=60)
SAME_RUN_S = 0.5
"""By how much the service's end and time of a run may differ from those that we noted."""


@attrs.frozen(kw_only=True)
class Estimate:
    """
    How long a run takes, in seconds: half end by `median_s`, nine in ten by `p90_s`.

    `cold_s` is what a cold machine adds to that, 0 when none was seen; `samples` is the number of
    runs that the times were told from.
    """

    median_s: float
    p90_s: float
    gpu: str | None = None
    cold_s: float = 0.0
    is_cold_likely: bool = False
    samples: int = 0


@attrs.frozen(kw_only=True)
class _Seen:
    """A run whose time can be used, and whether its machine was cold."""

    run: RunTime
    is_cold: bool


def estimate(runs: Sequence[RunTime], *, gpu: str | None, now: datetime | None = None) -> Estimate:
    """
    Return the estimate from recent successes, in any order.

    Runs on the same GPU go first, and those of a cold machine count only where there are no
    others: their first load of the models is not what the next one takes. Without `now` no cold
    start is expected.
    """
    seen = _classified([each for each in runs if _is_usable(each)])
    near = _on_gpu(seen, gpu)
    chosen = [each for each in near if not each.is_cold] or near
    if not chosen:
        return Estimate(median_s=UNKNOWN_MEDIAN_S, p90_s=UNKNOWN_P90_S, gpu=gpu)
    ordered = sorted(each.run.run_s for each in chosen)
    cold_s = _cold_s(near)
    newest = max(each.run.ended_at for each in seen)
    return Estimate(
        median_s=_quantile(ordered, 0.5),
        p90_s=_quantile(ordered, 0.9),
        gpu=gpu,
        cold_s=cold_s,
        is_cold_likely=cold_s > 0 and now is not None and now - newest > STAYS_WARM,
        samples=len(chosen),
    )


def joined(own: Sequence[RunTime], elsewhere: Sequence[RunTime]) -> list[RunTime]:
    """Return both, without those of elsewhere that are our own runs as the service counts them."""
    return [*own, *(each for each in elsewhere if not any(_is_same(each, ours) for ours in own))]


def waited_s(submitted_at: datetime | None, ended_at: datetime, *, run_s: float) -> float | None:
    """Return how long a run waited: what of the time from its submit to its end it did not work."""
    if submitted_at is None:
        return None
    return max(0.0, (ended_at - submitted_at).total_seconds() - run_s)


def _is_same(theirs: RunTime, ours: RunTime) -> bool:
    # We note an end after the service does, and its clock may be a little off.
    return (
        abs(ours.ended_at - theirs.ended_at) <= SAME_WITHIN
        and abs(ours.run_s - theirs.run_s) <= SAME_RUN_S
    )


def _is_usable(run: RunTime) -> bool:
    return math.isfinite(run.run_s) and run.run_s >= 0


def _wait_s(run: RunTime) -> float | None:
    """Return how long a run waited, None where that says nothing of its machine."""
    return run.wait_s if run.wait_s is not None and 0 <= run.wait_s <= COLD_AT_MOST_S else None


def _classified(runs: Sequence[RunTime]) -> list[_Seen]:
    """Return the runs with the cold ones told from the others: as was told, else by the wait."""
    usual_s = _usual_wait_s(runs)
    longest_s = usual_s + max(COLD_EXTRA_S, usual_s)

    def is_cold(run: RunTime) -> bool:
        if run.was_cold is not None:
            return run.was_cold
        return (_wait_s(run) or 0.0) >= longest_s

    return [_Seen(run=each, is_cold=is_cold(each)) for each in runs]


def _usual_wait_s(runs: Sequence[RunTime]) -> float:
    """Return the wait at a warm machine: one in four of all waited no longer."""
    waits = sorted(
        wait for each in runs if not each.was_cold and (wait := _wait_s(each)) is not None
    )
    return min(_quantile(waits, 0.25), USUAL_WAIT_AT_MOST_S) if waits else 0.0


def _on_gpu(seen: Sequence[_Seen], gpu: str | None) -> Sequence[_Seen]:
    """Return the runs on this GPU; too few are filled up with the newest of the others."""
    same = [each for each in seen if gpu is None or each.run.gpu == gpu]
    others = [each for each in seen if gpu is not None and each.run.gpu != gpu]
    if not same:
        return [each for each in others if each.run.gpu is None] or others
    # Sorted by all that tells two apart: the order in which they came must not matter.
    others.sort(key=lambda each: (each.is_cold, each.run.run_s, each.run.wait_s or 0.0))
    others.sort(key=lambda each: each.run.ended_at, reverse=True)
    others.sort(key=lambda each: each.run.gpu is not None)
    return [*same, *others[: max(0, ENOUGH - len(same))]]


def _cold_s(near: Sequence[_Seen]) -> float:
    """Return what a cold start adds to the usual wait, half of the time; 0 when none was seen."""
    usual_s = _usual_wait_s([each.run for each in near])
    extras = sorted(
        wait - usual_s
        for each in near
        if each.is_cold and not _is_queued(each.run, near)
        if (wait := _wait_s(each.run)) is not None and wait > usual_s
    )
    return _quantile(extras, 0.5) if extras else 0.0


def _is_queued(run: RunTime, others: Sequence[_Seen]) -> bool:
    """Whether another run ended while this one waited: it waited for that, not for a machine."""
    if run.was_cold:
        return False
    # In seconds before the end, as a run of a million years has no beginning in the calendar.
    least_s, most_s = run.run_s, run.run_s + (_wait_s(run) or 0.0)
    return any(
        least_s < (run.ended_at - each.run.ended_at).total_seconds() < most_s for each in others
    )


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Return the nearest-rank quantile of numbers in ascending order."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
