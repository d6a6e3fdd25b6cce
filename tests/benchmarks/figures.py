"""Measuring the program as people meet it: through the start script, at its page."""

import asyncio
import os
import sqlite3
import statistics
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import attrs
import httpx
import psutil
import pytest

from tests.program import (
    READY_S,
    ROOT,
    Message,
    Person,
    Program,
    address_in,
    environment,
    person_at,
)

SMALL = "width=256 height=256"


@asynccontextmanager
async def started(
    *arguments: str, log: Path, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Program]:
    """Have a command served by the start script, as a person starts it."""
    errors = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        process = await asyncio.create_subprocess_exec(
            str(ROOT / "stationthis"),
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env=environment(**(settings or {})),
            cwd=log.parent,
        )
    finally:
        os.close(errors)
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), READY_S)
    program = Program(process, line.decode().strip())
    try:
        yield program
    finally:
        if process.returncode is None:
            await program.stop()


@attrs.frozen
class Timed:
    """One generation: seconds from the message to the result shown, and of the run itself."""

    total_s: float
    run_s: float
    shown: int
    """How often its message was sent or edited."""

    @property
    def overhead_s(self) -> float:
        """What we added to the run."""
        return self.total_s - self.run_s


async def generations(person: Person, service: Mapping[str, str], *, count: int) -> Sequence[Timed]:
    """Make so many pictures, one after another, and time each."""
    headers = {"Authorization": f"Bearer {service['COMFY_DEPLOY_API_KEY']}"}
    root = service["COMFY_DEPLOY_BASE_URL"].removesuffix("/api")
    timed = []
    async with httpx.AsyncClient(headers=headers) as api:
        for number in range(count):
            began = time.perf_counter()
            await person.say(f"fox number {number}, {SMALL}")
            message = await person.see(lambda message, n=number: _is_result(message, n))  # type: ignore[misc]  # one a round
            total_s = time.perf_counter() - began
            runs = (await api.get(f"{root}/control")).json()["runs"]
            job = message["id"].removeprefix("job-")
            run = next(each for each in runs if each["inputs"]["stationthis_job"] == job)
            told = (await api.get(f"{service['COMFY_DEPLOY_BASE_URL']}/run/{run['id']}")).json()
            shown = [change["id"] for change in person.changes].count(message["id"])
            timed.append(Timed(total_s, float(told["duration"]), shown))
    return timed


def _is_result(message: Message, number: int) -> bool:
    return bool(message["media"]) and f"fox number {number}," in str(message["spans"])


def durable_commit_s(folder: Path, *, count: int = 100) -> float:
    """Return the median time of one durable commit on this disk, in seconds."""
    connection = sqlite3.connect(folder / "commits.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("create table t (n integer)")
    times = []
    for number in range(count):
        began = time.perf_counter()
        connection.execute("begin immediate")
        connection.execute("insert into t values (?)", (number,))
        connection.execute("commit")
        times.append(time.perf_counter() - began)
    connection.close()
    return statistics.median(times)


@attrs.frozen
class Crowd:
    """Many people at once: seconds until each was acknowledged, and what came of it."""

    acknowledged_s: Sequence[float]
    results: Sequence[Message]
    peak_mb: float


async def crowd(program: Program, *, people: int) -> Crowd:
    """Have so many people send a message in the same moment, and wait for all results."""
    process = psutil.Process(program.process.pid)
    peak_mb = 0.0

    async def watch() -> None:
        nonlocal peak_mb
        while True:
            peak_mb = max(peak_mb, process.memory_info().rss / 1e6)
            await asyncio.sleep(0.02)

    async with AsyncExitStack() as stack:
        url = address_in(program.ready)
        visitors = [await stack.enter_async_context(person_at(url)) for _ in range(people)]
        await asyncio.gather(*(each.say("/points") for each in visitors))
        watching = asyncio.create_task(watch())
        acknowledged = await asyncio.gather(*map(_acknowledged, visitors))
        results = await asyncio.gather(
            *(each.see(lambda message: bool(message["media"]), within_s=120) for each in visitors)
        )
        watching.cancel()
    return Crowd(acknowledged, results, peak_mb)


async def _acknowledged(person: Person) -> float:
    began = time.perf_counter()
    await person.say("a cat")  # in the size that people get: its memory is what is measured
    await person.see(lambda message: message["id"].startswith("job-"))
    return time.perf_counter() - began


def tell(capsys: pytest.CaptureFixture[str], figure: str) -> None:
    """Print a figure, whatever pytest captures."""
    with capsys.disabled():
        print(f"\nFIGURE {figure}")  # noqa: T201 - what benchmarks are for
