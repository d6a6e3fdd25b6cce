"""What a generation will cost at most, and how long it will take."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import attrs
import pytest

from core.points.model import Points
from core.points.pricing import PriceList
from core.shared.errors import ServiceTroubleError
from core.use_cases.quote import QuoteGeneration, SeenElsewhere
from core.workflows.model import Workflow
from core.workflows.ports import RunHistory, RunTime, WorkflowCatalogue
from core.workflows.snapshot import Snapshot
from tests.builders import NOW, a_workflow
from tests.fakes.clock import FixedClock

DRAW = a_workflow()
UPSCALE = a_workflow("upscale")


class KnownRuns(RunHistory):
    """Tells what it was given of each workflow, and notes for which it was asked."""

    def __init__(self, runs: Mapping[str, Sequence[RunTime]] | None = None) -> None:
        self._runs = runs or {}
        self.asked: list[str] = []

    async def recent(self, workflow: Workflow, *, limit: int) -> Sequence[RunTime]:
        self.asked.append(workflow.name)
        return self._runs.get(workflow.name, ())[:limit]


class Prices(WorkflowCatalogue):
    """Tells no workflows, but what the service takes for a GPU; None: it does not answer."""

    def __init__(self, usd_per_s: Mapping[str, float] | None) -> None:
        self._usd_per_s = usd_per_s
        self.asked = 0

    async def current(self) -> Snapshot:
        self.asked += 1
        if self._usd_per_s is None:
            raise ServiceTroubleError("away")
        return Snapshot.of((), read_at=NOW, gpu_usd_per_s=self._usd_per_s)

    async def reload(self) -> Snapshot:
        return await self.current()


def runs(*seconds: float, wait_s: float = 1.0) -> list[RunTime]:
    """Return runs that took so long, newest first, an hour apart."""
    return [
        RunTime(ended_at=NOW - timedelta(hours=1 + each), run_s=run_s, wait_s=wait_s, gpu="A10G")
        for each, run_s in enumerate(seconds)
    ]


@attrs.define(kw_only=True)
class Station:
    """Everything that a quote is made from."""

    own: KnownRuns = attrs.field(factory=KnownRuns)
    asked: KnownRuns = attrs.field(factory=KnownRuns)
    known: KnownRuns = attrs.field(factory=KnownRuns)
    prices: Prices = attrs.field(factory=lambda: Prices({}))

    @property
    def quote(self) -> QuoteGeneration:
        """The use case on them."""
        return QuoteGeneration(
            history=self.own,
            catalogue=self.prices,
            prices=PriceList(),
            clock=FixedClock(NOW),
            elsewhere=SeenElsewhere(asked=self.asked, known=self.known),
        )


async def test_enough_runs_of_our_own_tell_all() -> None:
    station = Station(own=KnownRuns({"text2img": runs(3, 4, 5, 6, 7)}))

    quote = await station.quote(DRAW)

    assert (quote.points, quote.median_s, quote.p90_s) == (Points(14), 5, 7)
    assert station.asked.asked == []


async def test_few_runs_of_our_own_are_filled_up_with_those_that_the_service_knows_of() -> None:
    ours = runs(3, 4)
    station = Station(
        own=KnownRuns({"text2img": ours}),
        asked=KnownRuns({"text2img": [ours[0], *runs(20, 21, 22)]}),
    )

    quote = await station.quote(DRAW)

    assert (quote.median_s, quote.p90_s) == (20, 22)


async def test_without_the_services_history_our_own_must_do() -> None:
    quote = QuoteGeneration(
        history=KnownRuns({"text2img": runs(3)}),
        catalogue=Prices({}),
        prices=PriceList(),
        clock=FixedClock(NOW),
    )

    assert [each.median_s for each in (await quote(DRAW), *await quote.many([DRAW]))] == [3, 3]


async def test_a_cold_start_is_told_when_it_is_likely() -> None:
    warm, cold = runs(4, 5, 6, 7), runs(9, wait_s=41.0)
    station = Station(own=KnownRuns({"text2img": [*warm, *cold]}))
    just_ended = attrs.evolve(warm[0], ended_at=NOW - timedelta(seconds=1))

    quote = await station.quote(DRAW)
    warm_one = await Station(own=KnownRuns({"text2img": [just_ended, *warm, *cold]})).quote(DRAW)

    assert (quote.cold_s, warm_one.cold_s) == (40, 0)


async def test_the_services_prices_and_the_workflows_factor_make_the_rate() -> None:
    station = Station(prices=Prices({"A10G": 0.000674}))

    quote = await station.quote(attrs.evolve(DRAW, price_factor=0.5))
    plain = await station.quote(DRAW)

    assert (quote.points_per_s, plain.points_per_s) == pytest.approx((2.0, 4.0))
    assert (quote.points, plain.points) == (Points(20), Points(40))


async def test_while_the_service_is_away_our_own_prices_count() -> None:
    quote = await Station(prices=Prices(None)).quote(DRAW)

    assert quote.points_per_s == 2.0


async def test_a_fixed_price_does_not_depend_on_the_time() -> None:
    quote = await Station().quote(attrs.evolve(DRAW, fixed_price=5))

    assert (quote.points, quote.is_fixed, quote.median_s) == (Points(5), True, 6.0)


async def test_many_are_quoted_in_their_order_without_asking_the_service_for_runs() -> None:
    station = Station(
        own=KnownRuns({"text2img": runs(3, 4, 5, 6, 7)}), known=KnownRuns({"upscale": runs(30)})
    )

    quotes = await station.quote.many([UPSCALE, DRAW, UPSCALE])

    assert [each.median_s for each in quotes] == [30, 5, 30]
    assert (station.asked.asked, station.prices.asked) == ([], 1)


async def test_of_no_workflows_there_are_no_quotes() -> None:
    assert await Station().quote.many([]) == []
