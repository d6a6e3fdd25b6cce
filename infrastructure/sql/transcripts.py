"""The conversations in SQL."""

from collections.abc import Sequence
from functools import partial

import attrs
import sqlalchemy as sa

from core.sessions.model import TranscriptMessage
from core.sessions.ports import Transcripts
from core.shared.ids import ChatId
from infrastructure.sql.dialects import insert_on_both
from infrastructure.sql.rows import message_from
from infrastructure.sql.tables import chats, messages
from infrastructure.sql.transactions import Database

_SINCE = (
    sa.select(messages)
    .where(messages.c.chat == sa.bindparam("the_chat"), messages.c.seq > sa.bindparam("after"))
    .order_by(messages.c.seq.desc())
    .limit(sa.bindparam("at_most", type_=sa.Integer))
)
_NEXT_SEQ = insert_on_both(
    chats,
    lambda insert: (
        insert.values(last_seq=1)
        .on_conflict_do_update(index_elements=[chats.c.id], set_={"last_seq": chats.c.last_seq + 1})
        .returning(chats.c.last_seq)
    ),
)
_PUT = insert_on_both(
    messages,
    lambda insert: insert.on_conflict_do_update(
        index_elements=[messages.c.chat, messages.c.id],
        set_={name: insert.excluded[name] for name in ("seq", "body", "at")},
    ),
)


class SqlTranscripts(Transcripts):
    """Keeps what was said in `messages`, and each chat's last `seq` in `chats`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, chat: ChatId, message: TranscriptMessage) -> TranscriptMessage:
        return await self._database.run(partial(_put, chat=chat, message=message))

    async def since(self, chat: ChatId, seq: int, *, limit: int) -> Sequence[TranscriptMessage]:
        newest = {"the_chat": chat, "after": seq, "at_most": limit}
        newest_first = await self._database.read(
            lambda connection: [
                message_from(row) for row in connection.execute(_SINCE, newest).mappings()
            ]
        )
        return newest_first[::-1]


def _put(
    connection: sa.Connection, *, chat: ChatId, message: TranscriptMessage
) -> TranscriptMessage:
    # The chat's row stays locked until the commit: whoever reads a `seq` has seen all before it.
    dialect = connection.dialect.name
    seq = connection.execute(_NEXT_SEQ[dialect], {"id": chat}).scalar_one()
    stored = attrs.evolve(message, seq=seq)
    connection.execute(_PUT[dialect], {"chat": chat, **attrs.asdict(stored)})
    return stored
