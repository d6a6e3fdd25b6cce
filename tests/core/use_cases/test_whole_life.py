"""A job from its start to its end: what happens, and what it costs."""

import pytest

from core.generations.model import Delivery, JobState, RunOutput, RunStatus
from core.shared.errors import ServiceRefusedError, ServiceTroubleError
from core.shared.events import DeliveryDue, JobChanged
from core.use_cases.follow_run import EMPTY, FAILED, STOPPED, TOO_LONG
from tests.builders import ADA
from tests.core.use_cases.clocked_gateway import ListingGateway
from tests.core.use_cases.station import CHARGE, QUOTE, HeardAt, Station, World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def station(world: World) -> Station:
    return Station(world)


async def test_a_success_is_charged_what_it_took_and_the_rest_of_the_hold_returns(
    station: Station, world: World
) -> None:
    job = await station.begin()
    held = await world.points()
    await station.live_out()

    ended = await station.job(job)
    assert (ended.state, ended.charged.amount) == (JobState.SUCCEEDED, CHARGE)
    assert (held, await world.points()) == ((0, QUOTE), (CHARGE, 0))
    assert (await world.ledger.audit()).balanced


async def test_a_job_passes_every_state_of_the_picture_in_order(station: Station) -> None:
    job = await station.whole_life()

    states = [each.state for each in station.events if isinstance(each, JobChanged)]
    assert list(dict.fromkeys(states)) == [
        "submitting",
        "submitted",
        "running",
        "collecting",
        "settling",
        "succeeded",
    ]
    assert [each for each in station.events if isinstance(each, DeliveryDue)] == [
        DeliveryDue(job.id)
    ]


async def test_a_success_has_its_pictures_and_waits_for_its_delivery(
    station: Station, world: World
) -> None:
    job = await station.whole_life()

    (picture,) = job.outputs
    assert picture.id == f"{job.id}00.png"
    assert await world.files.get(picture.id) is not None
    assert (job.delivery, job.progress, job.run_s) == (Delivery.PENDING, 1.0, 2.0)


async def test_a_slow_run_never_costs_more_than_its_quote(station: Station, world: World) -> None:
    world.gateway.run_s = 900.0

    job = await station.whole_life()

    assert job.charged.amount == QUOTE
    assert await world.points() == (QUOTE, 0)


async def test_a_run_without_a_time_costs_what_half_of_them_cost(
    station: Station, world: World
) -> None:
    world.gateway.run_s = None

    job = await station.whole_life()

    assert job.charged.amount == 12


@pytest.mark.parametrize(
    ("ends_as", "state", "told"),
    [
        (RunStatus.FAILED, JobState.FAILED, FAILED),
        (RunStatus.CANCELLED, JobState.FAILED, STOPPED),
        (RunStatus.TIMEOUT, JobState.TIMED_OUT, TOO_LONG),
        (RunStatus.SUCCESS, JobState.FAILED, EMPTY),
    ],
)
async def test_t_33_an_end_without_a_result_costs_nothing(
    station: Station, world: World, ends_as: RunStatus, state: JobState, told: str
) -> None:
    world.gateway.ends_as = ends_as
    world.gateway.outputs = ()

    job = await station.whole_life()

    assert (job.state, job.failure, job.charged.amount) == (state, told, 0)
    assert await world.points() == (0, 0)
    assert job.delivery is Delivery.PENDING


async def test_a_run_that_timed_out_with_its_pictures_made_is_a_success(
    station: Station, world: World
) -> None:
    world.gateway.ends_as = RunStatus.TIMEOUT

    job = await station.whole_life()

    assert (job.state, len(job.outputs)) == (JobState.SUCCEEDED, 1)


async def test_a_run_over_its_deadline_is_timed_out_released_and_stopped(
    station: Station, world: World
) -> None:
    world.gateway.ends_after_s = None

    job = await station.whole_life()

    assert (job.state, job.failure) == (JobState.TIMED_OUT, TOO_LONG)
    assert world.gateway.cancelled == [job.run]
    assert await world.points() == (0, 0)
    age_s = (world.clock.now() - job.created_at).total_seconds()
    assert 1_200 <= age_s <= 1_210


async def test_quirk_b2_a_run_over_its_deadline_that_has_made_something_is_delivered(
    station: Station, world: World
) -> None:
    world.gateway.ends_as = RunStatus.RUNNING  # with a picture, and for ever

    job = await station.whole_life()

    assert (job.state, len(job.outputs)) == (JobState.SUCCEEDED, 1)
    assert world.gateway.cancelled == [job.run]


