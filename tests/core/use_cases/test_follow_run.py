"""How a run's answers, in any order and of any kind, move its job."""

from datetime import timedelta
from itertools import permutations

import attrs
import pytest

from core.generations.model import Job, JobState, RunStatus, RunUpdate
from core.shared.events import JobChanged, RunEnded
from core.shared.ids import JobId, RunId
from core.use_cases.follow_run import EMPTY, LOST
from tests.builders import a_job, a_run_update
from tests.core.use_cases.station import CHARGE, Station, World
from tests.fakes.clock import NOON

RUN = RunId("run-1")
FORWARD = ["submitting", "submitted", "running", "collecting", "settling", "succeeded"]
ENDS = ("succeeded", "failed")


@pytest.fixture
def world() -> World:
    made = World()
    made.gateway.ends_after_s = None
    return made


@pytest.fixture
def station(world: World) -> Station:
    return Station(world)


@pytest.fixture
async def job(station: Station) -> JobId:
    started = await station.begin()
    await station.live()
    return started


async def told(station: Station, job: JobId, update: RunUpdate) -> Job:
    """Have the service say something, and return the job after it was asked."""
    station.world.gateway.set_update(RUN, update)
    await station.wake_ups.wake(job, at=station.world.clock.now())
    await station.live(seconds=0.01)
    return await station.job(job)


def waiting_at(place: int | None) -> RunUpdate:
    return attrs.evolve(a_run_update(RunStatus.PENDING), queue_position=place)


async def test_t_20_progress_is_noted_and_only_rises(station: Station, job: JobId) -> None:
    shown = [
        (await told(station, job, a_run_update(progress=progress))).progress
        for progress in (0.1, 0.5, 0.3, 0.504, 0.0, 0.9)
    ]

    assert shown == [0.1, 0.5, 0.5, 0.5, 0.5, 0.9]


async def test_t_20_the_place_in_the_queue_only_falls(station: Station, job: JobId) -> None:
    shown = [
        (await told(station, job, waiting_at(place))).queue_position
        for place in (None, 7, 9, 4, None, 5, 1)
    ]

    assert shown == [None, 7, 7, 4, 4, 4, 1]


async def test_t_20_a_late_word_of_waiting_does_not_take_back_that_it_runs(
    station: Station, job: JobId
) -> None:
    await told(station, job, waiting_at(3))
    running = await told(station, job, a_run_update(progress=0.4))

    late = await told(station, job, waiting_at(5))

    assert running.state is JobState.RUNNING
    assert (late.state, late.progress, late.queue_position) == (JobState.RUNNING, 0.4, None)


async def test_what_the_service_says_it_does_is_noted(station: Station, job: JobId) -> None:
    noted = await told(station, job, a_run_update(live_status="KSampler"))

    assert noted.live_status == "KSampler"


async def test_an_answer_without_news_is_not_told_again(station: Station, job: JobId) -> None:
    first = await told(station, job, a_run_update(progress=0.4))
    heard = len(station.events)

    second = await told(station, job, a_run_update(progress=0.4))

    assert (second.version, len(station.events)) == (first.version, heard)


async def test_a_run_that_is_unknown_twice_may_still_turn_up(
    station: Station, world: World, job: JobId
) -> None:
    world.gateway.forget(RUN)
    await station.live(seconds=2.6)
    during = await station.job(job)
    world.gateway.finish(RUN)
    await station.live_out()

    assert (during.state, during.attempts) == (JobState.SUBMITTED, 2)
    assert (await station.job(job)).state is JobState.SUCCEEDED


async def test_a_run_that_is_unknown_three_times_is_lost_and_released(
    station: Station, world: World, job: JobId
) -> None:
    world.gateway.forget(RUN)

    await station.live_out()

    ended = await station.job(job)
    assert (ended.state, ended.failure, world.gateway.asked) == (JobState.FAILED, LOST, 3)
    assert await world.points() == (0, 0)


async def test_a_success_without_results_is_read_once_more_before_it_counts(
    station: Station, world: World, job: JobId
) -> None:
    world.gateway.finish(RUN, outputs=())
    await station.live(seconds=1)
    during = await station.job(job)

    world.gateway.finish(RUN)
    await station.live_out()

    assert during.state is JobState.SUBMITTED
    assert (await station.job(job)).state is JobState.SUCCEEDED
    assert await world.points() == (CHARGE, 0)


