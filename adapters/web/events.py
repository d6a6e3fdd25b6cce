"""GET /events: the conversation so far, and then whatever is new, as server-sent events."""

import asyncio
import re

from aiohttp import web

from adapters.web.answers import refusal
from adapters.web.card_json import event_data
from adapters.web.chat_log import ChatLog
from adapters.web.stream import Bell
from adapters.web.visitors import Visitors
from core.sessions.model import TranscriptMessage
from core.shared.ids import ChatId

KEEP_ALIVE_S = 15.0
SLOW_AFTER_S = 10.0
"""A page that takes nothing for so long is let go: it connects again, and misses nothing."""

_HELLO = b"retry: 1000\n\n"
_READY = b"event: ready\ndata: {}\n\n"
_RESET = b"event: reset\ndata: {}\n\n"
_KEEP_ALIVE = b": still here\n\n"
_NO_COOKIE = "This page is not known here any more. Please load it again."

_seq = re.compile(r"[0-9]{1,15}")


class EventRoutes:
    """
    Streams the visitor's chat.

    `since=N`, or the header Last-Event-ID, is the last `seq` that the page has. The event `ready`
    follows what was there before; `reset` tells a page that knows more than we do to forget it.
    """

    def __init__(self, chat_log: ChatLog, visitors: Visitors) -> None:
        self._log = chat_log
        self._visitors = visitors

    def add_to(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_get("/events", self.events, allow_head=False)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Stream until the page goes away, or we do."""
        visitor = self._visitors.of(request)
        if visitor is None:
            return refusal(401, _NO_COOKIE)
        response = web.StreamResponse(headers={"Cache-Control": "no-store"})
        response.content_type = "text/event-stream"
        await response.prepare(request)
        try:
            # Listening begins before the first reading, so nothing falls between the two.
            with self._log.streams.listening(visitor.chat) as bell:
                await self._stream(response, bell, visitor.chat, since=_since(request))
        except (ConnectionError, TimeoutError):
            if request.transport is not None:
                request.transport.abort()  # else closing would wait for the slow page as well
        return response

    async def _stream(
        self, response: web.StreamResponse, bell: Bell, chat: ChatId, *, since: int
    ) -> None:
        await _write(response, _HELLO)
        if since > await self._log.newest_seq(chat):
            await _write(response, _RESET)
            since = 0
        sent = await self._send_new(response, chat, sent=since)
        await _write(response, _READY)
        while not bell.closed:
            rung = await bell.wait(KEEP_ALIVE_S)
            # Read without a ring as well: another process may have written.
            newest = await self._send_new(response, chat, sent=sent)
            if newest == sent and not rung:
                await _write(response, _KEEP_ALIVE)
            sent = newest

    async def _send_new(self, response: web.StreamResponse, chat: ChatId, *, sent: int) -> int:
        new = await self._log.since(chat, sent)
        if not new:
            return sent
        await _write(response, b"".join(_event(message) for message in new))
        return new[-1].seq


def _since(request: web.Request) -> int:
    asked = request.headers.get("Last-Event-ID") or request.query.get("since", "")
    return int(asked) if _seq.fullmatch(asked) else 0


def _event(message: TranscriptMessage) -> bytes:
    return b"id: %d\ndata: %b\n\n" % (message.seq, event_data(message))


async def _write(response: web.StreamResponse, data: bytes) -> None:
    async with asyncio.timeout(SLOW_AFTER_S):
        await response.write(data)
