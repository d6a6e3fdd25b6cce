"""A meter that remembers what it was told."""

from collections import Counter

import attrs

from core.shared.ports import ApiStatistics
from core.shared.statistics import BreakerState, Outcome, Saving


@attrs.define
class CountingMeter(ApiStatistics):
    """Counts in plain counters; `states` are the breaker's, in order."""

    in_flight: Counter[str] = attrs.Factory(Counter)
    ended: Counter[tuple[str, Outcome]] = attrs.Factory(Counter)
    repeated: Counter[str] = attrs.Factory(Counter)
    saved: Counter[tuple[str, Saving]] = attrs.Factory(Counter)
    states: list[BreakerState] = attrs.Factory(list)
    seconds: list[float] = attrs.Factory(list)
    sent: int = 0
    received: int = 0

    def call_began(self, endpoint: str) -> None:
        self.in_flight[endpoint] += 1

    def call_ended(
        self, endpoint: str, outcome: Outcome, *, seconds: float, sent: int, received: int
    ) -> None:
        self.in_flight[endpoint] -= 1
        self.ended[endpoint, outcome] += 1
        self.seconds.append(seconds)
        self.sent += sent
        self.received += received

    def call_repeated(self, endpoint: str) -> None:
        self.repeated[endpoint] += 1

    def calls_saved(self, endpoint: str, saving: Saving, count: int = 1) -> None:
        self.saved[endpoint, saving] += count

    def breaker_is(self, state: BreakerState) -> None:
        self.states.append(state)
