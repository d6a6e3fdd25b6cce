"""Turns: one at a time for each person, or for each job's message."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Hashable


class Turns:
    """Lets one caller at a time go on for each subject, in the order of asking."""

    def __init__(self) -> None:
        self._locks: dict[Hashable, tuple[asyncio.Lock, int]] = {}

    @contextlib.asynccontextmanager
    async def of(self, subject: Hashable) -> AsyncIterator[None]:
        """Wait for the subject's turn, and have it."""
        lock, waiting = self._locks.get(subject, (asyncio.Lock(), 0))
        self._locks[subject] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._locks.pop(subject)
            if waiting > 1:
                self._locks[subject] = (lock, waiting - 1)
