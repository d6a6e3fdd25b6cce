"""GET and POST /hooks/{job}/{token}: ComfyUI Deploy tells us of a run, and we go and ask."""

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta

import orjson
from aiohttp import web

from adapters.web.answers import facts, refusal
from adapters.web.forms import BROKEN_BODY
from core.generations.ports import Hooks, WakeUps
from core.shared.ids import JobId
from core.shared.ports import Clock

HOOK = "hook"
"""The route's name: the guard lets it in without cookie and Origin."""

MAX_BODY_BYTES = 1024 * 1024
SLOW_BODY_S = 5.0
NOT_YET = timedelta(seconds=1)
"""After news of progress the job is asked for so much later: the end often follows at once."""

TERMINAL = frozenset({"success", "failed", "timeout", "cancelled"})

Heard = Callable[[JobId, bool], None]
"""Is told of a genuine hook's job, and whether the hook told of the end of its run."""

_job = re.compile(r"[0-9a-f]{32}")


def _to_nobody(*_: object) -> None:
    """Do nothing."""


class HookRoutes:
    """
    Takes hints. Nothing in a body is believed: a genuine token wakes its job, which asks itself.

    The service calls by POST, and repeats by GET with a body.
    """

    def __init__(
        self, *, hooks: Hooks, wake_ups: WakeUps, clock: Clock, heard: Heard = _to_nobody
    ) -> None:
        self._hooks = hooks
        self._wake_ups = wake_ups
        self._clock = clock
        self._heard = heard

    def add_to(self, app: web.Application) -> None:
        """Add the route."""
        hook = app.router.add_resource("/hooks/{job}/{token}", name=HOOK)
        hook.add_route("GET", self.hear)
        hook.add_route("POST", self.hear)

    async def hear(self, request: web.Request) -> web.Response:
        """Wake the job: now when its run seems to have ended, else a second later."""
        job = JobId(request.match_info["job"])
        token = request.match_info["token"]
        if _job.fullmatch(job) is None or not self._hooks.is_genuine(job, token):
            return refusal(404, "There is nothing here.")
        ended = _status(await _body(request)) in TERMINAL
        self._heard(job, ended)
        at = self._clock.now() if ended else self._clock.now() + NOT_YET
        await self._wake_ups.wake(job, at=at)
        return facts(200)


async def _body(request: web.Request) -> bytes:
    """Return the body, or nothing when it is too large, too slow, cut or broken."""
    body = bytearray()
    try:
        async with asyncio.timeout(SLOW_BODY_S):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    return b""
    except (TimeoutError, OSError, web.PayloadAccessError, *BROKEN_BODY):
        return b""
    return bytes(body)


def _status(body: bytes) -> str:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    status = told.get("status") if isinstance(told, dict) else None
    return status if isinstance(status, str) else ""
