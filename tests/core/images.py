"""An image tool that looks at names and first letters only: enough for the core."""

from core.media.model import (
    MIME_TYPES,
    UNKNOWN_MIME,
    CleanImage,
    ImageFacts,
    MediaLimits,
)
from core.media.ports import ImageTool
from core.shared.errors import MediaRefusedError

PNG = b"\x89PNG\r\n\x1a\n"
WIDTH, HEIGHT = 64, 48


class PlainImages(ImageTool):
    """Takes for a picture what begins as PNG does; every picture is 64 x 48 pixels."""

    async def clean(self, data: bytes, limits: MediaLimits) -> CleanImage:
        if not data.startswith(PNG):
            raise MediaRefusedError("That is not a picture.")
        facts = ImageFacts(mime="image/png", width=WIDTH, height=HEIGHT)
        return CleanImage(data=data.removesuffix(b"+EXIF"), facts=facts)

    async def inspect(self, data: bytes) -> ImageFacts | None:
        if not data.startswith(PNG):
            return None
        return ImageFacts(mime="image/png", width=WIDTH, height=HEIGHT)

    def mime(self, data: bytes, *, name: str) -> str:
        if data.startswith(PNG):
            return "image/png"
        return MIME_TYPES.get(name.rpartition(".")[2], UNKNOWN_MIME)
