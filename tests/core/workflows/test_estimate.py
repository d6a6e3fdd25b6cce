"""How long a run will take, told from those before it."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.workflows.estimate import (
    STAYS_WARM,
    UNKNOWN_MEDIAN_S,
    UNKNOWN_P90_S,
    Estimate,
    estimate,
    joined,
    waited_s,
)
from core.workflows.ports import RunTime
from tests.builders import NOW

LATER = NOW + timedelta(hours=1)
NUMBERS = st.one_of(st.none(), st.floats())
RUNS = st.builds(
    RunTime,
    ended_at=st.integers(0, 5).map(lambda minutes: NOW - timedelta(minutes=minutes)),
    run_s=st.one_of(st.floats(), st.floats(0, 100)),
    wait_s=st.one_of(NUMBERS, st.floats(0, 100)),
    gpu=st.sampled_from([None, "A10G", "H100"]),
    was_cold=st.sampled_from([None, True, False]),
)


def a_run(
    run_s: float,
    *,
    wait_s: float | None = None,
    gpu: str | None = "A10G",
    was_cold: bool | None = None,
    minutes_ago: float = 0.0,
) -> RunTime:
    """Return a run that has just ended, or some minutes ago."""
    ended_at = NOW - timedelta(minutes=minutes_ago)
    return RunTime(ended_at=ended_at, run_s=run_s, wait_s=wait_s, gpu=gpu, was_cold=was_cold)


def runs(*seconds: float, gpu: str | None = "A10G", wait_s: float | None = None) -> list[RunTime]:
    """Return runs that took so long, ten minutes apart."""
    return [
        a_run(each, gpu=gpu, wait_s=wait_s, minutes_ago=10.0 * number)
        for number, each in enumerate(seconds)
    ]


def expected(found: Sequence[RunTime], *, now: datetime | None = LATER) -> Estimate:
    return estimate(found, gpu="A10G", now=now)


@pytest.mark.parametrize("seconds", [[], [math.nan, math.inf, -1.0]])
def test_without_a_usable_run_a_usual_time_is_taken(seconds: list[float]) -> None:
    found = estimate(runs(*seconds), gpu="H100", now=LATER)

    assert found == Estimate(median_s=UNKNOWN_MEDIAN_S, p90_s=UNKNOWN_P90_S, gpu="H100")


def test_half_end_by_the_median_and_nine_in_ten_by_the_other() -> None:
    found = expected(runs(3, 9, 1, 7, 5, 2, 10, 8, 4, 6))

    assert (found.median_s, found.p90_s, found.samples) == (5, 9, 10)


def test_one_run_tells_both() -> None:
    found = expected([a_run(4.0)])

    assert (found.median_s, found.p90_s) == (4, 4)


def test_runs_on_the_same_gpu_count_before_others() -> None:
    found = expected([*runs(4, 5, 6), *runs(20, 30, 40, 50, gpu="T4"), *runs(60, gpu=None)])

    assert (found.median_s, found.p90_s, found.samples) == (5, 6, 3)


def test_few_runs_on_the_same_gpu_are_filled_up_with_unknown_ones_and_then_the_newest() -> None:
    old, young = a_run(40, gpu="T4", minutes_ago=9), a_run(30, gpu="T4", minutes_ago=2)

    found = expected([old, a_run(4), young, a_run(20, gpu=None, minutes_ago=60)])

    assert (found.median_s, found.p90_s, found.samples) == (20, 30, 3)


@pytest.mark.parametrize(
    ("others", "median_s"),
    [(runs(20, 30, 40, gpu="T4"), 30), ([*runs(9, gpu=None), *runs(20, gpu="T4")], 9)],
)
def test_runs_on_other_gpus_are_better_than_none(others: list[RunTime], median_s: float) -> None:
    assert expected(others).median_s == median_s


def test_where_the_gpu_is_not_known_every_run_counts() -> None:
    found = estimate([*runs(4, gpu="T4"), *runs(6, gpu=None), *runs(8)], gpu=None)

    assert (found.median_s, found.samples) == (6, 3)


def test_a_cold_start_that_was_told_does_not_make_the_next_run_look_slow() -> None:
    found = expected([*runs(4, 5, 6), a_run(60, was_cold=True, wait_s=40)])

    assert (found.median_s, found.p90_s, found.samples) == (5, 6, 3)


def test_a_wait_that_is_much_longer_than_usual_is_a_cold_start() -> None:
    found = expected([*runs(4, 5, 6, wait_s=2.0), a_run(60, wait_s=42.0)])

    assert (found.p90_s, found.cold_s, found.is_cold_likely) == (6, 40, True)


def test_a_wait_that_is_a_little_longer_than_usual_is_none() -> None:
    found = expected([*runs(4, 5, 6, wait_s=2.0), a_run(9, wait_s=6.5)])

    assert (found.p90_s, found.cold_s, found.is_cold_likely) == (9, 0, False)


def test_where_every_run_found_a_cold_machine_they_tell_the_time_all_the_same() -> None:
    found = expected(runs(14, 15, 16, wait_s=40.0))

    assert (found.median_s, found.p90_s, found.samples) == (15, 16, 3)
    assert (found.cold_s, found.is_cold_likely) == (34, True)


def test_a_warm_machine_that_was_told_is_warm_however_long_the_wait() -> None:
    found = expected([*runs(4, 5, wait_s=1.0), a_run(6, wait_s=60.0, was_cold=False)])

    assert (found.p90_s, found.cold_s) == (6, 0)


def test_who_waited_for_another_run_to_end_did_not_wait_for_a_machine() -> None:
    queue = [a_run(5, wait_s=1.0 + 20 * number, minutes_ago=3 - number / 3) for number in range(9)]

    assert expected(queue).cold_s == 0


def test_an_outage_is_no_cold_start() -> None:
    found = expected([*runs(4, 5, 6, wait_s=2.0), a_run(5, wait_s=7_200.0)])

    assert (found.cold_s, found.samples) == (0, 4)


def test_a_cold_start_without_a_wait_says_nothing_of_how_long_it_takes() -> None:
    found = expected([*runs(4, 5, 6), a_run(20, was_cold=True)])

    assert (found.cold_s, found.is_cold_likely) == (0, False)


@pytest.mark.parametrize(
    ("idle", "is_likely"),
    [
        (timedelta(seconds=-5), False),
        (timedelta(0), False),
        (STAYS_WARM, False),
        (STAYS_WARM + timedelta(seconds=1), True),
        (timedelta(days=9), True),
    ],
)
def test_a_machine_is_cold_when_its_last_run_is_long_over(
    idle: timedelta, *, is_likely: bool
) -> None:
    found = [*runs(4, 5, 6, wait_s=2.0), a_run(9, wait_s=42.0, minutes_ago=80)]

    assert expected(found, now=NOW + idle).is_cold_likely is is_likely


def test_without_the_time_of_day_no_cold_start_is_expected() -> None:
    cold = a_run(9, wait_s=42.0, minutes_ago=90)

    found = expected([*runs(4, 5, 6, wait_s=2.0), cold], now=None)

    assert (found.cold_s, found.is_cold_likely) == (40, False)


def test_runs_that_the_service_lists_are_not_counted_twice() -> None:
    ours = [a_run(4.0, minutes_ago=1), a_run(6.0, minutes_ago=5)]
    same = attrs.evolve(ours[0], ended_at=ours[0].ended_at - timedelta(seconds=3), run_s=4.2)
    later = attrs.evolve(same, ended_at=NOW + timedelta(minutes=5))
    slower = attrs.evolve(same, run_s=9.0)

    assert joined(ours, [same, later, slower]) == [*ours, later, slower]


@pytest.mark.parametrize(("run_s", "waited"), [(4.0, 6.0), (10.0, 0.0), (12.0, 0.0)])
def test_a_wait_is_what_of_the_time_was_no_work(run_s: float, waited: float) -> None:
    assert waited_s(NOW, NOW + timedelta(seconds=10), run_s=run_s) == waited


def test_without_a_submit_no_wait_is_known() -> None:
    assert waited_s(None, NOW, run_s=4.0) is None


@given(found=st.lists(RUNS, max_size=60), gpu=st.sampled_from([None, "A10G", "L4"]))
def test_t_21_an_estimate_is_always_finite_and_in_order(
    found: list[RunTime], gpu: str | None
) -> None:
    told = estimate(found, gpu=gpu, now=LATER)

    assert 0 <= told.median_s <= told.p90_s < math.inf
    assert 0 <= told.cold_s < math.inf
    assert told.is_cold_likely <= (told.cold_s > 0)


@given(data=st.data(), found=st.lists(RUNS, max_size=12))
def test_the_order_of_runs_does_not_matter(data: st.DataObject, found: list[RunTime]) -> None:
    other = data.draw(st.permutations(found))

    assert expected(other) == expected(found)


@given(
    data=st.data(),
    found=st.lists(RUNS.filter(lambda each: 0 <= each.run_s <= 1e300), min_size=1, max_size=12),
    extra_s=st.floats(0, 1e6),
)
def test_a_longer_run_never_shortens_the_estimate(
    data: st.DataObject, found: list[RunTime], extra_s: float
) -> None:
    which = data.draw(st.integers(0, len(found) - 1))
    longer = list(found)
    longer[which] = attrs.evolve(found[which], run_s=found[which].run_s + extra_s)

    before, after = expected(found), expected(longer)

    assert before.median_s <= after.median_s
    assert before.p90_s <= after.p90_s
