"""Somebody who is told of everything and keeps it."""

from core.shared.events import Event
from core.shared.ports import EventPublisher


class RecordingEvents(EventPublisher):
    """Keeps the published events, oldest first."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def publish(self, event: Event) -> None:
        self.events.append(event)
