"""Opens the database that a URL names."""

from pathlib import Path

import sqlalchemy as sa

from infrastructure.sql.sqlite import SqliteDatabase
from infrastructure.sql.transactions import Database

__all__ = ["Database", "open_database"]


def open_database(url: str) -> Database:
    """
    Return the database that the URL names, not connected yet: `await database.open()` does that.

    `sqlite:///relative.db` and `sqlite:////absolute.db` are files, `postgresql://user@host/name` is
    a server. Raises ValueError, without the URL, for anything else.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise ValueError("the database URL cannot be read") from None
    family = parsed.get_backend_name()
    if family == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return SqliteDatabase(Path(str(parsed.database)))
    if family in ("postgresql", "postgres"):
        # Only now: its libraries take a tenth of a second, which the embedded default need not pay.
        from infrastructure.sql.postgresql import PostgresqlDatabase  # noqa: PLC0415 - said above

        return PostgresqlDatabase(parsed)
    raise ValueError(f"a database is sqlite:///path or postgresql://..., not {family}:")
