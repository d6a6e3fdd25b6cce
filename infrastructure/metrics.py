"""The figures that Prometheus reads: our calls to ComfyUI Deploy, and how late ends are noticed."""

from collections import OrderedDict
from datetime import datetime
from typing import Final, Generic, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from core.shared.events import Event, RunEnded
from core.shared.ids import JobId
from core.shared.ports import ApiStatistics, Clock
from core.shared.statistics import BreakerState, Outcome, Saving
from infrastructure.comfy_deploy.endpoints import ENDPOINTS

T = TypeVar("T")

WEBHOOK, POLLING = "webhook", "polling"
OTHER = "other"
"""Stands for whatever is no endpoint of ours: a label must never hold an id."""

REMEMBERED_JOBS = 10_000

_PREFIX: Final = "stationthis_comfy_"
_ENDPOINTS = frozenset(each.name for each in ENDPOINTS)
_CALL_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_LATE_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)


class Metrics(ApiStatistics):
    """
    Counts, on a registry of its own. No method raises or waits; all belong to one event loop.

    Labels come from fixed sets only: no key, no id and no address ever stands in one.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._count_calls()
        self._count_ends()
        self.away_since: datetime | None = None
        """Since when the breaker has been open or probing; None while it is closed."""
        self.breaker_is(BreakerState.CLOSED)
        self._arrived: _Recent[datetime] = _Recent()
        self._ended: _Recent[datetime | None] = _Recent()

    def _count_calls(self) -> None:
        self._requests = self._counter("requests", "Attempts to call.", "endpoint", "outcome")
        self._seconds = self._histogram(
            "request_duration_seconds", "How long an attempt that was sent took.", "endpoint"
        )
        self._in_flight = self._gauge("requests_in_flight", "Attempts on their way.", "endpoint")
        self._retries = self._counter("retries", "Attempts that were made again.", "endpoint")
        self._sent = self._counter("sent_bytes", "Bytes of bodies sent.", "endpoint")
        self._received = self._counter("received_bytes", "Bytes of bodies received.", "endpoint")
        self._saved = self._counter("calls_saved", "Calls not made.", "endpoint", "kind")
        self._breaker = self._gauge("breaker_state", "1 for how the breaker stands.", "state")

    def _count_ends(self) -> None:
        self._hooks = self._counter("webhooks", "Genuine webhooks that were heard.", "kind")
        self._noticed = self._counter(
            "ends_noticed", "Ends of runs; by polling where no webhook told of the end.", "by"
        )
        self._lateness = self._histogram(
            "end_noticed_delay_seconds", "From a run's end to our noticing.", "by", buckets=_LATE_S
        )
        self._hook_lag = self._histogram(
            "webhook_delay_seconds", "From a run's end to its first webhook.", buckets=_LATE_S
        )
        for by in (WEBHOOK, POLLING):  # shown as 0 from the start, so that a rate has a beginning
            self._noticed.labels(by)
            self._lateness.labels(by)

    def call_began(self, endpoint: str) -> None:
        self._in_flight.labels(_known(endpoint)).inc()

    def call_ended(
        self, endpoint: str, outcome: Outcome, *, seconds: float, sent: int, received: int
    ) -> None:
        name = _known(endpoint)
        self._in_flight.labels(name).dec()
        self._requests.labels(name, outcome.value).inc()
        if outcome is Outcome.BLOCKED:
            return  # nothing was sent: no time of the service's
        self._seconds.labels(name).observe(seconds)
        self._sent.labels(name).inc(max(0, sent))
        self._received.labels(name).inc(max(0, received))

    def call_repeated(self, endpoint: str) -> None:
        self._retries.labels(_known(endpoint)).inc()

    def calls_saved(self, endpoint: str, saving: Saving, count: int = 1) -> None:
        self._saved.labels(_known(endpoint), saving.value).inc(max(0, count))

    def breaker_is(self, state: BreakerState) -> None:
        self.breaker = state
        if state is BreakerState.CLOSED:
            self.away_since = None
        elif self.away_since is None:
            self.away_since = self._clock.now()
        for each in BreakerState:
            self._breaker.labels(each.value).set(each is state)

    def hook_heard(self, job: JobId, *, ended: bool) -> None:
        """Note a genuine webhook: whether it told of the end of its job's run."""
        self._hooks.labels("end" if ended else "progress").inc()
        if not ended:
            return
        now = self._clock.now()
        if job in self._ended:  # it comes after we have asked: not needed, but its delay counts
            self._note_hook_lag(self._ended.pop(job), now)
        else:
            self._arrived.put_first(job, now)

    def end_noticed(self, job: JobId, *, ended_at: datetime | None, now: datetime) -> None:
        """Note that a run's end was seen at `now`; the service says it was at `ended_at`."""
        arrived = self._arrived.pop(job)
        by = POLLING if arrived is None else WEBHOOK
        self._noticed.labels(by).inc()
        if ended_at is not None:
            self._lateness.labels(by).observe(_seconds_between(ended_at, now))
        if arrived is None:
            self._ended.put_first(job, ended_at)
        else:
            self._note_hook_lag(ended_at, arrived)

    async def hear(self, event: Event) -> None:
        """Listen to the station's events."""
        if isinstance(event, RunEnded):
            self.end_noticed(event.job, ended_at=event.ended_at, now=self._clock.now())

    def render(self) -> tuple[bytes, str]:
        """Return all figures in Prometheus' text format, and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_PLAIN_0_0_4

    def _note_hook_lag(self, ended_at: datetime | None, arrived: datetime) -> None:
        if ended_at is not None:
            self._hook_lag.observe(_seconds_between(ended_at, arrived))

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(_PREFIX + name, about, labels, registry=self._registry)

    def _gauge(self, name: str, about: str, *labels: str) -> Gauge:
        return Gauge(_PREFIX + name, about, labels, registry=self._registry)

    def _histogram(
        self, name: str, about: str, *labels: str, buckets: tuple[float, ...] = _CALL_S
    ) -> Histogram:
        return Histogram(_PREFIX + name, about, labels, registry=self._registry, buckets=buckets)


class _Recent(Generic[T]):
    """What was noted of the newest jobs: what is never asked for must not pile up."""

    def __init__(self) -> None:
        self._noted: OrderedDict[JobId, T] = OrderedDict()

    def __contains__(self, job: JobId) -> bool:
        return job in self._noted

    def put_first(self, job: JobId, value: T) -> None:
        """Note a value, unless there is one already; the oldest one goes when there are many."""
        self._noted.setdefault(job, value)
        if len(self._noted) > REMEMBERED_JOBS:
            self._noted.popitem(last=False)

    def pop(self, job: JobId) -> T | None:
        """Forget a job; return what was noted, or None."""
        return self._noted.pop(job, None)


def _known(endpoint: str) -> str:
    return endpoint if endpoint in _ENDPOINTS else OTHER


def _seconds_between(ended_at: datetime, noticed_at: datetime) -> float:
    # The service's clock may be ahead of ours.
    return max(0.0, (noticed_at - ended_at).total_seconds())
