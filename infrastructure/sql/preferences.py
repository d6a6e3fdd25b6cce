"""The preferences in SQL. Every change is one statement that names the version it was read at."""

import secrets
from collections.abc import Mapping, Sequence
from functools import partial

import sqlalchemy as sa

from core.sessions.model import Preferences
from core.sessions.ports import PreferenceStore
from infrastructure.sql.dialects import insert_unless_there
from infrastructure.sql.rows import preferences_from, preferences_row
from infrastructure.sql.tables import preferences
from infrastructure.sql.transactions import Database

FIRST_VERSIONS = 2**62
"""
So many versions may be the first one. It is drawn: what was forgotten and saved anew must not have
the version that somebody read before.
"""

_OWNER = preferences.c.owner == sa.bindparam("the_owner")
_WORKFLOW = preferences.c.workflow_key == sa.bindparam(
    "the_workflow", type_=preferences.c.workflow_key.type
)
_VERSION = preferences.c.version == sa.bindparam("the_version")

_GET = sa.select(preferences).where(_OWNER, _WORKFLOW)
_ADD = insert_unless_there(preferences, preferences.c.version)
_SAVE = (
    sa.update(preferences)
    .where(_OWNER, _WORKFLOW, _VERSION)
    .values(version=preferences.c.version + 1)
    .returning(preferences.c.version)
)
_FORGET = sa.delete(preferences).where(_OWNER, _WORKFLOW, _VERSION).returning(preferences.c.version)
_OF_OWNERS = sa.select(preferences).where(
    preferences.c.owner.in_(sa.bindparam("the_owners", expanding=True)), _WORKFLOW
)
_OF_OWNER = sa.select(preferences).where(_OWNER)
_OF_WORKFLOW = sa.select(preferences).where(_WORKFLOW)


class SqlPreferences(PreferenceStore):
    """Keeps what people and chats want workflows to begin with in `preferences`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, owner: str, workflow: str) -> Preferences:
        return await self._database.read(partial(_get, owner=owner, workflow=workflow))

    async def save(self, owner: str, workflow: str, preferences: Preferences) -> bool:
        return await self._database.run(
            partial(_save, owner=owner, workflow=workflow, saved=preferences)
        )

    async def of_owners(self, owners: Sequence[str], workflow: str) -> Sequence[Preferences]:
        known = {"the_owners": list(owners), "the_workflow": workflow}
        found = await self._database.read(
            lambda connection: {
                row["owner"]: preferences_from(row)
                for row in connection.execute(_OF_OWNERS, known).mappings()
            }
        )
        return [found.get(owner, Preferences()) for owner in owners]

    async def of_owner(self, owner: str) -> Mapping[str, Preferences]:
        return await self._all(_OF_OWNER, {"the_owner": owner}, by="workflow_key")

    async def of_workflow(self, workflow: str) -> Mapping[str, Preferences]:
        return await self._all(_OF_WORKFLOW, {"the_workflow": workflow}, by="owner")

    async def _all(
        self, query: sa.Executable, parameters: Mapping[str, str], *, by: str
    ) -> Mapping[str, Preferences]:
        found = await self._database.read(
            lambda connection: {
                str(row[by]): preferences_from(row)
                for row in connection.execute(query, parameters).mappings()
            }
        )
        # Sorted here: each database has an order of texts of its own.
        return dict(sorted(found.items()))


def _get(connection: sa.Connection, *, owner: str, workflow: str) -> Preferences:
    row = (
        connection.execute(_GET, {"the_owner": owner, "the_workflow": workflow}).mappings().first()
    )
    return Preferences() if row is None else preferences_from(row)


def _save(connection: sa.Connection, *, owner: str, workflow: str, saved: Preferences) -> bool:
    is_empty = not saved.values and not saved.set_aside
    if saved.version == 0:
        if is_empty:
            return _get(connection, owner=owner, workflow=workflow).version == 0
        columns = {
            "owner": owner,
            "workflow_key": workflow,
            **preferences_row(saved),
            "version": 1 + secrets.randbelow(FIRST_VERSIONS),
        }
        added = connection.execute(_ADD[connection.dialect.name], columns)
        return added.first() is not None
    known = {"the_owner": owner, "the_workflow": workflow, "the_version": saved.version}
    if is_empty:
        return connection.execute(_FORGET, known).first() is not None
    return connection.execute(_SAVE, {**known, **preferences_row(saved)}).first() is not None
