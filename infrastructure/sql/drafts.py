"""The drafts in SQL. Every change is one UPDATE that names the version it was read at."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import attrs
import sqlalchemy as sa

from core.shared.ids import AccountId, ChatId, DraftId, WorkflowKey
from core.workflows.drafts import Draft
from core.workflows.ports import DraftStore
from infrastructure.sql.dialects import insert_unless_there
from infrastructure.sql.rows import Row, draft_from, draft_row
from infrastructure.sql.tables import drafts
from infrastructure.sql.transactions import Database

_THE_DRAFT = drafts.c.id == sa.bindparam("the_draft")
_IS_ALIVE = drafts.c.expires_at > sa.bindparam("now", type_=drafts.c.expires_at.type)

_ADD = insert_unless_there(drafts, drafts.c.id)
_GET = sa.select(drafts).where(_THE_DRAFT, _IS_ALIVE)
_SAVE = (
    sa.update(drafts)
    .where(_THE_DRAFT, drafts.c.version == sa.bindparam("the_version"))
    .returning(drafts.c.id)
)
_ASKING = (
    sa.select(drafts)
    .where(
        drafts.c.account == sa.bindparam("the_account"),
        drafts.c.chat == sa.bindparam("the_chat"),
        drafts.c.is_asking,
        _IS_ALIVE,
    )
    # A draft lives from the last thing that was done with it: the newest is the last to expire.
    .order_by(drafts.c.expires_at.desc(), drafts.c.id.desc())
    .limit(1)
)
_OF_WORKFLOW = (
    sa.select(drafts)
    .where(drafts.c.workflow_key == sa.bindparam("the_workflow", type_=drafts.c.workflow_key.type))
    .where(_IS_ALIVE)
    .order_by(drafts.c.expires_at, drafts.c.id)
)
_REMOVE = sa.delete(drafts).where(_THE_DRAFT).returning(drafts.c.id)
_FORGET_EXPIRED = sa.delete(drafts).where(~_IS_ALIVE).returning(drafts.c.id)


class SqlDrafts(DraftStore):
    """Keeps what people have begun to fill in in `drafts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, draft: Draft) -> None:
        await self._database.run(partial(_add, draft=draft))

    async def get(self, draft: DraftId, *, now: datetime) -> Draft | None:
        return await self._first(_GET, {"the_draft": draft, "now": now})

    async def save(self, draft: Draft) -> Draft | None:
        saved = attrs.evolve(draft, version=draft.version + 1)
        columns = {**draft_row(saved), "the_draft": draft.id, "the_version": draft.version}
        return saved if await self._changed(_SAVE, columns) else None

    async def asking(self, account: AccountId, chat: ChatId, *, now: datetime) -> Draft | None:
        theirs = {"the_account": account, "the_chat": chat, "now": now}
        return await self._first(_ASKING, theirs)

    async def of_workflow(self, workflow: WorkflowKey, *, now: datetime) -> Sequence[Draft]:
        return await self._all(_OF_WORKFLOW, {"the_workflow": workflow, "now": now})

    async def remove(self, draft: DraftId) -> bool:
        return await self._changed(_REMOVE, {"the_draft": draft}) > 0

    async def forget_expired(self, *, now: datetime) -> int:
        return await self._changed(_FORGET_EXPIRED, {"now": now})

    async def _first(self, query: sa.Executable, parameters: Row) -> Draft | None:
        found = await self._all(query, parameters)
        return found[0] if found else None

    async def _all(self, query: sa.Executable, parameters: Row) -> Sequence[Draft]:
        return await self._database.read(
            lambda connection: [
                draft_from(row) for row in connection.execute(query, parameters).mappings()
            ]
        )

    async def _changed(self, statement: sa.Executable, parameters: Row) -> int:
        """Return how many rows a statement has changed."""
        return await self._database.run(
            lambda connection: len(connection.execute(statement, parameters).all())
        )


def _add(connection: sa.Connection, *, draft: Draft) -> None:
    connection.execute(_ADD[connection.dialect.name], draft_row(draft)).close()
