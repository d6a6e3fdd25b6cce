"""What every EventPublisher promises."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from core.shared.events import DeliveryDue, Event, JobChanged
from core.shared.ids import JobId
from core.shared.ports import EventPublisher
from infrastructure.events import InProcessEvents
from tests.fakes.events import RecordingEvents

JOB = JobId("a" * 32)


async def stuck(event: Event) -> None:
    await asyncio.Event().wait()


@pytest.fixture(params=["in_process", "with_a_stuck_listener", "recording"])
async def events(request: pytest.FixtureRequest) -> AsyncIterator[EventPublisher]:
    if request.param == "recording":
        yield RecordingEvents()
        return
    made = InProcessEvents()
    if request.param == "with_a_stuck_listener":
        made.subscribe(stuck)
    yield made
    await made.stop(grace_s=0.01)


async def test_publishing_does_not_wait_for_anybody(events: EventPublisher) -> None:
    async with asyncio.timeout(5):
        for _ in range(1_000):
            await events.publish(JobChanged(JOB, "running"))


async def test_many_can_publish_at_once(events: EventPublisher) -> None:
    facts: list[Event] = [JobChanged(JOB, "running"), DeliveryDue(JOB)]

    done = await asyncio.gather(*(events.publish(fact) for fact in facts * 50))

    assert done == [None] * 100
