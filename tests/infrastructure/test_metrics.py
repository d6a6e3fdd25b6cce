"""The figures are counted as they are told, and no id or key ever becomes a label."""

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from core.shared.events import DeliveryDue, JobChanged, OperatorAlerted, RunEnded
from core.shared.ids import JobId
from core.shared.statistics import BreakerState, Outcome, Saving
from infrastructure.comfy_deploy.endpoints import GET_RUN
from infrastructure.metrics import REMEMBERED_JOBS, Metrics
from tests.fakes.clock import NOON, FixedClock

JOB = JobId("0" * 31 + "1")
RUN = GET_RUN.name
ENDED = NOON - timedelta(seconds=2)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def metrics(clock: FixedClock) -> Metrics:
    return Metrics(clock)


def samples(metrics: Metrics) -> list[Sample]:
    body, _ = metrics.render()
    families = text_string_to_metric_families(body.decode())
    return [sample for family in families for sample in family.samples]


def figure(metrics: Metrics, name: str, **labels: str) -> float | None:
    """Return a figure of ours as a scraper reads it; None when it is not there."""
    full = f"stationthis_comfy_{name}"
    found = [each for each in samples(metrics) if (each.name, each.labels) == (full, labels)]
    return found[0].value if found else None


def call(
    metrics: Metrics, outcome: Outcome = Outcome.OK, *, endpoint: str = RUN, seconds: float = 0.2
) -> None:
    metrics.call_began(endpoint)
    metrics.call_ended(endpoint, outcome, seconds=seconds, sent=10, received=300)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_calls_are_counted_by_endpoint_and_outcome(metrics: Metrics, outcome: Outcome) -> None:
    call(metrics, outcome)
    call(metrics, outcome)

    assert figure(metrics, "requests_total", endpoint=RUN, outcome=outcome.value) == 2


def test_bytes_are_added_up(metrics: Metrics) -> None:
    call(metrics)
    call(metrics, Outcome.NO_ANSWER)

    assert figure(metrics, "sent_bytes_total", endpoint=RUN) == 20
    assert figure(metrics, "received_bytes_total", endpoint=RUN) == 600


@pytest.mark.parametrize(("seconds", "inside"), [(0.001, 1), (0.25, 1), (0.26, 0), (900.0, 0)])
def test_how_long_a_call_took_falls_into_its_bucket(
    metrics: Metrics, seconds: float, inside: int
) -> None:
    call(metrics, seconds=seconds)

    name = "request_duration_seconds"
    assert figure(metrics, f"{name}_bucket", endpoint=RUN, le="0.25") == inside
    assert figure(metrics, f"{name}_sum", endpoint=RUN) == seconds


def test_a_blocked_call_took_no_time_of_the_service(metrics: Metrics) -> None:
    call(metrics, Outcome.BLOCKED, seconds=0)

    assert figure(metrics, "requests_total", endpoint=RUN, outcome="blocked") == 1
    assert figure(metrics, "request_duration_seconds_count", endpoint=RUN) is None


def test_calls_are_in_flight_until_they_end(metrics: Metrics) -> None:
    metrics.call_began(RUN)
    metrics.call_began(RUN)
    before = figure(metrics, "requests_in_flight", endpoint=RUN)

    metrics.call_ended(RUN, Outcome.CANCELLED, seconds=0.1, sent=0, received=0)

    assert (before, figure(metrics, "requests_in_flight", endpoint=RUN)) == (2, 1)


def test_repeats_are_counted(metrics: Metrics) -> None:
    metrics.call_repeated(RUN)

    assert figure(metrics, "retries_total", endpoint=RUN) == 1


@pytest.mark.parametrize("saving", list(Saving))
def test_calls_that_were_saved_are_counted_by_kind(metrics: Metrics, saving: Saving) -> None:
    metrics.calls_saved(RUN, saving)
    metrics.calls_saved(RUN, saving, 4)

    assert figure(metrics, "calls_saved_total", endpoint=RUN, kind=saving.value) == 5


def test_the_breaker_is_closed_until_it_is_told_otherwise(metrics: Metrics) -> None:
    assert figure(metrics, "breaker_state", state="closed") == 1


@pytest.mark.parametrize("state", list(BreakerState))
def test_the_breaker_stands_in_one_state_at_a_time(metrics: Metrics, state: BreakerState) -> None:
    metrics.breaker_is(BreakerState.OPEN)
    metrics.breaker_is(state)

    told = {each: figure(metrics, "breaker_state", state=each.value) for each in BreakerState}
    assert told == {each: float(each is state) for each in BreakerState}


@pytest.mark.parametrize("stray", [f"GET /run/{JOB}", "https://files.example/a.png", "sk-key", ""])
def test_what_is_no_endpoint_of_ours_becomes_no_label(metrics: Metrics, stray: str) -> None:
    call(metrics, endpoint=stray)
    metrics.call_repeated(stray)
    metrics.calls_saved(stray, Saving.SHARED)

    labelled = {each.labels["endpoint"] for each in samples(metrics) if "endpoint" in each.labels}
    assert labelled == {"other"}


def test_two_stations_in_one_process_count_apart(metrics: Metrics, clock: FixedClock) -> None:
    other = Metrics(clock)

    call(other)

    assert figure(metrics, "requests_total", endpoint=RUN, outcome="ok") is None


def test_the_process_tells_of_itself(metrics: Metrics) -> None:
    names = {each.name for each in samples(metrics)}

    assert {"process_resident_memory_bytes", "python_info"} <= names


