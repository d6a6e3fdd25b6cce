"""The files that Telegram keeps: what it takes, how it names them, what it gives back."""

import hashlib
import io
import mimetypes
import warnings

import attrs
from PIL import Image

from tests.servers.telegram_contract import ATTACH, Upload
from tests.servers.telegram_errors import RefusedError, Wire, bad_request

MB = 1024 * 1024
MOST_UPLOADED = 50 * MB
MOST_IN_A_PHOTO = 10 * MB
MOST_FETCHED = 20 * MB
_MOST_WIDTH_AND_HEIGHT = 10_000
_MOST_RATIO = 20
_SMALLER = (90, 320)
"""The longer sides of the smaller forms of a photo."""

_HINTS = ("width", "height", "duration", "performer", "title")
_PICTURES = ("photo", "animation")


@attrs.define(eq=False)
class StoredFile:
    """One file. A smaller form of a photo is made when somebody fetches it."""

    file_id: str
    kind: str
    data: bytes = attrs.field(repr=False)
    name: str
    mime: str
    path: str
    hints: Wire = attrs.field(factory=dict)
    smaller: list["StoredFile"] = attrs.field(factory=list)
    longer_side: int | None = None

    @property
    def unique_id(self) -> str:
        side = self.longer_side or 0
        return hashlib.sha256(self.data).hexdigest()[:14] + format(side, "x")

    def content(self) -> bytes:
        if self.longer_side is None:
            return self.data
        with Image.open(io.BytesIO(self.data)) as image:
            image.thumbnail((self.longer_side, self.longer_side))
            made = io.BytesIO()
            image.convert("RGB").save(made, "JPEG")
        return made.getvalue()

    def wire(self) -> Wire:
        """Return it as a message has it under the name of its kind."""
        told: Wire = {"file_id": self.file_id, "file_unique_id": self.unique_id, **self.hints}
        if self.longer_side is None:
            told["file_size"] = len(self.data)
        if self.kind != "photo":
            told |= {"file_name": self.name, "mime_type": self.mime}
        return told

    def fields(self) -> Wire:
        """Return the fields of a message that show this file."""
        if self.kind == "photo":
            return {"photo": [each.wire() for each in (*self.smaller, self)]}
        if self.kind == "animation":  # for old clients it is a document too
            plain = {key: each for key, each in self.wire().items() if key not in _HINTS}
            return {"animation": self.wire(), "document": plain}
        return {self.kind: self.wire()}


class Shelf:
    """All files of a server."""

    def __init__(self) -> None:
        self.uploads = 0
        self._by_id: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}

    def at(self, path: str) -> StoredFile | None:
        return self._by_path.get(path)

    def with_id(self, file_id: str) -> StoredFile | None:
        return self._by_id.get(file_id)

    def wanted(self, kind: str, value: str, *, files: dict[str, Upload], hints: Wire) -> StoredFile:
        """Return the file that a parameter means: an upload, or one that is here already."""
        if value.startswith(ATTACH):
            self.uploads += 1
            return self.keep(kind, files[value.removeprefix(ATTACH)], hints)
        if value.startswith(("http://", "https://")):
            raise bad_request("failed to get HTTP URL content")
        found = self._by_id.get(value)
        if found is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        if found.kind != kind:
            raise bad_request(f"can't use file of type {found.kind.title()} as {kind.title()}")
        return found

    def keep(self, kind: str, upload: Upload, hints: Wire) -> StoredFile:
        """Store a new file. Raises RefusedError when Telegram would not have it."""
        if len(upload.data) > MOST_UPLOADED:
            raise RefusedError(413, "Request Entity Too Large")
        if not upload.data:
            raise bad_request("file must be non-empty")
        known = {key: hints[key] for key in _HINTS if key in hints}
        if kind == "photo":
            known = _size_of_photo(upload)
        elif kind in ("animation", "video"):
            known = {"width": 0, "height": 0, "duration": 0, **_size_of(upload.data, kind), **known}
        elif kind == "audio":
            known = {"duration": 0, **known}
        stored = self._add(kind, upload, known)
        if kind == "photo":
            stored.smaller = [
                self._add_smaller(stored, side)
                for side in _SMALLER
                if side < max(known["width"], known["height"])
            ]
        return stored

    def _add(self, kind: str, upload: Upload, hints: Wire) -> StoredFile:
        number = len(self._by_id) + 1
        suffix = ".jpg" if kind == "photo" else mimetypes.guess_extension(upload.mime) or ""
        stored = StoredFile(
            file_id=f"AgAC{kind}{number:06}{hashlib.sha256(upload.data).hexdigest()[:20]}",
            kind=kind,
            data=upload.data,
            name=upload.name,
            mime=upload.mime,
            path=f"{kind}s/file_{number}{suffix}",
            hints=hints,
        )
        return self._remember(stored)

    def _add_smaller(self, whole: StoredFile, side: int) -> StoredFile:
        scale = side / max(whole.hints["width"], whole.hints["height"])
        size = {key: max(1, round(whole.hints[key] * scale)) for key in ("width", "height")}
        return self._remember(
            attrs.evolve(
                whole,
                file_id=f"{whole.file_id}-{side}",
                path=whole.path.replace(".jpg", f"_{side}.jpg"),
                hints=size,
                longer_side=side,
            )
        )

    def _remember(self, stored: StoredFile) -> StoredFile:
        self._by_id[stored.file_id] = stored
        self._by_path[stored.path] = stored
        return stored


def _size_of(data: bytes, kind: str = "photo") -> Wire:
    """Return width and height of a picture, or nothing when it is none."""
    if kind not in _PICTURES:
        return {}
    try:
        with warnings.catch_warnings():
            # The largest that Telegram takes is small for Pillow; whatever is larger is refused.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as image:
                return {"width": image.width, "height": image.height}
    except Image.DecompressionBombError:
        return {"width": _MOST_WIDTH_AND_HEIGHT, "height": _MOST_WIDTH_AND_HEIGHT}
    except OSError:
        return {}


def _size_of_photo(upload: Upload) -> Wire:
    if len(upload.data) > MOST_IN_A_PHOTO:
        raise bad_request(
            f"file of size {len(upload.data)} bytes is too big for a photo;"
            f" the maximum size is {MOST_IN_A_PHOTO} bytes"
        )
    size = _size_of(upload.data)
    if not size:
        raise bad_request("IMAGE_PROCESS_FAILED")
    width, height = size["width"], size["height"]
    too_narrow = max(width, height) > _MOST_RATIO * min(width, height)
    if width + height > _MOST_WIDTH_AND_HEIGHT or too_narrow:
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return size
