"""The states that a job passes, and its way through them."""

from datetime import timedelta
from itertools import product

import attrs
import pytest

from core.generations.model import (
    AT_SERVICE,
    ENDS,
    WORKER,
    Delivery,
    Job,
    JobState,
    RunStatus,
)
from core.shared.ids import JobId
from tests.builders import NOW, a_claim, a_job, a_quote, a_wish

PICTURE = {
    "prepared": "waiting failed cancelled",
    "waiting": "submitting failed cancelled",
    "submitting": "submitted waiting failed timed_out cancelled",
    "submitted": "running collecting failed timed_out cancelled",
    "running": "collecting failed timed_out cancelled",
    "collecting": "settling failed cancelled",
    "settling": "succeeded cancelled",
}
ARROWS = {(begin, end) for begin, ends in PICTURE.items() for end in ends.split()}
LATER = NOW + timedelta(seconds=9)


@pytest.mark.parametrize(("begin", "end"), [*product(JobState, JobState)])
def test_a_job_moves_along_the_arrows_of_the_picture_only(begin: JobState, end: JobState) -> None:
    job = a_job(state=begin)

    if (begin, end) in ARROWS:
        assert job.moved(end, now=LATER).state is end
    else:
        with pytest.raises(ValueError, match=f"cannot go from {begin} to {end}"):
            job.moved(end, now=LATER)


def test_nothing_leads_away_from_an_end() -> None:
    assert {state for state in JobState if state.is_end} == ENDS
    assert not any(begin in ENDS for begin, _ in ARROWS)


def test_a_job_takes_a_place_from_its_submit_until_its_end() -> None:
    assert {state for state in JobState if state.at_service} == AT_SERVICE
    assert AT_SERVICE.isdisjoint(ENDS | {JobState.PREPARED, JobState.WAITING})


def test_every_state_but_the_first_is_reached_and_every_way_ends() -> None:
    assert {end for _, end in ARROWS} == set(JobState) - {JobState.PREPARED}
    assert {begin for begin, _ in ARROWS} == set(JobState) - ENDS


def test_a_prepared_job_begins_without_anything() -> None:
    job = Job.prepared(JobId("job-1"), a_wish(), a_quote(), now=NOW)

    assert (job.state, job.created_at, job.moved_at) == (JobState.PREPARED, NOW, NOW)
    assert (job.version, job.charged.amount, job.delivery) == (0, 0, Delivery.NONE)
    assert job.driver == WORKER


def test_a_move_lets_go_of_the_claim_and_begins_to_count_anew() -> None:
    claimed = attrs.evolve(a_job(state=JobState.SUBMITTING, claim=a_claim()), attempts=3)

    moved = claimed.moved(JobState.SUBMITTED, now=LATER)

    assert (moved.claim, moved.attempts, moved.moved_at) == (None, 0, LATER)
    assert moved.created_at == NOW


def test_an_end_has_its_delivery_pending_in_the_same_update() -> None:
    job = attrs.evolve(a_job(state=JobState.RUNNING), queue_position=3)

    ended = job.ended(JobState.FAILED, now=LATER, failure="It failed.")

    assert (ended.state, ended.delivery) == (JobState.FAILED, Delivery.PENDING)
    assert (ended.failure, ended.next_wake_at, ended.queue_position) == ("It failed.", LATER, None)


@pytest.mark.parametrize(("seconds", "claimed"), [(-1, False), (0, False), (1, True)])
def test_a_claim_lives_until_its_moment(seconds: float, *, claimed: bool) -> None:
    job = a_job(claim=a_claim(until=NOW + timedelta(seconds=seconds)))

    assert job.is_claimed(NOW) is claimed
    assert not a_job().is_claimed(NOW)


def test_a_run_is_over_unless_it_waits_or_runs() -> None:
    assert {status for status in RunStatus if not status.is_end} == {"pending", "running"}
