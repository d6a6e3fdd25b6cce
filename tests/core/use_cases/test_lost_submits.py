"""A submit whose answer is lost: its run is looked for, adopted once, and given up in time."""

import pytest

from core.generations.model import Job, JobState
from core.generations.ports import Places
from core.generations.timing import Timing
from core.shared.errors import NotThereError, ServiceTroubleError, SubmitUnclearError
from tests.core.use_cases.station import CHARGE, Station, World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def station(world: World) -> Station:
    return Station(world)


def age_s(job: Job) -> float:
    return (job.moved_at - job.created_at).total_seconds()


async def test_t_05_a_run_whose_submit_was_not_answered_is_found_and_adopted(
    station: Station, world: World
) -> None:
    world.gateway.fail_with(SubmitUnclearError("timeout"), times=1, after_effect=True)

    job = await station.whole_life()

    assert (job.state, job.run) == (JobState.SUCCEEDED, "run-1")
    assert (len(world.gateway.submitted), world.gateway.looked_up) == (1, 1)
    assert await world.points() == (CHARGE, 0)


async def test_t_05_a_look_up_that_fails_is_repeated_and_nothing_submitted_again(
    station: Station, world: World
) -> None:
    world.gateway.fail_with(SubmitUnclearError("timeout"), times=1, after_effect=True)
    world.gateway.fail_with(ServiceTroubleError("silence"), on="find", times=5)

    job = await station.whole_life()

    assert (job.state, len(world.gateway.submitted)) == (JobState.SUCCEEDED, 1)


async def test_the_time_to_look_begins_with_the_first_look_up_that_is_answered(
    station: Station, world: World
) -> None:
    world.gateway.fail_with(SubmitUnclearError("timeout"), times=1, after_effect=True)
    world.gateway.fail_with(ServiceTroubleError("an outage"), on="find")
    job = await station.begin()
    await station.live(seconds=300)
    during = await station.job(job)
    world.gateway.work_again()

    await station.live_out()

    assert during.state is JobState.SUBMITTING
    assert (await station.job(job)).state is JobState.SUCCEEDED


async def test_after_an_outage_a_run_that_is_not_there_is_looked_for_a_minute_long(
    station: Station, world: World
) -> None:
    world.gateway.fail_with(SubmitUnclearError("timeout"), times=1)
    world.gateway.fail_with(ServiceTroubleError("an outage"), on="find", times=8)

    job = await station.whole_life()

    assert job.state is JobState.FAILED
    assert 152 + 60 <= age_s(job) <= 152 + 64


async def test_a_look_up_that_is_never_answered_is_given_up_after_five_minutes(
    station: Station, world: World
) -> None:
    world.gateway.fail_with(SubmitUnclearError("timeout"), times=1)
    world.gateway.fail_with(NotThereError("the first generation"), on="find")

    job = await station.whole_life()

    assert job.state is JobState.FAILED
    assert 300 <= age_s(job) <= 330
    assert world.gateway.looked_up < 40
    assert await world.points() == (0, 0)


async def test_a_look_up_is_not_given_up_before_the_time_that_is_set_for_it(
    station: Station, world: World
) -> None:
    station.moves.timing = Timing(look_up_s=3_000)
    world.gateway.fail_with(SubmitUnclearError("timeout"), times=1)
    world.gateway.fail_with(ServiceTroubleError("an outage"), on="find")

    job = await station.whole_life()

    assert 3_000 <= age_s(job) <= 3_030


async def test_runs_are_looked_through_from_the_submit_on(station: Station, world: World) -> None:
    world.gateway.fail_with(SubmitUnclearError("timeout"), times=1, after_effect=True)
    world.gateway.takes_s["submit"] = 50.0
    job = await station.whole_life()

    assert world.gateway.looked_up_since == job.created_at


async def test_who_loses_the_race_for_a_look_up_leaves_it_and_looks_again_soon(
    station: Station, world: World
) -> None:
    job = await station.begin()
    claimed = await world.jobs.claim_next(
        station.moves.claim_for(0), Places(), now=world.clock.now()
    )
    assert claimed is not None
    faster = await station.moves.claim(claimed, JobState.SUBMITTING)

    assert await station.submit.look_up(claimed) is None
    assert await station.job(job) == faster


async def test_t_05_an_answer_that_was_lost_after_a_minute_is_looked_for_a_minute_long(
    station: Station, world: World
) -> None:
    world.gateway.fail_with(SubmitUnclearError("silence"), times=1)
    world.gateway.takes_s["submit"] = 60.0
    job = await station.begin()

    await station.live_out()

    assert world.gateway.looked_up > 20
    assert (await station.job(job)).state is JobState.FAILED
    assert await world.points() == (0, 0)


async def test_t_05_a_run_that_is_not_found_in_time_is_given_up_and_released(
    station: Station, world: World
) -> None:
    world.gateway.fail_with(SubmitUnclearError("timeout"), times=1)

    job = await station.whole_life()

    assert (job.state, len(world.gateway.submitted)) == (JobState.FAILED, 0)
    assert "not charged" in job.failure
    assert await world.points() == (0, 0)
    assert 60 <= age_s(job) <= 64
