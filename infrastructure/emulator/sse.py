"""Server-sent events: an answer that is written line by line while things happen."""

import json

from aiohttp import web

_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache",
    "X-Accel-Buffering": "no",
}


async def open_stream(request: web.Request) -> web.StreamResponse:
    """Begin the answer; from here on its status is 200 whatever happens."""
    stream = web.StreamResponse(headers=_HEADERS)
    await stream.prepare(request)
    return stream


async def send(stream: web.StreamResponse, data: object, *, event: str | None = None) -> None:
    """Write one frame. Raises ConnectionError when nobody reads any more."""
    head = "" if event is None else f"event: {event}\n"
    line = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    await stream.write(f"{head}data: {line}\n\n".encode())


def is_left(request: web.Request) -> bool:
    """Tell whether the reader has gone."""
    return request.transport is None or request.transport.is_closing()
