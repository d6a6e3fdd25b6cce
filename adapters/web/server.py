"""The servers of the page and of the hooks: to be started, found at a URL, and stopped."""

from collections.abc import Sequence
from ipaddress import IPv4Address, ip_address
from typing import Protocol

import attrs
from aiohttp import web

from adapters.chat.updates import UpdateHandler
from adapters.web.chat_log import ChatLog
from adapters.web.events import EventRoutes
from adapters.web.guard import Guard
from adapters.web.hooks import HookRoutes
from adapters.web.messages import MessageRoutes
from adapters.web.page import PageRoutes
from adapters.web.surface import WebSurface
from adapters.web.visitors import Visitors
from core.media.service import Media

_GOODBYE_S = 0.8
_HTTP_PORT = 80


@attrs.frozen(kw_only=True)
class WebSettings:
    """
    Where the page is served, and under which names.

    Port 0 means any free one. `secret` signs the visitors' cookies. `allowed_hosts` are further
    values of the Host header, `HOST` or `HOST:PORT`, for a page behind a proxy. Under
    `public_hosts`, of the same form, only the hooks are served, which the service calls.
    """

    secret: str = attrs.field(repr=False, validator=attrs.validators.min_len(16))
    host: str = "127.0.0.1"
    port: int = attrs.field(default=8080, validator=[attrs.validators.ge(0)])
    allowed_hosts: tuple[str, ...] = ()
    public_hosts: tuple[str, ...] = ()


class Routes(Protocol):
    """Some pages of a server."""

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""


class Server:
    """Serves routes on one address: to be started, found at its URL, and stopped."""

    def __init__(
        self, *, settings: WebSettings, visitors: Visitors, routes: Sequence[Routes]
    ) -> None:
        self._settings = settings
        self._guard = Guard(visitors, public_hosts=settings.public_hosts)
        self._routes = tuple(routes)
        self._runner: web.AppRunner | None = None
        self._port = settings.port

    @property
    def url(self) -> str:
        """The address, with the port as it is after the start: `http://127.0.0.1:8080`."""
        return f"http://{_reachable(self._settings.host)}:{self._port}"

    async def start(self) -> None:
        """
        Bind the address and begin to answer. Raises OSError when the port is taken.

        Started again after a stop, it is found at the same port.
        """
        app = web.Application()
        self._guard.protect(app)
        for routes in self._routes:
            routes.add_to(app)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            auto_decompress=False,  # nobody packs what they send us, except to do harm
            handle_signals=False,
            shutdown_timeout=_GOODBYE_S,
        )
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._settings.host, self._port).start()
        except OSError:
            await self.stop()
            raise
        self._port = self._runner.addresses[0][1]
        self._guard.hosts = self._own_hosts()

    async def stop(self) -> None:
        """End everything within a second."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _own_hosts(self) -> frozenset[str]:
        names = ("127.0.0.1", "localhost", "[::1]", _reachable(self._settings.host).lower())
        hosts = {f"{name}:{self._port}" for name in names}
        if self._port == _HTTP_PORT:
            hosts.update(names)  # browsers leave the usual port away
        hosts.update(host.lower() for host in self._settings.allowed_hosts)
        return frozenset(hosts)


class WebServer(Server):
    """Serves the chat page, its stream, its media, the hooks, and whoever watches over us."""

    def __init__(
        self,
        *,
        settings: WebSettings,
        conversation: UpdateHandler,
        surface: WebSurface,
        chat_log: ChatLog,
        media: Media,
        hooks: HookRoutes,
        others: Sequence[Routes] = (),
    ) -> None:
        visitors = Visitors(settings.secret)
        messages = MessageRoutes(
            conversation=conversation,
            chat_log=chat_log,
            surface=surface,
            media=media,
            visitors=visitors,
        )
        page, stream = PageRoutes(media, visitors), EventRoutes(chat_log, visitors)
        routes: tuple[Routes, ...] = (page, stream, messages, hooks, *others)
        super().__init__(settings=settings, visitors=visitors, routes=routes)
        self._streams = chat_log.streams

    async def start(self) -> None:
        self._streams.open()
        await super().start()

    async def stop(self) -> None:
        """End the streams, then everything else: within a second."""
        self._streams.close()
        await super().stop()


class HookServer(Server):
    """Serves the hooks alone: the one address that the outside world may reach."""

    def __init__(self, *, settings: WebSettings, hooks: HookRoutes) -> None:
        super().__init__(settings=settings, visitors=Visitors(settings.secret), routes=(hooks,))


def _reachable(host: str) -> str:
    """Return the host as it stands in a URL; for "every address" the one that is always there."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv4Address):
        return "127.0.0.1" if address.is_unspecified else host
    return "[::1]" if address.is_unspecified else f"[{host}]"
