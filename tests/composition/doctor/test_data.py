"""`doctor` on the disk and the database: what it finds, and that it leaves nothing behind."""

import shutil
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from composition.config import Config
from composition.doctor.data import ENOUGH_BYTES, schema, space
from infrastructure.data_folder import DataFolder
from infrastructure.sql.upgrade import HEAD
from tests.composition.doctor.reports import dull, report, told
from tests.databases import migrated_sqlite, postgresql_url

__all__ = ["migrated_sqlite", "postgresql_url"]


async def test_a_folder_that_is_not_there_is_made_and_nothing_but_the_lock_lies_in_it(
    tmp_path: Path,
) -> None:
    config = dull(tmp_path)

    checks = await report(config)

    assert checks["data folder"].found == f"{tmp_path / 'data'} was made, and can be written"
    assert checks["database"].found.startswith("none yet; the first start makes")
    assert [each.name for each in config.data_dir.iterdir()] == ["run.lock"]


async def test_a_folder_that_cannot_be_made_is_told_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")

    checks = await report(dull(tmp_path))

    assert "File exists" in told(checks["data folder"])
    assert "--data" in checks["data folder"].fix
    assert checks["database"].ok is None


async def test_a_folder_that_cannot_be_written_is_told_with_the_way_out() -> None:
    config = Config(data_dir=Path("/proc/self"), database_url="memory:")

    checks = await report(config)

    assert "/proc/self" in told(checks["data folder"])
    assert "--data" in checks["data folder"].fix
    assert "cannot be looked at" in told(checks["data folder lock"])


async def test_a_broken_secret_is_told_and_not_shown(tmp_path: Path) -> None:
    config = dull(tmp_path)
    config.data_dir.mkdir()
    (config.data_dir / "secret").write_text("half-of-a-secret")

    checks = await report(config)

    assert "64 hexadecimal characters" in told(checks["data folder"])
    assert not any("half-of-a-secret" in repr(each) for each in checks.values())


def test_little_room_is_a_warning() -> None:
    assert space(ENOUGH_BYTES).label == "ok"
    assert space(ENOUGH_BYTES - 1).label == "warn"
    assert "Make room" in space(0).fix


async def test_a_running_station_is_told_of_and_is_not_disturbed(tmp_path: Path) -> None:
    config = dull(tmp_path)

    with DataFolder(config.data_dir).lock():
        held = await report(config)
    free = await report(config)

    assert (held["data folder lock"].ok, held["data folder lock"].label) == (True, "ok")
    assert held["data folder lock"].found == "held: a StationThis is running on this folder"
    assert free["data folder lock"].found.startswith("free")


async def test_a_database_that_is_up_to_date_is_left_as_it_is(
    tmp_path: Path, migrated_sqlite: Path
) -> None:
    config = dull(tmp_path)
    config.data_dir.mkdir()
    file = shutil.copyfile(migrated_sqlite, config.data_dir / "station.db")
    before = file.read_bytes()

    checks = await report(config)

    assert checks["database"].ok is True
    assert checks["database"].found.endswith(f"station.db: schema {HEAD}, up to date")
    assert file.read_bytes() == before
    assert sorted(each.name for each in config.data_dir.iterdir()) == ["run.lock", "station.db"]


async def test_a_database_of_a_newer_station_is_told_with_the_way_out(
    tmp_path: Path, migrated_sqlite: Path
) -> None:
    path = tmp_path / "newer.db"
    shutil.copyfile(migrated_sqlite, path)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()

    checks = await report(dull(tmp_path, database_url=f"sqlite:///{path}"))

    assert "made by a newer StationThis" in told(checks["database"])
    assert "Use that newer StationThis" in checks["database"].fix


@pytest.mark.parametrize(
    ("version", "found"),
    [(None, "the first start fills it"), ("0000", f"the next start brings it to {HEAD}")],
)
def test_an_older_database_is_fine_because_the_start_brings_it_on(
    version: str | None, found: str
) -> None:
    check = schema("station.db", version)

    assert check.label == "ok"
    assert found in check.found


async def test_a_file_that_is_no_database_is_told_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_text("Dear Ann, " * 1000)

    checks = await report(dull(tmp_path, database_url=f"sqlite:///{path}"))

    assert "SQLITE_NOTADB" in told(checks["database"])
    assert "backup" in checks["database"].fix


async def test_a_damaged_file_is_told_with_the_way_out(
    tmp_path: Path, migrated_sqlite: Path
) -> None:
    path = shutil.copyfile(migrated_sqlite, tmp_path / "damaged.db")
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 1000)

    checks = await report(dull(tmp_path, database_url=f"sqlite:///{path}"))

    assert "SQLITE_CORRUPT" in told(checks["database"])
    assert "backup" in checks["database"].fix


async def test_a_folder_in_the_place_of_the_file_is_told_with_the_way_out(tmp_path: Path) -> None:
    checks = await report(dull(tmp_path, database_url=f"sqlite:///{tmp_path}"))

    assert "SQLITE_CANTOPEN" in told(checks["database"])
    assert "rights" in checks["database"].fix


async def test_a_user_that_the_server_does_not_know_is_told_with_the_way_out(
    tmp_path: Path, postgresql_url: str
) -> None:
    url = sa.make_url(postgresql_url).set(username="nobody-at-all", password="hush-hush")

    checks = await report(dull(tmp_path, database_url=url.render_as_string(hide_password=False)))

    assert "refuses the user or the password" in told(checks["database"])
    assert not any("hush" in repr(each) for each in checks.values())


async def test_a_database_in_a_place_that_cannot_be_is_told_with_the_way_out(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("a file")

    checks = await report(dull(tmp_path, database_url=f"sqlite:///{tmp_path}/file/station.db"))

    assert "cannot be made" in told(checks["database"])


@pytest.mark.parametrize("url", ["mysql://somewhere/station", "no url at all"])
async def test_an_address_that_is_no_database_is_told_with_the_way_out(
    url: str, tmp_path: Path
) -> None:
    checks = await report(dull(tmp_path, database_url=url))

    assert "DATABASE_URL" in told(checks["database"])


async def test_a_database_in_memory_is_fine(tmp_path: Path) -> None:
    checks = await report(dull(tmp_path, database_url="memory:"))

    assert checks["database"].found == "in memory: forgotten at the end"
    assert checks["database"].ok is True


async def test_an_empty_database_of_a_server_is_fine_and_stays_empty(
    tmp_path: Path, postgresql_url: str
) -> None:
    first = await report(dull(tmp_path, database_url=postgresql_url))
    second = await report(dull(tmp_path, database_url=postgresql_url))

    assert "empty; the first start fills it" in first["database"].found
    assert second["database"] == first["database"]


async def test_a_database_that_the_server_does_not_have_is_told_with_the_way_out(
    tmp_path: Path, postgresql_url: str
) -> None:
    checks = await report(dull(tmp_path, database_url=f"{postgresql_url}_not"))

    assert "3D000" in told(checks["database"])
    assert "Create that database" in checks["database"].fix


async def test_a_server_that_is_away_is_told_and_its_password_is_not(tmp_path: Path) -> None:
    url = "postgresql://station:hush-hush@127.0.0.1:9/station"

    checks = await report(dull(tmp_path, database_url=url))

    assert "database server is running" in told(checks["database"])
    assert not any("hush" in repr(each) for each in checks.values())
