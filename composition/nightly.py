"""What is done once a day: the books are proved, and operators hear when they are wrong."""

from datetime import datetime, timedelta

import attrs

from core.points.ports import BooksAuditor
from core.shared.events import OperatorAlerted
from core.shared.ports import Clock, EventPublisher, SeenOnce

CODE = "points.audit"
ONCE_IN_S = 24 * 3_600.0
LOOK_AGAIN = timedelta(minutes=5)
"""How often one process asks whether the day is over: each time is a write."""
MOST_TOLD = 5
"""Problems that a message quotes."""


@attrs.define(kw_only=True)
class NightlyAudit:
    """
    Proves the books at most once in 24 hours, however many processes there are, or restarts.

    One that could not be made, for want of a database, is made up for by the same process.
    """

    _auditor: BooksAuditor
    _seen: SeenOnce
    _clock: Clock
    _events: EventPublisher
    _look_at: datetime | None = None
    _is_owed: bool = False

    async def sweep(self) -> int:
        """Make the audit if it is due; return how many problems were told of."""
        now = self._clock.now()
        if not await self._is_due(now):
            return 0
        self._is_owed = True
        audit = await self._auditor.audit(now=now)
        self._is_owed = False
        if not audit.balanced:
            await self._events.publish(OperatorAlerted(CODE, _told(audit.problems)))
        return len(audit.problems)

    async def _is_due(self, now: datetime) -> bool:
        if self._is_owed:
            return True
        # A clock that was set back must not put this off for longer than it usually takes.
        if self._look_at is not None and now < self._look_at <= now + LOOK_AGAIN:
            return False
        self._look_at = now + LOOK_AGAIN
        return await self._seen.first_time(CODE, now=now, within_s=ONCE_IN_S)


def _told(problems: tuple[str, ...]) -> str:
    count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
    quoted = " ".join(problems[:MOST_TOLD])
    return f"The books do not balance, {count}: {quoted} `./stationthis points audit` lists all."
