"""The audit that runs by itself: once a day, whoever is restarted; heard of only when wrong."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
from dependency_injector import providers

from composition.config import Config
from composition.container import Container
from composition.nightly import NightlyAudit
from composition.run import nightly_audit_of, sweeps_of, working
from core.points.model import Audit
from core.points.ports import BooksAuditor
from core.shared.errors import StoreTroubleError
from core.shared.events import OperatorAlerted
from infrastructure.comfy_deploy.settings import ComfySettings
from infrastructure.memory.seen import InMemorySeen
from tests.builders import NOW, a_hold
from tests.fakes.clock import FixedClock
from tests.fakes.events import RecordingEvents

DAY_S = 86_400.0
STORES = pytest.mark.parametrize("database_url", ["", "memory:"])


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def events() -> RecordingEvents:
    return RecordingEvents()


@pytest.fixture
async def container(
    tmp_path: Path, database_url: str, clock: FixedClock, events: RecordingEvents
) -> AsyncIterator[Container]:
    comfy = ComfySettings(api_key="k", base_url="http://127.0.0.1:9/api")
    config = Config(data_dir=tmp_path, database_url=database_url, comfy=comfy)
    made = Container(config=config, owner="worker:1")
    made.clock.override(providers.Object(clock))
    async with working(made):
        made.events.override(providers.Object(events))
        yield made
        made.events.reset_override()


@STORES
async def test_books_that_are_right_are_nothing_to_hear_of(
    container: Container, events: RecordingEvents
) -> None:
    await container.ledger().balance("ada", now=NOW)

    assert await nightly_audit_of(container).sweep() == 0
    assert events.events == []


@STORES
async def test_books_that_are_wrong_are_told_of_once_a_day_whoever_restarts(
    container: Container, clock: FixedClock, events: RecordingEvents
) -> None:
    await container.ledger().hold(a_hold("job-9", points=7), now=NOW)
    told = []
    for _ in range(49):
        # Each hour, half of the times by a program that has just begun.
        nightly = nightly_audit_of(container)
        told.append(await nightly.sweep() + await nightly.sweep())
        clock.advance(seconds=3_600)

    assert [hour for hour, count in enumerate(told) if count] == [0, 24, 48]
    assert events.events[0] == OperatorAlerted(
        "points.audit",
        "The books do not balance, 1 problem: Hold job-9 keeps 7 points of wallet ada, and there "
        "is no such job. `./stationthis points audit` lists all.",
    )


@STORES
async def test_a_program_at_work_has_the_audit_among_its_sweeps(
    container: Container, events: RecordingEvents
) -> None:
    await container.ledger().hold(a_hold("job-9", points=7), now=NOW)

    (nightly,) = (
        sweep
        for sweep in sweeps_of(container)
        if isinstance(getattr(sweep, "__self__", None), NightlyAudit)
    )

    assert await nightly() == 1
    assert len(events.events) == 1


class Auditor(BooksAuditor):
    """Finds what it is told to, or fails, and counts."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        self.is_away = False
        self.audits = 0

    async def audit(self, *, now: datetime) -> Audit:
        self.audits += 1
        if self.is_away:
            raise StoreTroubleError("away")
        return Audit(sum_of_accounts=0, accounts=2, entries=0, problems=self.problems)


def nightly_of(auditor: BooksAuditor, clock: FixedClock, events: RecordingEvents) -> NightlyAudit:
    return NightlyAudit(auditor=auditor, seen=InMemorySeen(), clock=clock, events=events)


async def test_an_audit_that_could_not_be_made_is_made_up_for(
    clock: FixedClock, events: RecordingEvents
) -> None:
    auditor = Auditor("It is odd.")
    nightly = nightly_of(auditor, clock, events)
    auditor.is_away = True
    with pytest.raises(StoreTroubleError):
        await nightly.sweep()
    auditor.is_away = False

    assert [await nightly.sweep(), await nightly.sweep()] == [1, 0]
    assert auditor.audits == 2


async def test_a_message_quotes_the_first_problems_and_counts_all(
    clock: FixedClock, events: RecordingEvents
) -> None:
    auditor = Auditor(*(f"Number {number} is odd." for number in range(1, 10)))

    assert await nightly_of(auditor, clock, events).sweep() == 9

    (alert,) = events.events
    assert isinstance(alert, OperatorAlerted)
    assert alert.text.startswith("The books do not balance, 9 problems: Number 1 is odd. ")
    assert "Number 5 is odd. `./stationthis points audit` lists all." in alert.text


async def test_a_clock_that_is_set_back_puts_off_no_audit(
    clock: FixedClock, events: RecordingEvents
) -> None:
    auditor = Auditor()
    nightly = nightly_of(auditor, clock, events)
    await nightly.sweep()
    clock.advance(seconds=-2 * DAY_S)
    await nightly.sweep()

    assert auditor.audits == 2
