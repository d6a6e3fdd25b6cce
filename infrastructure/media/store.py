"""Media in a folder."""

import re
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore

from core.media.ports import MediaStore
from core.shared.errors import MediaTroubleError
from core.shared.ids import MediaId

OUR_IDS = re.compile(r"[0-9a-z]{8,64}\.[a-z0-9]{2,5}")


class MediaFolder(MediaStore):
    """
    Keeps each file under its id in one folder.

    The store writes under another name (`ID#1`) and renames, so a file is there whole or not at
    all. A name that is not of our own making reaches neither the folder nor anything outside it.
    """

    def __init__(self, path: Path) -> None:
        """Make the folder if needed. Raises MediaTroubleError."""
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._store = LocalStore(path.absolute())
        except (BaseError, OSError, ValueError) as error:
            raise MediaTroubleError(f"media folder: {error}") from error

    async def put(self, media: MediaId, data: bytes) -> None:
        if OUR_IDS.fullmatch(media) is None:
            raise MediaTroubleError(f"not a media id of ours: {media!r}")
        try:
            await obstore.put_async(self._store, media, data)
        except (BaseError, OSError) as error:
            raise MediaTroubleError(f"storing {media}: {error}") from error

    async def get(self, media: MediaId) -> bytes | None:
        if OUR_IDS.fullmatch(media) is None:
            return None
        try:
            found = await obstore.get_async(self._store, media)
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise MediaTroubleError(f"reading {media}: {error}") from error
