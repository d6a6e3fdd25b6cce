"""GET /metrics and /health/{live,ready,deep}: for the machines that watch over ours."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import attrs
import structlog
from aiohttp import web

from adapters.web.answers import facts

Check = Callable[[], Awaitable[str]]
"""Returns "" when all is well, else a sentence for operators."""

METRICS, LIVE, READY, DEEP = "metrics", "health.live", "health.ready", "health.deep"
WATCHED = frozenset({METRICS, LIVE, READY, DEEP})
"""The routes' names: the guard lets them in under the address that was called, too."""

LIMIT_S = 5.0
"""So long one check may take."""

FRESH_S = 5.0
"""So long an answer is given again: a scraper must not become a load."""

_FAILED = "The check itself failed; the log has the reason."

log = structlog.stdlib.get_logger(__name__)


class HealthRoutes:
    """
    Answers without a cookie. The server decides where: these routes are not for everybody.

    `checks` are quick and of this machine; `deep_checks` ask others, and only /health/deep does.
    """

    def __init__(
        self,
        checks: Mapping[str, Check],
        metrics: Callable[[], tuple[bytes, str]],
        *,
        deep_checks: Mapping[str, Check] | None = None,
        limit_s: float = LIMIT_S,
        fresh_s: float = FRESH_S,
    ) -> None:
        self._metrics = metrics
        self._quick = _Examination(checks, limit_s=limit_s, fresh_s=fresh_s)
        self._deep = _Examination(deep_checks or {}, limit_s=limit_s, fresh_s=fresh_s)

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/metrics", self.metrics, name=METRICS)
        app.router.add_get("/health/live", self.live, name=LIVE)
        app.router.add_get("/health/ready", self.ready, name=READY)
        app.router.add_get("/health/deep", self.deep, name=DEEP)

    async def metrics(self, _request: web.Request) -> web.Response:
        """Serve the figures, as they are now."""
        body, content_type = self._metrics()
        return web.Response(
            body=body, headers={"Content-Type": content_type, "Cache-Control": "no-store"}
        )

    async def live(self, _request: web.Request) -> web.Response:
        """Say that the server answers."""
        return facts(200, status="ok")

    async def ready(self, _request: web.Request) -> web.Response:
        """Say whether what people need of this machine works."""
        return _told(await self._quick.findings())

    async def deep(self, _request: web.Request) -> web.Response:
        """Say the same, and whether those whom we need can be reached."""
        quick, deep = await asyncio.gather(self._quick.findings(), self._deep.findings())
        return _told({**quick, **deep})


@attrs.define(eq=False)
class _Examination:
    """Makes its checks at once, for all who ask, and gives the findings again for a while."""

    _checks: Mapping[str, Check]
    _limit_s: float = attrs.field(kw_only=True)
    _fresh_s: float = attrs.field(kw_only=True)
    _found: Mapping[str, str] = attrs.field(factory=dict, init=False)
    _fresh_until_s: float = attrs.field(default=float("-inf"), init=False)
    _one_at_a_time: asyncio.Lock = attrs.field(factory=asyncio.Lock, init=False)
    _under_way: dict[str, asyncio.Task[str]] = attrs.field(factory=dict, init=False)

    async def findings(self) -> Mapping[str, str]:
        """Return what each check found: at most as old as allowed."""
        loop = asyncio.get_running_loop()
        async with self._one_at_a_time:
            if loop.time() >= self._fresh_until_s:
                found = await asyncio.gather(*(self._finding(name) for name in self._checks))
                self._found = dict(zip(self._checks, found, strict=True))
                self._fresh_until_s = loop.time() + self._fresh_s
            return self._found

    async def _finding(self, name: str) -> str:
        # Not asyncio.timeout: a read that sits in a database may not end when it is cancelled,
        # and one that hangs is not begun a second time.
        task = self._under_way.get(name)
        if task is None or task.done():
            task = asyncio.create_task(_made(self._checks[name]), name=f"health.{name}")
            self._under_way[name] = task
        await asyncio.wait({task}, timeout=self._limit_s)
        if not task.done():
            task.cancel()
            return f"No answer within {self._limit_s:g} s."
        del self._under_way[name]
        return _result(name, task)


async def _made(check: Check) -> str:
    return await check()


def _result(name: str, task: asyncio.Task[str]) -> str:
    if task.cancelled():
        return _FAILED
    error = task.exception()
    if error is None:
        return task.result()
    # What it says may hold an address or worse: that is for the log, which takes secrets out.
    log.error("health.bug", check=name, exc_info=error)
    return _FAILED


def _told(found: Mapping[str, str]) -> web.Response:
    is_well = not any(found.values())
    return facts(200 if is_well else 503, status="ok" if is_well else "failing", checks=dict(found))
