"""The folder in which everything lies that must outlive a restart, when no server keeps it."""

import contextlib
import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from core.shared.errors import StationError

SECRET_BYTES = 32
SECRET_FORM = re.compile(r"[0-9a-f]{64}")


class DataFolderUnusableError(StationError):
    """The folder, or a file in it, cannot be made or read. The text is the whole sentence."""

    code = "data.unusable"

    @property
    def user_message(self) -> str:
        return str(self)


class DataFolderInUseError(StationError):
    """Another StationThis is running on this folder."""

    code = "data.in_use"

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} is in use")
        self.folder = folder

    @property
    def user_message(self) -> str:
        return (
            f"Another StationThis is running on the data folder {self.folder}. "
            "Stop that one, or choose another folder with --data."
        )


class DataFolder:
    """Knows what lies where in the data folder, and makes it: readable for nobody else."""

    def __init__(self, path: Path) -> None:
        """Make the folder if needed. Raises DataFolderUnusableError."""
        self.path = path.absolute()
        with _explained(self.path):
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def media(self) -> Path:
        """Where the files lie that people sent and that runs made."""
        return self.path / "media"

    @property
    def catalogue(self) -> Path:
        """Where it is noted what the workflows were when an operator last looked for changes."""
        return self.path / "catalogue.json"

    @property
    def workflows(self) -> Path:
        """Where the workflows are kept for a start at which the service does not answer."""
        return self.path / "workflows.json"

    @property
    def wildcards(self) -> Path:
        """Where the operator puts lists of words, one file each; need not be there."""
        return self.path / "wildcards"

    @property
    def loras(self) -> Path:
        """Where the operator lists LoRA files; need not be there."""
        return self.path / "loras.toml"

    @property
    def database_url(self) -> str:
        """The SQLite database that is used when no other is named."""
        return f"sqlite:///{self.path / 'station.db'}"

    def secret(self) -> str:
        """
        Return the station's secret, 64 hexadecimal characters, making it on the first call.

        Of many first calls at once, in several processes too, all get the same. Raises
        DataFolderUnusableError.
        """
        place = self.path / "secret"
        with _explained(place):
            if not place.exists():
                self._make_secret(place)
            secret = place.read_text(encoding="ascii", errors="replace").strip()
        if SECRET_FORM.fullmatch(secret) is None:
            raise DataFolderUnusableError(
                f"{place} must hold 64 hexadecimal characters and does not. Put the old one back, "
                "or remove the file to have a new one made: links sent before will stop working."
            )
        return secret

    def _make_secret(self, place: Path) -> None:
        draft = self.path / f".secret-{secrets.token_hex(8)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(f"{secrets.token_hex(SECRET_BYTES)}\n")
                file.flush()
                os.fsync(file.fileno())
            # A link fails where the name is taken, which a rename does not: the first one counts.
            with contextlib.suppress(FileExistsError):
                place.hardlink_to(draft)
        finally:
            draft.unlink()

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for this process alone. Raises DataFolderInUseError when another does."""
        place = self.path / "run.lock"
        with _explained(place):
            descriptor = os.open(place, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise DataFolderInUseError(self.path) from error
            yield
        finally:
            # The file stays: were it removed, two could hold two files of one name.
            os.close(descriptor)


@contextlib.contextmanager
def _explained(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataFolderUnusableError(
            f"The data folder cannot be used: {place}: {error.strerror or error}. "
            "Choose another folder with --data, or set its rights."
        ) from error
