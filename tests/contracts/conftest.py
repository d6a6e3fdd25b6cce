"""What every contract suite of a store runs on: memory, SQLite and PostgreSQL."""

from tests.databases import (
    database,
    database_url,
    migrated_sqlite,
    postgresql_url,
    sql,
    sqlite_url,
    store_kind,
)

__all__ = [
    "database",
    "database_url",
    "migrated_sqlite",
    "postgresql_url",
    "sql",
    "sqlite_url",
    "store_kind",
]
