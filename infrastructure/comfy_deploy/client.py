"""Calls to ComfyUI Deploy's API: what is safe to repeat is repeated, the rest is not."""

import asyncio
from collections.abc import Mapping

import httpx

from infrastructure.comfy_deploy.answers import Answer
from infrastructure.comfy_deploy.connection import TRANSPORT_ERRORS, Connection, no_answer
from infrastructure.comfy_deploy.repeating import repeated
from infrastructure.comfy_deploy.settings import ComfySettings

UPLOAD_TIMEOUT_S = 60.0
"""For one attempt: 25 MB through a thin line."""

Query = Mapping[str, str | int | bool]


class ComfyDeployClient:
    """
    Talks JSON with the API. Every method raises CallError, for the gateway to explain.

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

    async def get(self, path: str, query: Query | None = None) -> object:
        """Ask, and ask again for up to `retry_for_s`."""
        limit_s = self.settings.timeout_s

        async def once() -> object:
            request = self._open().api.build_request("GET", self._url(path), params=query)
            return await self._send(request, limit_s)

        return await repeated(once, for_s=self.settings.retry_for_s, attempt_s=limit_s)

    async def post_once(self, path: str, body: Mapping[str, object]) -> object:
        """Send a body that must not arrive twice, and wait for up to `queue_timeout_s`."""
        request = self._open().api.build_request("POST", self._url(path), json=body)
        return await self._send(request, self.settings.queue_timeout_s)

    async def post_repeatedly(self, path: str) -> object:
        """Send an order that may arrive twice, and send it again for up to `retry_for_s`."""
        limit_s = self.settings.timeout_s

        async def once() -> object:
            return await self._send(
                self._open().api.build_request("POST", self._url(path)), limit_s
            )

        return await repeated(once, for_s=self.settings.retry_for_s, attempt_s=limit_s)

    async def upload(self, path: str, data: bytes, *, name: str) -> object:
        """Send a file as the multipart field `file`; a repeat leaves an unused copy at worst."""

        async def once() -> object:
            request = self._open().api.build_request(
                "POST", self._url(path), files={"file": (name, data)}
            )
            return await self._send(request, UPLOAD_TIMEOUT_S)

        return await repeated(once, for_s=self.settings.retry_for_s, attempt_s=UPLOAD_TIMEOUT_S)

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = Connection.open(self.settings)
        return self._connection

    def _url(self, path: str) -> str:
        return self.settings.base_url + path

    async def _send(self, request: httpx.Request, limit_s: float) -> object:
        """Send once and decode. The limit is for the whole of it, up to the body's last byte."""
        # A redirected POST would arrive as something else, or twice.
        follow = request.method == "GET"
        try:
            async with asyncio.timeout(limit_s):
                response = await self._open().api.send(request, follow_redirects=follow)
        except TRANSPORT_ERRORS as error:
            raise no_answer(error, limit_s=limit_s, secret=self.settings.api_key) from None
        return Answer.of(response, secret=self.settings.api_key).json()
