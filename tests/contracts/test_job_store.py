"""What every JobStore promises."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

import attrs
import pytest

from core.generations.model import Claim, Delivery, Job, JobState
from core.generations.ports import JobStore, Places
from core.points.model import Points
from core.shared.ids import AccountId, JobId, RunId
from infrastructure.memory.jobs import InMemoryJobs
from infrastructure.sql.database import Database
from infrastructure.sql.jobs import SqlJobs
from tests.builders import (
    ADA,
    BOB,
    NOW,
    a_claim,
    a_job,
    a_media_ref,
    a_quote,
    a_wish,
    an_ended_job,
)

LATER = NOW + timedelta(seconds=60)
CLAIM = a_claim(until=LATER)
PLACES = Places(per_account=2, in_all=4)
JOB = JobId("job-1")


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


def ids(many: Sequence[Job]) -> list[str]:
    return [job.id for job in many]


FULL = attrs.evolve(
    a_job(
        wish=attrs.evolve(
            a_wish(
                inputs={"prompt": "fuchs \u2744 '\"", "steps": 20, "cfg": 7.0, "tile": True},
                media_inputs=("image",),
                parent=JobId("job-0"),
            ),
            gpu=None,
        ),
        quote=a_quote(12, median_s=4.5, p90_s=9.25),
        state=JobState.RUNNING,
        claim=CLAIM,
        next_wake_at=LATER,
        run="run-1",
        run_s=5.5,
        outputs=(a_media_ref(), a_media_ref("ab.mp4")),
        charged=7,
        failure="nothing \u2014 yet",
        delivery=Delivery.DELIVERING,
        shown_at="web:chat-1/3",
        cancel_requested=True,
    ),
    attempts=3,
    progress=0.25,
    live_status="KSampler",
    queue_position=4,
    texts=("a", "b\nc"),
    delivery_attempts=2,
)


async def test_a_job_comes_back_as_it_was_added(jobs: JobStore) -> None:
    added = await jobs.add(FULL)

    assert added == FULL
    assert await jobs.get(JOB) == FULL


async def test_an_unknown_job_is_none(jobs: JobStore) -> None:
    assert await jobs.get(JOB) is None
    assert await jobs.save(a_job()) is None


async def test_moments_come_back_as_the_same_moments(jobs: JobStore) -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    await jobs.add(a_job(created_at=elsewhere))

    found = await jobs.get(JOB)

    assert found is not None
    assert (found.created_at, found.created_at.tzinfo is None) == (NOW, False)


async def test_a_job_that_is_added_again_stays_as_it_is(jobs: JobStore) -> None:
    await jobs.add(a_job())
    again = await jobs.add(a_job(account=BOB, state=JobState.WAITING))

    assert again == a_job()
    assert await jobs.get(JOB) == a_job()


async def test_saving_raises_the_version(jobs: JobStore) -> None:
    job = await jobs.add(a_job())

    saved = await jobs.save(job.moved(JobState.WAITING, now=LATER))

    assert saved is not None
    assert (saved.version, saved.state, saved.moved_at) == (1, JobState.WAITING, LATER)
    assert await jobs.get(JOB) == saved


async def test_everything_that_moves_is_saved(jobs: JobStore) -> None:
    await jobs.add(a_job())

    saved = await jobs.save(attrs.evolve(FULL, version=0))

    assert saved == attrs.evolve(
        FULL,
        version=1,
        wish=a_wish(),
        quote=a_quote(),
        shown_at="",
        cancel_requested=False,
    )


async def test_saving_over_an_older_version_changes_nothing(jobs: JobStore) -> None:
    job = await jobs.add(a_job())
    first = await jobs.save(job.moved(JobState.WAITING, now=NOW))

    second = await jobs.save(job.moved(JobState.CANCELLED, now=NOW))

    assert second is None
    assert await jobs.get(JOB) == first


async def test_of_many_savers_one_wins(jobs: JobStore) -> None:
    job = await jobs.add(a_job())
    moved = job.moved(JobState.WAITING, now=NOW)

    saved = await asyncio.gather(*(jobs.save(moved) for _ in range(20)))

    assert len([each for each in saved if each is not None]) == 1


async def test_saving_never_touches_what_others_write(jobs: JobStore) -> None:
    job = await jobs.add(a_job())
    await jobs.request_cancel(JOB)
    await jobs.note_shown(JOB, "web:chat-1/9")
    changed = attrs.evolve(
        job,
        wish=a_wish(account=BOB),
        quote=a_quote(99),
        created_at=LATER,
        reply_to="elsewhere",
    )

    saved = await jobs.save(changed)

    assert saved == attrs.evolve(job, version=1, cancel_requested=True, shown_at="web:chat-1/9")


async def test_a_saved_charge_and_claim_can_be_taken_back(jobs: JobStore) -> None:
    job = await jobs.add(a_job(claim=CLAIM, charged=5, next_wake_at=LATER))

    saved = await jobs.save(attrs.evolve(job, claim=None, charged=Points(0), next_wake_at=None))

    assert saved is not None
    assert (saved.claim, saved.charged, saved.next_wake_at) == (None, Points(0), None)


async def test_a_wish_for_an_end_is_noted_without_a_new_version(jobs: JobStore) -> None:
    job = await jobs.add(a_job(state=JobState.RUNNING))

    await jobs.request_cancel(JOB)

    assert await jobs.get(JOB) == attrs.evolve(job, cancel_requested=True)
    assert await jobs.save(job) is not None


async def test_an_ended_job_takes_no_wish_for_an_end(jobs: JobStore) -> None:
    job = await jobs.add(an_ended_job())

    await jobs.request_cancel(JOB)
    await jobs.request_cancel(JobId("unknown"))

    assert await jobs.get(JOB) == job


async def test_where_a_job_is_shown_is_noted_without_a_new_version(jobs: JobStore) -> None:
    job = await jobs.add(an_ended_job())

    await jobs.note_shown(JOB, "web:chat-1/4")
    await jobs.note_shown(JobId("unknown"), "web:chat-1/4")

    assert await jobs.get(JOB) == attrs.evolve(job, shown_at="web:chat-1/4")


async def test_the_open_jobs_of_a_person_are_told_oldest_first(jobs: JobStore) -> None:
    await add_all(
        jobs,
        waiting("young", since=minutes(2)),
        a_job("old", state=JobState.RUNNING, created_at=minutes(1)),
        an_ended_job("ended"),
        waiting("of-bob", account=BOB),
    )

    assert ids(await jobs.open_of(ADA)) == ["old", "young"]


async def test_the_recent_jobs_of_a_person_are_told_newest_first(jobs: JobStore) -> None:
    await add_all(
        jobs,
        waiting("middle", since=minutes(2)),
        an_ended_job("old", now=minutes(1)),
        waiting("young", since=minutes(3)),
        waiting("of-bob", account=BOB, since=minutes(4)),
    )

    assert ids(await jobs.recent_of(ADA, limit=2)) == ["young", "middle"]


async def test_the_newest_jobs_of_all_people_are_told_newest_first(jobs: JobStore) -> None:
    await add_all(
        jobs,
        waiting("middle", since=minutes(2)),
        an_ended_job("old", now=minutes(1)),
        waiting("of-bob", account=BOB, since=minutes(3)),
    )

    assert ids(await jobs.newest(limit=2)) == ["of-bob", "middle"]


async def test_the_newest_jobs_in_one_state_are_told_alone(jobs: JobStore) -> None:
    await add_all(
        jobs,
        waiting("waits"),
        an_ended_job("failed", state=JobState.FAILED, now=minutes(1)),
        an_ended_job("failed later", state=JobState.FAILED, now=minutes(2)),
        an_ended_job("succeeded", now=minutes(3)),
    )

    assert ids(await jobs.newest(limit=5, state=JobState.FAILED)) == ["failed later", "failed"]


async def test_jobs_of_the_same_moment_have_one_order(jobs: JobStore) -> None:
    await add_all(jobs, waiting("b"), waiting("c"), waiting("a"))

    assert ids(await jobs.newest(limit=5)) == ["c", "b", "a"]


async def test_only_recent_cancels_of_jobs_with_a_run_are_counted(jobs: JobStore) -> None:
    cancelled = an_ended_job(state=JobState.CANCELLED)
    await add_all(
        jobs,
        attrs.evolve(cancelled, id=JobId("counts"), moved_at=minutes(5)),
        attrs.evolve(cancelled, id=JobId("just counts"), moved_at=NOW),
        attrs.evolve(cancelled, id=JobId("too old"), moved_at=minutes(-1)),
        attrs.evolve(cancelled, id=JobId("no run"), run=None),
        attrs.evolve(cancelled, id=JobId("of bob"), wish=a_wish(account=BOB)),
        an_ended_job("failed", state=JobState.FAILED),
    )

    assert await jobs.cancelled_running_since(ADA, NOW) == 2


async def test_unfinished_is_what_has_not_ended_or_not_arrived(jobs: JobStore) -> None:
    await add_all(
        jobs,
        a_job("open", state=JobState.RUNNING),
        an_ended_job("pending", delivery=Delivery.PENDING),
        an_ended_job("delivering", delivery=Delivery.DELIVERING),
        an_ended_job("delivered", delivery=Delivery.DELIVERED),
        an_ended_job("undeliverable", delivery=Delivery.UNDELIVERABLE),
        an_ended_job("silent", delivery=Delivery.NONE),
    )

    assert sorted(ids(await jobs.unfinished())) == ["delivering", "open", "pending"]


async def test_a_job_that_is_saved_at_its_end_leaves_and_enters_the_lists(jobs: JobStore) -> None:
    job = await jobs.add(a_job(state=JobState.SETTLING))
    ended = await jobs.save(job.ended(JobState.SUCCEEDED, now=NOW))
    assert ended is not None

    assert ids(await jobs.unfinished()) == ["job-1"]
    await jobs.save(attrs.evolve(ended, delivery=Delivery.DELIVERED))
    assert await jobs.unfinished() == []


async def test_a_delivery_is_due_when_its_moment_has_come(jobs: JobStore) -> None:
    pending = an_ended_job()
    await add_all(
        jobs,
        attrs.evolve(pending, id=JobId("later"), next_wake_at=minutes(1)),
        attrs.evolve(pending, id=JobId("now"), next_wake_at=NOW),
        attrs.evolve(pending, id=JobId("before"), next_wake_at=minutes(-1)),
        an_ended_job("delivered", delivery=Delivery.DELIVERED),
        waiting("open"),
    )

    assert ids(await jobs.undelivered(now=NOW, limit=10)) == ["before", "now"]
    assert ids(await jobs.undelivered(now=NOW, limit=1)) == ["before"]


async def test_a_delivery_whose_claim_is_over_is_due_again(jobs: JobStore) -> None:
    delivering = an_ended_job(delivery=Delivery.DELIVERING)
    await add_all(
        jobs,
        attrs.evolve(delivering, id=JobId("alive"), claim=a_claim(until=minutes(1))),
        attrs.evolve(delivering, id=JobId("over"), claim=a_claim(until=NOW)),
        attrs.evolve(delivering, id=JobId("without"), claim=None),
    )

    assert sorted(ids(await jobs.undelivered(now=NOW, limit=10))) == ["over", "without"]


@pytest.mark.parametrize(
    ("prefixes", "found"),
    [
        ((), ["of a", "of ab", "of a_", "of a%", "of A", "of nobody"]),
        (("a:",), ["of a"]),
        (("a_:",), ["of a_"]),
        (("a%:",), ["of a%"]),
        (("ab:", "A:", "ac:"), ["of ab", "of A"]),
        (("a:chat and more",), []),
    ],
)
async def test_deliveries_are_found_by_how_their_address_begins(
    jobs: JobStore, prefixes: Sequence[str], found: list[str]
) -> None:
    for number, platform in enumerate(["a", "ab", "a_", "a%", "A", "nobody"]):
        end = an_ended_job(f"of {platform}", now=minutes(number - 10))
        await jobs.add(attrs.evolve(end, reply_to=f"{platform}:chat"))

    assert ids(await jobs.undelivered(now=NOW, limit=10, prefixes=prefixes)) == found
    assert ids(await jobs.undelivered(now=NOW, limit=1, prefixes=prefixes)) == found[:1]


async def test_the_claims_of_dead_owners_end(jobs: JobStore) -> None:
    running = a_job(state=JobState.SUBMITTING)
    claims = {
        "mine": "host-1/a",
        "mine too": "host-1/b",
        "other": "host-2/a",
        "other case": "HOST-1/a",
        "wild": "host_1/a",
    }
    for name, owner in claims.items():
        held = Claim(owner=owner, until=LATER)
        await jobs.add(attrs.evolve(running, id=JobId(name), claim=held))

    freed = await jobs.free_claims("host-1/")

    found = {job.id: job for job in await jobs.unfinished()}
    assert freed == 2
    assert {name for name, job in found.items() if job.claim is None} == {"mine", "mine too"}


async def test_an_owner_whose_claim_was_ended_cannot_save_any_more(jobs: JobStore) -> None:
    job = await jobs.add(a_job(state=JobState.SUBMITTING, claim=CLAIM))

    await jobs.free_claims("worker-1")

    assert await jobs.save(attrs.evolve(job, run=RunId("run-1"))) is None


async def test_jobs_are_found_by_the_beginning_of_their_ids(jobs: JobStore) -> None:
    await add_all(
        jobs,
        waiting("5f0c1", since=minutes(3)),
        waiting("5f0c2", account=BOB, since=minutes(2)),
        waiting("5f0d", since=minutes(1)),
        waiting("5f0", since=minutes(0)),
    )

    assert ids(await jobs.starting("5f0c", limit=9)) == ["5f0c2", "5f0c1"]
    assert ids(await jobs.starting("5f0c", limit=9, account=ADA)) == ["5f0c1"]
    assert ids(await jobs.starting("5f0", limit=2)) == ["5f0", "5f0d"]
    assert ids(await jobs.starting("5f0c1", limit=9)) == ["5f0c1"]
    assert await jobs.starting("5f0c1a", limit=9) == []
