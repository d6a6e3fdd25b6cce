"""How python-telegram-bot reaches its server: httpx over aiohttp, which costs far less."""

import asyncio
import contextlib
import json
import os
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import parse_qsl

import aiohttp
import httpx
import structlog
from httpx_aiohttp import AiohttpTransport
from telegram import Update
from telegram.request import HTTPXRequest

from adapters.telegram.intake import Intake

os.environ.setdefault("PTB_TIMEDELTA", "1")  # else the library warns at every 429

CONNECTIONS = 100
CONNECT_S = 5.0
ANSWER_S = 30.0
"""A send that is answered late was made all the same: to give up early would show it twice."""

UPLOAD_S = 60.0
ASK_EVERY_S = 0.2
"""So often we ask for more while something is open: Telegram then answers at once."""

log = structlog.get_logger()


def request_over_aiohttp(transport: AiohttpTransport | None = None) -> HTTPXRequest:
    """Return the library's own request."""
    return HTTPXRequest(
        connection_pool_size=CONNECTIONS,
        pool_timeout=ANSWER_S,
        connect_timeout=CONNECT_S,
        read_timeout=ANSWER_S,
        write_timeout=ANSWER_S,
        media_write_timeout=UPLOAD_S,
        httpx_kwargs={"transport": transport or OverAiohttp()},
    )


class OverAiohttp(AiohttpTransport):
    """Loads certificates only once: the transport makes a context, the session uses it."""

    def __init__(self) -> None:
        super().__init__(client=self._session)

    def _session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=CONNECTIONS, ssl=self.ssl_context)
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())


class Polls(OverAiohttp):
    """
    Carries the questions for updates, from where the intake says and not too often.

    The library gets what is new and what it can read: one update that it cannot would lose it all
    others. `unreadable` is told of such. `refused` is set when the token is no more.
    """

    def __init__(self, intake: Intake, *, unreadable: Callable[[], None]) -> None:
        super().__init__()
        self.refused = asyncio.Event()
        self._intake = intake
        self._unreadable = unreadable
        self._next_at = 0.0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Ask Telegram."""
        await self._intake.idle(self._next_at)
        self._next_at = asyncio.get_running_loop().time() + ASK_EVERY_S
        response = await super().handle_async_request(self._held(request))
        async with contextlib.aclosing(response):
            body = await response.aread()
        if response.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND}:
            self.refused.set()
        if response.status_code == HTTPStatus.OK:
            body = self._news(body)
        return httpx.Response(response.status_code, content=body)

    def _held(self, request: httpx.Request) -> httpx.Request:
        """Return the library's question with our offset."""
        fields = dict(parse_qsl(request.read().decode()))
        fields["offset"] = str(self._intake.offset(int(fields.get("offset", 0))))
        headers = {name: each for name, each in request.headers.items() if name != "content-length"}
        return httpx.Request(
            request.method, request.url, headers=headers, data=fields, extensions=request.extensions
        )

    def _news(self, body: bytes) -> bytes:
        try:
            updates = {each["update_id"]: each for each in json.loads(body)["result"]}
            new = self._intake.fetched(list(updates))
        except (LookupError, TypeError, ValueError):
            # Not the error itself, nor the library's: they would show what people wrote.
            raise httpx.RemoteProtocolError("not an answer of Telegram's") from None
        if new:
            self._next_at = 0.0
        readable = [updates[number] for number in new if self._is_readable(number, updates[number])]
        return json.dumps({"ok": True, "result": readable}).encode()

    def _is_readable(self, number: int, update: dict[str, object]) -> bool:
        with contextlib.suppress(Exception):
            Update.de_json(update, None)
            return True
        log.error("telegram.unreadable", update=number)
        self._intake.done(number)
        self._unreadable()
        return False
