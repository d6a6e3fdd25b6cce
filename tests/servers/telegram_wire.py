"""Requests and answers as bytes: every way to send parameters, every way to lose an answer."""

import asyncio
import json

from aiohttp import BodyPartReader, MultipartReader, web

from tests.servers.telegram_contract import Given, Upload
from tests.servers.telegram_errors import Wire, bad_request
from tests.servers.telegram_faults import CutBody, Drop, DropAfter, Late
from tests.servers.telegram_gate import Outcome

_JSON = "application/json"
_GATEWAY_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


async def given_in(request: web.Request) -> Given:
    """Return the parameters and files of a request, whichever way they came."""
    given = Given(values=dict(request.query))
    if not request.can_read_body:
        return given
    if request.content_type == _JSON:
        given.values |= _object_in(await request.read())
        return given
    if request.content_type.startswith("multipart/"):
        await _read_parts(await request.multipart(), given)
        return given
    for name, value in (await request.post()).items():
        given.values[name] = value
    return given


async def _read_parts(parts: MultipartReader, given: Given) -> None:
    """Read into memory: the files that aiohttp makes stay open when an upload breaks off."""
    while (part := await parts.next()) is not None:
        assert isinstance(part, BodyPartReader)
        name, data = part.name or "", bytes(await part.read())
        if part.filename is None:
            given.values[name] = data.decode()
        else:
            mime = part.headers.get("Content-Type", "application/octet-stream")
            given.files[name] = Upload(part.filename, data, mime)


def _object_in(body: bytes) -> Wire:
    try:
        read = json.loads(body)
    except ValueError:
        raise bad_request("can't parse request JSON object") from None
    if not isinstance(read, dict):
        raise bad_request("can't parse request JSON object")
    return read


async def answered(request: web.Request, outcome: Outcome) -> web.StreamResponse:
    """Send an outcome, or lose it as was ordered."""
    body = _GATEWAY_PAGE if outcome.body is None else json.dumps(outcome.body).encode()
    kind = "text/html" if outcome.body is None else _JSON
    return await sent(request, outcome, body=body, kind=kind)


async def sent(
    request: web.Request, outcome: Outcome, *, body: bytes, kind: str
) -> web.StreamResponse:
    """Send these bytes, or lose them."""
    match outcome.fault:
        case Drop() | DropAfter():
            return _dropped(request)
        case Late(seconds=seconds):
            await asyncio.sleep(seconds)
        case CutBody():
            return await _cut(request, outcome, body)
        case None:
            pass
    return web.Response(status=outcome.status, body=body, content_type=kind)


def _dropped(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _cut(request: web.Request, outcome: Outcome, body: bytes) -> web.StreamResponse:
    response = web.StreamResponse(status=outcome.status)
    response.content_type = _JSON
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response
