"""What every room needs from the world: time, ids, somebody to tell, and a memory for repeats."""

from datetime import datetime
from typing import Protocol

from core.shared.events import Event
from core.shared.ids import JobId
from core.shared.statistics import BreakerState, Outcome, Saving


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


class ApiStatistics(Protocol):
    """
    Counts our calls to ComfyUI Deploy. No method raises or waits.

    `endpoint` is an Endpoint's name, such as `GET /run/{run_id}`: never an id, an address or a key.
    """

    def call_began(self, endpoint: str) -> None:
        """One attempt is on its way."""

    def call_ended(
        self, endpoint: str, outcome: Outcome, *, seconds: float, sent: int, received: int
    ) -> None:
        """One attempt is over, after so many seconds; `sent` and `received` are bytes of bodies."""

    def call_repeated(self, endpoint: str) -> None:
        """An attempt is being made again."""

    def calls_saved(self, endpoint: str, saving: Saving, count: int = 1) -> None:
        """So many calls were not made."""

    def breaker_is(self, state: BreakerState) -> None:
        """The breaker stands so from now on."""
