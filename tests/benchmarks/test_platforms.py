"""The figures of the platforms: `./stationthis test --full tests/benchmarks -n0`."""

import asyncio
import os
import statistics
from collections.abc import Sequence
from pathlib import Path

import pytest

from adapters.telegram.connection import request_over_aiohttp
from tests.benchmarks import figures
from tests.benchmarks.crowds import crowd, crowd_at_page
from tests.benchmarks.platform_figures import SMALL, Timed, first_s, generations, known, overhead_s
from tests.benchmarks.sending import cheap_server, own_request, sends_per_s
from tests.benchmarks.silences import lateness, order_refusal, refused
from tests.journeys.fronts import station

pytestmark = [pytest.mark.full, pytest.mark.process]

PLATFORMS = ("telegram", "discord")
FRONTS = ("page", *PLATFORMS)
FIRST_REPLY_S = 0.008
OVERHEAD_S = 0.040
ACKNOWLEDGED_S = 0.3
MEMORY_MB = 140
MOST_CALLS = 3
OF_THE_PAGE = 1.5
"""On a machine that is busy, a platform may take so many times what the page takes."""

HEARD_WITHIN_S = 3.0
"""Discord waits no longer for a sign of us."""

FAIR = 0.9
OBEYED_WITHIN_S = 0.1
ASK_EVERY_S = 0.3
"""So slowly that a result waits for nothing but the silence."""

CLOCKS_DIFFER_S = 0.005
TIMES_AS_MANY = 3

on_both = pytest.mark.parametrize("front", PLATFORMS)


def tell(capsys: pytest.CaptureFixture[str], figure: str) -> None:
    """Print a figure, with the load of the machine in the last minute."""
    figures.tell(capsys, f"{figure}; load {os.getloadavg()[0]:.1f}")


async def test_the_first_reply_and_what_we_add_to_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with station("telegram", tmp_path, "discord", unlimited=True, apart=True) as world:
        await generations(world, fronts=FRONTS, count=3)
        timed = await generations(world, fronts=FRONTS, count=40)

    page = timed["page"]
    for front in FRONTS:
        tell(capsys, _told(front, timed[front], page))
    for front in PLATFORMS:
        first, overhead = first_s(timed[front]), overhead_s(timed[front])
        assert first <= max(FIRST_REPLY_S, OF_THE_PAGE * first_s(page))
        assert overhead <= max(OVERHEAD_S, OF_THE_PAGE * overhead_s(page))
        assert max(each.calls for each in timed[front]) <= MOST_CALLS
        assert [each.uploads for each in timed[front]] == [1] * 40


def _told(front: str, timed: Sequence[Timed], page: Sequence[Timed]) -> str:
    first, overhead = first_s(timed), overhead_s(timed)
    return (
        f"{front}: first reply p50 {first * 1000:.1f} ms ({first / first_s(page):.2f} of the "
        f"page's), overhead p50 {overhead * 1000:.1f} ms ({overhead / overhead_s(page):.2f} of the "
        f"page's), at most {max(each.calls for each in timed)} calls and "
        f"{max(each.uploads for each in timed)} uploads a run"
    )


async def test_forty_people_in_the_same_moment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with station("telegram", tmp_path, "discord", apart=True) as world:
        people = {front: [await known(world, front) for _ in range(40)] for front in FRONTS}
        await asyncio.sleep(2)  # the platforms' limits are at rest again
        page_s = max(await crowd_at_page(people["page"], words="a cat"))
        seen = {front: await crowd(world, people[front], words="a cat") for front in PLATFORMS}

    tell(capsys, f"40 people at once on the page: slowest acknowledged after {page_s:.3f} s")
    for front, each in seen.items():
        slowest_s = max(each.acknowledged_s)
        tell(
            capsys,
            f"40 people at once on {front}: slowest acknowledged after {slowest_s:.3f} s "
            f"({slowest_s / page_s:.2f} of the page's), median "
            f"{statistics.median(each.acknowledged_s):.3f} s; all delivered after "
            f"{each.took_s:.1f} s; resident memory at most {each.peak_mb:.0f} MB",
        )
    for each in seen.values():
        assert max(each.acknowledged_s) <= max(ACKNOWLEDGED_S, OF_THE_PAGE * page_s)
        assert each.peak_mb <= MEMORY_MB


@on_both
async def test_four_hundred_people_in_the_same_moment(
    front: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with station(front, tmp_path, apart=True) as world:
        people = [await world.person() for _ in range(400)]
        seen = await crowd(world, people, words=f"a red fox {SMALL}")
        breaches = [*world.telegram.flood_breaches, *world.discord.flood_breaches]
        tell(
            capsys,
            f"400 people at once on {front}: all delivered after {seen.took_s:.1f} s, rank "
            f"correlation of asking and getting {seen.fairness:.3f}; slowest acknowledged after "
            f"{max(seen.acknowledged_s):.2f} s; resident memory at most {seen.peak_mb:.0f} MB; "
            f"{refused(world, front)} refusals for speed",
        )

    assert sorted(seen.delivered) == list(range(400))
    assert breaches == []
    assert seen.fairness >= FAIR
    assert front == "telegram" or max(seen.acknowledged_s) < HEARD_WITHIN_S


@on_both
async def test_a_hundred_results_that_are_told_to_wait(
    front: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with station(front, tmp_path, unlimited=True, apart=True) as world:
        people = [await world.person() for _ in range(100)]

        async def refuse_one_more() -> None:
            order_refusal(world, front)
            await asyncio.sleep(ASK_EVERY_S)

        words = f"a red fox {SMALL}"
        seen = await crowd(world, people, words=words, before_each=refuse_one_more)
        late_s = lateness(world, front)

    tell(
        capsys,
        f"{len(late_s)} refused results on {front}: {len(seen.delivered)} of 100 delivered, the "
        f"next try {min(late_s) * 1000:.0f} to {max(late_s) * 1000:.0f} ms after the time that was "
        f"told (median {statistics.median(late_s) * 1000:.0f} ms)",
    )
    assert sorted(seen.delivered) == list(range(100))
    assert len(late_s) == 100
    assert min(late_s) >= -CLOCKS_DIFFER_S
    assert max(late_s) <= OBEYED_WITHIN_S


async def test_what_python_telegram_bot_sends_over_our_transport(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ours, its = [], []
    async with cheap_server() as url:
        for _ in range(3):
            ours.append(await sends_per_s(url, request_over_aiohttp(), count=2_000, in_flight=500))
            its.append(await sends_per_s(url, own_request(), count=1_000, in_flight=500))

    ratio = statistics.median(ours) / statistics.median(its)
    tell(
        capsys,
        f"sends per second of python-telegram-bot, 500 in flight: {statistics.median(ours):.0f} "
        f"over our transport, {statistics.median(its):.0f} over its own; ratio {ratio:.1f}",
    )
    assert ratio >= TIMES_AS_MANY
