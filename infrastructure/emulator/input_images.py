"""Gets the picture that a run starts from: uploaded here, elsewhere on the web, or written out."""

import base64
import binascii
import io
import re
import struct
import warnings

import aiohttp
import attrs
from PIL import Image, ImageOps

from infrastructure.emulator.files import FileShelf
from infrastructure.emulator.settings import Dials

_DATA = re.compile(r"data:image/(?P<kind>png|jpe?g|webp|gif);base64,(?P<data>.*)", re.DOTALL)
_MAX_PIXELS = 16_000_000
_FETCH_TIMEOUT_S = 20.0
# What Pillow raises over files that are broken in one way or another.
_BROKEN = (OSError, ValueError, SyntaxError, struct.error, Image.DecompressionBombError)
_DRAFT_SIDE = 2048


class UnusableImageError(Exception):
    """There is no picture where one was promised."""


def written_out(value: str) -> tuple[str, bytes] | None:
    """Return the extension and content of a `data:image/...;base64,` text, None if it is none."""
    match = _DATA.fullmatch(value)
    if match is None:
        return None
    try:
        return match["kind"].replace("jpeg", "jpg"), base64.b64decode(match["data"], validate=True)
    except binascii.Error:
        return None


def opened(content: bytes) -> Image.Image:
    """Return the picture, upright and in RGB. Raises UnusableImageError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as image:
                image.draft("RGB", (_DRAFT_SIDE, _DRAFT_SIDE))
                if image.width * image.height > _MAX_PIXELS:
                    raise UnusableImageError("too many pixels")
                return ImageOps.exif_transpose(image).convert("RGB")
    except _BROKEN as error:
        raise UnusableImageError(str(error)) from error


@attrs.define
class InputImages:
    """Fetches pictures, of `max_input_bytes` at most."""

    _dials: Dials
    _shelf: FileShelf

    async def fetch(self, address: str, *, own_files: str) -> bytes:
        """Return the bytes at an address. Raises UnusableImageError when there are none."""
        written = written_out(address)
        if written is not None:
            return written[1]
        if address.startswith(own_files):
            content = self._shelf.read(address.removeprefix(own_files).split("?")[0])
            if content is None:
                raise UnusableImageError("no such file")
            return content
        return await self._download(address)

    async def _download(self, address: str) -> bytes:
        limit = self._dials.settings.max_input_bytes
        timeout = aiohttp.ClientTimeout(total=_FETCH_TIMEOUT_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, raise_for_status=True) as session,
                session.get(address) as answer,
            ):
                content = await answer.content.read(limit + 1)
                while len(content) <= limit and (more := await answer.content.read(limit + 1)):
                    content += more
        except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
            raise UnusableImageError(str(error)) from error
        if len(content) > limit:
            raise UnusableImageError("larger than allowed")
        return content
