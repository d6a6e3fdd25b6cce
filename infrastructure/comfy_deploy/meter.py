"""What the client tells of its calls; whoever keeps the figures implements it."""

import enum
from typing import Protocol


class Outcome(enum.StrEnum):
    """What came of one attempt to call."""

    OK = "ok"
    BUSY = "busy"
    """429 or 503: the service wants us to wait."""
    REFUSED = "refused"
    """Any other 4xx."""
    NOT_THERE = "not_there"
    """404, or a 500 that means it."""
    TROUBLE = "trouble"
    """Any other 5xx, HTML, or JSON that cannot be read."""
    NO_ANSWER = "no_answer"
    """A reset, a time-out, a cut body."""
    CANCELLED = "cancelled"
    """Whoever asked has gone."""
    BLOCKED = "blocked"
    """The breaker was open: nothing was sent."""


class Saving(enum.StrEnum):
    """Why a call was not made although somebody asked."""

    SHARED = "shared"
    """The same question was on its way already."""
    LISTED = "listed"
    """One list told of several runs."""
    KNOWN_UPLOAD = "known_upload"
    """The service has this very file already."""


class BreakerState(enum.StrEnum):
    """How the breaker stands."""

    CLOSED = "closed"
    OPEN = "open"
    PROBING = "probing"
    """One call is let through to see."""


class CallMeter(Protocol):
    """
    Counts. No method raises or waits.

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


class NoMeter(CallMeter):
    """Counts nothing."""

    def call_began(self, endpoint: str) -> None:
        pass

    def call_ended(
        self, endpoint: str, outcome: Outcome, *, seconds: float, sent: int, received: int
    ) -> None:
        pass

    def call_repeated(self, endpoint: str) -> None:
        pass

    def calls_saved(self, endpoint: str, saving: Saving, count: int = 1) -> None:
        pass

    def breaker_is(self, state: BreakerState) -> None:
        pass
