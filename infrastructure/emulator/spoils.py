"""How an answer is spoiled on its way out."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from infrastructure.emulator.answers import refusal
from infrastructure.emulator.faults import RequestFault, Spoil

PIECES = 10
"""In how many pieces a slow body comes."""

_NO_CREDIT = "Insufficient deployment owner's GPU credits to create run"
_BLOCK = 64 * 1024


async def spoiled_answer(
    request: web.Request, answer: web.StreamResponse | None, fault: RequestFault
) -> web.StreamResponse:
    """Return what the caller gets in place of the true answer, which may not have been made."""
    match fault.spoil:
        case Spoil.ANSWER:
            return _ordered_answer(fault)
        case Spoil.NO_CREDIT:
            return refusal(_NO_CREDIT, 403)
        case Spoil.CUT:
            return await _cut(request, answer)
        case Spoil.HUGE:
            return await _huge(request, answer, fault.size)
        case Spoil.WRONG_CHARSET:
            return _in_another_charset(answer) or _hung_up(request)
        case _:
            # An answer that was lost, or that was never made.
            is_lost = answer is None or fault.spoil is Spoil.LOST
            return _hung_up(request) if is_lost or answer is None else answer


async def trickled(
    request: web.Request, answer: web.StreamResponse | None, pause: Callable[[], Awaitable[None]]
) -> web.StreamResponse:
    """Send the true answer's body in pieces, with a pause before each."""
    body = _body_of(answer)
    if answer is None or body is None:
        return _hung_up(request)
    slow = await _begun(request, answer, len(body))
    size = max(1, -(-len(body) // PIECES))
    for start in range(0, len(body), size):
        await pause()
        await slow.write(body[start : start + size])
    return slow


def _ordered_answer(fault: RequestFault) -> web.Response:
    headers = {"Content-Type": fault.content_type, **fault.headers}
    return web.Response(body=fault.body.encode(), status=fault.status, headers=headers)


def _hung_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.close()
    return web.Response()


def _body_of(answer: web.StreamResponse | None) -> bytes | None:
    body = answer.body if isinstance(answer, web.Response) else None
    return body if isinstance(body, bytes) else None


async def _begun(
    request: web.Request, answer: web.StreamResponse, length: int
) -> web.StreamResponse:
    begun = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
    begun.content_length = length
    await begun.prepare(request)
    return begun


async def _cut(request: web.Request, answer: web.StreamResponse | None) -> web.StreamResponse:
    body = _body_of(answer)
    if answer is None or body is None:
        return _hung_up(request)
    part = await _begun(request, answer, len(body))
    await part.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return part


async def _huge(
    request: web.Request, answer: web.StreamResponse | None, size: int
) -> web.StreamResponse:
    """Send JSON that stays true, since spaces after it say nothing."""
    body = _body_of(answer)
    if answer is None or body is None:
        return _hung_up(request)
    left = max(0, size - len(body))
    huge = await _begun(request, answer, len(body) + left)
    await huge.write(body)
    while left:
        block = min(left, _BLOCK)
        await huge.write(b" " * block)
        left -= block
    return huge


def _in_another_charset(answer: web.StreamResponse | None) -> web.Response | None:
    body = _body_of(answer)
    if answer is None or body is None:
        return None
    kind = f"{answer.content_type}; charset=utf-8"
    content = body.decode("utf-8", "replace").encode("utf-16")
    return web.Response(body=content, status=answer.status, headers={"Content-Type": kind})
