"""What was seen, in a dictionary."""

from datetime import datetime, timedelta

from core.shared.ports import SeenOnce

PRUNE_EVERY_S = 60.0
"""How often keys that nobody will ask for again are looked for."""


class InMemorySeen(SeenOnce):
    """Remembers what one process has seen, each key for as long as its window asks."""

    def __init__(self) -> None:
        self._seen_at: dict[str, datetime] = {}
        self._forget_at: dict[str, datetime] = {}
        self._prune_at: datetime | None = None

    async def first_time(self, key: str, *, now: datetime, within_s: float) -> bool:
        window = timedelta(seconds=within_s)
        seen_at = self._seen_at.get(key)
        # What was seen far in the future was seen before the clock was set back: it counts no more.
        if seen_at is not None and abs(now - seen_at) < window:
            return False
        self._seen_at[key] = now
        self._forget_at[key] = now + window
        self._prune(now)
        return True

    def _prune(self, now: datetime) -> None:
        if self._prune_at is not None and now < self._prune_at:
            return
        self._prune_at = now + timedelta(seconds=PRUNE_EVERY_S)
        for key in [key for key, at in self._forget_at.items() if at < now]:
            del self._seen_at[key], self._forget_at[key]
