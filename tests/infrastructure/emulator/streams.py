"""Reads server-sent events: each as (its name or "message", its data)."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

Frame = tuple[str, Any]


async def frames_of(response: httpx.Response) -> AsyncGenerator[Frame, None]:
    """Yield frames until the stream ends."""
    name = "message"
    async for line in response.aiter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))
            name = "message"


@asynccontextmanager
async def following(
    http: httpx.AsyncClient, path: str, **query: str
) -> AsyncIterator[AsyncGenerator[Frame, None]]:
    """Open a stream of progress or logs; its greetings are read already."""
    async with http.stream("GET", path, params=query) as response:
        frames = frames_of(response)
        if path.endswith("progress"):
            assert [(await anext(frames))[1]["type"] for _ in range(2)] == [
                "connection_established",
                "subscribed",
            ]
        yield frames


def events(frames: list[Frame]) -> list[str]:
    """Return the names of ComfyUI's events, one after the other, repeats left out."""
    names = [data.get("event", "(prompt)") for name, data in frames if name == "event_update"]
    return [name for number, name in enumerate(names) if names[number - 1 : number] != [name]]
