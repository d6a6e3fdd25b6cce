"""An endpoint's answer as the events that come one by one (Server-Sent Events)."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager

import httpx
from httpx_sse import EventSource, ServerSentEvent

from infrastructure.comfy_deploy.answers import NoAnswerError
from infrastructure.comfy_deploy.client import Body, ComfyDeployClient, Query
from infrastructure.comfy_deploy.endpoints import Endpoint

READ_AHEAD = 64
"""Events kept for a reader that is slower than the service; then the service has to wait."""


@asynccontextmanager
async def opened(
    client: ComfyDeployClient,
    endpoint: Endpoint,
    *,
    at: Mapping[str, str] | None = None,
    query: Query | None = None,
    body: Body | None = None,
    limit_s: float | None = None,
) -> AsyncIterator[AsyncIterator[ServerSentEvent]]:
    """
    Have a stream's events, in order, for `limit_s` seconds at most, and `run_timeout_s` at most.

    Leaving closes the connection, which cancels the request. Raises AnswerError on entering for an
    answer that is no stream of events; NoAnswerError, then or later, for one that does not come or
    breaks off. An event whose end is missing is not told.
    """
    # The request lives in a task of its own: its time limits end that, never whoever reads.
    answer = client.stream(endpoint, at=at, query=query, body=body)
    events: asyncio.Queue[ServerSentEvent] = asyncio.Queue(READ_AHEAD)
    is_open = asyncio.Event()
    reading = asyncio.create_task(_read(answer, events, is_open, limit_s=limit_s))
    try:
        await _until_open(reading, is_open)
        async with aclosing(_taken(reading, events)) as taken:
            yield taken
    finally:
        reading.cancel()
        await asyncio.wait({reading})
        if not reading.cancelled():
            reading.exception()  # or it would be reported as never looked at


async def _read(
    answer: AbstractAsyncContextManager[httpx.Response],
    events: asyncio.Queue[ServerSentEvent],
    is_open: asyncio.Event,
    *,
    limit_s: float | None,
) -> None:
    try:
        async with asyncio.timeout(limit_s), answer as response:
            is_open.set()
            # Events are UTF-8 whatever the head says: some charsets that Python knows are none.
            response.encoding = "utf-8"
            async with aclosing(EventSource(response).aiter_sse()) as found:
                async for event in found:
                    await events.put(event)
    except TimeoutError:
        raise NoAnswerError(f"no end within {limit_s} s") from None


async def _until_open(reading: asyncio.Task[None], is_open: asyncio.Event) -> None:
    """Wait for the head of the answer; raise what came instead."""
    opening = asyncio.create_task(is_open.wait())
    try:
        await asyncio.wait({opening, reading}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        opening.cancel()
    if not is_open.is_set():
        reading.result()


async def _taken(
    reading: asyncio.Task[None], events: asyncio.Queue[ServerSentEvent]
) -> AsyncGenerator[ServerSentEvent, None]:
    """Yield what has been read; at its end raise what has broken the reading."""
    while not (reading.done() and events.empty()):
        taking = asyncio.create_task(events.get())
        try:
            await asyncio.wait({taking, reading}, return_when=asyncio.FIRST_COMPLETED)
            if taking.done():
                yield taking.result()
        finally:
            taking.cancel()
    reading.result()
