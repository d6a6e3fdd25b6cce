"""Reads the page's stream as a browser does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import attrs
import httpx
import orjson

Told = dict[str, Any]


@attrs.frozen
class StreamEvent:
    """One event: `message`, `ready` or `reset`."""

    name: str
    id: int
    data: Told


async def _events(answer: httpx.Response) -> AsyncIterator[StreamEvent]:
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if line and name:
            fields[name] = value
        elif not line and "data" in fields:
            yield StreamEvent(
                fields.get("event", "message"),
                int(fields.get("id", 0)),
                orjson.loads(fields["data"]),
            )
            fields = {}


@asynccontextmanager
async def stream_of(
    client: httpx.AsyncClient, since: int = 0
) -> AsyncIterator[AsyncIterator[StreamEvent]]:
    """Open the visitor's stream."""
    url = f"/events?since={since}"
    async with client.stream("GET", url, timeout=10) as answer:
        yield _events(answer)


async def read_past(client: httpx.AsyncClient, since: int = 0) -> list[Told]:
    """Return what is replayed, up to `ready`."""
    past: list[Told] = []
    async with stream_of(client, since) as events:
        async for event in events:
            if event.name == "ready":
                break
            if event.name == "message":
                past.append(event.data)
    return past


async def collect_until(
    client: httpx.AsyncClient, seen: dict[int, str], last: int, *, reconnect_every: int = 0
) -> None:
    """
    Note the text of each message by its `seq`, until `last` is seen.

    With `reconnect_every` the connection is dropped after so many messages, and opened again from
    the last one, as a browser does.
    """
    since = 0
    while since < last:
        heard = 0
        async with stream_of(client, since) as events:
            async for event in events:
                if event.name != "message":
                    continue
                seen[event.id] = event.data["id"]
                since = event.id
                heard += 1
                if since >= last or heard == reconnect_every:
                    break


async def first(events: AsyncIterator[StreamEvent], name: str) -> StreamEvent:
    """Return the next event of this name."""
    async for event in events:
        if event.name == name:
            return event
    raise AssertionError(f"the stream ended without {name!r}")


async def drain(events: AsyncIterator[StreamEvent]) -> None:
    """Read until the stream ends; its end must be a clean one."""
    async with asyncio.timeout(5):
        with suppress(StopAsyncIteration):
            while True:
                await anext(events)
