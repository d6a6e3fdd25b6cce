"""How python-telegram-bot reaches its server: httpx over aiohttp, which costs far less."""

import asyncio
import os
from http import HTTPStatus
from typing import Any

import aiohttp
import orjson
from httpx_aiohttp import AiohttpTransport
from telegram.request import HTTPXRequest

from adapters.telegram.intake import Intake

os.environ.setdefault("PTB_TIMEDELTA", "1")  # else the library warns at every 429

CONNECTIONS = 100
CONNECT_S = 5.0
ANSWER_S = 30.0
"""A send that is answered late was made all the same: to give up early would show it twice."""

UPLOAD_S = 60.0


class Request(HTTPXRequest):
    """The library's own request, over aiohttp."""

    def __init__(self) -> None:
        # Certificates are loaded only once: the transport makes a context, the session uses it.
        transport = AiohttpTransport(client=lambda: _session(transport))
        super().__init__(
            connection_pool_size=CONNECTIONS,
            pool_timeout=ANSWER_S,
            connect_timeout=CONNECT_S,
            read_timeout=ANSWER_S,
            write_timeout=ANSWER_S,
            media_write_timeout=UPLOAD_S,
            httpx_kwargs={"transport": transport},
        )


class PollingRequest(Request):
    """Asks for updates when those before are taken. `refused` is set when the token is no more."""

    def __init__(self, intake: Intake) -> None:
        super().__init__()
        self.refused = asyncio.Event()
        self._intake = intake

    async def do_request(self, *args: Any, **given: Any) -> tuple[int, bytes]:  # noqa: ANN401 - the library's own parameters, passed on as they are
        await self._intake.settled()
        status, body = await super().do_request(*args, **given)
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND}:
            self.refused.set()
        self._intake.fetched(_count(status, body))
        return status, body


def _count(status: int, body: bytes) -> int:
    if status != HTTPStatus.OK:
        return 0
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return 0
    result = told.get("result") if isinstance(told, dict) else None
    return len(result) if isinstance(result, list) else 0


def _session(transport: AiohttpTransport) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(limit=CONNECTIONS, ssl=transport.ssl_context)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
