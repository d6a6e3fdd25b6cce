"""
Updates that were fetched and not yet taken.

Telegram forgets an update as soon as the next ones are asked for. So we ask only when what we have
is safe: when its job is saved and something is being said to it. An update that is fetched again
after a crash has the same id, and starts nothing twice.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator

from adapters.chat.surface import ReplyTo

SETTLED_WITHIN_S = 2.0
"""A picture that comes in slowly holds up the others no longer than this."""


class Intake:
    """Counts updates from their fetching until they are taken."""

    def __init__(self, *, within_s: float = SETTLED_WITHIN_S) -> None:
        self.open = 0
        """How many updates are not taken yet."""
        self._within_s = within_s
        self._taking: Counter[ReplyTo] = Counter()
        self._settled = asyncio.Event()
        self._settled.set()

    def fetched(self, count: int) -> None:
        """Note that so many updates came in."""
        self.open += count
        if self.open > 0:
            self._settled.clear()

    @contextlib.contextmanager
    def taking(self, reply_to: ReplyTo) -> Iterator[None]:
        """Work on one update; at the end it is taken, if it was not before."""
        self._taking[reply_to] += 1
        try:
            yield
        finally:
            self.taken(reply_to)

    def taken(self, reply_to: ReplyTo) -> None:
        """Note that whatever an update began is saved."""
        if self._taking[reply_to] > 0:
            self._taking[reply_to] -= 1
            self.open -= 1
        if not self._taking[reply_to]:
            del self._taking[reply_to]
        if self.open <= 0:
            self.open = 0
            self._settled.set()

    async def settled(self) -> None:
        """Wait until everything is taken, but not for ever."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._within_s):
                await self._settled.wait()
        # What has not been taken until now will be: it is only not waited for again.
        self.open = 0
        self._settled.set()
