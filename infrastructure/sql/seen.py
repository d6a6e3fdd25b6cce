"""What was seen, in SQL."""

from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from core.shared.ports import SeenOnce
from infrastructure.sql.dialects import insert_on_both
from infrastructure.sql.tables import seen
from infrastructure.sql.transactions import Database

PRUNE_EVERY_S = 60.0
"""How often one process looks for keys whose window is over."""

_NOTE = insert_on_both(
    seen,
    lambda insert: insert.on_conflict_do_update(
        index_elements=[seen.c.key],
        set_={name: insert.excluded[name] for name in ("seen_at", "forget_at")},
        # What was seen far in the future was seen before the clock was set back: it counts no more.
        where=sa.or_(
            seen.c.seen_at <= sa.bindparam("window_began", type_=seen.c.seen_at.type),
            seen.c.seen_at >= insert.excluded.forget_at,
        ),
    ).returning(seen.c.key),
)
_PRUNE = sa.delete(seen).where(seen.c.forget_at < sa.bindparam("now"))


class SqlSeen(SeenOnce):
    """Remembers keys in `seen`, each for as long as its window asks."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._prune_at: datetime | None = None

    async def first_time(self, key: str, *, now: datetime, within_s: float) -> bool:
        is_first = await self._database.run(
            partial(_first_time, key=key, now=now, window=timedelta(seconds=within_s))
        )
        if self._prune_at is None or now >= self._prune_at:
            self._prune_at = now + timedelta(seconds=PRUNE_EVERY_S)
            await self._database.run(partial(_prune, now=now))
        return is_first


def _first_time(connection: sa.Connection, *, key: str, now: datetime, window: timedelta) -> bool:
    parameters = {
        "key": key,
        "seen_at": now,
        "forget_at": now + window,
        "window_began": now - window,
    }
    noted = connection.execute(_NOTE[connection.dialect.name], parameters)
    return noted.first() is not None


def _prune(connection: sa.Connection, *, now: datetime) -> None:
    connection.execute(_PRUNE, {"now": now})
