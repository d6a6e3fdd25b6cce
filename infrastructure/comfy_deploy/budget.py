"""How many calls a second we allow ourselves: in all, and for routes that cost the service much."""

from collections.abc import Mapping

from aiolimiter import AsyncLimiter

from infrastructure.comfy_deploy.answers import CallError
from infrastructure.comfy_deploy.endpoints import (
    LIST_DEPLOYMENTS,
    LIST_FULL_RUNS,
    LIST_RUNS,
    UPLOAD_FILE,
    Endpoint,
)

BURST_S = 2.0
"""So many seconds' calls may come at once; then they come evenly."""

HEAVY: Mapping[str, float] = {
    # Each row embeds two graphs.
    LIST_DEPLOYMENTS.name: 2.0,
    LIST_FULL_RUNS.name: 5.0,
    LIST_RUNS.name: 20.0,
    UPLOAD_FILE.name: 20.0,
}
"""Calls a second at most, where that is less than in all."""


class NoTurnError(CallError):
    """There was no turn in time: nothing was sent."""


class Budget:
    """Makes callers wait for their turn, first come, first served."""

    def __init__(self, calls_per_s: float) -> None:
        self._in_all = _limiter(calls_per_s) if calls_per_s else None
        self._heavy = {name: _limiter(rate) for name, rate in HEAVY.items()} if calls_per_s else {}

    async def turn(self, endpoint: Endpoint) -> None:
        """Wait until one more call is within the budget."""
        heavy = self._heavy.get(endpoint.name)
        if heavy is not None:
            await heavy.acquire()
        if self._in_all is not None:
            await self._in_all.acquire()


def _limiter(calls_per_s: float) -> AsyncLimiter:
    # At least one call must fit in, however seldom.
    burst = max(1.0, calls_per_s * BURST_S)
    return AsyncLimiter(burst, burst / calls_per_s)
