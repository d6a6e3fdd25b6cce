"""A timer whose time passes when a test says so."""

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

from adapters.chat.governor import Timer
from tests.adapters.chat.sleeper import come_to_rest


class HandTimer(Timer):
    """Stands still until it is told to go on; begins at 0."""

    def __init__(self) -> None:
        self._now = 0.0
        self._numbers = count()
        self._due: list[tuple[float, int]] = []
        self._callbacks: dict[int, Callable[[], None]] = {}

    @property
    def pending(self) -> int:
        """How many wait to be called back."""
        return len(self._callbacks)

    def time(self) -> float:
        return self._now

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Callable[[], None]:
        number = next(self._numbers)
        self._callbacks[number] = callback
        heappush(self._due, (self._now + delay_s, number))
        return lambda: self._call_off(number)

    async def pass_time(self, seconds: float) -> None:
        """Move on, from one callback to the next, and let everybody act on each."""
        end = self._now + seconds
        await come_to_rest()
        while self._due and self._due[0][0] <= end:
            at, number = heappop(self._due)
            if (callback := self._callbacks.pop(number, None)) is not None:
                self._now = max(self._now, at)
                callback()
                await come_to_rest()
        self._now = end

    def be_late(self, seconds: float) -> None:
        """Move on without calling anybody back, as a loop does that is busy."""
        self._now += seconds

    def _call_off(self, number: int) -> None:
        self._callbacks.pop(number, None)
