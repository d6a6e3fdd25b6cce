"""A listener for one call: it hears who calls with a token, and how the call arrived."""

import asyncio
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
        # Calls go on to come while we close. asyncio's own server then drops what it has just
        # accepted without closing it, so here each connection is taken, and waited for, by hand.
        self._server = web.Server(self._hear, access_log=None)
        self._sockets: list[socket.socket] = []
        self._greetings: set[asyncio.Task[object]] = set()

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
        loop = asyncio.get_running_loop()
        for each in self._sockets:
            each.settimeout(0)
            loop.add_reader(each, self._take, each)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._first.cancel()
        for each in self._sockets:
            asyncio.get_running_loop().remove_reader(each)
        close(self._sockets)
        if self._greetings:
            await asyncio.wait(self._greetings)
        await self._server.shutdown(_GOODBYE_S)

    def _take(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            taken, _ = listening.accept()
        except OSError:
            return  # that caller is gone again
        greeting: asyncio.Task[object] = loop.create_task(
            loop.connect_accepted_socket(self._server, taken)
        )
        self._greetings.add(greeting)
        greeting.add_done_callback(self._greetings.discard)

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
