"""The conversations in dictionaries."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import attrs

from core.sessions.model import TranscriptMessage
from core.sessions.ports import Transcripts
from core.shared.ids import ChatId


class InMemoryTranscripts(Transcripts):
    """Keeps what was said while one process lives."""

    def __init__(self) -> None:
        self._chats: dict[ChatId, dict[str, TranscriptMessage]] = defaultdict(dict)
        self._last_seq: Counter[ChatId] = Counter()

    async def put(self, chat: ChatId, message: TranscriptMessage) -> TranscriptMessage:
        self._last_seq[chat] += 1
        stored = attrs.evolve(message, seq=self._last_seq[chat])
        self._chats[chat][message.id] = stored
        return stored

    async def since(self, chat: ChatId, seq: int, *, limit: int) -> Sequence[TranscriptMessage]:
        changed = [message for message in self._chats[chat].values() if message.seq > seq]
        newest_first = sorted(changed, key=lambda message: message.seq, reverse=True)
        return newest_first[:limit][::-1]
