"""Whether a hold and a job belong together."""

from datetime import timedelta

import pytest

from core.generations.holds import ENDING_TAKES, HoldAndJob, problems
from core.generations.model import ENDS, JobState
from core.points.books import HoldState
from core.shared.ids import WalletId
from tests.builders import NOW

LIVE = [state for state in JobState if not state.is_end]
PAST_PREPARED = [state for state in LIVE if state is not JobState.PREPARED]


def pair(job: JobState | None, hold: HoldState | None, *, ended_s_ago: float = 0.0) -> HoldAndJob:
    ended_at = None if hold in (None, HoldState.HELD) else NOW - timedelta(seconds=ended_s_ago)
    return HoldAndJob(
        id="job-1", job=job, hold=hold, wallet=WalletId("ada"), points=10, ended_at=ended_at
    )


@pytest.mark.parametrize("state", LIVE)
def test_a_live_job_with_its_hold_is_right(state: JobState) -> None:
    assert pair(state, HoldState.HELD).problem(now=NOW) is None


def test_a_prepared_job_may_have_no_hold_yet() -> None:
    assert pair(JobState.PREPARED, None).problem(now=NOW) is None


@pytest.mark.parametrize("hold", [None, HoldState.SETTLED, HoldState.RELEASED])
@pytest.mark.parametrize("state", [None, *sorted(ENDS)])
def test_what_has_ended_or_never_was_needs_no_hold(
    state: JobState | None, hold: HoldState | None
) -> None:
    assert pair(state, hold, ended_s_ago=10**6).problem(now=NOW) is None


def test_points_held_for_no_job_are_found() -> None:
    assert pair(None, HoldState.HELD).problem(now=NOW) == (
        "Hold job-1 keeps 10 points of wallet ada, and there is no such job."
    )


def test_one_point_is_a_point() -> None:
    one = HoldAndJob(id="job-1", hold=HoldState.HELD, wallet=WalletId("ada"), points=1)

    assert (one.problem(now=NOW) or "").startswith("Hold job-1 keeps 1 point of wallet ada,")


@pytest.mark.parametrize("state", sorted(ENDS))
def test_points_held_for_a_job_that_has_ended_are_found(state: JobState) -> None:
    assert pair(state, HoldState.HELD).problem(now=NOW) == (
        f"Hold job-1 keeps 10 points of wallet ada, and its job has ended: {state}."
    )


@pytest.mark.parametrize("state", PAST_PREPARED)
def test_a_live_job_without_a_hold_is_found(state: JobState) -> None:
    assert pair(state, None).problem(now=NOW) == (
        f"Job job-1 is {state}, and has no hold: nobody pays for it."
    )


@pytest.mark.parametrize("hold", [HoldState.SETTLED, HoldState.RELEASED])
def test_a_job_has_some_time_to_end_after_its_hold(hold: HoldState) -> None:
    takes = ENDING_TAKES.total_seconds()

    assert pair(JobState.SETTLING, hold, ended_s_ago=takes).problem(now=NOW) is None
    assert pair(JobState.SETTLING, hold, ended_s_ago=takes + 1).problem(now=NOW) == (
        f"Job job-1 is settling, and its hold has long been {hold}."
    )


def test_problems_are_told_in_the_order_of_ids() -> None:
    pairs = [HoldAndJob(id=name, job=JobState.RUNNING) for name in ("b", "a")]

    first, second = problems([*pairs, pair(None, None)], now=NOW)

    assert (first[:5], second[:5]) == ("Job a", "Job b")
