"""What a run made becomes files of ours, before anybody pays."""

import pytest

from core.generations.model import JobState, RunOutput
from core.shared.errors import MediaTroubleError, ServiceTroubleError
from core.shared.ids import JobId
from core.use_cases.collect_results import MOST_OUTPUTS, MOST_TRIES, UNFETCHED
from tests.builders import a_job, a_run_update
from tests.core.use_cases.power_cuts import Fate, PowerCutError
from tests.core.use_cases.station import CHARGE, Station, World

GONE = RunOutput(url="https://fake.example/gone.png", filename="gone.png")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def station(world: World) -> Station:
    return Station(world)


async def dead_while_collecting(world: World) -> JobId:
    """Return a job whose collector died at its first fetch."""
    station = Station(world, owner="worker:0", fate=Fate(dies_at="fetch"))
    job = await station.begin()
    with pytest.raises(PowerCutError):
        await station.live_out()
    return job


async def test_outputs_that_cannot_be_fetched_are_tried_again(
    station: Station, world: World
) -> None:
    world.gateway.fail_with(MediaTroubleError("cut"), on="fetch", times=MOST_TRIES - 1)

    job = await station.whole_life()

    assert (job.state, len(job.outputs)) == (JobState.SUCCEEDED, 1)
    assert await world.points() == (CHARGE, 0)


async def test_outputs_that_never_can_be_fetched_are_told_and_released(
    station: Station, world: World
) -> None:
    world.gateway.outputs = (GONE,)

    job = await station.whole_life()

    assert (job.state, job.failure, job.outputs) == (JobState.FAILED, UNFETCHED, ())
    assert await world.points() == (0, 0)


async def test_what_can_be_fetched_is_delivered_though_some_cannot(
    station: Station, world: World
) -> None:
    world.gateway.outputs = (GONE, world.gateway.put_file("second.png"))

    job = await station.whole_life()

    assert job.state is JobState.SUCCEEDED
    assert [each.id for each in job.outputs] == [f"{job.id}01.png"]


async def test_t_03_several_texts_are_a_result_without_a_file(
    station: Station, world: World
) -> None:
    world.gateway.outputs = (world.text("a fox"), world.text("a red fox"))

    job = await station.whole_life()

    assert (job.state, job.texts, job.outputs) == (
        JobState.SUCCEEDED,
        ("a fox", "a red fox"),
        (),
    )
    assert await world.points() == (CHARGE, 0)


async def test_a_text_is_delivered_though_its_picture_cannot(
    station: Station, world: World
) -> None:
    world.gateway.outputs = (GONE, world.text("a fox"))

    job = await station.whole_life()

    assert (job.state, job.texts) == (JobState.SUCCEEDED, ("a fox",))


async def test_so_many_outputs_are_kept_and_no_more(station: Station, world: World) -> None:
    world.gateway.outputs = [
        world.gateway.put_file(f"{number}.png") for number in range(MOST_OUTPUTS + 5)
    ]

    job = await station.whole_life()

    assert len({each.id for each in job.outputs}) == MOST_OUTPUTS


async def test_a_collector_that_died_is_followed_by_another(world: World) -> None:
    job = await dead_while_collecting(world)
    next_life = Station(world, owner="worker:1")

    await next_life.recover.at_start(dead_owners="worker")
    await next_life.live_out()

    ended = await next_life.job(job)
    assert (ended.state, len(ended.outputs)) == (JobState.SUCCEEDED, 1)
    assert await world.points() == (CHARGE, 0)


async def test_a_run_that_is_unknown_when_collecting_goes_on_is_released(world: World) -> None:
    job = await dead_while_collecting(world)
    next_life = Station(world)
    for run in world.gateway.runs:
        world.gateway.forget(run)

    await next_life.recover.at_start(dead_owners="worker")
    await next_life.live_out()

    ended = await next_life.job(job)
    assert (ended.state, ended.failure) == (JobState.FAILED, UNFETCHED)
    assert await world.points() == (0, 0)


async def test_a_silent_service_is_waited_for_when_collecting_goes_on(world: World) -> None:
    job = await dead_while_collecting(world)
    next_life = Station(world)
    world.gateway.fail_with(ServiceTroubleError("silence"), on="status", times=3)

    await next_life.recover.at_start(dead_owners="worker")
    await next_life.live_out()

    assert (await next_life.job(job)).state is JobState.SUCCEEDED


async def test_a_silent_service_uses_up_no_fetches(world: World) -> None:
    job = await dead_while_collecting(world)
    next_life = Station(world)
    world.gateway.fail_with(ServiceTroubleError("silence"), on="status", times=30)

    await next_life.recover.at_start(dead_owners="worker")
    await next_life.live_out()

    assert (await next_life.job(job)).attempts == 0
    assert (await next_life.job(job)).state is JobState.SUCCEEDED


async def test_a_service_that_stays_silent_when_collecting_goes_on_is_given_up(
    world: World,
) -> None:
    job = await dead_while_collecting(world)
    next_life = Station(world)
    world.gateway.fail_with(ServiceTroubleError("silence"), on="status")

    await next_life.recover.at_start(dead_owners="worker")
    await next_life.live_out()

    ended = await next_life.job(job)
    assert (ended.state, ended.failure) == (JobState.FAILED, UNFETCHED)
    assert await world.points() == (0, 0)


async def test_who_loses_the_race_to_collect_or_to_settle_leaves_the_job(
    station: Station, world: World
) -> None:
    stale = a_job(state=JobState.RUNNING, run="run-1")
    await world.jobs.add(stale)
    await world.jobs.save(stale)

    assert await station.collect(stale, a_run_update()) is None
    assert await station.settle(a_job(state=JobState.COLLECTING, run="run-1")) is None
    assert await world.points() == (0, 0)


async def test_a_result_without_a_hold_is_given_and_the_operators_told(
    station: Station, world: World
) -> None:
    job = await station.begin()
    await world.ledger.release(job, now=world.clock.now())

    await station.live_out()

    ended = await station.job(job)
    assert (ended.state, ended.charged.amount) == (JobState.SUCCEEDED, 0)
    assert station.alerts == ["points.no_hold"]


async def test_collecting_without_a_run_is_a_bug(station: Station) -> None:
    with pytest.raises(ValueError, match="without a run"):
        await station.collect.resume(a_job(state=JobState.COLLECTING))
