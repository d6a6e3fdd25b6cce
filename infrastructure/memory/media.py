"""The files in a dictionary."""

from core.media.ports import MediaStore
from core.shared.ids import MediaId


class InMemoryMedia(MediaStore):
    """Keeps files while one process lives."""

    def __init__(self) -> None:
        self._files: dict[MediaId, bytes] = {}

    async def put(self, media: MediaId, data: bytes) -> None:
        self._files[media] = data

    async def get(self, media: MediaId) -> bytes | None:
        return self._files.get(media)
