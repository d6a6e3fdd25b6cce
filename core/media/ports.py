"""What the media need from the world."""

from typing import Protocol

from core.media.model import CleanImage, ImageFacts, MediaLimits
from core.shared.ids import MediaId


class MediaStore(Protocol):
    """Keeps files under ids that we made ourselves."""

    async def put(self, media: MediaId, data: bytes) -> None:
        """Store a whole file, or replace it: never half of one. Raises MediaTroubleError."""

    async def get(self, media: MediaId) -> bytes | None:
        """Return a whole file, or None when there is none of this id."""


class ImageTool(Protocol):
    """Looks into images and makes them anew. Works beside the event loop, a few at a time."""

    async def clean(self, data: bytes, limits: MediaLimits) -> CleanImage:
        """
        Return an image that a person sent, made anew.

        PNG, JPEG, WebP and GIF (first frame) are taken. Raises MediaRefusedError, with a sentence
        for the person, for anything else, for broken ones, and for more pixels than allowed: those
        are told from the header, before anything is decoded.
        """

    async def inspect(self, data: bytes) -> ImageFacts | None:
        """Return an image's facts from its header, or None for what is not an image."""

    def mime(self, data: bytes, *, name: str) -> str:
        """Return the type by content, else by the name's extension, else UNKNOWN_MIME."""
