"""The page's conversations: what is stored is also told to the open pages."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime

from adapters.web.stream import ChatStreams
from core.sessions.model import TranscriptMessage
from core.sessions.ports import Transcripts
from core.shared.ids import ChatId
from core.shared.ports import Clock

HISTORY = 500
"""How many messages of a chat a page shows."""

_REMEMBERED = 4096


class ChatLog:
    """
    Stores messages and rings the chat's open pages.

    A message keeps the moment of its first version, so a waiting card that becomes the result
    stays where it was in the conversation.
    """

    def __init__(self, *, transcripts: Transcripts, clock: Clock) -> None:
        self.streams = ChatStreams()
        self._transcripts = transcripts
        self._clock = clock
        self._first_at: OrderedDict[tuple[ChatId, str], datetime] = OrderedDict()

    async def add(self, chat: ChatId, message: str, body: str) -> None:
        """Store a message under its id. The same id again replaces it in its place."""
        await self._put(chat, message, body, at=self._first_at.get((chat, message)))

    async def replace(self, chat: ChatId, message: str, body: str) -> None:
        """Store another version of a message that was stored before, perhaps by another process."""
        at = self._first_at.get((chat, message)) or await self._stored_at(chat, message)
        await self._put(chat, message, body, at=at)

    async def since(self, chat: ChatId, seq: int) -> Sequence[TranscriptMessage]:
        """Return what changed in a chat after `seq`, oldest change first."""
        return await self._transcripts.since(chat, seq, limit=HISTORY)

    async def newest_seq(self, chat: ChatId) -> int:
        """Return the chat's last `seq`, or 0 for a chat without messages."""
        newest = await self._transcripts.since(chat, 0, limit=1)
        return newest[0].seq if newest else 0

    async def _put(self, chat: ChatId, message: str, body: str, *, at: datetime | None) -> None:
        first_at = at or self._clock.now()
        self._first_at[chat, message] = first_at
        self._first_at.move_to_end((chat, message))
        if len(self._first_at) > _REMEMBERED:
            self._first_at.popitem(last=False)
        await self._transcripts.put(chat, TranscriptMessage(id=message, body=body, at=first_at))
        self.streams.ring(chat)

    async def _stored_at(self, chat: ChatId, message: str) -> datetime | None:
        for stored in await self.since(chat, 0):
            if stored.id == message:
                return stored.at
        return None
