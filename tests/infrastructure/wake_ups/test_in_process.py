import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from structlog.testing import capture_logs

from core.shared.ids import JobId
from infrastructure.wake_ups.in_process import Advance, InProcessWakeUps
from tests.fakes.clock import NOON, FixedClock
from tests.until import until

JOB = JobId("a" * 32)
OTHER = JobId("b" * 32)


@contextlib.asynccontextmanager
async def started(
    advance: Advance, clock: FixedClock, *, concurrency: int = 50
) -> AsyncIterator[InProcessWakeUps]:
    engine = InProcessWakeUps(clock, concurrency, look_every_s=0.001)
    engine.start(advance)
    yield engine
    await engine.stop(grace_s=0.01)


async def a_moment() -> None:
    """Let the engine look several times."""
    await asyncio.sleep(0.01)


async def test_no_more_than_the_allowed_number_run_at_once() -> None:
    at_once, most_at_once, done = 0, 0, 0

    async def slow(job: JobId) -> datetime | None:
        nonlocal at_once, most_at_once, done
        at_once += 1
        most_at_once = max(most_at_once, at_once)
        await asyncio.sleep(0.001)
        at_once, done = at_once - 1, done + 1
        return None

    async with started(slow, FixedClock(), concurrency=3) as engine:
        for number in range(30):
            await engine.wake(JobId(f"{number:032x}"), at=NOON)
        await until(lambda: done == 30)

    assert most_at_once == 3


async def test_jobs_run_beside_each_other() -> None:
    both_are_here = asyncio.Barrier(2)
    done: list[JobId] = []

    async def meet(job: JobId) -> datetime | None:
        await both_are_here.wait()
        done.append(job)
        return None

    async with started(meet, FixedClock()) as engine:
        await engine.wake(JOB, at=NOON)
        await engine.wake(OTHER, at=NOON)
        await until(lambda: len(done) == 2)


async def test_an_advance_that_fails_is_repeated_after_1_2_4_seconds_and_at_most_60() -> None:
    clock = FixedClock()
    has_failed = asyncio.Event()

    async def fail(job: JobId) -> datetime | None:
        has_failed.set()
        raise RuntimeError("a bug")

    waits: list[float] = []
    with capture_logs() as lines:
        async with started(fail, clock) as engine:
            await engine.wake(JOB, at=NOON)
            for _ in range(9):
                async with asyncio.timeout(5):
                    await has_failed.wait()
                await a_moment()
                has_failed.clear()
                again_at = datetime.fromisoformat(lines[-1]["again_at"])
                waits.append((again_at - clock.now()).total_seconds())
                clock.set(again_at)

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


async def test_an_advance_that_fails_is_not_repeated_too_early() -> None:
    clock = FixedClock()
    tries = 0

    async def fail(job: JobId) -> datetime | None:
        nonlocal tries
        tries += 1
        raise RuntimeError("a bug")

    with capture_logs():
        async with started(fail, clock) as engine:
            await engine.wake(JOB, at=NOON)
            await until(lambda: tries == 1)
            clock.advance(seconds=0.8)
            await a_moment()

    assert tries == 1


async def test_a_success_forgets_the_failures() -> None:
    clock = FixedClock()
    tries = 0

    async def fail_but_the_second(job: JobId) -> datetime | None:
        nonlocal tries
        tries += 1
        if tries == 2:
            return clock.now()
        raise RuntimeError("a bug")

    with capture_logs() as lines:
        async with started(fail_but_the_second, clock) as engine:
            await engine.wake(JOB, at=NOON)
            await until(lambda: len(lines) == 1)
            clock.advance(seconds=1)
            await until(lambda: len(lines) == 2)

    assert lines[-1]["again_at"] == (clock.now() + timedelta(seconds=1)).isoformat()


async def test_a_failure_is_logged_with_its_job() -> None:
    async def fail(job: JobId) -> datetime | None:
        raise RuntimeError("a bug")

    with capture_logs() as lines:
        async with started(fail, FixedClock()) as engine:
            await engine.wake(JOB, at=NOON)
            await until(lambda: bool(lines))

    assert lines[0]["event"] == "wake_ups.advance_failed"
    assert lines[0]["job"] == JOB


