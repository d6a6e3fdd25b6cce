"""What every JobStore promises of the queue: whose turn it is, and how many places there are."""

import asyncio
from datetime import datetime, timedelta

import attrs
import pytest

from core.generations.model import Job, JobState
from core.generations.ports import JobStore, Places
from core.shared.ids import AccountId, JobId
from infrastructure.memory.jobs import InMemoryJobs
from infrastructure.sql.database import Database
from infrastructure.sql.jobs import SqlJobs
from tests.builders import ADA, BOB, NOW, a_claim, a_job

LATER = NOW + timedelta(seconds=60)
CLAIM = a_claim(until=LATER)
PLACES = Places(per_account=2, in_all=4)


@pytest.fixture
def jobs(database: Database | None) -> JobStore:
    return InMemoryJobs() if database is None else SqlJobs(database)


def minutes(count: float) -> datetime:
    return NOW + timedelta(minutes=count)


def waiting(id: str, *, account: AccountId = ADA, since: datetime = NOW) -> Job:
    return a_job(id, account=account, state=JobState.WAITING, created_at=since)


async def add_all(jobs: JobStore, *many: Job) -> None:
    for job in many:
        await jobs.add(job)


async def claim(jobs: JobStore, places: Places = PLACES) -> str | None:
    job = await jobs.claim_next(CLAIM, places, now=NOW)
    return None if job is None else job.id


async def test_the_oldest_waiting_job_is_claimed(jobs: JobStore) -> None:
    await add_all(jobs, waiting("young", since=minutes(2)), waiting("old", since=minutes(1)))
    await jobs.add(a_job("not waiting"))

    job = await jobs.claim_next(CLAIM, PLACES, now=LATER)

    assert job is not None
    assert (job.id, job.state, job.claim) == ("old", JobState.SUBMITTING, CLAIM)
    assert (job.version, job.moved_at, job.attempts) == (1, LATER, 0)
    assert await jobs.get(JobId("old")) == job


async def test_nothing_is_claimed_when_nobody_waits(jobs: JobStore) -> None:
    await add_all(jobs, a_job("prepared"), a_job("running", state=JobState.RUNNING))

    assert await claim(jobs) is None


async def test_the_turn_goes_to_whoever_has_the_fewest_jobs_at_the_service(
    jobs: JobStore,
) -> None:
    await add_all(
        jobs,
        a_job("ada-runs", state=JobState.RUNNING, created_at=minutes(-5)),
        waiting("ada-waits", since=minutes(-4)),
        waiting("bob-waits", account=BOB),
    )

    assert [await claim(jobs), await claim(jobs)] == ["bob-waits", "ada-waits"]


async def test_a_person_gets_no_more_places_than_allowed(jobs: JobStore) -> None:
    await add_all(jobs, waiting("a"), waiting("b"), waiting("c"), waiting("d", account=BOB))

    claimed = [await claim(jobs, Places(per_account=2, in_all=10)) for _ in range(4)]

    assert claimed == ["a", "d", "b", None]


async def test_there_are_no_more_places_than_in_all(jobs: JobStore) -> None:
    people = [AccountId(f"person-{number}") for number in range(4)]
    await add_all(jobs, *(waiting(f"of-{person}", account=person) for person in people))

    claimed = [await claim(jobs, Places(per_account=2, in_all=3)) for _ in range(4)]

    assert claimed[3] is None
    assert None not in claimed[:3]


@pytest.mark.parametrize("state", list(JobState))
async def test_a_job_takes_a_place_exactly_while_it_is_at_the_service(
    jobs: JobStore, state: JobState
) -> None:
    await add_all(jobs, a_job("other", state=state, created_at=minutes(1)), waiting("mine"))

    claimed = await claim(jobs, Places(per_account=1, in_all=1))

    assert claimed == (None if state.at_service else "mine")


async def test_callers_at_once_never_exceed_the_places(jobs: JobStore) -> None:
    people = [AccountId(f"person-{number % 6}") for number in range(24)]
    await add_all(jobs, *(waiting(f"job-{n:02}", account=who) for n, who in enumerate(people)))

    claimed = await asyncio.gather(*(claim(jobs, Places(per_account=1, in_all=4)) for _ in people))

    won = [each for each in claimed if each is not None]
    assert len(won) == len(set(won)) == 4


async def test_the_jobs_ahead_are_the_older_ones_that_wait(jobs: JobStore) -> None:
    mine = waiting("mine", since=minutes(3))
    await add_all(
        jobs,
        waiting("first", since=minutes(1)),
        waiting("second", since=minutes(2), account=BOB),
        mine,
        waiting("behind", since=minutes(4)),
        a_job("running", state=JobState.RUNNING),
    )

    assert await jobs.ahead_of(mine) == 2


async def test_of_jobs_of_the_same_moment_the_order_is_the_one_of_the_claims(
    jobs: JobStore,
) -> None:
    await add_all(jobs, waiting("b"), waiting("a"), waiting("c"))

    ahead = [await jobs.ahead_of(waiting(name)) for name in "abc"]

    assert ahead == [0, 1, 2]
    assert await claim(jobs) == "a"


async def test_a_job_whose_person_wants_its_end_is_never_claimed(jobs: JobStore) -> None:
    await add_all(jobs, waiting("unwanted"), waiting("wanted", since=minutes(1)))
    await jobs.request_cancel(JobId("unwanted"))

    assert [await claim(jobs), await claim(jobs)] == ["wanted", None]


async def test_a_claim_keeps_count_of_the_tries_before_it(jobs: JobStore) -> None:
    await jobs.add(attrs.evolve(waiting("busy"), attempts=3, next_wake_at=NOW))

    job = await jobs.claim_next(CLAIM, PLACES, now=NOW)

    assert job is not None
    assert job.attempts == 3


async def test_each_driver_claims_and_counts_only_its_own_jobs(jobs: JobStore) -> None:
    await jobs.add(attrs.evolve(waiting("the command's"), driver="make:1"))
    await add_all(jobs, waiting("the worker's", since=minutes(1)))
    one_place = Places(per_account=1, in_all=1)

    mine = await jobs.claim_next(CLAIM, one_place, now=NOW, driver="make:1")
    the_workers = await jobs.claim_next(CLAIM, one_place, now=NOW)

    assert mine is not None
    assert the_workers is not None
    assert (mine.id, the_workers.id) == ("the command's", "the worker's")


async def test_a_job_that_was_tried_waits_for_its_moment_and_lets_others_by(
    jobs: JobStore,
) -> None:
    await jobs.add(attrs.evolve(waiting("tried"), attempts=1, next_wake_at=LATER))
    await add_all(jobs, waiting("new", since=minutes(1)))

    first = [await claim(jobs), await claim(jobs)]
    then = await jobs.claim_next(CLAIM, PLACES, now=LATER)

    assert first == ["new", None]
    assert then is not None
    assert then.id == "tried"


async def test_nobody_waits_behind_another_drivers_jobs(jobs: JobStore) -> None:
    await jobs.add(attrs.evolve(waiting("the command's"), driver="make:1"))
    mine = waiting("mine", since=minutes(1))
    await jobs.add(mine)

    assert await jobs.ahead_of(mine) == 0
