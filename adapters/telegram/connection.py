"""How python-telegram-bot reaches its server: httpx over aiohttp, which costs far less."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import aiohttp
import httpx
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

Hooks = dict[str, list[Callable[[Any], Awaitable[None]]]]


def request_over_aiohttp(hooks: Hooks | None = None) -> HTTPXRequest:
    """Return the library's own request; `hooks` are httpx's."""
    # Certificates are loaded only once: the transport makes a context, the session uses it.
    transport = AiohttpTransport(client=lambda: _session(transport))
    return HTTPXRequest(
        connection_pool_size=CONNECTIONS,
        pool_timeout=ANSWER_S,
        connect_timeout=CONNECT_S,
        read_timeout=ANSWER_S,
        write_timeout=ANSWER_S,
        media_write_timeout=UPLOAD_S,
        httpx_kwargs={"transport": transport, "event_hooks": hooks or {}},
    )


class Polls:
    """
    Asks for updates when those before are taken.

    `refused` is set when the token is no more. Set `is_ending` at the end: what is not taken then
    is not confirmed, and comes again.
    """

    def __init__(self, intake: Intake) -> None:
        self.refused = asyncio.Event()
        self.is_ending = False
        self.request = request_over_aiohttp({"request": [self._ask], "response": [self._told]})
        self._intake = intake

    async def _ask(self, request: httpx.Request) -> None:
        if not self.is_ending:
            await self._intake.settled()
        elif not self._intake.is_settled:
            raise httpx.RequestError("updates are not taken yet", request=request)

    async def _told(self, response: httpx.Response) -> None:
        if response.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND}:
            self.refused.set()
        if response.status_code == HTTPStatus.OK:
            self._intake.fetched(_updates_in(await response.aread()))


def _updates_in(body: bytes) -> list[int]:
    """Return the numbers of the updates that an answer brings; the library judges the rest."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return []
    result = told.get("result") if isinstance(told, dict) else None
    updates = result if isinstance(result, list) else []
    return [each["update_id"] for each in updates if isinstance(each, dict) and "update_id" in each]


def _session(transport: AiohttpTransport) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(limit=CONNECTIONS, ssl=transport.ssl_context)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
