"""Quote: what a generation will cost at most, and how long it will take."""

from collections.abc import Iterable, Mapping

import attrs

from core.points.pricing import NOTHING_TOLD, PriceList, Quote, quoted
from core.shared.errors import ServiceError
from core.shared.ports import Clock
from core.workflows.estimate import estimate, joined
from core.workflows.model import Workflow
from core.workflows.ports import RunHistory, WorkflowCatalogue

RUNS_LOOKED_AT = 50
FEW = 5
"""With fewer runs of our own the service is asked what it knows of others."""


@attrs.frozen
class SeenElsewhere:
    """Runs that the service knows of: `asked` may wait for it a moment, `known` never does."""

    asked: RunHistory
    known: RunHistory


class QuoteGeneration:
    """Joins what runs of a workflow took with what seconds cost."""

    def __init__(
        self,
        *,
        history: RunHistory,
        catalogue: WorkflowCatalogue,
        prices: PriceList,
        clock: Clock,
        elsewhere: SeenElsewhere | None = None,
    ) -> None:
        self._history = history
        self._catalogue = catalogue
        self._prices = prices
        self._clock = clock
        self._elsewhere = elsewhere

    async def __call__(self, workflow: Workflow) -> Quote:
        """Return the quote: a fixed price, or that of a run that is slower than nine in ten."""
        asked = self._elsewhere.asked if self._elsewhere else None
        return await self._quote(workflow, asked, await self._told())

    async def many(self, workflows: Iterable[Workflow]) -> list[Quote]:
        """Return the quote of each, in their order; the service is not asked about runs."""
        known = self._elsewhere.known if self._elsewhere else None
        told = await self._told()
        # One after the other: each is one indexed read, and others want to read as well.
        return [await self._quote(each, known, told) for each in workflows]

    async def _told(self) -> Mapping[str, float]:
        """Return the service's own prices; none while it does not answer."""
        try:
            return (await self._catalogue.current()).gpu_usd_per_s
        except ServiceError:
            return NOTHING_TOLD

    async def _quote(
        self, workflow: Workflow, others: RunHistory | None, told: Mapping[str, float]
    ) -> Quote:
        runs = await self._history.recent(workflow, limit=RUNS_LOOKED_AT)
        if others is not None and len(runs) < FEW:
            runs = joined(runs, await others.recent(workflow, limit=RUNS_LOOKED_AT))
        expected = estimate(runs, gpu=workflow.gpu, now=self._clock.now())
        return quoted(
            self._prices.points_per_s(workflow.gpu, told=told, factor=workflow.price_factor),
            median_s=expected.median_s,
            p90_s=expected.p90_s,
            cold_s=expected.cold_s if expected.is_cold_likely else 0.0,
            fixed_price=workflow.fixed_price,
        )
