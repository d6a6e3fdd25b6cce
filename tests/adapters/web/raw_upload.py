"""Uploads that no browser and no library would make: written byte by byte, and cut at will."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx

from tests.adapters.web.station import Station


def a_head(
    station: Station, client: httpx.AsyncClient, *, length: int, more: tuple[str, ...] = ()
) -> bytes:
    """Return the head of a message's request, with the client's cookie."""
    url = httpx.URL(station.url)
    lines = [
        "POST /messages HTTP/1.1",
        f"Host: {url.host}:{url.port}",
        *(f"Cookie: {name}={value}" for name, value in client.cookies.items()),
        "Content-Type: multipart/form-data; boundary=x",
        f"Content-Length: {length}",
        *more,
    ]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


@asynccontextmanager
async def connection_to(
    station: Station,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Open a connection, and close it at the end however far it came."""
    url = httpx.URL(station.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
