"""Files that go in and come out: what they are, and how large they may be."""

from enum import StrEnum

import attrs
from attrs.validators import ge

from core.shared.ids import MediaId


class MediaKind(StrEnum):
    """What a person does with a file: look, watch, listen, or save."""

    IMAGE = "image"
    ANIMATION = "animation"
    VIDEO = "video"
    AUDIO = "audio"
    FILE = "file"


EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "video/quicktime": "mov",
    "audio/mpeg": "mp3",
    "audio/x-wav": "wav",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "application/zip": "zip",
}
"""The types that we name; anything else is stored as `application/octet-stream`, `.bin`."""

MIME_TYPES = {extension: mime for mime, extension in EXTENSIONS.items()}
UNKNOWN_MIME = "application/octet-stream"
UNKNOWN_EXTENSION = "bin"


def kind_of(mime: str) -> MediaKind:
    """Return what a person does with a file of this type."""
    if mime == "image/gif":
        return MediaKind.ANIMATION
    family = mime.partition("/")[0]
    families = {"image": MediaKind.IMAGE, "video": MediaKind.VIDEO, "audio": MediaKind.AUDIO}
    return families.get(family, MediaKind.FILE)


def mime_of(media: MediaId) -> str:
    """Return the type of a stored file, which its id's extension tells."""
    return MIME_TYPES.get(media.rpartition(".")[2], UNKNOWN_MIME)


@attrs.frozen(kw_only=True)
class MediaRef:
    """A stored file. `width` and `height` are in pixels, and 0 for what is not an image."""

    id: MediaId
    mime: str
    size_bytes: int = attrs.field(validator=ge(0))
    width: int = 0
    height: int = 0

    @property
    def kind(self) -> MediaKind:
        """What a person does with it."""
        return kind_of(self.mime)


@attrs.frozen(kw_only=True)
class MediaLimits:
    """What we take from people and from the service."""

    upload_bytes: int = 20_000_000
    upload_pixels: int = 25_000_000
    result_bytes: int = 100_000_000


@attrs.frozen(kw_only=True)
class ImageFacts:
    """What an image tool read from an image: its true type and its size in pixels."""

    mime: str
    width: int
    height: int


@attrs.frozen(kw_only=True)
class CleanImage:
    """An image made anew: upright, without EXIF, XMP or text chunks."""

    data: bytes = attrs.field(repr=False)
    facts: ImageFacts
