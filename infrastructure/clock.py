"""The machine's clock."""

from datetime import UTC, datetime

from core.shared.ports import Clock


class SystemClock(Clock):
    """Shows the time of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)
