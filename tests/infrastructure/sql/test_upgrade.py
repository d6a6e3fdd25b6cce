"""The migrations lead where `tables.py` says, and a database that is there already needs none."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from infrastructure.sql import upgrade
from infrastructure.sql.database import Database, open_database
from infrastructure.sql.drafts import SqlDrafts
from infrastructure.sql.jobs import SqlJobs
from infrastructure.sql.tables import metadata
from tests.builders import NOW, a_draft, a_job
from tests.databases import SQL_KINDS

MIGRATIONS = Path(upgrade.__file__).with_name("migrations")


def test_the_head_in_the_code_is_alembics() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))

    assert ScriptDirectory.from_config(config).get_current_head() == upgrade.HEAD


@SQL_KINDS
async def test_the_migrated_tables_are_those_of_the_code(sql: Database) -> None:
    def differences(connection: sa.Connection) -> list[object]:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, metadata))

    assert await sql.run(upgrade.version_of) == upgrade.HEAD
    assert await sql.read(differences) == []


def back_to_the_first(connection: sa.Connection) -> None:
    settings = Config(attributes={"connection": connection})
    settings.set_main_option("script_location", str(MIGRATIONS))
    command.downgrade(settings, "0001")


@SQL_KINDS
async def test_an_older_database_is_brought_up_to_date_with_its_jobs(sql: Database) -> None:
    await sql.run(back_to_the_first)
    try:
        assert await sql.run(upgrade.version_of) == "0001"
        job = await SqlJobs(sql).add(a_job())
    finally:
        await sql.run(upgrade.upgrade)

    assert await sql.run(upgrade.version_of) == upgrade.HEAD
    assert await SqlJobs(sql).get(job.id) == job
    await SqlDrafts(sql).add(a_draft())
    assert await SqlDrafts(sql).get(a_draft().id, now=NOW) == a_draft()


def statements(connection: sa.Connection) -> dict[str, str]:
    rows = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'"
    )
    return {name: " ".join(sql.split()) for name, sql in rows}


def parts(statement: str) -> list[str]:
    return sorted(part.strip(" ()") for part in statement.split(", "))


def test_the_migrated_checks_are_those_of_the_code(migrated_sqlite: Path) -> None:
    migrated = sa.create_engine(f"sqlite:///{migrated_sqlite}")
    made = sa.create_engine("sqlite://")
    with migrated.connect() as one, made.begin() as other:
        metadata.create_all(other)
        found, wanted = statements(one), statements(other)
    migrated.dispose()
    made.dispose()

    assert {name: parts(sql) for name, sql in found.items()} == {
        name: parts(sql) for name, sql in wanted.items()
    }


def test_a_warm_start_imports_no_migration(sqlite_url: str) -> None:
    program = (
        "import asyncio, sys\n"
        "from infrastructure.sql.database import open_database\n"
        "async def main():\n"
        "    database = open_database(sys.argv[1])\n"
        "    await database.open()\n"
        "    await database.close()\n"
        "asyncio.run(main())\n"
        "print(sorted(set(sys.modules) & {'alembic', 'asyncpg', 'sqlalchemy.ext.asyncio'}))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, sqlite_url], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"


async def test_a_first_start_says_nothing_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    database = open_database(f"sqlite:///{tmp_path}/station.db")

    await database.open()
    await database.close()

    assert [record.name for record in caplog.records if record.name.startswith("alembic")] == []


@SQL_KINDS
async def test_data_of_a_newer_version_is_left_alone_and_told(sql: Database) -> None:
    def set_version(connection: sa.Connection, version: str) -> None:
        connection.execute(sa.text("update alembic_version set version_num = :v"), {"v": version})

    await sql.run(lambda connection: set_version(connection, "9999"))
    try:
        with pytest.raises(upgrade.NewerDataError) as refused:
            await sql.run(upgrade.upgrade)
    finally:
        await sql.run(lambda connection: set_version(connection, upgrade.HEAD))

    assert "newer StationThis" in refused.value.user_message
