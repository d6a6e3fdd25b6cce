"""Calls to ComfyUI Deploy's API: what is safe to repeat is repeated, the rest is not."""

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import IO, TypeVar

import httpx

from infrastructure.comfy_deploy.answers import Answer
from infrastructure.comfy_deploy.connection import TRANSPORT_ERRORS, Connection, no_answer
from infrastructure.comfy_deploy.endpoints import Endpoint, Patience, Repeat
from infrastructure.comfy_deploy.repeating import repeated
from infrastructure.comfy_deploy.settings import ComfySettings

Query = Mapping[str, str | int | float | bool]
Body = Mapping[str, object]
T = TypeVar("T")


class ComfyDeployClient:
    """
    Talks JSON with the API. Every method raises CallError, for the table of errors to explain.

    May be made before a loop runs; connects at the first call. Close it with `aclose`.
    """

    def __init__(self, settings: ComfySettings) -> None:
        self.settings = settings
        self._connection: Connection | None = None

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

        `at` fills the braces of its path, `body` is sent as JSON. Returns the decoded JSON.
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
            return self._open().api.build_request(endpoint.method, url, params=query, json=body)

        return await self._ask(endpoint, request, how)

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
            return self._open().api.build_request(
                endpoint.method, url, params=query, files={"file": (name, file)}
            )

        return await self._ask(endpoint, request, Answer.json)

    async def _ask(
        self,
        endpoint: Endpoint,
        request: Callable[[], httpx.Request],
        read: Callable[[Answer], T],
    ) -> T:
        limit_s = self.limit_s(endpoint.patience)

        async def once() -> T:
            return read(await self._send(request(), limit_s))

        if endpoint.repeat is Repeat.NEVER:
            return await once()
        return await repeated(once, for_s=self.settings.retry_for_s, attempt_s=limit_s)

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

    async def _send(self, request: httpx.Request, limit_s: float) -> Answer:
        """Send once. The limit is for the whole of it, up to the body's last byte."""
        # A redirected POST would arrive as something else, or twice.
        follow = request.method == "GET"
        try:
            async with asyncio.timeout(limit_s):
                response = await self._open().api.send(request, follow_redirects=follow)
        except TRANSPORT_ERRORS as error:
            raise no_answer(error, limit_s=limit_s, secret=self.settings.api_key) from None
        return Answer.of(response, secret=self.settings.api_key)


def segment(identifier: str) -> str:
    """Return an id as one segment of a path. Theirs are UUIDs; anything else is kept harmless."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", identifier)[:64] or "_"
