"""Every request's way in: orders for trouble, the token, the limits, the contract, the work."""

import asyncio
import json
import mimetypes
import re
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import attrs
from aiohttp import MultipartReader, web

from tests.servers.discord_asked import Answer, Asked
from tests.servers.discord_buckets import OVERALL, Buckets, Key
from tests.servers.discord_contract import Contract
from tests.servers.discord_errors import DiscordError, FormError
from tests.servers.discord_faults import (
    Drop,
    DropAfter,
    Faults,
    Html502,
    Kind,
    Late,
    Status,
    TooMany,
)
from tests.servers.discord_routes import ROUTES, Route
from tests.servers.discord_world import World

PREFIX = "/api/v10"
JSON = "application/json"
FILES = "/attachments/"
VIA = {"Via": "1.1 google"}
BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


@attrs.define
class Call:
    """One request as it came; its status is 0 until it is answered, and if it never is."""

    method: str
    path: str
    at: float
    """On the monotonic clock."""
    status: int = 0


@attrs.define
class Front:
    """Answers whatever comes over HTTP."""

    world: World
    token: str
    buckets: Buckets
    contract: Contract | None
    """None: nothing is held against it."""
    gateway_url: str = ""
    faults: Faults = attrs.field(factory=Faults)
    violations: list[str] = attrs.field(factory=list)
    calls: list[Call] = attrs.field(factory=list)
    outage: bool = False

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        path = request.path.removeprefix(PREFIX)
        call = Call(request.method, path, time.monotonic())
        self.calls.append(call)
        if self.outage:
            response = _html502()
        else:
            response = await self._in_trouble(request, call)
        cut = request.transport is None or request.transport.is_closing()
        call.status = 0 if cut else response.status
        self.world.changes.tell()
        return response

    async def _in_trouble(self, request: web.Request, call: Call) -> web.Response:
        """Answer, with the trouble that was ordered for this call."""
        content = await _read(request)
        fault = self.faults.take(call.method, call.path)
        if call.path.startswith(FILES):
            answer = self._fails(request, fault, Key(FILES)) or self._file(request)
            return await self._after(request, fault, answer)
        found = _route_of(call.method, call.path)
        if found is None:
            self.violations.append(f"{call.method} {call.path}: there is no such route")
            return _json(404, {"message": "404: Not Found", "code": 0})
        route, parameters = found
        key = route.key(parameters)
        self._heed(route, key, call)
        before = self._fails(request, fault, key)
        if before is not None:
            return before
        response = self._limited(request, route, key=key) or self._served(
            request, route, parameters=parameters, content=content
        )
        response.headers.update({} if route.by_token else self.buckets.headers(key))
        return await self._after(request, fault, response)

    async def _after(
        self, request: web.Request, fault: Kind | None, response: web.Response
    ) -> web.Response:
        """Do what a fault does when the work is done."""
        if isinstance(fault, DropAfter):
            _cut(request)
        if isinstance(fault, Late):
            await asyncio.sleep(fault.seconds)
        return response

    def _heed(self, route: Route, key: Key, call: Call) -> None:
        for each in (key,) if route.by_token else (OVERALL, key):
            self.buckets.heed(each, f"{call.method} {call.path}")

    def _fails(self, request: web.Request, fault: Kind | None, key: Key) -> web.Response | None:
        """Return the answer of a fault that comes before any work."""
        if isinstance(fault, TooMany):
            return self._too_many(OVERALL if fault.is_global else key, fault)
        if isinstance(fault, Status):
            phrase = HTTPStatus(fault.code).phrase
            return _json(fault.code, {"message": f"{fault.code}: {phrase}", "code": 0})
        if isinstance(fault, Html502):
            return _html502()
        if isinstance(fault, Drop):
            _cut(request)
            return _html502()
        return None

    def _limited(self, request: web.Request, route: Route, *, key: Key) -> web.Response | None:
        """Return the refusal of a call without the token, or of one too many."""
        if route.by_token:
            wait_s = self.buckets.wait_for(key)
            return None if wait_s is None else self._too_many(key, TooMany(wait_s))
        if route.secret and request.headers.get("Authorization") != f"Bot {self.token}":
            return _json(401, {"message": "401: Unauthorized", "code": 0})
        for each in (OVERALL, key):
            wait_s = self.buckets.wait_for(each)
            if wait_s is not None:
                return self._too_many(each, TooMany(wait_s, is_global=each is OVERALL))
        return None

    def _too_many(self, key: Key, fault: TooMany) -> web.Response:
        told = self.buckets.tell(key, fault.retry_after)
        body = {
            "message": "You are being rate limited.",
            "retry_after": told,
            "global": fault.is_global,
            "code": 0,
        }
        response = _json(429, body)
        response.headers.update(self.buckets.headers(key) if not fault.is_global else {})
        response.headers["Retry-After"] = str(max(1, round(told)))
        response.headers["X-RateLimit-Scope"] = "global" if fault.is_global else "user"
        if fault.is_global:
            response.headers["X-RateLimit-Global"] = "true"
        if fault.via:
            response.headers.update(VIA)
        self._check_answer("", "", answer=Answer(429, body))
        return response

    def _served(
        self,
        request: web.Request,
        route: Route,
        *,
        parameters: Mapping[str, str],
        content: "Content | FormError",
    ) -> web.Response:
        """Do the work, and hold both sides to the contract."""
        try:
            if isinstance(content, FormError):
                raise content
            self._check_request(route, content.body)
            asked = Asked(
                path=parameters, query=request.query, body=content.body, files=content.files
            )
            answer = self._special(route) or route.handler(self.world, asked)
        except DiscordError as refusal:
            if refusal.code == 50035:
                said = refusal.said if isinstance(refusal, FormError) else str(refusal)
                self.violations.append(f"{route.method} {route.template}: {said}")
            answer = Answer(refusal.status, refusal.body)
        self._check_answer(route.method, route.template, answer=answer)
        return web.Response(status=204) if answer.body is None else _json(*attrs.astuple(answer))

    def _special(self, route: Route) -> Answer | None:
        """Answer where the gateway is: only the front knows."""
        if route.template == "/gateway":
            return Answer(200, {"url": self.gateway_url})
        if route.template == "/gateway/bot":
            starts = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
            body = {"url": self.gateway_url, "shards": 1, "session_start_limit": starts}
            return Answer(200, body)
        return None

    def _check_request(self, route: Route, body: object) -> None:
        if self.contract is None:
            return
        breach = self.contract.request_breach(route.method, route.template, body)
        if breach is not None:
            raise FormError("", breach)

    def _check_answer(self, method: str, template: str, *, answer: Answer) -> None:
        if self.contract is None:
            return
        breach = self.contract.answer_breach(
            method, template, status=answer.status, body=answer.body
        )
        if breach is not None:
            self.violations.append(f"our answer: {breach}")

    def _file(self, request: web.Request) -> web.Response:
        """Serve a file of the CDN, if its address is whole and signed."""
        number, _, name = request.path.removeprefix(FILES).partition("/")[2].partition("/")
        media = self.world.media.get(int(number)) if number.isdecimal() else None
        if media is None or media.filename != name or "hm" not in request.query:
            return web.Response(status=404, text="This content is no longer available.")
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return web.Response(body=media.content, content_type=kind)


