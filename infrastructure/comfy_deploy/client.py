"""Calls to ComfyUI Deploy's API: what is safe to repeat is repeated, the rest is not."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Hashable, Mapping
from contextlib import asynccontextmanager
from typing import IO, TypeVar
from urllib.parse import urlencode

import httpx

from core.shared.ports import ApiStatistics
from core.shared.statistics import Saving
from infrastructure.comfy_deploy.answers import Answer, AnswerError
from infrastructure.comfy_deploy.attempts import Attempts
from infrastructure.comfy_deploy.connection import (
    TIMEOUT,
    TRANSPORT_ERRORS,
    Connection,
    no_answer,
    read_within,
)
from infrastructure.comfy_deploy.endpoints import Endpoint, Patience, Repeat
from infrastructure.comfy_deploy.meter import NoStatistics
from infrastructure.comfy_deploy.repeating import repeated
from infrastructure.comfy_deploy.settings import ComfySettings
from infrastructure.comfy_deploy.sharing import SharedCalls

Query = Mapping[str, str | int | float | bool]
Body = Mapping[str, object]
T = TypeVar("T")


class ComfyDeployClient:
    """
    Talks JSON with the API. Every method raises CallError, for the table of errors to explain.

    Questions that are asked by several at once are asked once. Each attempt keeps to the budget,
    is refused while the breaker is open, and is counted. Cancelling a call cancels its request.

    May be made before a loop runs; connects at the first call. Close it with `aclose`.
    """

    def __init__(self, settings: ComfySettings, meter: ApiStatistics | None = None) -> None:
        self.settings = settings
        self.meter = meter or NoStatistics()
        self._headers = httpx.Headers(
            {
                "Authorization": f"Bearer {settings.api_key}",
                "Accept": "application/json, */*",
                "Accept-Encoding": "gzip, deflate",
                "User-Agent": "StationThis",
            }
        )
        self._connection: Connection | None = None
        self._attempts = Attempts(settings, self.meter)
        self._shared = SharedCalls(self._note_shared)

    async def aclose(self) -> None:
        """Close every connection. A later call opens new ones."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.aclose()

    @property
    def files(self) -> httpx.AsyncClient:
        """The client for hosts that must not see our key."""
        return self._open().files

    async def call(
        self,
        endpoint: Endpoint,
        *,
        at: Mapping[str, str] | None = None,
        query: Query | None = None,
        body: Body | None = None,
    ) -> object:
        """
        Ask an endpoint, and again for up to `retry_for_s` where repeating is safe.

        `at` fills the braces of its path, `body` is sent as JSON. Returns the decoded JSON, the
        same object to all who asked at once: nobody may change it.
        """
        return await self.read(endpoint, Answer.json, at=at, query=query, body=body)

    async def read(
        self,
        endpoint: Endpoint,
        how: Callable[[Answer], T],
        *,
        at: Mapping[str, str] | None = None,
        query: Query | None = None,
        body: Body | None = None,
    ) -> T:
        """Ask as `call` does, and return what `how` makes of the answer; it may raise CallError."""
        url = self._url(endpoint, at)

        def request() -> httpx.Request:
            return self._request(endpoint, url, query=query, body=body)

        if endpoint.method != "GET":
            return await self._ask(endpoint, request, how)
        key = (endpoint.name, url, tuple(sorted((query or {}).items())), how)
        return await self._shared.ask(key, lambda: self._ask(endpoint, request, how))

    async def upload(
        self,
        endpoint: Endpoint,
        file: bytes | IO[bytes],
        *,
        name: str,
        query: Query | None = None,
    ) -> object:
        """Send a file as the multipart field `file`. An open file is streamed, and stays open."""
        url = self._url(endpoint, None)

        def request() -> httpx.Request:
            if not isinstance(file, bytes):
                file.seek(0)
            return self._request(endpoint, url, query=query, file=(name, file))

        return await self._ask(endpoint, request, Answer.json)

    @asynccontextmanager
    async def stream(
        self,
        endpoint: Endpoint,
        *,
        at: Mapping[str, str] | None = None,
        query: Query | None = None,
        body: Body | None = None,
    ) -> AsyncIterator[httpx.Response]:
        """
        Have an answer that comes bit by bit, for at most `run_timeout_s`; never repeated.

        Raises AnswerError for an answer that is no stream of events, NoAnswerError for one that
        breaks off.
        """
        url, limit_s = self._url(endpoint, at), self.limit_s(Patience.RUN)
        request = self._request(endpoint, url, query=query, body=body)
        async with self._attempts.one(endpoint, request) as attempt:
            try:
                async with asyncio.timeout(limit_s):
                    response = await self._open().api.send(request, stream=True)
                    try:
                        await self._check_stream(response)
                        attempt.answered(response, 0)
                        yield response
                    finally:
                        await response.aclose()
            except TRANSPORT_ERRORS as error:
                raise no_answer(error, limit_s=limit_s, secret=self.settings.api_key) from None

    async def _check_stream(self, response: httpx.Response) -> None:
        kind = response.headers.get("content-type", "")
        if response.status_code != httpx.codes.OK or "text/event-stream" not in kind:
            body = await read_within(response, response.aiter_bytes())
            raise AnswerError(Answer.of(response, body, secret=self.settings.api_key))

    def _request(
        self,
        endpoint: Endpoint,
        url: str,
        *,
        query: Query | None = None,
        body: Body | None = None,
        file: tuple[str, bytes | IO[bytes]] | None = None,
    ) -> httpx.Request:
        words = {name: _word(value) for name, value in (query or {}).items()}
        return httpx.Request(
            endpoint.method,
            f"{url}?{urlencode(words)}" if words else url,
            headers=self._headers,
            json=body,
            files=None if file is None else {"file": file},
            extensions={"timeout": TIMEOUT},
        )

    def _note_shared(self, key: Hashable) -> None:
        if isinstance(key, tuple):
            self.meter.calls_saved(str(key[0]), Saving.SHARED)

    async def _ask(
        self,
        endpoint: Endpoint,
        request: Callable[[], httpx.Request],
        how: Callable[[Answer], T],
    ) -> T:
        limit_s = self.limit_s(endpoint.patience)

        async def once() -> T:
            return await self._send(endpoint, request(), how, limit_s=limit_s)

        if endpoint.repeat is Repeat.NEVER:
            return await once()
        return await repeated(
            once,
            for_s=self.settings.retry_for_s,
            attempt_s=limit_s,
            on_repeat=lambda: self.meter.call_repeated(endpoint.name),
        )

    def limit_s(self, patience: Patience) -> float:
        """Return for how long one attempt is waited for, in seconds."""
        settings = self.settings
        return {
            Patience.USUAL: settings.timeout_s,
            Patience.QUEUE: settings.queue_timeout_s,
            Patience.TRANSFER: settings.transfer_timeout_s,
            Patience.RUN: settings.run_timeout_s,
        }[patience]

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = Connection.open(self.settings)
        return self._connection

    def _url(self, endpoint: Endpoint, at: Mapping[str, str] | None) -> str:
        places = {name: segment(value) for name, value in (at or {}).items()}
        return self.settings.base_url + endpoint.path.format_map(places)

    async def _send(
        self,
        endpoint: Endpoint,
        request: httpx.Request,
        how: Callable[[Answer], T],
        *,
        limit_s: float,
    ) -> T:
        """Send once. The limit is for the whole of it, up to the body's last byte."""
        async with self._attempts.one(endpoint, request) as attempt:
            try:
                async with asyncio.timeout(limit_s):
                    response, read = await self._open().send(request)
            except TRANSPORT_ERRORS as error:
                raise no_answer(error, limit_s=limit_s, secret=self.settings.api_key) from None
            attempt.answered(response, len(read))
            return how(Answer.of(response, read, secret=self.settings.api_key))


def _word(value: str | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def segment(identifier: str) -> str:
    """Return an id as one segment of a path. Theirs are UUIDs; anything else is kept harmless."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", identifier)[:64] or "_"