async def test_at_the_deadline_a_run_is_asked_for_in_full(world: World) -> None:
    world.gateway = ListingGateway(clock=world.clock, ends_as=RunStatus.RUNNING)

    job = await Station(world).whole_life()

    assert (job.state, len(job.outputs)) == (JobState.SUCCEEDED, 1)


async def test_at_the_deadline_a_silent_service_is_asked_once_more_for_what_there_is(
    station: Station, world: World
) -> None:
    world.gateway.ends_as = RunStatus.RUNNING
    job = await station.begin()
    await station.live(seconds=1_195)
    world.gateway.fail_with(ServiceTroubleError("silence"), on="status", times=2)

    await station.live_out()

    assert (await station.job(job)).state is JobState.SUCCEEDED
    assert world.gateway.cancelled == ["run-1"]


@pytest.mark.parametrize("outputs", [None, ()], ids=["a picture", "nothing"])
async def test_a_late_cancel_whose_answer_was_lost_is_no_stop_by_the_service(
    station: Station, world: World, outputs: tuple[RunOutput, ...] | None
) -> None:
    world.gateway.ends_as, world.gateway.outputs = RunStatus.RUNNING, outputs
    silence = ServiceTroubleError("silence")
    world.gateway.fail_with(silence, on="cancel", times=1, after_effect=True)

    job = await station.whole_life()

    assert job.state is (JobState.SUCCEEDED if outputs is None else JobState.TIMED_OUT)


async def test_a_late_cancel_is_tried_three_times(station: Station, world: World) -> None:
    world.gateway.ends_after_s = None
    world.gateway.fail_with(ServiceTroubleError("silence"), on="cancel", times=2)

    job = await station.whole_life()

    assert job.state is JobState.TIMED_OUT
    assert world.gateway.cancelled == [job.run]


@pytest.mark.parametrize("method", ["cancel", "status"])
async def test_a_deadline_holds_though_the_service_is_silent(
    station: Station, world: World, method: str
) -> None:
    world.gateway.ends_after_s = None
    world.gateway.fail_with(ServiceTroubleError("silence"), on=method)

    job = await station.whole_life()

    assert job.state is JobState.TIMED_OUT
    assert await world.points() == (0, 0)


async def test_t_10_polling_trouble_is_not_a_failure_of_the_run(
    station: Station, world: World
) -> None:
    job = await station.begin()
    world.gateway.fail_with(ServiceTroubleError("no route"), on="status")
    await station.live(seconds=300)
    during = await station.job(job)
    world.gateway.work_again()
    await station.live_out()

    assert during.state is JobState.SUBMITTED
    assert (await station.job(job)).state is JobState.SUCCEEDED
    assert station.alerts == []


async def test_a_key_that_is_refused_while_a_run_goes_on_alerts_and_fails_nothing(
    station: Station, world: World
) -> None:
    world.gateway.fail_with(ServiceRefusedError("401"), on="status", times=1)

    job = await station.whole_life()

    assert job.state is JobState.SUCCEEDED
    assert station.alerts == ["service.refused"]


async def test_where_the_service_calls_us_the_address_is_submitted_and_asking_is_rarer(
    world: World,
) -> None:
    hooked = Station(world, hooks=HeardAt("https://station.example/hooks"))
    job = await hooked.whole_life()
    asked = world.gateway.asked

    await Station(world).whole_life()

    (first, second) = world.gateway.submitted
    assert (first.hook, second.hook) == (f"https://station.example/hooks/{job.id}", None)
    assert asked < world.gateway.asked - asked


async def test_late_and_repeated_wake_ups_change_nothing(station: Station, world: World) -> None:
    job = await station.whole_life()

    for _ in range(3):
        await station.wake_ups.wake(job.id, at=world.clock.now())
    await station.live(seconds=600)

    assert await station.job(job.id) == job
    assert await world.points(ADA) == (CHARGE, 0)
    assert len(world.gateway.submitted) == 1


async def test_a_wake_up_of_a_job_that_nobody_knows_is_over_at_once(station: Station) -> None:
    assert await station.advance(station.world.ids.job()) is None


async def test_wake_ups_at_every_moment_lead_to_the_same_end(
    station: Station, world: World
) -> None:
    job = await station.begin()

    for _ in range(200):
        await station.wake_ups.wake(job, at=world.clock.now())
        await station.live(seconds=0.05)

    assert (await station.job(job)).state is JobState.SUCCEEDED
    assert (len(world.gateway.submitted), await world.points()) == (1, (CHARGE, 0))
