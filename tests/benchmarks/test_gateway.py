"""The figures of our client of ComfyUI Deploy: `./stationthis test --full tests/benchmarks -n0`."""

import json
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest

from infrastructure.comfy_deploy.answers import Answer
from infrastructure.comfy_deploy.hot import deployments_of
from tests.benchmarks.calls import CALLS
from tests.benchmarks.cheap_api import RECORDED
from tests.benchmarks.client_speeds import Speeds, cheap_api, ratio, speeds
from tests.benchmarks.figures import tell
from tests.sdks import python_with_sdk

pytestmark = [pytest.mark.full, pytest.mark.process]

ROUNDS = 3
TIMES_THE_SDK = 10.0
OF_BARE_AIOHTTP = 0.4
OF_THE_SDKS_CPU = 1 / 3
CROWD = 500
DECODE_S = 0.001
DEPLOYMENTS = 50


@pytest.mark.parametrize("what", ["get", "queue"])
async def test_our_client_beside_the_official_sdk_and_bare_aiohttp(
    what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    clients = {
        "calls_ours": Path(sys.executable),
        "calls_bare": Path(sys.executable),
        "calls_sdk": python_with_sdk("0.7.0"),
    }
    seen: dict[str, list[Speeds]] = {module: [] for module in clients}
    async with cheap_api() as url:
        for _ in range(ROUNDS):
            for module, python in clients.items():
                seen[module].append(await speeds(python, module, url, what))

    ours, bare, sdk = seen.values()
    for in_flight in CALLS:
        tell(capsys, _told(what, in_flight, ours=ours, bare=bare, sdk=sdk))
    assert ratio(ours, sdk, lambda each: each[CROWD].per_s) >= TIMES_THE_SDK
    assert ratio(ours, sdk, lambda each: each[CROWD].cpu_s) <= OF_THE_SDKS_CPU
    assert ratio(ours, bare, lambda each: each[CROWD].per_s) >= OF_BARE_AIOHTTP


def _told(
    what: str,
    in_flight: int,
    *,
    ours: Sequence[Speeds],
    bare: Sequence[Speeds],
    sdk: Sequence[Speeds],
) -> str:
    def per_s(of: Sequence[Speeds]) -> float:
        return statistics.median(each[in_flight].per_s for each in of)

    def cpu_ms(of: Sequence[Speeds]) -> float:
        return 1_000 * statistics.median(each[in_flight].cpu_s for each in of)

    return (
        f"{what} a run, {in_flight} in flight: ours {per_s(ours):.0f}, the SDK {per_s(sdk):.0f}, "
        f"bare aiohttp {per_s(bare):.0f} calls/s; "
        f"{ratio(ours, sdk, lambda each: each[in_flight].per_s):.1f} times the SDK, "
        f"{ratio(ours, bare, lambda each: each[in_flight].per_s):.2f} of bare aiohttp; CPU a call "
        f"{cpu_ms(ours):.2f} ms, {cpu_ms(sdk):.2f} ms, {cpu_ms(bare):.2f} ms, "
        f"{ratio(ours, sdk, lambda each: each[in_flight].cpu_s):.2f} of the SDK's"
    )


def test_reading_a_list_of_deployments(capsys: pytest.CaptureFixture[str]) -> None:
    body = _deployments()
    answer = Answer(status=200, content_type="application/json", body=body)
    times = []
    for _ in range(200):
        began = time.perf_counter()
        read = deployments_of(answer)
        times.append(time.perf_counter() - began)
        assert len(read) == DEPLOYMENTS

    tell(
        capsys,
        f"reading {DEPLOYMENTS} deployments with both graphs, {len(body) / 1_000:.0f} kB: median "
        f"{statistics.median(times) * 1_000:.2f} ms, best {min(times) * 1_000:.2f} ms of 200",
    )
    assert statistics.median(times) <= DECODE_S


def _deployments() -> bytes:
    recorded = json.loads(RECORDED.read_text())["deployment"]
    return orjson.dumps([recorded | {"id": f"deployment-{each}"} for each in range(DEPLOYMENTS)])
