"""Events within one process: each listener hears them in order, and holds nobody up."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from core.shared.events import Event
from core.shared.ports import EventPublisher

log = structlog.stdlib.get_logger(__name__)

Listener = Callable[[Event], Awaitable[None]]

WAITING_EVENTS = 10_000
"""So many events wait for one listener; what comes then is dropped: the truth is in the rows."""


class InProcessEvents(EventPublisher):
    """Hands events to listeners, each of which works through a queue of its own."""

    def __init__(self) -> None:
        self._lines: list[_Line] = []
        self._is_stopped = False

    def subscribe(self, listener: Listener) -> None:
        """Have the listener called for every event that is published from now on."""
        self._lines.append(_Line(listener))

    async def publish(self, event: Event) -> None:
        if self._is_stopped:
            return
        for line in self._lines:
            line.add(event)

    async def stop(self, *, grace_s: float = 10.0) -> None:
        """Let the listeners finish what was published, for at most `grace_s` seconds."""
        self._is_stopped = True
        await asyncio.gather(*(line.stop(grace_s) for line in self._lines))


class _Line:
    """One listener and the events that wait for it."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._queue: asyncio.Queue[Event] = asyncio.Queue(WAITING_EVENTS)
        self._task: asyncio.Task[None] | None = None

    def add(self, event: Event) -> None:
        if self._task is None:  # not at subscribe: there may be no event loop yet
            self._task = asyncio.create_task(self._work(), name="events")
        try:
            self._queue.put_nowait(event)
        except asyncio.QueueFull:
            log.warning("events.dropped", dropped=event.name)

    async def _work(self) -> None:
        while True:
            event = await self._queue.get()
            try:
                await self._listener(event)
            except Exception:  # one failure must not deafen the listener to all that follows
                log.exception("events.listener_failed", failed=event.name)
            finally:
                self._queue.task_done()

    async def stop(self, grace_s: float) -> None:
        if self._task is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await self._queue.join()
        self._task.cancel()
        await asyncio.wait([self._task])
