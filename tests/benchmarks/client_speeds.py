"""Measuring clients of the API against each other, each in a process of its own."""

import asyncio
import json
import statistics
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import attrs

from tests.program import READY_S, ROOT, environment

PATIENT_S = 120.0


@attrs.frozen
class Speed:
    """What a client does with so many calls in flight: calls per second, CPU seconds per call."""

    per_s: float
    cpu_s: float


Speeds = Mapping[int, Speed]
"""By how many calls are in flight."""


@asynccontextmanager
async def cheap_api() -> AsyncIterator[str]:
    """Have the cheap API in a process of its own; yields its base URL."""
    process = await _started(Path(sys.executable), "cheap_api")
    try:
        assert process.stdout is not None
        port = int(await asyncio.wait_for(process.stdout.readline(), READY_S))
        yield f"http://127.0.0.1:{port}/api"
    finally:
        process.kill()
        await process.wait()


async def speeds(python: Path, module: str, base_url: str, what: str) -> Speeds:
    """Have a client call the API, under the Python that knows it; return how it did."""
    process = await _started(python, module, base_url, what)
    try:
        told, _ = await asyncio.wait_for(process.communicate(), PATIENT_S)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0
    return {int(in_flight): Speed(*figures) for in_flight, figures in json.loads(told).items()}


def ratio(ours: Sequence[Speeds], theirs: Sequence[Speeds], of: Callable[[Speeds], float]) -> float:
    """Return the median ratio of a figure; only what was measured in one round is compared."""
    return statistics.median(of(our) / of(their) for our, their in zip(ours, theirs, strict=True))


async def _started(python: Path, module: str, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        str(python),
        "-m",
        f"tests.benchmarks.{module}",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        env=environment(),
        cwd=ROOT,
    )
