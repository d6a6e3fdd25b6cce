"""The databases of the tests in this folder."""

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
