"""Quote: what a generation will cost at most, and how long it will take."""

from core.points.pricing import PriceList, Quote
from core.workflows.estimate import estimate
from core.workflows.model import Workflow
from core.workflows.ports import RunHistory

RUNS_LOOKED_AT = 50


class QuoteGeneration:
    """Joins what runs of a workflow took with what seconds cost."""

    def __init__(self, *, history: RunHistory, prices: PriceList) -> None:
        self._history = history
        self._prices = prices

    async def __call__(self, workflow: Workflow) -> Quote:
        """Return the quote: the price of a run that is slower than nine in ten."""
        seconds = await self._history.recent_seconds(workflow.name, limit=RUNS_LOOKED_AT)
        expected = estimate(seconds, gpu=workflow.gpu)
        return Quote(
            points=self._prices.points_for(expected.p90_s, gpu=expected.gpu),
            median_s=expected.median_s,
            p90_s=expected.p90_s,
        )
