"""
The program dies at every call of every port, before and after the call's effect.

Each story is lived once undisturbed, to count its calls; then once for every death. What comes
afterwards is a new life on the same stores, which must bring the job to one end, paid once or not.
"""

from collections.abc import Awaitable, Callable

import attrs
import pytest

from core.generations.model import Delivery, Job, JobState, RunStatus
from core.shared.errors import MediaTroubleError, ServiceBusyError, SubmitUnclearError
from core.shared.events import DeliveryDue
from core.shared.ids import JobId
from core.use_cases.stop_run import FREE_CANCELS_A_DAY
from infrastructure.memory.auditor import InMemoryAuditor
from tests.builders import ADA
from tests.core.images import PNG
from tests.core.use_cases.power_cuts import Fate, PowerCutError
from tests.core.use_cases.station import CHARGE, PAINT, Station, World

JOB = JobId("0123456789abcdef0123456789abcdef")
ENDS_WELL = frozenset({JobState.SUCCEEDED, JobState.FAILED})


async def _nothing(world: World) -> None:
    """Leave the world as it is."""


async def _live_out(station: Station) -> None:
    await station.begin(id=JOB)
    await station.live_out()


async def _with_a_picture(station: Station) -> None:
    picture = await station.media.take_image(PNG)
    await station.begin(id=JOB, workflow=PAINT, images=(picture.id,))
    await station.live_out()


async def _cancelled(station: Station) -> None:
    await station.begin(id=JOB)
    await station.live(seconds=2)
    await station.cancel(JOB, ADA)
    await station.live_out()


async def _fails(world: World) -> None:
    world.gateway.ends_as, world.gateway.outputs = RunStatus.FAILED, ()


async def _busy_at_first(world: World) -> None:
    world.gateway.fail_with(ServiceBusyError("429"), times=2)


async def _loses_an_answer(world: World) -> None:
    world.gateway.fail_with(SubmitUnclearError("timeout"), times=1, after_effect=True)


async def _loses_a_submit(world: World) -> None:
    world.gateway.fail_with(SubmitUnclearError("timeout"), times=1)


async def _cuts_a_file(world: World) -> None:
    world.gateway.fail_with(MediaTroubleError("cut"), on="fetch", times=1)


async def _forgets_to_end(world: World) -> None:
    world.gateway.ends_after_s = None


async def _no_free_cancel_is_left(world: World) -> None:
    world.gateway.ends_after_s = 60.0
    for number in range(FREE_CANCELS_A_DAY):
        station = Station(world)
        job = await station.begin(id=JobId(f"{number:032x}"))
        await station.live(seconds=2)
        await station.cancel(job, ADA)
        await station.live_out()
    world.gateway.submitted.clear()


@attrs.frozen(kw_only=True)
class Story:
    """What the world is like, what happens in it, and which ends it may have."""

    name: str
    prepare: Callable[[World], Awaitable[None]] = _nothing
    live: Callable[[Station], Awaitable[None]] = _live_out
    ends: frozenset[JobState] = ENDS_WELL
    charges: frozenset[int] = frozenset({0, CHARGE})


FREE = frozenset({0})
STORIES = [
    Story(name="success"),
    Story(name="picture", live=_with_a_picture),
    Story(name="failure", prepare=_fails, ends=frozenset({JobState.FAILED}), charges=FREE),
    Story(name="busy", prepare=_busy_at_first),
    Story(name="lost answer", prepare=_loses_an_answer),
    Story(name="lost submit", prepare=_loses_a_submit, charges=FREE),
    Story(name="cut file", prepare=_cuts_a_file),
    Story(
        name="deadline",
        prepare=_forgets_to_end,
        ends=frozenset({JobState.TIMED_OUT, JobState.FAILED}),
        charges=FREE,
    ),
    Story(name="cancel", live=_cancelled, ends=ENDS_WELL | {JobState.CANCELLED}),
    Story(
        name="paid cancel",
        prepare=_no_free_cancel_is_left,
        live=_cancelled,
        ends=ENDS_WELL | {JobState.CANCELLED},
        charges=frozenset(range(21)),
    ),
]


async def lived(story: Story, *fates: Fate) -> tuple[World, list[Station]]:
    """Live a story with one life for each fate, and a last one without; return world and lives."""
    world = World()
    await story.prepare(world)
    lives: list[Station] = []
    for number, fate in enumerate((*fates, Fate())):
        station = Station(world, owner=f"worker:{number}", fate=fate)
        lives.append(station)
        try:
            if number == 0:
                await story.live(station)
            else:
                await station.recover.at_start(dead_owners="worker:")
                await station.live_out()
        except PowerCutError:
            await check_books(world)
            continue
        break
    return world, lives


def deaths(calls: int) -> list[Fate]:
    """Return a death before and after each call."""
    return [
        Fate(dies_at=number, after_effect=after_effect)
        for number in range(1, calls + 1)
        for after_effect in (False, True)
    ]


async def check_books(world: World) -> None:
    """Prove that no point is lost, and that none is held for nothing, wherever the power went."""
    audit = await InMemoryAuditor(world.ledger, world.jobs).audit(now=world.clock.now())
    assert audit.balanced, audit.problems


async def check_end(story: Story, world: World, lives: list[Station]) -> None:
    """Prove that the job has one end, told once, and that the books agree with it."""
    await check_books(world)
    charged, held = await world.points()
    assert held == 0
    job = await world.jobs.get(JOB)
    if job is None:
        assert charged == 0
        return
    assert job.state in story.ends
    assert job.charged.amount == charged
    assert charged in story.charges
    assert (charged > 0) == (job.state is JobState.SUCCEEDED) or "cancel" in story.name
    assert len(world.gateway.submitted) <= 1
    assert job.delivery is Delivery.PENDING
    assert [each.id for each in await _due(world) if each.id == JOB] == [JOB]
    assert sum(each == DeliveryDue(JOB) for life in lives for each in life.events) <= 1


async def _due(world: World) -> list[Job]:
    return list(await world.jobs.undelivered(now=world.clock.now(), limit=100))


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
async def test_a_death_at_any_call_leaves_one_end_and_balanced_books(story: Story) -> None:
    undisturbed = Fate()
    await lived(story, undisturbed)

    for fate in deaths(len(undisturbed.calls)):
        world, lives = await lived(story, fate)

        assert len(lives) == 2
        await check_end(story, world, lives)


async def test_a_run_whose_submitter_died_after_the_submit_is_adopted() -> None:
    world, _ = await lived(STORIES[0], Fate(dies_at="submit", after_effect=True))

    job = await world.jobs.get(JOB)

    assert job is not None
    assert (job.state, job.run) == (JobState.SUCCEEDED, "run-1")
    assert await world.points() == (CHARGE, 0)


async def test_a_death_before_the_submit_is_told_and_costs_nothing() -> None:
    world, _ = await lived(STORIES[0], Fate(dies_at="submit"))

    job = await world.jobs.get(JOB)

    assert job is not None
    assert (job.state, world.gateway.submitted) == (JobState.FAILED, [])
    assert await world.points() == (0, 0)


@pytest.mark.parametrize("first", ["add", "hold", "submit", "fetch", "settle"])
async def test_a_second_death_at_any_call_is_no_worse_than_the_first(first: str) -> None:
    undisturbed = Fate()
    await lived(STORIES[0], Fate(dies_at=first, after_effect=True), undisturbed)

    for second in deaths(len(undisturbed.calls)):
        world, lives = await lived(STORIES[0], Fate(dies_at=first, after_effect=True), second)

        assert len(lives) == 3
        await check_end(STORIES[0], world, lives)
