"""Giving the service files: checked before anything is sent, streamed, and never twice the same."""

import asyncio
import hashlib
import io
import mimetypes
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path, PurePosixPath
from types import TracebackType

import attrs

from core.shared.errors import MediaRefusedError, ServiceError, ServiceTroubleError
from core.shared.statistics import Saving
from infrastructure.comfy_deploy.api.dialects import dialect_of
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.endpoints import UPLOAD_FILE
from infrastructure.comfy_deploy.files import unlogged
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
    anything is sent, and for one that changes or cannot be read any more while it is sent;
    ServiceError for what fails at the service; and what `progress` raises, which ends the sending.
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
            with _opened(path, _Content(size, key), progress) as file:
                return await file.sent_by(self._dialect.upload(file, safe_name(path.name)))

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
        url = await self._sent(key, send)
        lives_s = SIGNED_FOR_S if "?" in url else PUBLIC_FOR_S
        self._known[key] = _Known(url, self._clock() + lives_s)
        self._known.move_to_end(key)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return url

    async def _sent(self, key: str, send: Callable[[], Awaitable[str]]) -> str:
        """Send once for all who ask at once; what goes wrong on this side is its sender's alone."""
        trouble = _Trouble()

        async def ours() -> str | None:
            # A server of the first generation names a signed URL to send it to.
            with trouble, unlogged():
                return await send()
            if isinstance(trouble.error, ServiceError):
                raise trouble.error
            return None

        while True:
            url = await self._shared.ask(key, ours)
            if url is not None:
                return url
            if trouble.error is not None:
                raise trouble.error
            # Another's file or listener was in the way: ours may do better.

    def _saved(self) -> None:
        self._client.meter.calls_saved(UPLOAD_FILE.name, Saving.KNOWN_UPLOAD)


@attrs.frozen
class _Content:
    """What a file held when it was looked at: so many bytes of this SHA-256."""

    size: int
    digest: str


class _Trouble:
    """Keeps whatever goes wrong within it: for whoever asked, and not for whoever is in between."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if isinstance(error, Exception):
            self.error = error
        return isinstance(error, Exception)


class _Told(io.FileIO):
    """
    A file on disk that tells how far it has been read, and whether it is still what it was.

    What goes wrong while it is read is kept, and ends the sending: raised from within `read`, it
    would be taken for a broken connection, which counts against the service and is repeated.
    """

    def __init__(self, path: Path, content: _Content, progress: Progress | None) -> None:
        super().__init__(path)
        self._path = path
        self._content = content
        self._progress = progress
        self._trouble = _Trouble()
        self._sending: asyncio.Future[str] | None = None
        self._begin()

    def _begin(self) -> None:
        self._read = 0
        self._hash = hashlib.sha256()
        self._is_same = False

    async def sent_by(self, sending: Coroutine[object, object, str]) -> str:
        """Return the URL that the sending brings; raises what went wrong on this side of it."""
        self._sending = asyncio.ensure_future(sending)
        cancels = _cancels()
        try:
            url = await self._sending
        except (asyncio.CancelledError, ServiceError):
            if self._trouble.error is None or _cancels() > cancels:
                raise
            raise self._trouble.error from None
        if not self._is_same:
            early = ServiceTroubleError("an answer before the whole of a file was sent")
            raise self._trouble.error or early
        return url

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._begin()
        return super().seek(offset, whence)

    def read(self, size: int | None = -1, /) -> bytes:
        if self._trouble.error is not None:
            return b""
        with self._trouble:
            part = self._part(-1 if size is None else size)
            if self._progress is not None:
                self._progress(self._read, self._content.size)
            return part
        # The service must never have the whole.
        self._is_same = False
        if self._sending is not None:
            self._sending.cancel()
        return b""

    def _part(self, size: int) -> bytes:
        try:
            part = super().read(size) or b""
        except OSError as error:
            raise _unreadable(self._path, error) from error
        self._read += len(part)
        self._hash.update(part)
        is_at_end = size < 0 or not part
        if is_at_end or self._read >= self._content.size:
            self._is_same = _Content(self._read, self._hash.hexdigest()) == self._content
            if not self._is_same:
                raise _changed(self._path)
        return part


def _opened(path: Path, content: _Content, progress: Progress | None) -> _Told:
    try:
        return _Told(path, content, progress)
    except OSError as error:
        raise _unreadable(path, error) from error


def _cancels() -> int:
    """Return how often whoever waits here has been told to end."""
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()


def _size_of(path: Path) -> int:
    try:
        if not path.is_file():
            raise MediaRefusedError(f"There is no file {path.name}. Please check its path.")
        with path.open("rb"):  # whether we may read it, too
            return path.stat().st_size
    except OSError as error:
        raise _unreadable(path, error) from error


def _digest_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> MediaRefusedError:
    why = error.strerror or "unknown trouble"
    return MediaRefusedError(f"{path.name} cannot be read: {why}.")


def _changed(path: Path) -> MediaRefusedError:
    return MediaRefusedError(f"{path.name} changed while it was sent. Please try again.")


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
