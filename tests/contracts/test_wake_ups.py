"""What every WakeUps promises. Waits are milliseconds, or a clock is moved."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

import attrs
import pytest

from core.generations.ports import WakeUps
from core.shared.ids import JobId
from infrastructure.clock import SystemClock
from infrastructure.wake_ups.in_process import InProcessWakeUps
from tests.fakes.clock import FixedClock
from tests.fakes.wake_ups import HandDrivenWakeUps
from tests.until import until

JOB = JobId("a" * 32)
OTHER = JobId("b" * 32)

Advance = Callable[[JobId], Awaitable[datetime | None]]


class Bench(Protocol):
    """An engine to be tested, and the time that it lives in."""

    engine: WakeUps

    def begin(self, advance: Advance) -> None: ...

    def later(self, *, ms: float) -> datetime: ...

    async def wait(self, *, ms: float) -> None: ...

    async def end(self) -> None: ...


@attrs.define
class RealTime(Bench):
    engine: InProcessWakeUps = attrs.Factory(lambda: InProcessWakeUps(SystemClock()))

    def begin(self, advance: Advance) -> None:
        self.engine.start(advance)

    def later(self, *, ms: float) -> datetime:
        return datetime.now(UTC) + timedelta(milliseconds=ms)

    async def wait(self, *, ms: float) -> None:
        await asyncio.sleep(ms / 1000)

    async def end(self) -> None:
        await self.engine.stop(grace_s=0.01)


class MovedTime(Bench):
    """A hundred times slower than it says, so that only moving the clock brings a moment near."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.engine: WakeUps = InProcessWakeUps(self.clock, look_every_s=0.001)

    def begin(self, advance: Advance) -> None:
        assert isinstance(self.engine, InProcessWakeUps)
        self.engine.start(advance)

    def later(self, *, ms: float) -> datetime:
        return self.clock.now() + timedelta(milliseconds=ms * 100)

    async def wait(self, *, ms: float) -> None:
        self.clock.advance(seconds=ms * 100 / 1000)
        await asyncio.sleep(0.01)

    async def end(self) -> None:
        assert isinstance(self.engine, InProcessWakeUps)
        await self.engine.stop(grace_s=0.01)