@attrs.frozen
class Content:
    """What a request carried."""

    body: Any = None
    files: Mapping[int, tuple[str, bytes]] = attrs.field(factory=dict)


async def _read(request: web.Request) -> Content | FormError:
    """Read JSON, or a form of `payload_json` and `files[n]`."""
    if request.content_type.startswith("multipart/"):
        return await _read_form(request)
    raw = await request.read()
    if not raw:
        return Content()
    if request.content_type != JSON:
        return FormError("", f"Expected Content-Type {JSON}.")
    return _parsed(raw, {})


def _parsed(raw: bytes, files: Mapping[int, tuple[str, bytes]]) -> Content | FormError:
    try:
        return Content(json.loads(raw), files)
    except ValueError:
        return FormError("", "The request body contains invalid JSON.")


async def _read_form(request: web.Request) -> Content | FormError:
    raw = b"{}"
    files: dict[int, tuple[str, bytes]] = {}
    reader = await request.multipart()
    while (part := await reader.next()) is not None:
        if isinstance(part, MultipartReader):
            return FormError("", "A form within a form.")
        name, content = part.name or "", bytes(await part.read())
        number = re.fullmatch(r"files\[(\d+)\]", name)
        if name == "payload_json":
            raw = content
        elif number is not None:
            files[int(number[1])] = (part.filename or "unknown", content)
        else:
            return FormError(name, "No such part.")
    return _parsed(raw, files)


def _route_of(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    for route in ROUTES:
        if route.method == method and (found := route.pattern.fullmatch(path)):
            return route, found.groupdict()
    return None


def _json(status: int, body: object) -> web.Response:
    return web.Response(status=status, body=json.dumps(body).encode(), content_type=JSON)


def _html502() -> web.Response:
    return web.Response(status=502, text=BAD_GATEWAY, content_type="text/html")


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
