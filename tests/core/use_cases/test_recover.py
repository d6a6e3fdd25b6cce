"""After a start, and every now and then, whatever was forgotten is found."""

from datetime import datetime, timedelta

import attrs
import pytest

from core.generations.model import Job, JobState
from core.shared.ids import JobId
from core.use_cases.recover import ABANDONED
from tests.builders import NOW, a_claim, a_job, an_ended_job
from tests.core.use_cases.power_cuts import Fate, PowerCutError
from tests.core.use_cases.station import CHARGE, Station, World

MAKE = "make:1"
HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def station(world: World) -> Station:
    return Station(world)


def waiting(id: str, *, at: datetime | None = None) -> Job:
    return a_job(id, state=JobState.WAITING, next_wake_at=at)


async def woken(station: Station, *jobs: Job, sweep: bool = True) -> list[str]:
    for job in jobs:
        await station.world.jobs.add(job)
    count = await (station.recover.sweep() if sweep else station.recover.at_start(dead_owners="-"))
    assert count == len(station.wake_ups.woken)
    return [job for job, _ in station.wake_ups.woken]


async def test_a_start_wakes_every_open_job_and_no_other(station: Station) -> None:
    later = NOW + HOUR

    found = await woken(station, waiting("a"), waiting("b", at=later), an_ended_job(), sweep=False)

    assert found == ["a", "b"]


async def test_a_sweep_wakes_what_was_due_a_while_ago(station: Station) -> None:
    second = timedelta(seconds=1)

    found = await woken(
        station,
        waiting("never"),
        waiting("long ago", at=NOW - 5 * second),
        waiting("just now", at=NOW - 4 * second),
        waiting("later", at=NOW + second),
        an_ended_job(),
    )

    assert found == ["long ago", "never"]


async def test_a_start_ends_the_claims_of_the_dead_and_of_nobody_else(
    station: Station, world: World
) -> None:
    living = NOW + HOUR
    for name, owner in (("dead", "worker:0"), ("alive", "make:7")):
        claimed = a_job(name, state=JobState.SUBMITTING, claim=a_claim(owner, until=living))
        await world.jobs.add(claimed)

    await station.recover.at_start(dead_owners="worker:")

    dead, alive = await station.job(JobId("dead")), await station.job(JobId("alive"))
    assert (dead.claim, alive.claim) == (None, a_claim("make:7", until=living))


@pytest.mark.parametrize("sweep", [True, False])
async def test_the_jobs_of_a_command_are_left_to_it(station: Station, *, sweep: bool) -> None:
    own = attrs.evolve(waiting("own", at=NOW - HOUR / 2), driver=MAKE)

    assert await woken(station, own, sweep=sweep) == []


@pytest.mark.parametrize("sweep", [True, False])
async def test_the_jobs_of_a_command_that_is_long_gone_are_taken_over(
    station: Station, *, sweep: bool
) -> None:
    gone = attrs.evolve(waiting("gone", at=NOW - ABANDONED), driver=MAKE)

    assert await woken(station, gone, sweep=sweep) == ["gone"]


async def left_by_a_command(world: World, *, dies_at: str, after_effect: bool = False) -> JobId:
    """Return the job of a command that died, an hour later."""
    fate = Fate(dies_at=dies_at, after_effect=after_effect)
    command = Station(world, owner=MAKE, driver=MAKE, fate=fate)
    job = world.ids.job()
    with pytest.raises(PowerCutError):
        await command.whole_life(id=job)
    world.clock.advance(seconds=ABANDONED.total_seconds() + 120)
    return job


@pytest.mark.parametrize("dies_at", ["add", "hold", "save", "wake", "claim_next"])
async def test_a_job_that_its_command_never_submitted_is_ended_and_released(
    world: World, station: Station, dies_at: str
) -> None:
    job = await left_by_a_command(world, dies_at=dies_at, after_effect=dies_at != "claim_next")

    await station.recover.sweep()
    await station.live_out()

    ended = await station.job(job)
    assert ended.state is JobState.FAILED
    assert "start it again" in ended.failure
    assert (world.gateway.submitted, await world.points()) == ([], (0, 0))


async def test_a_run_that_its_command_left_is_followed_to_its_end(
    world: World, station: Station
) -> None:
    job = await left_by_a_command(world, dies_at="submit", after_effect=True)

    await station.recover.sweep()
    await station.live_out()

    assert (await station.job(job)).state is JobState.SUCCEEDED
    assert (len(world.gateway.submitted), await world.points()) == (1, (CHARGE, 0))


async def test_the_worker_takes_no_place_away_from_a_command_and_gives_it_none(
    world: World, station: Station
) -> None:
    command = Station(world, owner=MAKE, driver=MAKE)
    of_command = await command.begin()
    of_worker = await station.begin()

    await station.live_out()

    assert (await station.job(of_worker)).state is JobState.SUCCEEDED
    assert (await station.job(of_command)).state is JobState.WAITING
    await command.live_out()
    assert (await station.job(of_command)).state is JobState.SUCCEEDED