async def test_one_jobs_failure_does_not_stop_another() -> None:
    done: list[JobId] = []

    async def fail_for_one(job: JobId) -> datetime | None:
        if job == JOB:
            raise RuntimeError("a bug")
        done.append(job)
        return None

    with capture_logs():
        async with started(fail_for_one, FixedClock()) as engine:
            await engine.wake(JOB, at=NOON)
            await a_moment()
            await engine.wake(OTHER, at=NOON)
            await until(lambda: done == [OTHER])


async def test_a_wall_clock_that_is_set_back_makes_no_job_late() -> None:
    clock = FixedClock()
    done: list[JobId] = []

    async def note(job: JobId) -> datetime | None:
        done.append(job)
        return None

    async with started(note, clock) as engine:
        await engine.wake(JOB, at=clock.now() + timedelta(milliseconds=20))
        clock.advance(seconds=-3_600)
        await until(lambda: done == [JOB])


async def test_a_wall_clock_that_jumps_forward_is_noticed() -> None:
    clock = FixedClock()
    done: list[JobId] = []

    async def note(job: JobId) -> datetime | None:
        done.append(job)
        return None

    async with started(note, clock) as engine:
        await engine.wake(JOB, at=clock.now() + timedelta(hours=1))
        await a_moment()
        clock.advance(seconds=3_600)
        await until(lambda: done == [JOB])


async def test_the_order_survives_a_jump() -> None:
    clock = FixedClock()
    done: list[JobId] = []

    async def note(job: JobId) -> datetime | None:
        done.append(job)
        return None

    async with started(note, clock, concurrency=1) as engine:
        await engine.wake(OTHER, at=clock.now() + timedelta(hours=2))
        await engine.wake(JOB, at=clock.now() + timedelta(hours=1))
        await a_moment()
        clock.advance(seconds=3_600)
        await until(lambda: done == [JOB])
        clock.advance(seconds=3_600)
        await until(lambda: done == [JOB, OTHER])


async def test_stopping_waits_for_running_advances() -> None:
    clock = FixedClock()
    has_begun, done = asyncio.Event(), asyncio.Event()

    async def slow(job: JobId) -> datetime | None:
        has_begun.set()
        await asyncio.sleep(0.02)
        done.set()
        return None

    engine = InProcessWakeUps(clock)
    engine.start(slow)
    await engine.wake(JOB, at=NOON)
    await has_begun.wait()
    await engine.stop()

    assert done.is_set()


async def test_stopping_cancels_what_does_not_end() -> None:
    was_cancelled = False
    has_begun = asyncio.Event()

    async def endless(job: JobId) -> datetime | None:
        nonlocal was_cancelled
        has_begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            was_cancelled = True
            raise
        return None

    engine = InProcessWakeUps(FixedClock())
    engine.start(endless)
    await engine.wake(JOB, at=NOON)
    await has_begun.wait()
    await engine.stop(grace_s=0.01)

    assert was_cancelled


async def test_after_the_stop_nothing_begins() -> None:
    done: list[JobId] = []

    async def note(job: JobId) -> datetime | None:
        done.append(job)
        return None

    engine = InProcessWakeUps(FixedClock())
    engine.start(note)
    await engine.stop()
    await engine.wake(JOB, at=NOON)
    await a_moment()

    assert done == []


async def test_stopping_before_the_start_is_fine() -> None:
    engine = InProcessWakeUps(FixedClock())

    await engine.stop()

    assert isinstance(engine, InProcessWakeUps)


async def test_after_a_stop_and_a_start_what_waits_is_advanced() -> None:
    done: list[JobId] = []

    async def note(job: JobId) -> datetime | None:
        done.append(job)
        return None

    engine = InProcessWakeUps(FixedClock())
    engine.start(note)
    await engine.stop()
    await engine.wake(JOB, at=NOON)
    engine.start(note)
    await until(lambda: done == [JOB])
    await engine.stop()

    assert done == [JOB]


async def test_ten_thousand_jobs_at_once_are_all_advanced() -> None:
    clock = FixedClock()
    jobs, done = 10_000, 0

    async def note(job: JobId) -> datetime | None:
        nonlocal done
        done += 1
        return None

    async with started(note, clock) as engine:
        for number in range(jobs):
            await engine.wake(JobId(f"{number:032x}"), at=NOON)
        await until(lambda: done == jobs)

    assert done == jobs
