"""What `doctor` finds out about the data folder and the database."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import attrs
import sqlalchemy as sa

from composition.config import Config
from composition.doctor.check import Check, Step
from core.shared.errors import StoreTroubleError
from infrastructure.data_folder import DataFolder, DataFolderInUseError, DataFolderUnusableError
from infrastructure.sql.database import open_database
from infrastructure.sql.transactions import trouble_code
from infrastructure.sql.upgrade import HEAD, version_of

ENOUGH_BYTES = 1_000_000_000
_MEGABYTE = 1_000_000

FOLDER, SPACE, LOCK, DATABASE = "data folder", "disk space", "data folder lock", "database"
_OTHER_FOLDER = "Choose another folder with --data or STATIONTHIS_DATA_DIR, or set its rights."


@attrs.frozen
class DataChecks:
    """Looks at the disk and into the database. Neither a database nor a secret is made."""

    config: Config

    def steps(self) -> Sequence[Step]:
        """Return the checks in their order."""
        return (
            Step(FOLDER, lambda: asyncio.to_thread(self._folder)),
            Step(SPACE, lambda: asyncio.to_thread(self._space)),
            Step(LOCK, lambda: asyncio.to_thread(self._lock)),
            Step(DATABASE, self._database),
        )

    def _folder(self) -> Check:
        path = self.config.data_dir.absolute()
        was_there = path.is_dir()
        try:
            folder = DataFolder(path)
            with tempfile.NamedTemporaryFile(dir=path, prefix=".doctor-") as file:
                file.write(b"doctor")
                file.flush()
            if not self.config.secret and (path / "secret").exists():
                folder.secret()
        except DataFolderUnusableError as error:
            if not isinstance(error.__cause__, OSError):
                return _failed(
                    FOLDER, f"{path / 'secret'} is no secret of ours", error.user_message
                )
            return _failed(FOLDER, f"{path}: {error.__cause__.strerror}", _OTHER_FOLDER)
        except OSError as error:
            return _failed(FOLDER, f"{path}: {error.strerror}", _OTHER_FOLDER)
        state = "can be written" if was_there else "was made, and can be written"
        return Check(name=FOLDER, ok=True, found=f"{path} {state}")

    def _space(self) -> Check:
        return space(shutil.disk_usage(_nearest(self.config.data_dir.absolute())).free)

    def _lock(self) -> Check:
        if not self.config.data_dir.is_dir():
            return Check(name=LOCK, ok=None, found="not tried: there is no data folder")
        try:
            with DataFolder(self.config.data_dir).lock():
                found = "free: no StationThis is running on this folder"
        except DataFolderInUseError:
            found = "held: a StationThis is running on this folder"
        except DataFolderUnusableError as error:
            return _failed(LOCK, f"cannot be looked at: {error.code}", _OTHER_FOLDER)
        return Check(name=LOCK, ok=True, found=found)

    async def _database(self) -> Check:
        if self.config.store == "memory":
            return Check(name=DATABASE, ok=True, found="in memory: forgotten at the end")
        url = self.config.database_url
        if not url and not await asyncio.to_thread(self.config.data_dir.is_dir):
            return Check(name=DATABASE, ok=None, found="not tried: there is no data folder")
        url = url or DataFolder(self.config.data_dir).database_url
        try:
            open_database(url)
        except ValueError as error:
            return _failed(DATABASE, "DATABASE_URL cannot be used", f"Correct it: {error}.")
        parsed = sa.make_url(url)
        if parsed.get_backend_name() != "sqlite":
            return await self._compared(url, f"PostgreSQL at {parsed.host or 'this machine'}")
        path = Path(str(parsed.database))
        unmade = await asyncio.to_thread(_unmade, path)
        return unmade or await self._compared(url, str(path))

    async def _compared(self, url: str, where: str) -> Check:
        database = open_database(url)
        try:
            version = await database.read(version_of)
        except StoreTroubleError as error:
            code = (trouble_code(error.__cause__) if error.__cause__ else None) or "unknown"
            return _failed(DATABASE, f"{where}: {code}", _way_out(code))
        finally:
            await database.close()
        return schema(where, version)


def space(free_bytes: int) -> Check:
    """Return what is to be said of so much free space."""
    found = f"{free_bytes // _MEGABYTE:,} MB free"
    if free_bytes >= ENOUGH_BYTES:
        return Check(name=SPACE, ok=True, found=found)
    fix = "Make room, or choose another folder with --data: pictures take about 1 MB each."
    return Check(name=SPACE, ok=True, found=found, fix=fix)


def schema(where: str, version: str | None) -> Check:
    """Return what is to be said of a database whose newest migration is this one."""
    if version is None:
        return Check(name=DATABASE, ok=True, found=f"{where}: empty; the first start fills it")
    if version > HEAD:
        return _failed(
            DATABASE,
            f"{where}: made by a newer StationThis (schema {version}, this one knows {HEAD})",
            "Use that newer StationThis, or choose other data with --data or DATABASE_URL.",
        )
    if version < HEAD:
        found = f"{where}: schema {version}; the next start brings it to {HEAD}"
        return Check(name=DATABASE, ok=True, found=found)
    return Check(name=DATABASE, ok=True, found=f"{where}: schema {version}, up to date")


def _unmade(path: Path) -> Check | None:
    """Return what is to be said of a file that is not there yet, None when it is."""
    if path.exists():
        return None
    parent = _nearest(path.absolute().parent)
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        fix = "Name a place that can be written in DATABASE_URL or with --data, or set its rights."
        return _failed(DATABASE, f"{path} cannot be made", fix)
    return Check(name=DATABASE, ok=True, found=f"none yet; the first start makes {path}")


def _way_out(code: str) -> str:
    if code.startswith("28"):
        return "The server refuses the user or the password. Correct them in DATABASE_URL."
    if code.startswith("3D"):
        return "Create that database on the server, or correct its name in DATABASE_URL."
    if code.startswith("SQLITE_NOTADB"):
        return "Choose another file in DATABASE_URL or with --data, or put a backup in its place."
    if code.startswith("SQLITE_CORRUPT"):
        return "The file is damaged. Put a backup in its place."
    if code.startswith("SQLITE"):
        return "Check the file's rights and the free space, and that nothing else holds it."
    return "Check that the database server is running, and that DATABASE_URL leads to it."


def _nearest(path: Path) -> Path:
    """Return the path, or whatever is there above it."""
    return next(each for each in (path, *path.parents) if each.exists())


def _failed(name: str, found: str, fix: str) -> Check:
    return Check(name=name, ok=False, found=found, fix=fix)
