"""What the service accepts as an upload, and the ids it gives."""

import secrets
from pathlib import PurePosixPath

from infrastructure.emulator.files import content_type_of

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ID_LENGTH = 16
_PREFIXES = {"image": "img", "video": "vid", "audio": "audio"}


def is_supported(file_name: str) -> bool:
    """Tell whether a file of this name may be uploaded; only the name counts."""
    return content_type_of(file_name).split("/")[0] in ("image", "video", "audio", "application")


def new_file_id(file_name: str) -> str:
    """Return a fresh id whose prefix tells what kind of file it is."""
    content_type = content_type_of(file_name)
    prefix = _PREFIXES.get(content_type.split("/")[0], "file")
    if content_type == "application/zip":
        prefix = "zip"
    return f"{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH))


def input_key(file_id: str, file_name: str) -> str:
    """Return the key under which an upload is kept."""
    return f"inputs/{file_id}{PurePosixPath(file_name).suffix}"