class DrivenByHand(Bench):
    """The fake, with a hand that drives it all the time."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.engine: WakeUps = HandDrivenWakeUps(self.clock)
        self._hand: asyncio.Task[None] | None = None

    def begin(self, advance: Advance) -> None:
        self._hand = asyncio.create_task(self._drive(advance))

    async def _drive(self, advance: Advance) -> None:
        assert isinstance(self.engine, HandDrivenWakeUps)
        while True:
            await self.engine.advance_due(advance)
            await asyncio.sleep(0.001)

    def later(self, *, ms: float) -> datetime:
        return self.clock.now() + timedelta(milliseconds=ms)

    async def wait(self, *, ms: float) -> None:
        self.clock.advance(seconds=ms / 1000)
        await asyncio.sleep(0.01)

    async def end(self) -> None:
        if self._hand is not None:
            self._hand.cancel()
            await asyncio.gather(self._hand, return_exceptions=True)


@pytest.fixture(params=[RealTime, MovedTime, DrivenByHand])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    make: Callable[[], Bench] = request.param
    made = make()
    yield made
    await made.end()


class Advances:
    """Counts the advances of each job, in their order."""

    def __init__(self) -> None:
        self.jobs: list[JobId] = []

    async def __call__(self, job: JobId) -> datetime | None:
        self.jobs.append(job)
        return None


async def test_a_wake_up_of_now_is_advanced_at_once(bench: Bench) -> None:
    advances = Advances()
    bench.begin(advances)

    await bench.engine.wake(JOB, at=bench.later(ms=0))

    await until(lambda: advances.jobs == [JOB])


async def test_a_wake_up_of_the_past_is_advanced_at_once(bench: Bench) -> None:
    advances = Advances()
    bench.begin(advances)

    await bench.engine.wake(JOB, at=bench.later(ms=-3_600_000))

    await until(lambda: advances.jobs == [JOB])


async def test_a_wake_up_from_before_the_start_is_not_lost(bench: Bench) -> None:
    advances = Advances()
    await bench.engine.wake(JOB, at=bench.later(ms=0))

    bench.begin(advances)

    await until(lambda: advances.jobs == [JOB])


async def test_a_job_is_not_advanced_before_its_moment(bench: Bench) -> None:
    advances = Advances()
    bench.begin(advances)
    await bench.engine.wake(JOB, at=bench.later(ms=200))

    await bench.wait(ms=20)
    early = list(advances.jobs)
    await bench.wait(ms=200)
    await until(lambda: advances.jobs == [JOB])

    assert early == []


async def test_an_earlier_moment_replaces_a_later_one(bench: Bench) -> None:
    advances = Advances()
    bench.begin(advances)
    await bench.engine.wake(JOB, at=bench.later(ms=60))
    await bench.engine.wake(JOB, at=bench.later(ms=20))

    await bench.wait(ms=40)
    await until(lambda: bool(advances.jobs))
    await bench.wait(ms=60)

    assert advances.jobs == [JOB]


async def test_a_later_moment_changes_nothing(bench: Bench) -> None:
    advances = Advances()
    bench.begin(advances)
    await bench.engine.wake(JOB, at=bench.later(ms=20))
    await bench.engine.wake(JOB, at=bench.later(ms=3_600_000))

    await bench.wait(ms=40)
    await until(lambda: advances.jobs == [JOB])


async def test_jobs_are_advanced_in_the_order_of_their_moments(bench: Bench) -> None:
    advances = Advances()
    await bench.engine.wake(OTHER, at=bench.later(ms=20))
    await bench.engine.wake(JOB, at=bench.later(ms=10))
    bench.begin(advances)

    await bench.wait(ms=30)
    await until(lambda: advances.jobs == [JOB, OTHER])


async def test_the_moment_that_an_advance_returns_is_kept(bench: Bench) -> None:
    times = 0

    async def thrice(job: JobId) -> datetime | None:
        nonlocal times
        times += 1
        return bench.later(ms=0) if times < 3 else None

    bench.begin(thrice)
    await bench.engine.wake(JOB, at=bench.later(ms=0))
    await until(lambda: times == 3)
    await bench.wait(ms=20)

    assert times == 3


async def test_a_wake_up_during_the_own_advance_leads_to_one_more_and_never_two_at_once(
    bench: Bench,
) -> None:
    at_once, most_at_once, times = 0, 0, 0
    gate = asyncio.Event()

    async def slow(job: JobId) -> datetime | None:
        nonlocal at_once, most_at_once, times
        at_once, times = at_once + 1, times + 1
        most_at_once = max(most_at_once, at_once)
        await gate.wait()
        at_once -= 1
        return None

    bench.begin(slow)
    await bench.engine.wake(JOB, at=bench.later(ms=0))
    await until(lambda: times == 1)
    for _ in range(5):
        await bench.engine.wake(JOB, at=bench.later(ms=0))
    await bench.wait(ms=10)
    gate.set()
    await until(lambda: times == 2)
    await bench.wait(ms=20)

    assert (times, most_at_once) == (2, 1)


async def test_the_earlier_of_a_wake_up_and_a_returned_moment_wins(bench: Bench) -> None:
    times = 0
    gate = asyncio.Event()

    async def slow(job: JobId) -> datetime | None:
        nonlocal times
        times += 1
        await gate.wait()
        return bench.later(ms=3_600_000) if times == 1 else None

    bench.begin(slow)
    await bench.engine.wake(JOB, at=bench.later(ms=0))
    await until(lambda: times == 1)
    await bench.engine.wake(JOB, at=bench.later(ms=10))
    gate.set()

    await bench.wait(ms=20)
    await until(lambda: times == 2)


async def test_a_thousand_jobs_are_all_advanced_once(bench: Bench) -> None:
    advances = Advances()
    bench.begin(advances)
    jobs = [JobId(f"{number:032x}") for number in range(1_000)]

    for number, job in enumerate(jobs):
        await bench.engine.wake(job, at=bench.later(ms=number % 20))
    await bench.wait(ms=30)
    await until(lambda: len(advances.jobs) >= len(jobs))

    assert Counter(advances.jobs) == Counter(jobs)
