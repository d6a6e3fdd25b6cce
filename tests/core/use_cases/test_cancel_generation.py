"""A person wants an end: what stops, and what it costs."""

import pytest

from core.generations.model import Delivery, Job, JobState
from core.shared.errors import (
    NotYoursError,
    ServiceTroubleError,
    StaleButtonError,
    SubmitUnclearError,
)
from core.shared.ids import JobId
from core.use_cases.stop_run import FREE_CANCELS_A_DAY
from tests.builders import ADA, BOB, a_job
from tests.core.use_cases.clocked_gateway import ListingGateway
from tests.core.use_cases.power_cuts import Fate, PowerCutError
from tests.core.use_cases.station import CHARGE, Station, World

RUNNING_S = 2.0


@pytest.fixture
def world() -> World:
    made = World()
    made.gateway.ends_after_s = 60.0
    return made


@pytest.fixture
def station(world: World) -> Station:
    return Station(world)


async def cancelled_while_running(station: Station) -> Job:
    job = await station.begin()
    await station.live(seconds=RUNNING_S)
    run = (await station.job(job)).run
    assert run is not None
    station.world.gateway.finish(run, run_s=RUNNING_S)
    await station.cancel(job, ADA)
    await station.live_out()
    return await station.job(job)


async def test_a_waiting_job_is_cancelled_before_the_service_hears_of_it(
    station: Station, world: World
) -> None:
    job = await station.begin()
    await station.cancel(job, ADA)

    await station.live_out()

    ended = await station.job(job)
    assert (ended.state, ended.delivery) == (JobState.CANCELLED, Delivery.PENDING)
    assert (world.gateway.submitted, await world.points()) == ([], (0, 0))


async def test_a_running_job_is_stopped_and_released(station: Station, world: World) -> None:
    job = await station.begin()
    await station.live(seconds=RUNNING_S)
    running = await station.cancel(job, ADA)

    await station.live_out()

    assert running.state is JobState.RUNNING
    assert (await station.job(job)).state is JobState.CANCELLED
    assert world.gateway.cancelled == ["run-1"]
    assert await world.points() == (0, 0)


async def test_a_cancel_while_submitting_stops_the_run_that_is_found(
    station: Station, world: World
) -> None:
    world.gateway.fail_with(SubmitUnclearError("timeout"), times=1, after_effect=True)
    job = await station.begin()
    await station.live()
    during = await station.cancel(job, ADA)

    await station.live_out()

    assert during.state is JobState.SUBMITTING
    assert (await station.job(job)).state is JobState.CANCELLED
    assert world.gateway.cancelled == ["run-1"]
    assert await world.points() == (0, 0)


async def test_a_cancel_after_the_end_changes_nothing(station: Station, world: World) -> None:
    job = await station.whole_life()

    returned = await station.cancel(job.id, ADA)
    await station.live_out()

    assert returned == await station.job(job.id) == job
    assert (world.gateway.cancelled, await world.points()) == ([], (CHARGE, 0))


async def test_a_second_cancel_is_as_good_as_the_first(station: Station, world: World) -> None:
    job = await station.begin()
    await station.live(seconds=RUNNING_S)
    for _ in range(2):
        await station.cancel(job, ADA)

    await station.live_out()

    assert (await station.job(job)).state is JobState.CANCELLED
    assert world.gateway.cancelled == ["run-1"]


async def test_nobody_cancels_what_belongs_to_somebody_else(station: Station, world: World) -> None:
    job = await station.begin(account=ADA)

    with pytest.raises(NotYoursError):
        await station.cancel(job, BOB)

    assert not (await station.job(job)).cancel_requested


async def test_a_job_that_is_gone_cannot_be_cancelled(station: Station) -> None:
    with pytest.raises(StaleButtonError):
        await station.cancel(JobId("gone"), ADA)


async def stopping(station: Station) -> JobId:
    """Have a running job cancelled, and return it before anybody hears of that."""
    job = await station.begin()
    await station.live(seconds=RUNNING_S)
    await station.cancel(job, ADA)
    return job


@pytest.mark.parametrize(("deaf", "after_s"), [("silent", 121), ("not yet", 2)])
async def test_a_run_that_cannot_be_stopped_is_left_to_itself_after_a_while(
    station: Station, world: World, deaf: str, after_s: float
) -> None:
    if deaf == "silent":
        world.gateway.fail_with(ServiceTroubleError("silence"), on="cancel")
    world.gateway.can_cancel = False
    world.gateway.ends_after_s = None
    job = await stopping(station)
    asked_at = world.clock.now()

    await station.live_out()

    ended = await station.job(job)
    assert ended.state is JobState.CANCELLED
    assert (ended.moved_at - asked_at).total_seconds() == after_s
    assert await world.points() == (0, 0)


async def test_a_cancel_in_an_outage_reaches_the_service_when_it_is_back(
    station: Station, world: World
) -> None:
    world.gateway.fail_with(ServiceTroubleError("silence"), on="cancel")
    job = await stopping(station)
    await station.live(seconds=100)
    during = await station.job(job)
    world.gateway.work_again()

    await station.live_out()

    assert not during.state.is_end
    assert (await station.job(job)).state is JobState.CANCELLED
    assert world.gateway.cancelled == ["run-1"]


