"""What every room needs from the world: time, ids, somebody to tell, and a memory for repeats."""

from datetime import datetime
from typing import Protocol

from core.shared.events import Event
from core.shared.ids import JobId


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present, with its zone (UTC). May step backwards when an operator sets it."""


class NewIds(Protocol):
    """Makes what must be unguessable or random."""

    def job(self) -> JobId:
        """Return a new id: 32 hexadecimal characters, never the same twice."""

    def token(self) -> str:
        """Return a new name for a file, a message or an account: 32 hexadecimal characters."""

    def seed(self) -> int:
        """Return a seed between 0 and 2**31 - 1, any as likely as any other."""


class EventPublisher(Protocol):
    """Tells whoever listens what has happened."""

    async def publish(self, event: Event) -> None:
        """Hand over a fact. Never raises, and does not wait for the listeners' work to end."""


class SeenOnce(Protocol):
    """Remembers what was seen, so that a repeat can be told from a first time."""

    async def first_time(self, key: str, *, now: datetime, within_s: float) -> bool:
        """
        Return whether `key` was not seen in the last `within_s` seconds, and remember it.

        Of many callers at once exactly one is told True. A refused repeat does not extend the
        window. What was seen more than a window in the future (the clock was set back since) is
        new again.
        """
