"""What stands around every single attempt: budget, breaker, figures, and a span for tracing."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import attrs
import httpx
import structlog
from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from core.shared.ports import ApiStatistics
from core.shared.statistics import BreakerState, Outcome
from infrastructure.comfy_deploy.answers import CallError
from infrastructure.comfy_deploy.breaker import Breaker, BreakerOpenError
from infrastructure.comfy_deploy.budget import Budget
from infrastructure.comfy_deploy.endpoints import Endpoint
from infrastructure.comfy_deploy.errors import is_outage, outcome_of
from infrastructure.comfy_deploy.settings import ComfySettings

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger()
_tracer = trace.get_tracer("stationthis.comfy_deploy")


@attrs.define
class Attempt:
    """One request on its way: how many bytes went and came, once that is known."""

    span: Span
    sent: int = 0
    received: int = 0

    def answered(self, response: httpx.Response) -> None:
        """Note what came, read to its end or not."""
        self.sent = int(response.request.headers.get("content-length", 0))
        self.received = response.num_bytes_downloaded
        if self.span.is_recording():
            self.span.set_attribute("http.response.status_code", response.status_code)


class Attempts:
    """Lets attempts through, one after the other or many at once."""

    def __init__(self, settings: ComfySettings, meter: ApiStatistics) -> None:
        self._meter = meter
        self._budget = Budget(settings.calls_per_s)
        self._breaker = Breaker(
            failures=settings.breaker_failures,
            open_s=settings.breaker_open_s,
            clock=time.monotonic,
            changed=self._breaker_changed,
        )

    @asynccontextmanager
    async def one(self, endpoint: Endpoint, request: httpx.Request) -> AsyncIterator[Attempt]:
        """Have one attempt; what its body raises is what came of it. Raises BreakerOpenError."""
        probe = self._enter(endpoint)
        began_s = time.perf_counter()
        outcome, attempt = Outcome.CANCELLED, Attempt(trace.INVALID_SPAN)
        self._meter.call_began(endpoint.name)
        try:
            await self._budget.turn(endpoint)
            with _span(endpoint, request) as attempt.span:
                yield attempt
            outcome = Outcome.OK
            self._breaker.did_well()
        except CallError as error:
            outcome = outcome_of(error)
            (self._breaker.failed if is_outage(error) else self._breaker.did_well)()
            raise
        finally:
            if outcome is Outcome.CANCELLED:
                self._breaker.gave_up(probe=probe)
            self._meter.call_ended(
                endpoint.name,
                outcome,
                seconds=time.perf_counter() - began_s,
                sent=attempt.sent,
                received=attempt.received,
            )

    def _enter(self, endpoint: Endpoint) -> bool:
        try:
            return self._breaker.enter()
        except BreakerOpenError:
            self._meter.call_began(endpoint.name)
            self._meter.call_ended(endpoint.name, Outcome.BLOCKED, seconds=0.0, sent=0, received=0)
            raise

    def _breaker_changed(self, state: BreakerState) -> None:
        self._meter.breaker_is(state)
        _log.warning("comfy_deploy.breaker", state=state)


@contextmanager
def _span(endpoint: Endpoint, request: httpx.Request) -> Iterator[Span]:
    """Have a span of OpenTelemetry's, which costs next to nothing while nobody records."""
    with _tracer.start_as_current_span(
        endpoint.name, kind=SpanKind.CLIENT, record_exception=False, set_status_on_exception=False
    ) as span:
        if span.is_recording():
            span.set_attribute("http.request.method", endpoint.method)
            span.set_attribute("url.template", endpoint.path)
            span.set_attribute("server.address", request.url.host)
        try:
            yield span
        except CallError as error:
            # Its words may be the service's own: only what kind of failure it was goes out.
            span.set_attribute("error.type", outcome_of(error))
            span.set_status(Status(StatusCode.ERROR))
            raise
