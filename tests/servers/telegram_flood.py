"""Flood control: how much the bot may send, and whether it waits as long as it was told."""

import math
from collections.abc import Callable

import attrs

Clock = Callable[[], float]
"""Seconds that never go back."""


@attrs.frozen
class Rate:
    """A leaky bucket: so many at once, and so many a second in the long run."""

    capacity: float
    per_second: float


@attrs.frozen(kw_only=True)
class FloodLimits:
    """Messages and edits: over all, to one person, to one group. None is no limit."""

    overall: Rate | None = Rate(30, 30)
    private: Rate | None = Rate(5, 1)
    group: Rate | None = Rate(20, 20 / 60)

    @classmethod
    def none(cls) -> "FloodLimits":
        return cls(overall=None, private=None, group=None)


@attrs.frozen
class FloodBreach:
    """A call made before the time that the bot was told."""

    method: str
    chat_id: int
    too_early_s: float


@attrs.define
class _Bucket:
    rate: Rate
    level: float = 0.0
    at: float = 0.0

    def wait_s(self, now: float) -> float:
        """Return how long until one more fits."""
        self.level = max(0.0, self.level - (now - self.at) * self.rate.per_second)
        self.at = now
        over = self.level + 1 - self.rate.capacity
        return over / self.rate.per_second if over > _ROUNDING else 0.0


_ROUNDING = 1e-9


class Flood:
    """The buckets of one bot."""

    def __init__(self, limits: FloodLimits, now: Clock) -> None:
        self.limits = limits
        self.breaches: list[FloodBreach] = []
        self._now = now
        self._overall = _Bucket(limits.overall) if limits.overall else None
        self._chats: dict[int, _Bucket] = {}
        self._told: dict[int, float] = {}

    def told(self, chat_id: int, seconds: int) -> None:
        """Note that the bot must leave a chat alone for so long."""
        self._told[chat_id] = max(self._told.get(chat_id, 0.0), self._now() + seconds)

    def still_to_wait(self, method: str, chat_id: int) -> int:
        """Return the whole seconds that a chat must still be left alone, and note the breach."""
        left = self._told.get(chat_id, 0.0) - self._now()
        if left <= _ROUNDING:
            return 0
        self.breaches.append(FloodBreach(method, chat_id, left))
        return math.ceil(left - _ROUNDING)

    def take(self, chat_id: int, *, is_group: bool) -> int:
        """Count one message; return 0, or the seconds to wait when it does not fit."""
        now = self._now()
        buckets = [each for each in (self._overall, self._of(chat_id, is_group=is_group)) if each]
        wait_s = max((each.wait_s(now) for each in buckets), default=0.0)
        if wait_s > 0:
            seconds = math.ceil(wait_s - _ROUNDING)
            self.told(chat_id, seconds)
            return seconds
        for each in buckets:
            each.level += 1
        return 0

    def _of(self, chat_id: int, *, is_group: bool) -> _Bucket | None:
        rate = self.limits.group if is_group else self.limits.private
        if rate is None:
            return None
        return self._chats.setdefault(chat_id, _Bucket(rate))
