"""The waiting job whose turn it is gets its run: exactly one, and in a fair order."""

from datetime import timedelta

import attrs
import pytest

from core.generations.model import Job, JobState
from core.generations.ports import Places
from core.shared.errors import (
    InputRefusedError,
    ServiceBusyError,
    ServiceRefusedError,
    ServiceTroubleError,
    StationError,
)
from core.shared.ids import MediaId
from core.use_cases.submit_run import MOST_TRIES
from tests.builders import ADA, BOB
from tests.core.images import PNG
from tests.core.use_cases.station import CHARGE, PAINT, QUOTE, Station, World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def station(world: World) -> Station:
    return Station(world)


def age_s(job: Job) -> float:
    return (job.moved_at - job.created_at).total_seconds()


async def test_t_04_a_busy_service_is_asked_again_after_ever_longer_waits(
    station: Station, world: World
) -> None:
    world.gateway.fail_with(ServiceBusyError("429"))
    job = await station.begin()

    waits: list[timedelta] = []
    for _ in range(7):
        await station.wake_ups.advance_due(station.advance)
        seen = await station.job(job)
        assert (seen.state, seen.next_wake_at is None) == (JobState.WAITING, False)
        waits.append((seen.next_wake_at or world.clock.now()) - world.clock.now())
        world.clock.advance(seconds=waits[-1].total_seconds())

    assert [each.total_seconds() for each in waits] == [1, 2, 4, 8, 16, 30, 30]


async def test_a_service_that_was_busy_makes_the_picture_once_it_is_not(
    station: Station, world: World
) -> None:
    world.gateway.fail_with(ServiceBusyError("429"), times=4)

    job = await station.whole_life()

    assert (job.state, len(world.gateway.submitted)) == (JobState.SUCCEEDED, 1)
    assert await world.points() == (CHARGE, 0)
    assert station.alerts == []


async def test_t_04_after_many_busy_answers_the_person_is_told_and_nothing_charged(
    station: Station, world: World
) -> None:
    error = ServiceBusyError("429")
    world.gateway.fail_with(error)

    job = await station.whole_life()

    assert (job.state, job.failure) == (JobState.FAILED, error.user_message)
    assert await world.points() == (0, 0)
    assert station.alerts == ["service.busy"]
    assert age_s(job) > 200
    assert job.attempts <= MOST_TRIES


async def test_jobs_behind_one_that_meets_a_busy_service_do_not_press_it(
    station: Station, world: World
) -> None:
    world.gateway.fail_with(ServiceBusyError("429"))
    for account in (ADA, BOB):
        await station.begin(account=account)

    steps = await station.wake_ups.run_for(station.advance, seconds=4.5)

    assert steps < 10


async def test_t_04_the_tries_are_not_used_up_by_others_who_wait(
    station: Station, world: World
) -> None:
    world.gateway.fail_with(ServiceBusyError("429"))
    jobs = [await station.begin(account=who) for who in (ADA, BOB) for _ in range(5)]

    await station.live(seconds=60)
    waiting = [await station.job(job) for job in jobs]
    world.gateway.work_again()
    await station.live_out()

    assert {job.state for job in waiting} == {JobState.WAITING}
    assert max(job.attempts for job in waiting) <= 7
    assert {(await station.job(job)).state for job in jobs} == {JobState.SUCCEEDED}


async def test_a_job_whose_picture_cannot_be_uploaded_lets_the_others_by(
    station: Station, world: World
) -> None:
    picture = await station.media.take_image(PNG)
    world.gateway.fail_with(ServiceTroubleError("silence"), on="upload")
    stuck = await station.begin(workflow=PAINT, images=(picture.id,))
    other = await station.begin(account=BOB)

    await station.live(seconds=10)

    assert (await station.job(stuck)).state is JobState.WAITING
    assert (await station.job(other)).state is JobState.SUCCEEDED


async def test_a_refused_key_alerts_the_operators_and_apologises(
    station: Station, world: World
) -> None:
    world.gateway.fail_with(ServiceRefusedError("401 unknown key"))

    job = await station.whole_life()

    assert job.state is JobState.FAILED
    assert "not charged, and we know" in job.failure
    assert station.alerts == ["service.refused"]
    assert await world.points() == (0, 0)


async def test_an_input_that_only_the_service_refuses_is_told_in_its_words(
    station: Station, world: World
) -> None:
    world.gateway.fail_with(InputRefusedError("width", "“width” must divide by 8."))

    job = await station.whole_life()

    assert (job.state, job.failure) == (JobState.FAILED, "“width” must divide by 8.")
    assert await world.points() == (0, 0)