async def test_a_success_without_results_twice_is_a_failure(
    station: Station, world: World, job: JobId
) -> None:
    world.gateway.finish(RUN, outputs=())

    await station.live_out()

    assert (await station.job(job)).failure == EMPTY
    assert world.gateway.asked == 2


def _answers(world: World) -> list[RunUpdate]:
    """Return six answers that a service may give of one run, whatever their order."""
    made = (world.gateway.put_file("picture.png"),)
    return [
        waiting_at(4),
        waiting_at(1),
        a_run_update(progress=0.2),
        a_run_update(progress=0.7),
        a_run_update(RunStatus.SUCCESS, outputs=made, run_s=2.0),
        a_run_update(RunStatus.SUCCESS, outputs=made, run_s=2.0),
    ]


SOME_ORDERS = [*permutations(range(6))][::7]
"""A seventh of all 720: each of the six is first, last and anywhere in some."""


@pytest.mark.parametrize("order", SOME_ORDERS, ids=lambda order: "".join(map(str, order)))
async def test_t_20_answers_in_any_order_lead_forward_to_one_charge(
    station: Station, world: World, job: JobId, order: tuple[int, ...]
) -> None:
    answers = _answers(world)

    seen = [await told(station, job, answers[number]) for number in order]

    states = [each.state for each in station.events if isinstance(each, JobChanged)]
    assert states == sorted(states, key=FORWARD.index)
    assert [each.progress for each in seen] == sorted(each.progress for each in seen)
    assert seen[-1].state is JobState.SUCCEEDED
    assert await world.points() == (CHARGE, 0)


@pytest.mark.parametrize("end", [RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.TIMEOUT])
@pytest.mark.parametrize("late", [RunStatus.SUCCESS, RunStatus.RUNNING, RunStatus.PENDING])
async def test_t_20_after_an_end_no_other_word_counts(
    station: Station, world: World, job: JobId, end: RunStatus, late: RunStatus
) -> None:
    ended = await told(station, job, a_run_update(end))

    world.gateway.finish(RUN, status=late)
    await station.wake_ups.wake(job, at=world.clock.now())
    await station.live_out()

    assert ended.state.is_end
    assert await station.job(job) == ended
    assert await world.points() == (0, 0)


async def test_who_loses_a_race_leaves_the_job_and_looks_again_in_a_second(
    station: Station, world: World, job: JobId
) -> None:
    read = await station.job(job)
    world.gateway.meanwhile = lambda: station.moves.save(read)
    world.gateway.finish(RUN)

    again_at = await station.advance(job)

    assert again_at == world.clock.now() + timedelta(seconds=1)
    assert (await station.job(job)).state is JobState.SUBMITTED


async def test_a_followed_job_without_a_run_is_a_bug(station: Station) -> None:
    with pytest.raises(ValueError, match="without a run"):
        await station.follow(a_job(state=JobState.RUNNING))


def ends_told(station: Station) -> list[RunEnded]:
    return [each for each in station.events if isinstance(each, RunEnded)]


@pytest.mark.parametrize("status", [each for each in RunStatus if each.is_end])
async def test_the_end_of_a_run_is_told_with_its_time(
    station: Station, job: JobId, status: RunStatus
) -> None:
    await told(station, job, attrs.evolve(a_run_update(status), ended_at=NOON))
    await station.live_out()

    assert ends_told(station) == [RunEnded(job, status.value, NOON)]


async def test_an_end_that_is_asked_for_again_is_told_once(
    station: Station, world: World, job: JobId
) -> None:
    await told(station, job, a_run_update(RunStatus.SUCCESS))
    made = (world.gateway.put_file("picture.png"),)
    ended = await told(station, job, a_run_update(RunStatus.SUCCESS, outputs=made))

    assert ended.state is JobState.SUCCEEDED
    assert ends_told(station) == [RunEnded(job, "success", None)]


async def test_an_end_after_reads_that_found_nothing_is_told_all_the_same(
    station: Station, world: World, job: JobId
) -> None:
    world.gateway.forget(RUN)
    await station.live(seconds=2)

    await told(station, job, a_run_update(RunStatus.FAILED))

    assert ends_told(station) == [RunEnded(job, "failed", None)]


@pytest.mark.parametrize("status", [each for each in RunStatus if not each.is_end])
async def test_no_end_is_told_of_a_run_that_goes_on(
    station: Station, job: JobId, status: RunStatus
) -> None:
    await told(station, job, a_run_update(status))

    assert ends_told(station) == []
