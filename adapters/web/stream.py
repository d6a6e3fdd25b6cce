"""The open pages of each chat, and how they hear that something is new."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from core.shared.ids import ChatId


class Bell:
    """One open page. Ringing it many times while it is busy is one ring."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self.closed = False

    def ring(self) -> None:
        """Say that something is new."""
        self._rung.set()

    def close(self) -> None:
        """Say that nothing will be new any more."""
        self.closed = True
        self._rung.set()

    async def wait(self, timeout_s: float) -> bool:
        """Return True at a ring, also at one since the last wait, and False after `timeout_s`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._rung.wait()
        rung = self._rung.is_set()
        self._rung.clear()
        return rung


class ChatStreams:
    """
    Rings the open pages of a chat.

    A ring carries nothing: whoever hears it reads the transcripts. So a slow page costs no memory,
    a ring that comes before its elder brother loses nothing, and order is the transcripts' matter.
    """

    def __init__(self) -> None:
        self._bells: dict[ChatId, set[Bell]] = {}
        self._closed = False

    @contextmanager
    def listening(self, chat: ChatId) -> Iterator[Bell]:
        """Be rung for the chat, as long as the context lasts."""
        bell = Bell()
        if self._closed:
            bell.close()
        bells = self._bells.setdefault(chat, set())
        bells.add(bell)
        try:
            yield bell
        finally:
            bells.discard(bell)
            if not bells and self._bells.get(chat) is bells:
                del self._bells[chat]

    def ring(self, chat: ChatId) -> None:
        """Tell every open page of the chat that something is new."""
        for bell in self._bells.get(chat, ()):
            bell.ring()

    def open(self) -> None:
        """Let pages listen, also after a close."""
        self._closed = False

    def close(self) -> None:
        """End the listening of all, and of each newcomer at once."""
        self._closed = True
        for bells in self._bells.values():
            for bell in bells:
                bell.close()
