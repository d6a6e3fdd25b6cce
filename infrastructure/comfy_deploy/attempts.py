"""What stands around every single attempt: budget, breaker, figures, and a span for tracing."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import attrs
import httpx
import structlog
from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from core.shared.ports import ApiStatistics
from core.shared.statistics import BreakerState, Outcome
from infrastructure.comfy_deploy.answers import CallError
from infrastructure.comfy_deploy.breaker import Breaker, BreakerOpenError
from infrastructure.comfy_deploy.budget import Budget, NoTurnError
from infrastructure.comfy_deploy.endpoints import LIST_RUNS, Endpoint, Patience
from infrastructure.comfy_deploy.errors import is_outage, outcome_of
from infrastructure.comfy_deploy.settings import ComfySettings

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger()
_tracer = trace.get_tracer("stationthis.comfy_deploy")


@attrs.define
class Attempt:
    """One request on its way: how many bytes went and came, once that is known."""

    span: Span
    _answered: Callable[[], None]
    sent: int = 0
    received: int = 0

    def answered(self, response: httpx.Response, received: int) -> None:
        """Note that an answer has come, with so many bytes in its body until now."""
        if response.is_success:
            self._answered()
        self.sent = int(response.request.headers.get("content-length", 0))
        self.received = received
        if self.span.is_recording():
            self.span.set_attribute("http.response.status_code", response.status_code)


class Attempts:
    """Lets attempts through, one after the other or many at once."""

    def __init__(self, settings: ComfySettings, meter: ApiStatistics) -> None:
        self._meter = meter
        self._budget = Budget(settings.calls_per_s)
        self._turn_s = settings.timeout_s
        self._breaker = Breaker(
            failures=settings.breaker_failures,
            open_s=settings.breaker_open_s,
            clock=time.monotonic,
            changed=self._breaker_changed,
        )

    @asynccontextmanager
    async def one(self, endpoint: Endpoint, request: httpx.Request) -> AsyncIterator[Attempt]:
        """
        Have one attempt; what its body raises is what came of it.

        Raises NoTurnError and BreakerOpenError, when nothing is sent.
        """
        ticket = await self._enter(endpoint)
        began_s = time.perf_counter()
        outcome = Outcome.CANCELLED
        attempt = Attempt(_span(endpoint, request), lambda: self._breaker.did_well(ticket))
        self._meter.call_began(endpoint.name)
        try:
            yield attempt
            outcome = Outcome.OK
        except CallError as error:
            outcome = outcome_of(error)
            self._judge(endpoint, error, ticket)
            raise
        finally:
            if outcome is Outcome.CANCELLED:
                self._breaker.gave_up(ticket)
            _end(attempt.span, outcome)
            self._meter.call_ended(
                endpoint.name,
                outcome,
                seconds=time.perf_counter() - began_s,
                sent=attempt.sent,
                received=attempt.received,
            )

    async def _enter(self, endpoint: Endpoint) -> int:
        """Wait for a turn, and ask the breaker then: it may have opened meanwhile."""
        try:
            async with asyncio.timeout(self._turn_s):
                await self._budget.turn(endpoint)
            return self._breaker.enter()
        except TimeoutError:
            self._note_blocked(endpoint)
            raise NoTurnError(f"no turn within {self._turn_s:g} s: too many calls") from None
        except BreakerOpenError:
            self._note_blocked(endpoint)
            raise

    def _note_blocked(self, endpoint: Endpoint) -> None:
        self._meter.call_began(endpoint.name)
        self._meter.call_ended(endpoint.name, Outcome.BLOCKED, seconds=0.0, sent=0, received=0)

    def _judge(self, endpoint: Endpoint, error: CallError, ticket: int) -> None:
        """Tell the breaker. Whatever follows runs may be slow for reasons of its own."""
        if not is_outage(error):
            self._breaker.did_well(ticket)
        elif endpoint.patience is Patience.RUN or endpoint is LIST_RUNS:
            self._breaker.gave_up(ticket)
        else:
            self._breaker.failed(ticket, endpoint.name)

    def _breaker_changed(self, state: BreakerState) -> None:
        self._meter.breaker_is(state)
        _log.warning("comfy_deploy.breaker", state=state)


def _span(endpoint: Endpoint, request: httpx.Request) -> Span:
    """Begin a span of OpenTelemetry's, which costs next to nothing while nobody records."""
    span = _tracer.start_span(endpoint.name, kind=SpanKind.CLIENT)
    if span.is_recording():
        span.set_attribute("http.request.method", endpoint.method)
        span.set_attribute("url.template", endpoint.path)
        span.set_attribute("server.address", request.url.host)
    return span


def _end(span: Span, outcome: Outcome) -> None:
    if span.is_recording() and outcome is not Outcome.OK:
        # The service's own words may hold anything: only the kind of failure goes out.
        span.set_attribute("error.type", outcome)
        span.set_status(Status(StatusCode.ERROR))
    span.end()
