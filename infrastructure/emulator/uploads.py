"""What the service accepts as an upload, the ids it gives, and how an upload is kept."""

import secrets
from collections.abc import AsyncIterator
from pathlib import PurePosixPath

from aiohttp import BodyPartReader, web

from infrastructure.emulator.files import FileShelf, content_type_of
from infrastructure.emulator.queue_body import InvalidRequestError, missing

CHUNK = 256 * 1024
TOO_LARGE = "File size exceeds 250MB limit"
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ID_LENGTH = 16
_PREFIXES = {"image": "img", "video": "vid", "audio": "audio"}
_FAMILIES = ("image", "video", "audio", "application")


def is_supported(file_name: str) -> bool:
    """Tell whether a file of this name may be uploaded; only the name counts."""
    return is_supported_type(content_type_of(file_name))


def is_supported_type(content_type: str) -> bool:
    """Tell whether a file of this media type may be kept."""
    return content_type.partition("/")[0] in _FAMILIES


def new_file_id(file_name: str) -> str:
    """Return a fresh id whose prefix tells what kind of file it is."""
    return id_for_type(content_type_of(file_name))


def id_for_type(content_type: str) -> str:
    """Return a fresh id whose prefix tells what this media type is."""
    prefix = _PREFIXES.get(content_type.partition("/")[0], "file")
    return fresh_id("zip" if content_type == "application/zip" else prefix)


def fresh_id(prefix: str) -> str:
    """Return a fresh id with this prefix."""
    return f"{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH))


def input_key(file_id: str, file_name: str) -> str:
    """Return the key under which an upload is kept."""
    return f"inputs/{file_id}{PurePosixPath(file_name).suffix}"


async def file_part(request: web.Request) -> tuple[BodyPartReader, str]:
    """Return the part `file` of a form, and its file name. Raises InvalidRequestError."""
    if request.content_type == "multipart/form-data":
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.name == "file" and part.filename:
                return part, part.filename
    raise InvalidRequestError(missing("body", "file"))


async def chunks_of(part: BodyPartReader) -> AsyncIterator[bytes]:
    """Yield the content of a form's part, piece by piece."""
    while chunk := await part.read_chunk(CHUNK):
        yield chunk


async def keep(
    shelf: FileShelf, key: str, chunks: AsyncIterator[bytes], *, limit: int
) -> int | None:
    """Put what comes on the shelf and return its size in bytes; None when it is too much."""
    size = 0
    with shelf.writing(key) as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > limit:
                break
            file.write(chunk)
    if size > limit:
        shelf.drop(key)
        return None
    return size
