"""The emulated bucket: files in a temporary folder, the oldest dropped beyond a bound."""

import mimetypes
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import attrs

# Python's own table only: the machine's would make answers differ from place to place.
_TYPES = mimetypes.MimeTypes()
_TYPES.add_type("image/webp", ".webp")
DEFAULT_TYPE = "application/octet-stream"


def content_type_of(name: str) -> str:
    """Return the media type that a file name stands for."""
    return _TYPES.guess_type(name)[0] or DEFAULT_TYPE


@attrs.define
class FileShelf:
    """Keeps files by key, such as `outputs/runs/<run>/<name>`; sizes are bytes."""

    _max_files: int
    _max_bytes: int
    _folder: Path | None = None
    _sizes: dict[str, int] = attrs.Factory(dict)
    _serial: int = 0
    _paths: dict[str, Path] = attrs.Factory(dict)
    # The studio's thread writes while the server reads.
    _lock: threading.RLock = attrs.Factory(threading.RLock)

    def put(self, key: str, content: bytes) -> None:
        """Keep a file under the key, in place of the one that may be there."""
        with self.writing(key) as file:
            file.write(content)

    @contextmanager
    def writing(self, key: str) -> Iterator[BinaryIO]:
        """Open a file to be written under a key; it counts once it is whole."""
        path = self._new_path(key)
        is_whole = False
        try:
            with path.open("wb") as file:
                yield file
            is_whole = True
        finally:
            if is_whole:
                self._count(key)
            else:
                self.drop(key)

    def read(self, key: str) -> bytes | None:
        """Return a file's content, or None when it is not (or no longer) there."""
        with self._lock:
            return self._paths[key].read_bytes() if key in self._sizes else None

    def drop(self, key: str) -> None:
        """Forget a file; a key that is not there is fine."""
        with self._lock:
            self._sizes.pop(key, None)
            path = self._paths.pop(key, None)
            if path is not None:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Remove everything, the folder too."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = None
        self._sizes.clear()
        self._paths.clear()

    def _new_path(self, key: str) -> Path:
        with self._lock:
            self.drop(key)
            self._serial += 1
            self._paths[key] = self._home() / f"{self._serial:08d}"
            return self._paths[key]

    def _count(self, key: str) -> None:
        with self._lock:
            self._sizes[key] = self._paths[key].stat().st_size
            # The newest stays, however large it is.
            while len(self._sizes) > 1 and self._is_full():
                self.drop(next(iter(self._sizes)))

    def _home(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="emulator-"))
        return self._folder

    def _is_full(self) -> bool:
        return len(self._sizes) > self._max_files or sum(self._sizes.values()) > self._max_bytes
