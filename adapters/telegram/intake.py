"""
Updates that were fetched and are not done.

Telegram forgets what lies before the offset that we ask from. So we ask from the oldest update
that is not done: its job is not saved, and its answer not shown. What is behind it comes again each
time, and is passed over. What a crash leaves open comes again after the next start.
"""

import asyncio
import contextlib
from collections.abc import Sequence

MOST_AT_ONCE = 100
"""Telegram tells no more at once: what lies behind so many is not seen before the first is done."""

HELD_S = 5.0
"""When the most that Telegram tells is known, whoever is open for longer holds up nobody more."""

_JOB = "job-"


class Intake:
    """Knows updates by their numbers, from their fetching until Telegram has forgotten them."""

    def __init__(self, *, held_s: float = HELD_S) -> None:
        self._held_s = held_s
        self._open: dict[int, float] = {}
        """When each came that is not done."""
        self._known: set[int] = set()
        """What may come again."""
        self._of_job: dict[str, int] = {}
        self._next = 0
        self._is_closed = False
        self._idle = asyncio.Event()
        self._idle.set()

    def offset(self, asked: int) -> int:
        """Return where to ask from, so that nothing that is open is forgotten."""
        offset = min(self._open, default=self._next or asked)
        self._known = {number for number in self._known if number >= offset}
        self._of_job = {job: each for job, each in self._of_job.items() if each in self._open}
        return offset

    def fetched(self, numbers: Sequence[int]) -> list[int]:
        """Note which updates came in; return the new ones."""
        now = asyncio.get_running_loop().time()
        new = [number for number in numbers if number not in self._known]
        if new:
            self._known.update(new)
            self._open.update(dict.fromkeys(new, now))
            self._next = new[-1] + 1
            self._idle.clear()
        elif len(numbers) >= MOST_AT_ONCE:
            for number in [each for each, at in self._open.items() if now - at > self._held_s]:
                self.done(number)
        return new

    def starts(self, job: str, number: int) -> None:
        """Note which job an update starts, if it starts one."""
        self._of_job[job] = number

    def shown(self, key: str) -> None:
        """Note that a message is about to be shown: a job that has one is saved."""
        if key.startswith(_JOB) and (number := self._of_job.get(key.removeprefix(_JOB))):
            self.done(number)

    def done(self, number: int) -> None:
        """Let Telegram forget an update, but not after the end: it may have been cut off."""
        if not self._is_closed:
            self._open.pop(number, None)
            if not self._open:
                self._idle.set()

    def close(self) -> None:
        """Leave open what is open now: it comes again after the next start."""
        self._is_closed = True

    async def idle(self, until: float) -> None:
        """Wait until nothing is open, or until that moment on the loop's clock."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(0 if self._is_closed else until):
                await self._idle.wait()
