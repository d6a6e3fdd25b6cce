"""Moving a job: saved over the version it was read at, and told."""

from datetime import timedelta

import pytest

from core.generations.model import Claim, Delivery, Job, JobState
from core.generations.ports import Places
from core.generations.service import Moves
from core.generations.timing import Timing
from core.shared.events import DeliveryDue, JobChanged, OperatorAlerted
from core.shared.ids import JobId
from infrastructure.memory.jobs import InMemoryJobs
from tests.builders import NOW, a_claim, a_job, an_ended_job
from tests.fakes.clock import FixedClock
from tests.fakes.events import RecordingEvents

OWNER = "worker:1"
JOB = JobId("job-1")


@pytest.fixture
def jobs() -> InMemoryJobs:
    return InMemoryJobs()


@pytest.fixture
def events() -> RecordingEvents:
    return RecordingEvents()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def moves(jobs: InMemoryJobs, events: RecordingEvents, clock: FixedClock) -> Moves:
    return Moves(jobs=jobs, clock=clock, events=events, timing=Timing(), owner=OWNER)


def after(seconds: float) -> Claim:
    return Claim(owner=OWNER, until=NOW + timedelta(seconds=seconds))


def taken(saved: Job | None) -> Job:
    assert saved is not None
    return saved


async def test_a_move_is_saved_and_told(
    moves: Moves, jobs: InMemoryJobs, events: RecordingEvents
) -> None:
    job = await jobs.add(a_job(state=JobState.SUBMITTED))

    moved = await moves.move(job, JobState.RUNNING, wake_at=NOW)

    assert moved == await moves.get(JOB)
    assert moved is not None
    assert (moved.state, moved.next_wake_at, moved.version) == (JobState.RUNNING, NOW, 1)
    assert events.events == [JobChanged(JOB, "running")]


async def test_a_claim_takes_a_job_into_the_state_of_its_effect(
    moves: Moves, jobs: InMemoryJobs
) -> None:
    job = await jobs.add(a_job(state=JobState.RUNNING))

    claimed = taken(await moves.claim(job, JobState.COLLECTING))

    assert (claimed.state, claimed.claim) == (JobState.COLLECTING, after(60))
    assert claimed.next_wake_at == after(60).until


async def test_a_claim_in_the_same_state_takes_over(moves: Moves, jobs: InMemoryJobs) -> None:
    dead = a_job(state=JobState.SETTLING, claim=a_claim("worker:0"), moved_at=NOW)
    job = await jobs.add(dead)

    claimed = taken(await moves.claim(job, JobState.SETTLING))

    assert (claimed.claim, claimed.moved_at) == (after(60), NOW)


async def test_the_next_waiting_job_is_claimed_for_as_long_as_a_submit_may_take(
    moves: Moves, jobs: InMemoryJobs, events: RecordingEvents
) -> None:
    await jobs.add(a_job(state=JobState.WAITING))

    claimed = taken(await moves.claim_next(Places()))

    assert claimed.claim == after(75)
    assert events.events == [JobChanged(JOB, "submitting")]


async def test_where_nobody_waits_nothing_is_claimed_or_told(
    moves: Moves, events: RecordingEvents
) -> None:
    assert await moves.claim_next(Places()) is None
    assert events.events == []


async def test_another_try_lets_go_and_counts(moves: Moves, jobs: InMemoryJobs) -> None:
    job = await jobs.add(a_job(state=JobState.COLLECTING, claim=a_claim(OWNER)))

    later = taken(await moves.again(job, timedelta(seconds=4)))

    assert (later.claim, later.attempts) == (None, 1)
    assert later.next_wake_at == NOW + timedelta(seconds=4)


async def test_an_end_is_told_with_the_delivery_that_is_due(
    moves: Moves, jobs: InMemoryJobs, events: RecordingEvents
) -> None:
    job = await jobs.add(a_job(state=JobState.RUNNING))

    ended = taken(await moves.end(job, JobState.FAILED, failure="It failed."))

    assert (ended.failure, ended.delivery) == ("It failed.", Delivery.PENDING)
    assert events.events == [JobChanged(JOB, "failed"), DeliveryDue(JOB)]


async def test_who_was_slower_changes_nothing_and_tells_nothing(
    moves: Moves, jobs: InMemoryJobs, events: RecordingEvents
) -> None:
    stale = await jobs.add(a_job(state=JobState.RUNNING))
    faster = await jobs.save(stale)

    moved = [
        await moves.move(stale, JobState.COLLECTING),
        await moves.claim(stale, JobState.COLLECTING),
        await moves.again(stale, timedelta(seconds=1)),
        await moves.end(stale, JobState.FAILED),
        await moves.claim_delivery(stale),
        await moves.end_delivery(stale, Delivery.DELIVERED, wait=timedelta()),
    ]

    assert moved == [None] * 6
    assert (await jobs.get(JOB), events.events) == (faster, [])


async def test_an_alert_is_told(moves: Moves, events: RecordingEvents) -> None:
    await moves.alert("service.refused", "401")

    assert events.events == [OperatorAlerted("service.refused", "401")]


async def test_the_same_alert_is_told_once_in_ten_minutes(
    moves: Moves, events: RecordingEvents, clock: FixedClock
) -> None:
    for wait_s in (0, 1, 598, 2):
        clock.advance(seconds=wait_s)
        await moves.alert("service.refused", f"after {wait_s} s")
        await moves.alert("points.no_hold", f"after {wait_s} s")

    told = [(each.code, each.text) for each in events.events if isinstance(each, OperatorAlerted)]
    assert told == [
        ("service.refused", "after 0 s"),
        ("points.no_hold", "after 0 s"),
        ("service.refused", "after 2 s"),
        ("points.no_hold", "after 2 s"),
    ]


async def test_a_clock_that_was_set_back_silences_no_alert(
    moves: Moves, events: RecordingEvents, clock: FixedClock
) -> None:
    await moves.alert("service.refused", "before")
    clock.advance(seconds=-86_400)
    await moves.alert("service.refused", "after")

    assert len(events.events) == 2


async def test_a_delivery_counts_as_a_try_from_its_claim_on(
    moves: Moves, jobs: InMemoryJobs
) -> None:
    job = await jobs.add(an_ended_job())

    claimed = taken(await moves.claim_delivery(job))

    assert (claimed.delivery, claimed.claim) == (Delivery.DELIVERING, after(60))
    assert claimed.delivery_attempts == 1


@pytest.mark.parametrize(
    ("delivery", "again_s"),
    [(Delivery.DELIVERED, None), (Delivery.PENDING, 8), (Delivery.UNDELIVERABLE, None)],
)
async def test_a_delivery_that_ended_is_tried_again_only_while_it_is_pending(
    moves: Moves, jobs: InMemoryJobs, delivery: Delivery, again_s: float | None
) -> None:
    job = await jobs.add(an_ended_job())
    claimed = taken(await moves.claim_delivery(job))

    ended = taken(await moves.end_delivery(claimed, delivery, wait=timedelta(seconds=8)))

    assert (ended.delivery, ended.claim, ended.delivery_attempts) == (delivery, None, 1)
    assert ended.next_wake_at == (None if again_s is None else NOW + timedelta(seconds=again_s))
