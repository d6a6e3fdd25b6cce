"""What the figures of our calls to ComfyUI Deploy tell apart."""

import enum


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
