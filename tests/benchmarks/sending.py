"""Measuring how much python-telegram-bot can send, over our transport and over its own."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from telegram import Bot
from telegram.request import HTTPXRequest

from tests.program import READY_S, ROOT, environment

PATIENT_S = 60.0


@asynccontextmanager
async def cheap_server() -> AsyncIterator[str]:
    """Have a server in a process of its own that answers as cheaply as can be; yields its URL."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.benchmarks.cheap_bot_api",
        stdout=asyncio.subprocess.PIPE,
        env=environment(),
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        port = int(await asyncio.wait_for(process.stdout.readline(), READY_S))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        await process.wait()


def own_request() -> HTTPXRequest:
    """Return the library's default; it only waits longer, for it gives up in such a crowd."""
    return HTTPXRequest(
        pool_timeout=PATIENT_S,
        read_timeout=PATIENT_S,
        write_timeout=PATIENT_S,
        connect_timeout=PATIENT_S,
    )


async def sends_per_s(url: str, request: HTTPXRequest, *, count: int, in_flight: int) -> float:
    """Send so many messages, so many at the same time; return how many a second were answered."""
    bot = Bot("1234:abc", base_url=f"{url}/bot", request=request)
    numbers = iter(range(count))

    async def send() -> None:
        for number in numbers:
            message = await bot.send_message(1, f"fox {number}")
            assert message.text == "fox"

    async with bot:
        await bot.send_message(1, "fox")
        began = time.perf_counter()
        await asyncio.gather(*(send() for _ in range(in_flight)))
        return count / (time.perf_counter() - began)