async def test_a_person_has_no_more_places_than_allowed_and_the_rest_waits(world: World) -> None:
    station = Station(world, places=Places(per_account=2, in_all=10))
    jobs = [await station.begin() for _ in range(4)]

    await station.live()
    states = [(await station.job(job)).state for job in jobs]
    await station.live_out()

    assert states == ["submitted", "submitted", "waiting", "waiting"]
    assert [(await station.job(job)).state for job in jobs] == ["succeeded"] * 4
    assert await world.points() == (4 * CHARGE, 0)


async def test_who_has_fewest_at_the_service_is_next_however_late(world: World) -> None:
    station = Station(world, places=Places(per_account=2, in_all=2))
    adas = [await station.begin(account=ADA) for _ in range(4)]
    await station.live()
    world.clock.advance(seconds=0.1)
    bobs = await station.begin(account=BOB)

    await station.live_out()

    order = [each.marker for each in world.gateway.submitted]
    assert order == [*adas[:2], bobs, *adas[2:]]


async def test_a_place_that_is_free_is_given_away_at_once(world: World) -> None:
    station = Station(world, places=Places(per_account=1, in_all=1))
    first, second = [await station.begin() for _ in range(2)]

    await station.live_out()

    freed, taken = await station.job(first), await station.job(second)
    assert taken.submitted_at == freed.moved_at


async def test_a_picture_is_uploaded_and_the_service_gets_its_url(
    station: Station, world: World
) -> None:
    picture = await station.media.take_image(PNG)
    job = await station.begin(workflow=PAINT, images=(picture.id,))

    await station.live_out()

    (request,) = world.gateway.submitted
    assert world.gateway.uploaded == ["image.png"]
    assert request.inputs["input_image"] == "https://fake.example/inputs/1-image.png"
    assert (await station.job(job)).wish.inputs["input_image"] == picture.id


async def test_a_picture_that_is_gone_ends_the_job_with_its_own_words(
    station: Station, world: World
) -> None:
    job = await station.begin(workflow=PAINT, images=(MediaId("gone.png"),))

    await station.live_out()

    ended = await station.job(job)
    assert (ended.state, "not here any more" in ended.failure) == (JobState.FAILED, True)
    assert (world.gateway.submitted, await world.points()) == ([], (0, 0))


@pytest.mark.parametrize("error", [ServiceTroubleError("silence"), ServiceBusyError("503")])
async def test_an_upload_that_fails_is_tried_again(
    station: Station, world: World, error: StationError
) -> None:
    picture = await station.media.take_image(PNG)
    world.gateway.fail_with(error, on="upload", times=2)
    job = await station.begin(workflow=PAINT, images=(picture.id,))

    await station.live_out()

    assert (await station.job(job)).state is JobState.SUCCEEDED


async def test_a_job_that_is_being_submitted_is_left_alone_while_the_claim_lives(
    station: Station, world: World
) -> None:
    job = await station.begin()
    claim = station.moves.claim_for(75)
    await world.jobs.claim_next(claim, Places(), now=world.clock.now())

    again_at = await station.advance(job)

    assert again_at == claim.until
    assert world.gateway.looked_up == 0


async def test_a_held_job_waits_with_its_points_set_aside(station: Station, world: World) -> None:
    job = await station.begin()

    assert (await station.job(job)).state is JobState.WAITING
    assert await world.points() == (0, QUOTE)


async def test_uploads_that_take_long_leave_the_submit_its_whole_lease(
    station: Station, world: World
) -> None:
    world.gateway.takes_s["upload"] = world.gateway.takes_s["submit"] = 55.0
    picture = await station.media.take_image(PNG)
    job = await station.begin(workflow=PAINT, images=(picture.id,))
    claims = []

    async def look() -> None:
        claims.append((await station.job(job)).is_claimed(world.clock.now()))

    world.gateway.before_submitting = look
    await station.live_out()

    assert claims == [True]
    assert world.gateway.looked_up == 0
    assert (await station.job(job)).state is JobState.SUCCEEDED


async def test_a_submit_whose_lease_is_over_before_it_begins_is_left_to_others(
    station: Station, world: World
) -> None:
    picture = await station.media.take_image(PNG)
    job = await station.begin(workflow=PAINT, images=(picture.id,))

    async def somebody_takes_over() -> None:
        there = await station.job(job)
        await world.jobs.save(attrs.evolve(there, claim=None))

    world.gateway.before_upload = somebody_takes_over
    await station.live()

    assert world.gateway.submitted == []
