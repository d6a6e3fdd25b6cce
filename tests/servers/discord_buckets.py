"""Rate limits: buckets of routes, the global limit, and who does not heed them."""

import hashlib
import math
import time
from collections.abc import Mapping

import attrs

TOLD_IN_FLIGHT_S = 0.05
"""Calls that left before the client could read its 429 are no breach."""

CLOCKS_DIFFER_S = 0.005


@attrs.frozen
class Rate:
    """So many calls in so many seconds."""

    calls: int
    per_s: float


@attrs.frozen(kw_only=True)
class Limits:
    """The limits of a server. None: no limit, and no headers that speak of one."""

    message_create: Rate | None = Rate(5, 5.0)
    message_edit: Rate | None = Rate(5, 5.0)
    webhook: Rate | None = None
    """Follow-ups, by interaction. Its number is published nowhere: off unless ordered."""
    overall: Rate | None = Rate(50, 1.0)

    @classmethod
    def none(cls) -> "Limits":
        """Return no limits."""
        return cls(message_create=None, message_edit=None, overall=None)

    def of(self, name: str) -> Rate | None:
        """Return the rate of a bucket."""
        rates: Mapping[str, Rate | None] = {
            "message_create": self.message_create,
            "message_edit": self.message_edit,
            "webhook": self.webhook,
            "": self.overall,
        }
        return rates.get(name)


@attrs.define
class _Window:
    resets_at: float
    used: int = 0


@attrs.frozen
class Key:
    """One bucket: its name, or its route if no limit names it, and the major parameter."""

    name: str
    major: str = ""


OVERALL = Key("")


@attrs.define
class Buckets:
    """Counts calls, and remembers what was told to whom."""

    limits: Limits
    breaches: list[str] = attrs.field(factory=list)
    _windows: dict[Key, _Window] = attrs.field(factory=dict)
    _told: dict[Key, tuple[float, float]] = attrs.field(factory=dict)

    def wait_for(self, key: Key) -> float | None:
        """Count a call; return how long it must wait if it is one too many."""
        rate = self.limits.of(key.name)
        if rate is None:
            return None
        now = time.monotonic()
        window = self._windows.get(key)
        if window is None or now >= window.resets_at:
            window = self._windows[key] = _Window(now + rate.per_s)
        if window.used >= rate.calls:
            return window.resets_at - now
        window.used += 1
        return None

    def headers(self, key: Key) -> dict[str, str]:
        """Return what every answer of a bucket tells."""
        rate, window = self.limits.of(key.name), self._windows.get(key)
        if rate is None or window is None:
            return {}
        left_s = max(0.0, window.resets_at - time.monotonic())
        return {
            "X-RateLimit-Limit": str(rate.calls),
            "X-RateLimit-Remaining": str(rate.calls - window.used),
            "X-RateLimit-Reset": f"{time.time() + left_s:.3f}",
            "X-RateLimit-Reset-After": f"{_up(left_s):.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(key.name.encode()).hexdigest()[:32],
        }

    def tell(self, key: Key, retry_after: float) -> float:
        """Remember that a client was told to wait; return the number for its answer."""
        told, now = _up(retry_after), time.monotonic()
        self._told[key] = (now, now + told)
        return told

    def heed(self, key: Key, call: str) -> None:
        """Note a call that comes before the told time has passed."""
        told_at, until = self._told.get(key, (0.0, 0.0))
        if told_at + TOLD_IN_FLIGHT_S < time.monotonic() < until - CLOCKS_DIFFER_S:
            self.breaches.append(f"{call} came {until - time.monotonic():.3f} s too early")


def _up(seconds: float) -> float:
    """Round up to a millisecond: whoever waits that long has waited long enough."""
    return math.ceil(seconds * 1000) / 1000
