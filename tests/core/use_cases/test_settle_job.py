"""A job is paid as it was quoted, whatever has become of the prices since."""

import attrs
import pytest

from core.generations.model import JobState, RunStatus
from core.points.model import Points
from core.use_cases.start_generation import Request
from core.use_cases.stop_run import FREE_CANCELS_A_DAY
from core.workflows.snapshot import Snapshot
from infrastructure.memory.catalogue import InMemoryCatalogue
from tests.builders import ADA, NOW
from tests.core.use_cases.station import CHARGE, DRAW, QUOTE, Station, World

FIXED = attrs.evolve(DRAW, fixed_price=5)
DEAR = attrs.evolve(DRAW, price_factor=1.5)


class ChangingPrices(InMemoryCatalogue):
    """The workflows as they are, and prices that a test changes."""

    usd_per_s: float = 0.000337

    async def current(self) -> Snapshot:
        known = await super().current()
        return Snapshot.of(known.workflows, read_at=NOW, gpu_usd_per_s={"A10G": self.usd_per_s})


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def station(world: World) -> Station:
    return Station(world)


async def test_a_fixed_price_is_charged_to_the_point(station: Station, world: World) -> None:
    job = await station.begin(workflow=FIXED)
    held = await world.points()

    await station.live_out()

    assert (held, await world.points()) == ((0, 5), (5, 0))
    assert (await station.job(job)).charged == Points(5)


async def test_a_fixed_price_is_not_charged_for_a_failure(station: Station, world: World) -> None:
    world.gateway.ends_as = RunStatus.FAILED
    job = await station.begin(workflow=FIXED)

    await station.live_out()

    assert (await station.job(job)).state is JobState.FAILED
    assert await world.points() == (0, 0)


async def test_a_workflows_factor_counts_for_the_quote_and_for_the_charge(
    station: Station, world: World
) -> None:
    await station.begin(workflow=DEAR)
    held = await world.points()

    await station.live_out()

    assert (held, await world.points()) == ((0, QUOTE * 3 // 2), (CHARGE * 3 // 2, 0))


@pytest.mark.parametrize("factor", [10.0, 0.1])
async def test_a_job_costs_what_it_was_quoted_with_though_the_prices_have_changed(
    world: World, factor: float
) -> None:
    prices = world.catalogue = ChangingPrices([DRAW])
    first = Station(world)
    job = await first.begin()
    prices.usd_per_s *= factor
    second = Station(world, owner="worker:2")
    await second.recover.at_start(dead_owners="worker:")

    await second.live_out()

    assert (await second.job(job)).charged == Points(CHARGE)
    assert (await second.quote(DRAW)).points_per_s == pytest.approx(2.0 * factor)


async def test_a_job_that_was_quoted_before_rates_were_noted_is_paid_by_its_gpu(
    station: Station, world: World
) -> None:
    job = await station.start(
        world.ids.job(), Request(account=ADA, workflow=DRAW, words="a red fox")
    )
    old = attrs.evolve(job.quote, points_per_s=None)
    world.jobs = type(world.jobs)()
    await world.jobs.add(attrs.evolve(job, quote=old))
    later = Station(world, owner="worker:2")
    await later.recover.at_start(dead_owners="worker:")

    await later.live_out()

    assert (await later.job(job.id)).charged == Points(CHARGE)


async def test_a_cancel_too_many_costs_the_time_at_the_quoted_rate_and_never_more_than_fixed(
    station: Station, world: World
) -> None:
    world.gateway.ends_after_s = 60.0
    charged = []
    for workflow, run_s in [(DRAW, 1.0)] * FREE_CANCELS_A_DAY + [
        (DEAR, 2.0),
        (FIXED, 2.0),
        (FIXED, 40.0),
    ]:
        job = await station.begin(workflow=workflow)
        await station.live(seconds=2.0)
        run = (await station.job(job)).run
        assert run is not None
        world.gateway.finish(run, run_s=run_s)
        await station.cancel(job, ADA)
        await station.live_out()
        charged.append((await station.job(job)).charged.amount)

    assert charged == [0] * FREE_CANCELS_A_DAY + [6, 4, 5]
