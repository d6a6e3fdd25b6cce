"""Brings a database's tables up to date when it is opened, inside one transaction."""

import logging
from pathlib import Path

import sqlalchemy as sa

from core.shared.errors import StationError

HEAD = "0002"
"""The newest migration in `migrations/versions`; a test compares it with Alembic's own answer."""

_LOCK = 7_206_471
"""The number under which processes on PostgreSQL take turns to migrate."""

_MIGRATIONS = Path(__file__).with_name("migrations")


class NewerDataError(StationError):
    """The database was made by a newer version of this program. Nothing in it was touched."""

    code = "data.newer"

    @property
    def user_message(self) -> str:
        return (
            "This data was made by a newer StationThis. Use that one, or choose other data with "
            "--data or DATABASE_URL."
        )


def upgrade(connection: sa.Connection) -> None:
    """
    Run the migrations that the database has not seen. Costs two queries when there are none.

    Raises NewerDataError for a database that has seen migrations which we do not know.
    """
    if _is_up_to_date(connection):
        return
    # Only now: it takes a quarter of a second, which a warm start need not pay.
    from alembic import command, config  # noqa: PLC0415 - said above

    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        # Asked again: whoever had the lock before us may have been a newer program.
        if _is_up_to_date(connection):
            return
    logging.getLogger("alembic").setLevel(logging.WARNING)
    settings = config.Config(attributes={"connection": connection})
    settings.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    command.upgrade(settings, "head")


def _is_up_to_date(connection: sa.Connection) -> bool:
    version = version_of(connection)
    if version is not None and version > HEAD:
        raise NewerDataError(f"the database is at {version}, and we know {HEAD}")
    return version == HEAD


def version_of(connection: sa.Connection) -> str | None:
    """Return the database's newest migration, None for an empty one."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    table = sa.table("alembic_version", sa.column("version_num", sa.Text))
    version: str | None = connection.execute(sa.select(table.c.version_num)).scalar()
    return version