def test_the_content_type_is_the_one_of_the_text_format(metrics: Metrics) -> None:
    assert metrics.render()[1] == "text/plain; version=0.0.4; charset=utf-8"


def ends(metrics: Metrics) -> tuple[float | None, float | None]:
    """Return how many ends were noticed by a webhook, and how many by polling."""
    return (
        figure(metrics, "ends_noticed_total", by="webhook"),
        figure(metrics, "ends_noticed_total", by="polling"),
    )


def test_an_end_that_a_webhook_told_of_is_noticed_by_it(metrics: Metrics) -> None:
    metrics.hook_heard(JOB, ended=True)
    metrics.end_noticed(JOB, ended_at=ENDED, now=NOON)

    assert ends(metrics) == (1, 0)
    assert figure(metrics, "end_noticed_delay_seconds_sum", by="webhook") == 2


def test_an_end_that_no_webhook_told_of_is_noticed_by_polling(metrics: Metrics) -> None:
    metrics.end_noticed(JOB, ended_at=ENDED, now=NOON)

    assert ends(metrics) == (0, 1)
    assert figure(metrics, "end_noticed_delay_seconds_sum", by="polling") == 2


def test_a_webhook_of_progress_tells_of_no_end(metrics: Metrics) -> None:
    metrics.hook_heard(JOB, ended=False)
    metrics.end_noticed(JOB, ended_at=ENDED, now=NOON)

    assert ends(metrics) == (0, 1)


def test_webhooks_are_counted_by_what_they_tell(metrics: Metrics) -> None:
    for ended in (False, False, True):
        metrics.hook_heard(JOB, ended=ended)

    told = [figure(metrics, "webhooks_total", kind=kind) for kind in ("progress", "end")]
    assert told == [2, 1]


def hear_twice(metrics: Metrics, clock: FixedClock) -> None:
    """Hear of an end three seconds after NOON, and of the same end later."""
    for seconds in (3, 4):
        clock.advance(seconds=seconds)
        metrics.hook_heard(JOB, ended=True)


def delays(metrics: Metrics) -> tuple[float | None, float | None]:
    """Return of how many webhooks the delay is known, and the sum of the delays."""
    name = "webhook_delay_seconds"
    return figure(metrics, f"{name}_count"), figure(metrics, f"{name}_sum")


def test_the_first_webhook_of_an_end_has_its_delay_counted(
    metrics: Metrics, clock: FixedClock
) -> None:
    hear_twice(metrics, clock)
    metrics.end_noticed(JOB, ended_at=ENDED, now=clock.now())

    assert delays(metrics) == (1, 5)


def test_the_delay_counts_too_when_we_were_faster(metrics: Metrics, clock: FixedClock) -> None:
    metrics.end_noticed(JOB, ended_at=ENDED, now=NOON)
    hear_twice(metrics, clock)

    assert delays(metrics) == (1, 5)


def test_an_end_without_a_time_is_counted_and_has_no_delay(metrics: Metrics) -> None:
    metrics.hook_heard(JOB, ended=True)
    metrics.end_noticed(JOB, ended_at=None, now=NOON)

    assert ends(metrics) == (1, 0)
    assert figure(metrics, "end_noticed_delay_seconds_count", by="webhook") == 0
    assert delays(metrics) == (0, 0)


def test_a_clock_of_the_service_that_is_ahead_makes_no_time_negative(metrics: Metrics) -> None:
    metrics.end_noticed(JOB, ended_at=NOON + timedelta(seconds=5), now=NOON)

    assert figure(metrics, "end_noticed_delay_seconds_sum", by="polling") == 0


def test_a_webhook_is_forgotten_with_its_end(metrics: Metrics) -> None:
    metrics.hook_heard(JOB, ended=True)
    metrics.end_noticed(JOB, ended_at=ENDED, now=NOON)
    metrics.end_noticed(JOB, ended_at=ENDED, now=NOON)

    assert ends(metrics) == (1, 1)


def test_webhooks_of_jobs_without_an_end_do_not_pile_up(metrics: Metrics) -> None:
    for number in range(REMEMBERED_JOBS + 1):
        metrics.hook_heard(JobId(f"{number:032x}"), ended=True)

    metrics.end_noticed(JobId(f"{0:032x}"), ended_at=ENDED, now=NOON)
    assert ends(metrics) == (0, 1)
    metrics.end_noticed(JobId(f"{REMEMBERED_JOBS:032x}"), ended_at=ENDED, now=NOON)
    assert ends(metrics) == (1, 1)


async def test_an_event_tells_of_an_end_at_the_clocks_time(metrics: Metrics) -> None:
    await metrics.hear(RunEnded(JOB, "success", ENDED))

    assert ends(metrics) == (0, 1)
    assert figure(metrics, "end_noticed_delay_seconds_sum", by="polling") == 2


async def test_other_events_tell_of_no_end(metrics: Metrics) -> None:
    for event in (JobChanged(JOB, "running"), DeliveryDue(JOB), OperatorAlerted("a", "b")):
        await metrics.hear(event)

    assert ends(metrics) == (0, 0)


def test_an_outage_began_when_the_breaker_opened_first(metrics: Metrics, clock: FixedClock) -> None:
    for state in (BreakerState.OPEN, BreakerState.PROBING, BreakerState.OPEN):
        metrics.breaker_is(state)
        clock.advance(seconds=5)

    assert metrics.away_since == NOON
    metrics.breaker_is(BreakerState.CLOSED)
    assert metrics.away_since is None
