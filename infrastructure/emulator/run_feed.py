"""What happens to runs, told at once to whoever follows: streams, and calls that wait."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import attrs

from infrastructure.emulator.runs import LogLine, Output, Run

UNKNOWN_PROGRESS = -1.0
_LOOK_S = 0.5


@attrs.frozen(kw_only=True, eq=False)
class RunEvent:
    """One thing that happened to a run."""

    run: Run
    kind: str
    """created, status, node, step, output, error or log."""
    at: dt.datetime
    status: str
    """The run's status at that moment."""
    progress: float = UNKNOWN_PROGRESS
    node_id: str = ""
    node_class: str = ""
    steps: int = 0
    """How many steps a sampling node takes."""
    output: Output | None = None
    line: LogLine | None = None

    @property
    def is_end(self) -> bool:
        """Whether this told the end of the run."""
        return self.kind == "status" and self.run.is_over


@attrs.define
class Follower:
    """Receives events from the moment it was made."""

    _queue: asyncio.Queue[RunEvent] = attrs.Factory(asyncio.Queue)

    def take(self, event: RunEvent) -> None:
        """Keep an event until it is asked for."""
        self._queue.put_nowait(event)

    async def next(self) -> RunEvent | None:
        """Return the next event, or None when none came for a moment."""
        try:
            return await asyncio.wait_for(self._queue.get(), _LOOK_S)
        except TimeoutError:
            return None


@attrs.define
class RunFeed:
    """Hands events to all followers."""

    _followers: list[Follower] = attrs.Factory(list)

    def tell(self, event: RunEvent) -> None:
        """Tell everybody."""
        for follower in self._followers:
            follower.take(event)

    @contextmanager
    def following(self) -> Iterator[Follower]:
        """Follow all runs while inside."""
        follower = Follower()
        self._followers.append(follower)
        try:
            yield follower
        finally:
            self._followers.remove(follower)


async def events_until_closed(
    follower: Follower, closing: asyncio.Event
) -> AsyncIterator[RunEvent | None]:
    """Yield events, and None now and then so that the caller can look whether anybody reads."""
    while not closing.is_set():
        yield await follower.next()