async def test_a_service_that_is_back_and_cannot_cancel_yet_is_asked_three_times_more(
    station: Station, world: World
) -> None:
    world.gateway.fail_with(ServiceTroubleError("silence"), on="cancel", times=8)
    world.gateway.can_cancel = False
    job = await stopping(station)
    await station.live(seconds=121)
    world.gateway.can_cancel = True

    await station.live_out()

    assert (await station.job(job)).state is JobState.CANCELLED


async def test_who_presses_again_in_an_outage_does_not_use_up_the_tries(
    station: Station, world: World
) -> None:
    world.gateway.fail_with(ServiceTroubleError("silence"), on="cancel")
    job = await stopping(station)

    for _ in range(60):
        await station.cancel(job, ADA)
        await station.live(seconds=0.1)

    assert (await station.job(job)).attempts == 3


async def test_the_sixth_cancel_of_a_run_in_a_day_costs_what_was_used(
    station: Station, world: World
) -> None:
    charges = [
        (await cancelled_while_running(station)).charged.amount
        for _ in range(FREE_CANCELS_A_DAY + 1)
    ]

    assert charges == [0, 0, 0, 0, 0, CHARGE]
    assert await world.points() == (CHARGE, 0)
    assert (await world.ledger.audit()).balanced


async def test_what_was_used_is_asked_for_in_full(world: World) -> None:
    world.gateway = ListingGateway(clock=world.clock, ends_after_s=60.0)
    station = Station(world)

    for _ in range(FREE_CANCELS_A_DAY + 1):
        await cancelled_while_running(station)

    assert await world.points() == (CHARGE, 0)


async def test_a_day_later_a_cancel_is_free_again(station: Station, world: World) -> None:
    for _ in range(FREE_CANCELS_A_DAY):
        await cancelled_while_running(station)
    world.clock.advance(seconds=86_400)

    assert (await cancelled_while_running(station)).charged.amount == 0


async def test_cancels_before_a_run_do_not_count(station: Station) -> None:
    for _ in range(FREE_CANCELS_A_DAY):
        waiting = await station.begin()
        await station.cancel(waiting, ADA)
        await station.live_out()

    assert (await cancelled_while_running(station)).charged.amount == 0


async def test_a_cancel_whose_use_the_service_does_not_know_is_free(
    station: Station, world: World
) -> None:
    for _ in range(FREE_CANCELS_A_DAY):
        await cancelled_while_running(station)
    job = await stopping(station)

    await station.live_out()

    assert (await station.job(job)).state is JobState.CANCELLED
    assert await world.points() == (0, 0)


async def test_a_cancel_of_a_run_that_the_service_never_knew_is_free(
    station: Station, world: World
) -> None:
    for _ in range(FREE_CANCELS_A_DAY):
        await cancelled_while_running(station)
    await stopping(station)
    world.gateway.forget(world.gateway.runs[-1])

    await station.live_out()

    assert await world.points() == (0, 0)


@pytest.mark.parametrize(("ran_s", "charge"), [(2.0, 4), (50.0, 12)])
async def test_a_cancel_that_nobody_tells_the_use_of_costs_the_time_up_to_the_median(
    station: Station, world: World, ran_s: float, charge: int
) -> None:
    for _ in range(FREE_CANCELS_A_DAY):
        await cancelled_while_running(station)
    job = await station.begin()
    await station.live(seconds=ran_s)
    world.gateway.fail_with(ServiceTroubleError("silence"), on="status")
    await station.cancel(job, ADA)

    await station.live_out()

    assert (await station.job(job)).charged.amount == charge
    assert await world.points() == (charge, 0)


async def test_a_cancel_that_was_paid_before_a_death_says_so_afterwards(
    station: Station, world: World
) -> None:
    for _ in range(FREE_CANCELS_A_DAY):
        await cancelled_while_running(station)
    dying = Station(world, fate=Fate(dies_at="settle", after_effect=True))
    with pytest.raises(PowerCutError):
        await cancelled_while_running(dying)
    world.gateway.fail_with(ServiceTroubleError("silence"), on="status")

    next_life = Station(world)
    (left,) = await world.jobs.open_of(ADA)
    await next_life.recover.at_start(dead_owners="worker")
    await next_life.live_out()

    assert (await next_life.job(left.id)).charged.amount == CHARGE
    assert await world.points() == (CHARGE, 0)


async def test_a_run_is_never_stopped_for_a_job_without_one(station: Station, world: World) -> None:
    job = a_job(state=JobState.SUBMITTED)
    await world.jobs.add(job)

    ended = await station.stop(job)

    assert ended is not None
    assert (ended.state, world.gateway.cancelled) == (JobState.CANCELLED, [])


async def test_a_cancel_when_the_result_is_being_collected_is_too_late(
    world: World,
) -> None:
    dying = Station(world, fate=Fate(dies_at="fetch"))
    world.gateway.ends_after_s = 3.0
    job = await dying.begin()
    with pytest.raises(PowerCutError):
        await dying.live_out()

    next_life = Station(world)
    await next_life.cancel(job, ADA)
    await next_life.recover.at_start(dead_owners="worker")
    await next_life.live_out()

    assert (await next_life.job(job)).state is JobState.SUCCEEDED
    assert await world.points() == (CHARGE, 0)


async def test_a_prepared_job_is_cancelled_without_a_hold(station: Station, world: World) -> None:
    job = a_job(state=JobState.PREPARED)
    await world.jobs.add(job)
    await station.cancel(job.id, ADA)

    await station.live_out()

    assert (await station.job(job.id)).state is JobState.CANCELLED
    assert await world.points() == (0, 0)
