"""Stops asking a service that is down, and lets one call through now and then to see."""

from collections.abc import Callable

from core.shared.statistics import BreakerState
from infrastructure.comfy_deploy.answers import CallError

ONE_ENDPOINT_TIMES = 3
"""So many times more failures are needed when all are at one endpoint: that one may be broken."""


class BreakerOpenError(CallError):
    """The service has failed several times in a row: nothing was sent."""


class Breaker:
    """
    Opens after `failures` failed calls in a row, at two endpoints or more, for `open_s` seconds.

    Then one call is let through; when that takes longer than `open_s`, another. If one does well
    all may call again, else the wait begins anew. Only calls that began after the last change
    count: what was on its way before says nothing of now.

    Our own, because purgatory lets every caller through at that point (ADR 0021).
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
        self._failed_at: set[str] = set()
        self._state = BreakerState.CLOSED
        self._next_probe_s = 0.0
        self._generation = 0

    def enter(self) -> int:
        """Begin a call; return the ticket to tell what came of it. Raises BreakerOpenError."""
        if self._state is BreakerState.CLOSED:
            return self._generation
        left_s = self._next_probe_s - self._clock()
        if left_s > 0:
            raise BreakerOpenError(
                f"the service failed {self._failures} times in a row; "
                f"it is asked again in {max(1, round(left_s))} s"
            )
        self._next_probe_s = self._clock() + self._open_s
        self._move(BreakerState.PROBING)
        return self._generation

    def did_well(self, ticket: int) -> None:
        """Note that the service has answered, whatever it said."""
        if ticket != self._generation:
            return
        self._failures = 0
        self._failed_at.clear()
        if self._state is not BreakerState.CLOSED:
            self._move(BreakerState.CLOSED)

    def failed(self, ticket: int, endpoint: str) -> None:
        """Note that it has not, at this endpoint."""
        if ticket != self._generation:
            return
        self._failures += 1
        self._failed_at.add(endpoint)
        many = self._limit if len(self._failed_at) > 1 else ONE_ENDPOINT_TIMES * self._limit
        if self._state is not BreakerState.CLOSED or self._failures >= many:
            self._generation += 1
            self._next_probe_s = self._clock() + self._open_s
            self._move(BreakerState.OPEN)

    def gave_up(self, ticket: int) -> None:
        """Note that whoever asked has gone, so that nothing is known; the next may probe."""
        if ticket == self._generation and self._state is BreakerState.PROBING:
            self._next_probe_s = self._clock()
            self._move(BreakerState.OPEN)

    def _move(self, state: BreakerState) -> None:
        if state is not self._state:
            self._state = state
            self._changed(state)
