"""The conversations in SQL."""

from collections.abc import Sequence
from functools import partial

import attrs
import sqlalchemy as sa

from core.sessions.model import TranscriptMessage
from core.sessions.ports import Transcripts
from core.shared.ids import ChatId
from infrastructure.sql.dialects import inserting
from infrastructure.sql.rows import message_from
from infrastructure.sql.tables import chats, messages
from infrastructure.sql.transactions import Database


class SqlTranscripts(Transcripts):
    """Keeps what was said in `messages`, and each chat's last `seq` in `chats`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, chat: ChatId, message: TranscriptMessage) -> TranscriptMessage:
        return await self._database.run(partial(_put, chat=chat, message=message))

    async def since(self, chat: ChatId, seq: int, *, limit: int) -> Sequence[TranscriptMessage]:
        newest = (
            sa.select(messages)
            .where(messages.c.chat == chat, messages.c.seq > seq)
            .order_by(messages.c.seq.desc())
            .limit(limit)
        )
        newest_first = await self._database.read(
            lambda connection: [message_from(row) for row in connection.execute(newest).mappings()]
        )
        return newest_first[::-1]


def _put(
    connection: sa.Connection, *, chat: ChatId, message: TranscriptMessage
) -> TranscriptMessage:
    # The chat's row stays locked until the commit: whoever reads a `seq` has seen all before it.
    counter = (
        inserting(connection, chats)
        .values(id=chat, last_seq=1)
        .on_conflict_do_update(index_elements=[chats.c.id], set_={"last_seq": chats.c.last_seq + 1})
        .returning(chats.c.last_seq)
    )
    stored = attrs.evolve(message, seq=connection.execute(counter).scalar_one())
    changed = {"seq": stored.seq, "body": stored.body, "at": stored.at}
    upsert = (
        inserting(connection, messages)
        .values(chat=chat, id=stored.id, **changed)
        .on_conflict_do_update(index_elements=[messages.c.chat, messages.c.id], set_=changed)
    )
    connection.execute(upsert)
    return stored
