"""
Wake-ups within one process: a heap in the event loop.

Nothing here outlives the process: at a start, whoever recovers the jobs wakes each of them anew.
"""

import asyncio
import contextlib
import heapq
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import count

import attrs
import structlog

from core.generations.ports import WakeUps
from core.shared.ids import JobId
from core.shared.ports import Clock

log = structlog.stdlib.get_logger(__name__)

Advance = Callable[[JobId], Awaitable[datetime | None]]
"""Moves a job on and returns when to call again, or None."""

FIRST_RETRY_S, LONGEST_RETRY_S = 1.0, 60.0
JUMP_S = 0.05
"""Wall clock and loop may drift apart by so much between two looks before it counts as a jump."""


@attrs.frozen(order=True)
class _Due:
    """When a job's turn is, by the loop's time; of equal ones, the lower `number` comes first."""

    deadline_s: float
    number: int
    job: JobId = attrs.field(order=False)
    at: datetime = attrs.field(order=False)


class InProcessWakeUps(WakeUps):
    """
    Advances jobs when their time has come: many at once, each never twice at once.

    Moments are waited for by the loop's time, which nobody sets: a wall clock that is set back
    makes no job late. One that jumps forward is noticed within `look_every_s` seconds.
    """

    def __init__(self, clock: Clock, concurrency: int = 50, *, look_every_s: float = 30.0) -> None:
        self._clock = clock
        self._concurrency = concurrency
        self._look_every_s = look_every_s
        self._numbers = count()
        self._heap: list[_Due] = []
        self._due: dict[JobId, _Due] = {}  # what is in the heap and not here has been replaced
        self._running: dict[JobId, asyncio.Task[None]] = {}
        self._failures: dict[JobId, int] = {}
        self._changed = asyncio.Event()
        self._loop_task: asyncio.Task[None] | None = None
        self._ahead_s = 0.0

    def start(self, advance: Advance) -> None:
        """Begin to call `advance` for jobs whose time has come, those woken before included."""
        self._ahead_s = self._wall_ahead_s()
        self._reckon_anew()
        self._loop_task = asyncio.create_task(self._run(advance), name="wake-ups")

    async def stop(self, *, grace_s: float = 10.0) -> None:
        """Begin nothing more; let running advances end for up to `grace_s`, then cancel them."""
        if self._loop_task is not None:
            self._loop_task.cancel()
            await asyncio.wait([self._loop_task])
            self._loop_task = None
        if running := set(self._running.values()):
            _, late = await asyncio.wait(running, timeout=grace_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def wake(self, job: JobId, *, at: datetime) -> None:
        known = self._due.get(job)
        if known is not None and known.at <= at:
            return
        self._put(job, at)
        self._changed.set()

    def _put(self, job: JobId, at: datetime) -> None:
        # Below zero for the past, so that what is most overdue comes first.
        wait_s = (at - self._clock.now()).total_seconds()
        deadline_s = asyncio.get_running_loop().time() + wait_s
        self._due[job] = due = _Due(deadline_s, next(self._numbers), job, at)
        # A job that is being advanced now is put back when that has ended.
        if job not in self._running:
            heapq.heappush(self._heap, due)

    async def _run(self, advance: Advance) -> None:
        while True:
            self._changed.clear()
            self._notice_jump()
            pause_s = self._begin_due(advance)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._changed.wait()

    def _begin_due(self, advance: Advance) -> float:
        """Begin what is due and has a place; return for how many seconds to wait."""
        now_s = asyncio.get_running_loop().time()
        while self._heap and len(self._running) < self._concurrency:
            due = self._heap[0]
            is_current = self._due.get(due.job) is due
            if is_current and due.deadline_s > now_s:
                return min(due.deadline_s - now_s, self._look_every_s)
            heapq.heappop(self._heap)
            if is_current:
                del self._due[due.job]
                self._running[due.job] = asyncio.create_task(
                    self._advance(due.job, advance), name=f"advance {due.job}"
                )
        return self._look_every_s

    async def _advance(self, job: JobId, advance: Advance) -> None:
        try:
            following = await advance(job)
            self._failures.pop(job, None)
        except Exception:  # one job's failure must stop neither the others nor its own next try
            following = self._clock.now() + timedelta(seconds=self._retry_s(job))
            log.exception("wake_ups.advance_failed", job=job, again_at=following.isoformat())
        finally:
            del self._running[job]
            self._changed.set()
        await self._after(job, following)

    async def _after(self, job: JobId, following: datetime | None) -> None:
        """Put the job back for the earlier of what its advance said and what came in meanwhile."""
        if (meanwhile := self._due.get(job)) is not None:
            heapq.heappush(self._heap, meanwhile)
        if following is not None:
            await self.wake(job, at=following)

    def _retry_s(self, job: JobId) -> float:
        failures = self._failures[job] = self._failures.get(job, 0) + 1
        return min(LONGEST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(failures - 1, 16))

    def _wall_ahead_s(self) -> float:
        return self._clock.now().timestamp() - asyncio.get_running_loop().time()

    def _notice_jump(self) -> None:
        """Reckon anew when the wall clock went forward, as it does when a machine has slept."""
        before_s, self._ahead_s = self._ahead_s, self._wall_ahead_s()
        if self._ahead_s - before_s > JUMP_S:
            self._reckon_anew()

    def _reckon_anew(self) -> None:
        self._heap.clear()
        for due in sorted(self._due.values(), key=lambda due: due.number):
            self._put(due.job, due.at)
