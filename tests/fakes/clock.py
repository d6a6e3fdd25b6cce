"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta

from core.shared.ports import Clock

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


class FixedClock(Clock):
    """Shows the moment that it was given."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, *, seconds: float) -> None:
        """Move on by so many seconds; back, when they are negative."""
        self._now += timedelta(seconds=seconds)

    def set(self, now: datetime) -> None:
        """Show another moment from now on."""
        self._now = now
