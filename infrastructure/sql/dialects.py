"""The one statement that both databases know and SQLAlchemy spells twice: insert or ignore."""

from collections.abc import Callable, Mapping

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

Insert = postgresql.Insert | sqlite.Insert


def insert_on_both(
    table: sa.Table, finish: Callable[[Insert], sa.Executable]
) -> Mapping[str, sa.Executable]:
    """
    Return an INSERT by the name of its dialect.

    `finish` may call `on_conflict_do_nothing` and `on_conflict_do_update`.
    """
    return {
        "postgresql": finish(postgresql.insert(table)),
        "sqlite": finish(sqlite.insert(table)),
    }


def insert_unless_there(
    table: sa.Table, *returned: sa.Column[object]
) -> Mapping[str, sa.Executable]:
    """Return an INSERT by the name of its dialect: without a row in return, it was there before."""
    return insert_on_both(
        table, lambda insert: insert.on_conflict_do_nothing().returning(*returned)
    )
