"""
The way in: counts requests, plays ordered faults, checks the key, and words the errors.

Faults come first, because the service's edge, which they stand for, comes first too. The key is
checked before the path, so an unknown path without a key is 401.
"""

import asyncio
from collections import Counter

import attrs
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from infrastructure.emulator.answers import crash, refusal
from infrastructure.emulator.faults import API_PREFIX, Faults, RequestFault, Spoil
from infrastructure.emulator.queue_body import InvalidRequestError, ServiceCrashError
from infrastructure.emulator.settings import Dials

_NOT_FOUND = 404
_BEARER = "Bearer "
REFUSED_BY_MACHINE = web.RequestKey("refused_by_machine", bool)


@attrs.define
class Gate:
    """Stands before every route."""

    _dials: Dials
    _faults: Faults
    counts: Counter[str] = attrs.Factory(Counter)
    """How often each route was asked, by "METHOD /path/{pattern}"."""
    closing: asyncio.Event = attrs.Factory(asyncio.Event)
    """Set when the server stops, so that hanging answers end."""

    def middleware(self) -> Middleware:
        """Return the gate in aiohttp's form."""

        @web.middleware
        async def pass_through(request: web.Request, handler: Handler) -> web.StreamResponse:
            resource = request.match_info.route.resource
            pattern = "(unknown)" if resource is None else resource.canonical
            if pattern.startswith("/control"):
                return await handler(request)
            self.counts[f"{request.method} {pattern}"] += 1
            fault = self._faults.for_request(request.method, request.path)
            if fault is None:
                return await self._guarded(request, handler)
            return await self._spoiled(request, handler, fault)

        return pass_through

    async def wait(self, seconds: float) -> None:
        """Wait, but not beyond the server's end."""
        try:
            await asyncio.wait_for(self.closing.wait(), seconds)
        except TimeoutError:
            return

    async def _spoiled(
        self, request: web.Request, handler: Handler, fault: RequestFault
    ) -> web.StreamResponse:
        if fault.spoil is Spoil.MACHINE_REFUSES:
            request[REFUSED_BY_MACHINE] = True
            return await self._guarded(request, handler)
        answer: web.StreamResponse | None = None
        if fault.is_handled:
            answer = await self._guarded(request, handler)
        await self.wait(fault.delay_s)
        match fault.spoil:
            case Spoil.ANSWER:
                return _ordered_answer(fault)
            case Spoil.LOST:
                return _hung_up(request)
            case Spoil.CUT:
                return await _cut(request, answer)
            case _:
                return answer or await self._guarded(request, handler)

    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(API_PREFIX + "/"):
            problem = self._key_problem(request)
            if problem is not None:
                return refusal(problem, 401)
        try:
            return await handler(request)
        except InvalidRequestError as error:
            return refusal(error.details, 422)
        except ServiceCrashError:
            return crash()
        except web.HTTPException as error:
            return _not_found(request) if error.status == _NOT_FOUND else _refused(error)

    def _key_problem(self, request: web.Request) -> str | None:
        header = request.headers.get("Authorization", "")
        key = (
            request.cookies.get("__session")
            or request.query.get("cd_token")
            or (header.removeprefix(_BEARER) if header.startswith(_BEARER) else "")
            or request.headers.get("x-api-key")
        )
        if not key:
            return "Invalid or missing token"
        return None if key == self._dials.settings.api_key else "Invalid or expired token"


def _refused(error: web.HTTPException) -> web.Response:
    return refusal(error.reason, error.status)


def _not_found(request: web.Request) -> web.Response:
    if request.path.endswith("/") and request.path != API_PREFIX + "/":
        location = str(request.url.with_path(request.path.rstrip("/")))
        return web.Response(status=307, headers={"Location": location})
    return refusal("Not Found", 404)


def _ordered_answer(fault: RequestFault) -> web.Response:
    headers = {"Content-Type": fault.content_type, **fault.headers}
    return web.Response(body=fault.body.encode(), status=fault.status, headers=headers)


def _hung_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.close()
    return web.Response()


async def _cut(request: web.Request, answer: web.StreamResponse | None) -> web.StreamResponse:
    body = answer.body if isinstance(answer, web.Response) else b""
    if answer is None or not isinstance(body, bytes):
        return _hung_up(request)
    part = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
    part.content_length = len(body)
    await part.prepare(request)
    await part.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return part
