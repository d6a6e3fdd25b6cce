"""For whoever wants no figures."""

from core.shared.ports import ApiStatistics
from core.shared.statistics import BreakerState, Outcome, Saving


class NoStatistics(ApiStatistics):
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
