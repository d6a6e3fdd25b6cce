"""Stops asking a service that is down, and lets one call through now and then to see."""

from collections.abc import Callable

from core.shared.statistics import BreakerState
from infrastructure.comfy_deploy.answers import CallError


class BreakerOpenError(CallError):
    """The service has failed several times in a row: nothing was sent."""


class Breaker:
    """
    Opens after `failures` failed calls in a row, for `open_s` seconds.

    Then one call is let through. If it does well all may call again, else the wait begins anew.
    Our own sixty lines because purgatory lets every caller through at that point (ADR 0021).
    """

    def __init__(
        self,
        *,
        failures: int,
        open_s: float,
        clock: Callable[[], float],
        changed: Callable[[BreakerState], None],
    ) -> None:
        self._limit = failures
        self._open_s = open_s
        self._clock = clock
        self._changed = changed
        self._failures = 0
        self._opened_at: float | None = None
        self._is_probing = False

    def enter(self) -> bool:
        """Begin a call; return whether it is the probe. Raises BreakerOpenError."""
        if self._opened_at is None:
            return False
        left_s = self._opened_at + self._open_s - self._clock()
        if self._is_probing or left_s > 0:
            when = "one call is finding out whether it is back"
            if left_s > 0:
                when = f"it is asked again in {left_s:.0f} s"
            raise BreakerOpenError(f"the service failed {self._failures} times in a row: {when}")
        self._is_probing = True
        self._changed(BreakerState.PROBING)
        return True

    def did_well(self) -> None:
        """Note that the service has answered, whatever it said."""
        self._failures = 0
        self._is_probing = False
        if self._opened_at is not None:
            self._opened_at = None
            self._changed(BreakerState.CLOSED)

    def failed(self) -> None:
        """Note that it has not."""
        self._failures += 1
        self._is_probing = False
        if self._failures >= self._limit:
            self._opened_at = self._clock()
            self._changed(BreakerState.OPEN)

    def gave_up(self, *, probe: bool) -> None:
        """Note that whoever asked has gone, so that nothing is known; the next may probe."""
        if probe and self._is_probing:
            self._is_probing = False
            self._changed(BreakerState.OPEN)
