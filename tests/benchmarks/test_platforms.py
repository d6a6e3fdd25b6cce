"""The figures of the platforms: `./stationthis test --full tests/benchmarks -n0`."""

import statistics
from pathlib import Path

import pytest

from tests.benchmarks.figures import tell
from tests.benchmarks.platform_figures import crowd, generations, told
from tests.journeys.fronts import station

pytestmark = [pytest.mark.full, pytest.mark.process]

FRONTS = ("telegram", "discord")
FIRST_REPLY_S = 0.008
OVERHEAD_S = 0.040
ACKNOWLEDGED_S = 0.3
MEMORY_MB = 140
MOST_CALLS = 3


@pytest.mark.parametrize("front", ["page", *FRONTS])
async def test_the_first_reply_and_what_we_add_to_a_run(
    front: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with station(front, tmp_path, unlimited=True) as world:
        await generations(world, count=3)
        timed = await generations(world, count=40)

    tell(capsys, told(front, timed))
    if front != "page":
        assert statistics.median(each.first_s for each in timed) <= FIRST_REPLY_S
        assert statistics.median(each.overhead_s for each in timed) <= OVERHEAD_S
        assert max(each.calls for each in timed) <= MOST_CALLS


@pytest.mark.parametrize("front", FRONTS)
async def test_forty_people_in_the_same_moment(
    front: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with station(front, tmp_path) as world:
        seen = await crowd(world, people=40)

    slowest_s = max(seen.acknowledged_s)
    tell(
        capsys,
        f"40 people at once on {front}: slowest acknowledged after {slowest_s:.3f} s, median "
        f"{statistics.median(seen.acknowledged_s):.3f} s; all delivered after "
        f"{max(seen.delivered_s):.1f} s; resident memory at most {seen.peak_mb:.0f} MB",
    )
    assert slowest_s <= ACKNOWLEDGED_S
