"""The doorman: which hosts, whose requests, and what every answer carries."""

from collections.abc import Awaitable, Callable, Iterable

import structlog
from aiohttp import web

from adapters.web.answers import refusal, refusal_page
from adapters.web.health import WATCHED
from adapters.web.hooks import HOOK
from adapters.web.visitors import Visitors
from core.shared.errors import StationError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SAFE_METHODS = frozenset({"GET", "HEAD"})
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_WRONG_HOST = "This address is not served here. Please open the page under its own address."
_WRONG_ORIGIN = "This request came from another page, so it was not taken."
_NO_COOKIE = "This page is not known here any more. Please load it again."
_GONE = "The connection broke. Please try again."
_BROKEN = "Something broke on our side. Please try again."
_SENTENCES = {
    404: "There is nothing here.",
    405: "That cannot be done here.",
    413: "That is too large.",
}

_STARTED = web.RequestKey("stationthis_started", web.StreamResponse)
"""The answer that has begun to be sent: no other can take its place."""

log = structlog.stdlib.get_logger(__name__)


class Guard:
    """
    Refuses what does not come from the page itself. `hosts` is set once the port is known.

    Under `public_hosts` there are only the hooks: the page is not for everybody. Whoever watches
    over us may also name the very address that was called, whatever we were told to listen at.
    """

    def __init__(self, visitors: Visitors, *, public_hosts: Iterable[str] = ()) -> None:
        self.hosts: frozenset[str] = frozenset()
        self._public_hosts = frozenset(map(_without_usual_port, public_hosts))
        self._visitors = visitors

    def protect(self, app: web.Application) -> None:
        """Stand before every route of the application, and behind every answer."""

        @web.middleware
        async def doorman(request: web.Request, handler: Handler) -> web.StreamResponse:
            return self._refused(request) or await self._answered(request, handler)

        app.middlewares.append(doorman)
        app.on_response_prepare.append(_secure)

    def _refused(self, request: web.Request) -> web.Response | None:
        route = request.match_info.route.name
        if not self._is_served(request, route):
            return refusal(421, _WRONG_HOST)
        if request.method in SAFE_METHODS or route == HOOK:
            return None
        if not self._is_from_here(request):
            return refusal(403, _WRONG_ORIGIN)
        if self._visitors.of(request) is None:
            return refusal(401, _NO_COOKIE)
        return None

    def _is_served(self, request: web.Request, route: str | None) -> bool:
        host = request.headers.get("Host", "").lower()
        if host in self.hosts:
            return True
        if route in WATCHED:
            return _without_usual_port(host) == _called_address(request)
        return route == HOOK and _without_usual_port(host) in self._public_hosts

    def _is_from_here(self, request: web.Request) -> bool:
        # Browsers send at least one of the two with whatever a foreign page makes them send.
        if request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
            return False
        origin = request.headers.get("Origin")
        if origin is None:
            return True
        scheme, _, host = origin.lower().partition("://")
        return scheme in {"http", "https"} and host in self.hosts

    async def _answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as error:
            return _in_words(request, error)
        except ConnectionError as error:
            # A tab that was closed, an upload that was given up: nobody is there to be told.
            log.debug("web.gone", route=_route(request), error=type(error).__name__)
            answer = refusal(503, _GONE)
        except StationError as error:
            log.warning("web.trouble", route=_route(request), code=error.code, error=str(error))
            answer = refusal(503, error.user_message)
        except Exception:
            log.exception("web.bug", route=_route(request))
            answer = refusal(500, _BROKEN)
        started: web.StreamResponse | None = request.get(_STARTED)
        return answer if started is None else started


def _without_usual_port(host: str) -> str:
    # Callers leave the usual port away, but a proxy may write it in.
    return host.lower().removesuffix(":80").removesuffix(":443")


def _called_address(request: web.Request) -> str | None:
    """Return our end of the connection: an address, unlike a name, cannot be made to mislead."""
    name = None if request.transport is None else request.transport.get_extra_info("sockname")
    if not isinstance(name, tuple):
        return None
    host, port = name[:2]
    return _without_usual_port(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")


def _route(request: web.Request) -> str:
    """Return the route's form for the log: the path itself may hold a hook's token."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else ""


def _in_words(request: web.Request, error: web.HTTPException) -> web.StreamResponse:
    sentence = _SENTENCES.get(error.status, "That did not work. Please try again.")
    wants_page = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
    answer = (refusal_page if wants_page else refusal)(error.status, sentence)
    if "Allow" in error.headers:
        answer.headers["Allow"] = error.headers["Allow"]
    return answer


async def _secure(request: web.Request, response: web.StreamResponse) -> None:
    request[_STARTED] = response
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.popall("Server", None)  # which versions run here is nobody's business
