"""A listener for one call: it hears who calls with a token, and how the call arrived."""

import asyncio
import contextlib
import socket
from ipaddress import IPv4Address
from types import TracebackType
from typing import Self

import attrs
from aiohttp import web

from composition.access import Listen
from composition.doctor.listeners import bound, close

_GOODBYE_S = 0.5


@attrs.frozen(kw_only=True)
class Call:
    """A call as it arrived. `at_s` is the loop's time."""

    method: str
    path: str
    host: str
    has_body: bool
    at_s: float


def callable_at(listen: Listen) -> Listen:
    """Return the address to call: one that means "all" cannot be, the loopback then can."""
    everywhere = {str(IPv4Address(0)): "127.0.0.1", "::": "::1"}
    return attrs.evolve(listen, host=everywhere.get(listen.host, listen.host))


class HookListener:
    """
    Listens while it is entered, which raises OSError when the address is not free.

    Every method is taken, POST as well as GET with a body. What has the token in another path is
    heard too, and answered with a 404: somebody on the way changes paths.
    """

    def __init__(self, listen: Listen, *, path: str, token: str) -> None:
        self._listen = listen
        self._path = path
        self._token = token
        self._first: asyncio.Future[Call] = asyncio.get_running_loop().create_future()
        # Calls go on to come while we close. asyncio's own server drops one that it has just
        # accepted then, without closing it: so calls are taken one by one.
        self._server = web.Server(self._hear, access_log=None)
        self._sockets: list[socket.socket] = []
        self._taking: list[asyncio.Task[None]] = []

    @property
    def root(self) -> str:
        """Our own address, with the port as it is once it is bound."""
        return f"http://{callable_at(self._listen)}"

    async def first(self, limit_s: float) -> Call | None:
        """Return the first call, None when there was none within the time."""
        await asyncio.wait([self._first], timeout=limit_s)
        return self._first.result() if self._first.done() else None

    async def __aenter__(self) -> Self:
        self._sockets = await asyncio.to_thread(bound, self._listen)
        self._listen = attrs.evolve(self._listen, port=self._sockets[0].getsockname()[1])
        self._taking = [asyncio.create_task(self._take(each)) for each in self._sockets]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._first.cancel()
        for each in self._taking:
            each.cancel()
        await asyncio.wait(self._taking)
        close(self._sockets)
        await self._server.shutdown(_GOODBYE_S)

    async def _take(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        listening.settimeout(0)
        while True:
            # A caller may be gone before we have turned to it: the next one counts.
            with contextlib.suppress(OSError):
                taken, _ = await loop.sock_accept(listening)
                await loop.connect_accepted_socket(self._server, taken)

    async def _hear(self, request: web.BaseRequest) -> web.Response:
        if self._token in request.path and not self._first.done():
            self._first.set_result(
                Call(
                    method=request.method,
                    path=request.path.replace(self._token, "…"),
                    host=request.headers.get("Host", "").lower(),
                    has_body=request.can_read_body,
                    at_s=asyncio.get_running_loop().time(),
                )
            )
        is_right = request.path == self._path + self._token
        return web.json_response({}, status=200 if is_right else 404)
