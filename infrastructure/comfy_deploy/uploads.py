"""Giving the service files: checked before anything is sent, streamed, and never twice the same."""

import asyncio
import hashlib
import io
import mimetypes
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from pathlib import Path, PurePosixPath

import attrs

from core.shared.errors import MediaRefusedError
from core.shared.statistics import Saving
from infrastructure.comfy_deploy.api.dialects import dialect_of
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.endpoints import UPLOAD_FILE
from infrastructure.comfy_deploy.sharing import SharedCalls

MAX_BYTES = 250 * 1024 * 1024
"""More than that the service refuses (contract 7)."""

FAMILIES = ("image", "video", "audio", "application")
"""It tells a file's type by its name, and takes no other families."""

REMEMBERED = 10_000
PUBLIC_FOR_S, SIGNED_FOR_S = 86_400.0, 1_800.0
"""How long an address is given again. A signed one is good for an hour, the run included."""

LONGEST_NAME = 80
_MEGABYTE = 1024 * 1024

Progress = Callable[[int, int], None]
"""Hears how many bytes have been sent, and of how many. A repeat begins at 0 again."""


@attrs.frozen
class _Known:
    url: str
    until_s: float


class Uploads:
    """
    Sends files, and remembers by their content where the service has them.

    Raises MediaRefusedError, with the way on, for a file that the service would not take, before
    anything is sent; ServiceError for what fails at the service.
    """

    def __init__(
        self, client: ComfyDeployClient, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._dialect = dialect_of(client)
        self._clock = clock
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._shared = SharedCalls(lambda _: self._saved())

    async def send(self, path: Path, *, progress: Progress | None = None) -> str:
        """Stream a file from disk and return its URL at the service; 64 KB of it are in memory."""
        size = await asyncio.to_thread(_size_of, path)
        _check(path.name, size)
        key = await asyncio.to_thread(_digest_of, path)

        async def send() -> str:
            with _Told(path, size, progress) as file:
                return await self._dialect.upload(file, safe_name(path.name))

        return await self._once(key + _ending(path.name), send)

    async def send_bytes(self, data: bytes, *, name: str) -> str:
        """Send what is in memory already, and return its URL at the service."""
        _check(name, len(data))
        key = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())

        async def send() -> str:
            return await self._dialect.upload(data, safe_name(name))

        return await self._once(key + _ending(name), send)

    async def _once(self, key: str, send: Callable[[], Awaitable[str]]) -> str:
        known = self._known.get(key)
        if known is not None and self._clock() < known.until_s:
            self._saved()
            return known.url
        url = await self._shared.ask(key, send)
        lives_s = SIGNED_FOR_S if "?" in url else PUBLIC_FOR_S
        self._known[key] = _Known(url, self._clock() + lives_s)
        self._known.move_to_end(key)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return url

    def _saved(self) -> None:
        self._client.meter.calls_saved(UPLOAD_FILE.name, Saving.KNOWN_UPLOAD)


class _Told(io.FileIO):
    """A file on disk that tells how far it has been read."""

    def __init__(self, path: Path, size: int, progress: Progress | None) -> None:
        super().__init__(path)
        self._size = size
        self._progress = progress

    def read(self, size: int | None = -1, /) -> bytes:
        part = super().read(-1 if size is None else size) or b""
        if self._progress is not None:
            self._progress(self.tell(), self._size)
        return part


def _size_of(path: Path) -> int:
    try:
        if not path.is_file():
            raise MediaRefusedError(f"There is no file {path.name}. Please check its path.")
        with path.open("rb"):  # whether we may read it, too
            return path.stat().st_size
    except OSError as error:
        why = error.strerror or "unknown trouble"
        raise MediaRefusedError(f"{path.name} cannot be read: {why}.") from error


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check(name: str, size: int) -> None:
    if size == 0:
        raise MediaRefusedError(f"{name} is empty. Please send a file with something in it.")
    if size > MAX_BYTES:
        raise MediaRefusedError(
            f"{name} has {size / _MEGABYTE:.0f} MB, and the service takes 250 MB at most. "
            "Please make it smaller."
        )
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if kind.partition("/")[0] not in FAMILIES:
        raise MediaRefusedError(
            f"{name} is {kind}, and the service takes pictures, videos, sound and archives. "
            "Please send one of those."
        )


def _ending(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).suffix.lower()


def safe_name(name: str) -> str:
    """Return a file name that any server takes. It keeps its ending, by which types are told."""
    path = PurePosixPath(name.replace("\\", "/"))
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", path.stem).strip("_") or "file"
    ending = re.sub(r"[^A-Za-z0-9.]", "", path.suffix)[:10]
    return stem[: LONGEST_NAME - len(ending)] + ending
