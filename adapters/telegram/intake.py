"""
Updates that were fetched and not yet taken.

Telegram forgets an update as soon as the next ones are asked for. So we ask only when what we have
is safe: when its job is saved and something is being said to it. An update that is fetched again
after a crash has the same id, and starts nothing twice.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Iterator

from adapters.chat.surface import ReplyTo

SETTLED_WITHIN_S = 2.0
"""A picture that comes in slowly holds up the others no longer than this."""


class Intake:
    """Knows updates by their numbers, from their fetching until they are taken."""

    def __init__(self, *, within_s: float = SETTLED_WITHIN_S) -> None:
        self._within_s = within_s
        self._open: set[int] = set()
        self._at: dict[ReplyTo, set[int]] = {}
        """Which updates are answered where: an answer there means that they are taken."""
        self._settled = asyncio.Event()
        self._settled.set()

    @property
    def is_settled(self) -> bool:
        """Whether everything that was fetched is taken."""
        return not self._open

    def fetched(self, updates: Iterable[int]) -> None:
        """Note which updates came in."""
        self._open.update(updates)
        self._look()

    @contextlib.contextmanager
    def taking(self, update: int) -> Iterator[None]:
        """Work on one update; at the end it is taken, if it was not before."""
        try:
            yield
        finally:
            self._open.discard(update)
            for reply_to in [at for at, updates in self._at.items() if update in updates]:
                self._at[reply_to].discard(update)
                if not self._at[reply_to]:
                    del self._at[reply_to]
            self._look()

    def answered_at(self, reply_to: ReplyTo, update: int) -> None:
        """Note where an update will be answered."""
        self._at.setdefault(reply_to, set()).add(update)

    def taken(self, reply_to: ReplyTo) -> None:
        """Note that whatever began there is saved: something is being said to it."""
        self._open -= self._at.get(reply_to, set())
        self._look()

    async def settled(self) -> None:
        """Wait until everything is taken, but not for ever: what takes longer is not waited for."""
        try:
            async with asyncio.timeout(self._within_s):
                await self._settled.wait()
        except TimeoutError:
            self._open.clear()
            self._look()

    def _look(self) -> None:
        (self._settled.clear if self._open else self._settled.set)()
