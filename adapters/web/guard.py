"""The doorman: which hosts, whose requests, and what every answer carries."""

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from adapters.web.answers import refusal, refusal_page
from adapters.web.hooks import HOOK
from adapters.web.visitors import Visitors

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
_BROKEN = "Something broke on our side. Please try again."
_SENTENCES = {
    404: "There is nothing here.",
    405: "That cannot be done here.",
    413: "That is too large.",
}

log = structlog.stdlib.get_logger(__name__)


class Guard:
    """Refuses what does not come from the page itself. `hosts` is set once the port is known."""

    def __init__(self, visitors: Visitors) -> None:
        self.hosts: frozenset[str] = frozenset()
        self._visitors = visitors

    def protect(self, app: web.Application) -> None:
        """Stand before every route of the application, and behind every answer."""

        @web.middleware
        async def doorman(request: web.Request, handler: Handler) -> web.StreamResponse:
            return self._refused(request) or await self._answered(request, handler)

        app.middlewares.append(doorman)
        app.on_response_prepare.append(_secure)

    def _refused(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Host", "").lower() not in self.hosts:
            return refusal(421, _WRONG_HOST)
        if request.method in SAFE_METHODS or request.match_info.route.name == HOOK:
            return None
        if not self._is_from_here(request):
            return refusal(403, _WRONG_ORIGIN)
        if self._visitors.of(request) is None:
            return refusal(401, _NO_COOKIE)
        return None

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
        except Exception:
            # The path may hold a hook's token, so the route's form is logged instead.
            resource = request.match_info.route.resource
            log.exception("web.bug", route=resource.canonical if resource else "")
            return refusal(500, _BROKEN)


def _in_words(request: web.Request, error: web.HTTPException) -> web.StreamResponse:
    sentence = _SENTENCES.get(error.status, "That did not work. Please try again.")
    wants_page = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
    answer = (refusal_page if wants_page else refusal)(error.status, sentence)
    if "Allow" in error.headers:
        answer.headers["Allow"] = error.headers["Allow"]
    return answer


async def _secure(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.popall("Server", None)  # which versions run here is nobody's business
