"""Taking files in: from people, made anew; from the service, as they are."""

import math

from core.media.model import EXTENSIONS, UNKNOWN_EXTENSION, MediaLimits, MediaRef
from core.media.ports import ImageTool, MediaStore
from core.shared.errors import MediaRefusedError, MediaTroubleError
from core.shared.ids import JobId, MediaId
from core.shared.ports import NewIds


class Media:
    """Stores what people send and what runs bring."""

    def __init__(
        self, *, store: MediaStore, images: ImageTool, ids: NewIds, limits: MediaLimits
    ) -> None:
        self._store = store
        self._images = images
        self._ids = ids
        self._limits = limits

    async def take_image(self, data: bytes) -> MediaRef:
        """Store a picture that a person sent. Raises MediaRefusedError when we cannot take it."""
        if not data:
            raise MediaRefusedError("The file is empty. Please send the picture again.")
        if len(data) > self._limits.upload_bytes:
            megabytes = self._limits.upload_bytes // 1_000_000
            has = math.ceil(len(data) / 100_000) / 10
            raise MediaRefusedError(
                f"Pictures may have up to {megabytes} MB, not {has} MB. Please send a smaller one."
            )
        image = await self._images.clean(data, self._limits)
        return await self._keep(self._ids.token(), image.data, name="")

    async def keep_result(self, job: JobId, number: int, data: bytes, *, name: str) -> MediaRef:
        """
        Store one output of a job, as it is. Repeating replaces the file by the same.

        `name` is the service's file name, which helps only to tell the type.
        """
        if not data or len(data) > self._limits.result_bytes:
            raise MediaTroubleError(f"output {number} of {job} has {len(data)} bytes")
        return await self._keep(f"{job}{number:02d}", data, name=name)

    async def _keep(self, stem: str, data: bytes, *, name: str) -> MediaRef:
        mime = self._images.mime(data, name=name)
        facts = await self._images.inspect(data) if mime.startswith("image/") else None
        media = MediaId(f"{stem}.{EXTENSIONS.get(mime, UNKNOWN_EXTENSION)}")
        await self._store.put(media, data)
        return MediaRef(
            id=media,
            mime=mime,
            size_bytes=len(data),
            width=facts.width if facts else 0,
            height=facts.height if facts else 0,
        )

    async def read(self, media: MediaId) -> bytes:
        """Return a stored file. Raises MediaRefusedError when it is gone."""
        data = await self._store.get(media)
        if data is None:
            raise MediaRefusedError("That file is not here any more. Please send it again.")
        return data
