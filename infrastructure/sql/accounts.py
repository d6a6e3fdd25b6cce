"""The accounts in SQL."""

from datetime import datetime
from functools import partial

import sqlalchemy as sa

from core.sessions.model import Account, Identity
from core.sessions.ports import AccountStore
from core.shared.ids import AccountId
from infrastructure.sql.dialects import insert_unless_there
from infrastructure.sql.tables import accounts, identities
from infrastructure.sql.transactions import Database

_FIND = (
    sa.select(accounts.c.id, accounts.c.created_at)
    .join(identities, identities.c.account == accounts.c.id)
    .where(
        identities.c.platform == sa.bindparam("the_platform"),
        identities.c.user_id == sa.bindparam("the_user"),
    )
)
_GET = sa.select(accounts).where(accounts.c.id == sa.bindparam("the_account"))
_NOTE_IDENTITY = insert_unless_there(identities, identities.c.account)
_MAKE = sa.insert(accounts)


class SqlAccounts(AccountStore):
    """Knows who is who from `accounts` and `identities`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def account_for(self, identity: Identity, *, fresh: AccountId, now: datetime) -> Account:
        # Nearly everybody is known, and reading waits for no writer.
        known = await self._database.read(partial(_find, identity=identity))
        if known is not None:
            return known
        return await self._database.run(partial(_make, identity=identity, fresh=fresh, now=now))

    async def find(self, identity: Identity) -> Account | None:
        return await self._database.read(partial(_find, identity=identity))

    async def get(self, account: AccountId) -> Account | None:
        return await self._database.read(partial(_get, account=account))


def _find(connection: sa.Connection, *, identity: Identity) -> Account | None:
    who = {"the_platform": identity.platform, "the_user": identity.user_id}
    return _account_of(connection.execute(_FIND, who).mappings().first())


def _get(connection: sa.Connection, *, account: AccountId) -> Account | None:
    return _account_of(connection.execute(_GET, {"the_account": account}).mappings().first())


def _account_of(row: sa.RowMapping | None) -> Account | None:
    return None if row is None else Account(id=row["id"], created_at=row["created_at"])


def _make(
    connection: sa.Connection, *, identity: Identity, fresh: AccountId, now: datetime
) -> Account:
    columns = {"platform": identity.platform, "user_id": identity.user_id, "account": fresh}
    insert = _NOTE_IDENTITY[connection.dialect.name]
    if connection.execute(insert, columns).first() is not None:
        connection.execute(_MAKE, {"id": fresh, "created_at": now})
        return Account(id=fresh, created_at=now, is_new=True)
    known = _find(connection, identity=identity)
    if known is None:
        raise RuntimeError("an identity was there and is gone: nobody deletes them")
    return known
