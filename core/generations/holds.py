"""Whether holds and jobs belong together: no points held for nothing, no job that is not paid."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import attrs

from core.generations.model import JobState
from core.points.books import HoldState
from core.shared.ids import WalletId

ENDING_TAKES = timedelta(minutes=10)
"""
A hold ends before its job does: at once as a rule, later when the program dies in between.

What is left open for longer nobody will end.
"""


@attrs.frozen(kw_only=True)
class HoldAndJob:
    """The hold and the job of one id; None for what is not there. A tombstone has no wallet."""

    id: str
    job: JobState | None = None
    hold: HoldState | None = None
    wallet: WalletId | None = None
    points: int = 0
    ended_at: datetime | None = None
    """When the hold ended."""

    def problem(self, *, now: datetime) -> str | None:
        """Return in a sentence why the two do not belong together; None when they do."""
        if self.hold is HoldState.HELD:
            return self._without_job()
        if self.job is None or self.job.is_end or self.job is JobState.PREPARED:
            return None
        if self.hold is None:
            return f"Job {self.id} is {self.job}, and has no hold: nobody pays for it."
        if self.ended_at is not None and now - self.ended_at <= ENDING_TAKES:
            return None
        return f"Job {self.id} is {self.job}, and its hold has long been {self.hold}."

    def _without_job(self) -> str | None:
        points = "1 point" if self.points == 1 else f"{self.points} points"
        about = f"Hold {self.id} keeps {points} of wallet {self.wallet}"
        if self.job is None:
            return f"{about}, and there is no such job."
        return f"{about}, and its job has ended: {self.job}." if self.job.is_end else None


def problems(pairs: Iterable[HoldAndJob], *, now: datetime) -> tuple[str, ...]:
    """Return a sentence for every pair that does not belong together, in the order of ids."""
    found = (each.problem(now=now) for each in sorted(pairs, key=lambda pair: pair.id))
    return tuple(filter(None, found))
