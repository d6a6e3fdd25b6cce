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
from infrastructure.emulator.keys import KeyRing, needs_no_key
from infrastructure.emulator.queue_body import (
    InvalidRequestError,
    RefusedError,
    ServiceCrashError,
)
from infrastructure.emulator.settings import Dials
from infrastructure.emulator.spoils import PIECES, spoiled_answer, trickled

_NOT_FOUND = 404
_BEARER = "Bearer "
MACHINE_TROUBLE = web.RequestKey("machine_trouble", RequestFault)
_OF_THE_MACHINE = (Spoil.MACHINE_REFUSES, Spoil.MACHINE_ANSWERS, Spoil.MACHINE_GONE)


@attrs.define
class Gate:
    """Stands before every route."""

    _dials: Dials
    _faults: Faults
    _keys: KeyRing
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
        if fault.spoil in _OF_THE_MACHINE:
            request[MACHINE_TROUBLE] = fault
            return await self._guarded(request, handler)
        answer: web.StreamResponse | None = None
        if fault.is_handled:
            answer = await self._guarded(request, handler)
        if fault.spoil is Spoil.TRICKLE:
            return await trickled(request, answer, lambda: self.wait(fault.delay_s / PIECES))
        await self.wait(fault.delay_s)
        if answer is None and fault.spoil is Spoil.DELAY:
            answer = await self._guarded(request, handler)
        return await spoiled_answer(request, answer, fault)

    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        path = request.path.removeprefix(API_PREFIX)
        if request.path.startswith(API_PREFIX + "/") and not needs_no_key(path):
            problem = self._key_problem(request)
            if problem is not None:
                return refusal(problem, 401)
        try:
            return await handler(request)
        except InvalidRequestError as error:
            return refusal(error.details, 422)
        except RefusedError as error:
            return refusal(str(error), error.status)
        except (ServiceCrashError, OverflowError):
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
        return self._keys.problem(key, own=self._dials.settings.api_key)


def _refused(error: web.HTTPException) -> web.Response:
    return refusal(error.reason, error.status)


def _not_found(request: web.Request) -> web.Response:
    if request.path.endswith("/") and request.path != API_PREFIX + "/":
        location = str(request.url.with_path(request.path.rstrip("/")))
        return web.Response(status=307, headers={"Location": location})
    return refusal("Not Found", 404)
