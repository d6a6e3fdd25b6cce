import asyncio

import pytest

from core.shared.events import DeliveryDue, Event, JobChanged
from core.shared.ids import JobId
from infrastructure.events import WAITING_EVENTS, InProcessEvents

JOB = JobId("a" * 32)


def states(events: list[Event]) -> list[str]:
    return [event.state for event in events if isinstance(event, JobChanged)]


async def test_a_listener_hears_events_in_their_order() -> None:
    heard: list[Event] = []
    events = InProcessEvents()

    async def listen(event: Event) -> None:
        await asyncio.sleep(0)
        heard.append(event)

    events.subscribe(listen)
    for number in range(100):
        await events.publish(JobChanged(JOB, str(number)))
    await events.stop()

    assert states(heard) == [str(number) for number in range(100)]


async def test_every_listener_hears_every_event() -> None:
    heard: list[str] = []
    events = InProcessEvents()

    async def first(event: Event) -> None:
        heard.append(f"first {event.name}")

    async def second(event: Event) -> None:
        heard.append(f"second {event.name}")

    events.subscribe(first)
    events.subscribe(second)
    await events.publish(DeliveryDue(JOB))
    await events.stop()

    assert sorted(heard) == ["first delivery.due", "second delivery.due"]


async def test_a_slow_listener_holds_up_no_other() -> None:
    heard = asyncio.Event()
    events = InProcessEvents()

    async def slow(event: Event) -> None:
        await asyncio.Event().wait()

    async def quick(event: Event) -> None:
        heard.set()

    events.subscribe(slow)
    events.subscribe(quick)
    await events.publish(DeliveryDue(JOB))
    async with asyncio.timeout(5):
        await heard.wait()
    await events.stop(grace_s=0)

    assert heard.is_set()


async def test_a_listener_that_fails_hears_the_next_event(
    capsys: pytest.CaptureFixture[str],
) -> None:
    heard: list[Event] = []
    events = InProcessEvents()

    async def fail_first(event: Event) -> None:
        heard.append(event)
        if len(heard) == 1:
            raise RuntimeError("the first one")

    events.subscribe(fail_first)
    await events.publish(JobChanged(JOB, "running"))
    await events.publish(JobChanged(JOB, "succeeded"))
    await events.stop()

    assert states(heard) == ["running", "succeeded"]


async def test_stopping_waits_for_what_was_published() -> None:
    heard: list[Event] = []
    events = InProcessEvents()

    async def slow(event: Event) -> None:
        await asyncio.sleep(0.01)
        heard.append(event)

    events.subscribe(slow)
    await events.publish(DeliveryDue(JOB))
    await events.publish(DeliveryDue(JOB))
    await events.stop()

    assert len(heard) == 2


async def test_stopping_ends_a_listener_that_never_ends() -> None:
    events = InProcessEvents()

    async def stuck(event: Event) -> None:
        await asyncio.Event().wait()

    events.subscribe(stuck)
    await events.publish(DeliveryDue(JOB))
    async with asyncio.timeout(5):
        await events.stop(grace_s=0.01)

    assert not [task for task in asyncio.all_tasks() if task.get_name() == "events"]


async def test_after_the_stop_nobody_is_told() -> None:
    heard: list[Event] = []
    events = InProcessEvents()

    async def listen(event: Event) -> None:
        heard.append(event)

    events.subscribe(listen)
    await events.stop()
    await events.publish(DeliveryDue(JOB))

    assert heard == []


async def test_a_stuck_listener_cannot_fill_the_memory(
    capsys: pytest.CaptureFixture[str],
) -> None:
    heard: list[Event] = []
    gate = asyncio.Event()
    events = InProcessEvents()

    async def stuck(event: Event) -> None:
        await gate.wait()
        heard.append(event)

    events.subscribe(stuck)
    for _ in range(WAITING_EVENTS + 5):
        await events.publish(DeliveryDue(JOB))
    gate.set()
    await events.stop()

    assert len(heard) == WAITING_EVENTS


def test_listeners_may_subscribe_before_there_is_a_loop() -> None:
    heard: list[Event] = []
    events = InProcessEvents()

    async def listen(event: Event) -> None:
        heard.append(event)

    async def tell() -> None:
        await events.publish(DeliveryDue(JOB))
        await events.stop()

    events.subscribe(listen)
    asyncio.run(tell())

    assert heard == [DeliveryDue(JOB)]
