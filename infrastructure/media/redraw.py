"""
Making a stranger's picture anew: nothing of its file survives but the pixels.

The plugins are called directly and not through `Image.open`: so only four formats exist here, and
our own limit, which is far below Pillow's, is checked between the header and the pixels.
"""

import io
import struct
import zlib
from collections.abc import Callable, Mapping

from PIL import Image, ImageOps
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from core.media.model import CleanImage, ImageFacts, MediaLimits
from core.shared.errors import MediaRefusedError
from infrastructure.media.bare import bare_gif, bare_jpeg, bare_png

PNG, JPEG, WEBP, GIF = "image/png", "image/jpeg", "image/webp", "image/gif"

OPENERS: Mapping[str, Callable[[io.BytesIO], ImageFile]] = {
    PNG: PngImageFile,
    JPEG: JpegImageFile,
    WEBP: WebPImageFile,
    GIF: GifImageFile,
}
BARE: Mapping[str, Callable[[bytes], bytes]] = {PNG: bare_png, JPEG: bare_jpeg, GIF: bare_gif}

MOST_SIDE_PIXELS = 16_384
"""The longest side that is taken, whatever the other one is."""

JPEG_QUALITY = 95
PNG_COMPRESSION = 3
"""Of 9: three times as fast as Pillow's own choice, and about a tenth larger."""

BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    AssertionError,
    MemoryError,
    struct.error,
    zlib.error,
    Warning,  # where warnings are errors
)
"""What Pillow and the walks over the containers raise for damaged files."""


def facts_of(data: bytes, mime: str) -> ImageFacts | None:
    """Return the facts of a picture of this type from its header, or None when it has none."""
    if mime not in OPENERS:
        return None
    try:
        with OPENERS[mime](io.BytesIO(data)) as image:
            return ImageFacts(mime=mime, width=image.width, height=image.height)
    except (*BROKEN, Image.DecompressionBombError):
        return None


def redraw(data: bytes, mime: str, limits: MediaLimits) -> CleanImage:
    """Return a picture of this type made anew. Raises MediaRefusedError."""
    if mime not in OPENERS:
        raise MediaRefusedError(
            "This is not a picture that I can read. Please send a PNG, JPEG, WebP or GIF."
        )
    try:
        with OPENERS[mime](io.BytesIO(BARE.get(mime, bytes)(data))) as image:
            _refuse_large(image.width, image.height, limits)
            image.load()
            return _encoded(_upright(image), mime)
    except (
        Image.DecompressionBombError
    ) as error:  # a WebP's or a GIF's frame, before we saw its size
        raise _too_large("This picture has far too many pixels", limits) from error
    except BROKEN as error:
        raise MediaRefusedError(
            "This picture is damaged or cut off. "
            "Please open it, save it again as PNG or JPEG, and send that."
        ) from error


def _refuse_large(width: int, height: int, limits: MediaLimits) -> None:
    if width * height > limits.upload_pixels or max(width, height) > MOST_SIDE_PIXELS:
        raise _too_large(f"This picture has {width:,} x {height:,} pixels", limits)


def _too_large(found: str, limits: MediaLimits) -> MediaRefusedError:
    return MediaRefusedError(
        f"{found}. Up to {limits.upload_pixels / 1_000_000:g} million are taken, and "
        f"{MOST_SIDE_PIXELS:,} on a side. Please make it smaller and send it again."
    )


def _upright(image: Image.Image) -> Image.Image:
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except BROKEN:  # damaged EXIF: the picture itself is whole, and stays as it lies
        image.info.pop("exif", None)
    return image


def _encoded(image: Image.Image, mime: str) -> CleanImage:
    out, kind = io.BytesIO(), PNG
    see_through = image.has_transparency_data
    if mime in {PNG, GIF} or see_through:
        plain = _converted(image, "RGBA" if see_through else "RGB", {"L", "I;16"})
        plain.save(out, "PNG", compress_level=PNG_COMPRESSION)
    else:
        kind = JPEG
        plain = _converted(image, "RGB", {"L"})
        plain.save(out, "JPEG", quality=JPEG_QUALITY)
    facts = ImageFacts(mime=kind, width=plain.width, height=plain.height)
    return CleanImage(data=out.getvalue(), facts=facts)


def _converted(image: Image.Image, mode: str, as_they_are: set[str]) -> Image.Image:
    """Return the image in this mode, or as it is when it has one of the others and is opaque."""
    if mode != image.mode and (mode == "RGBA" or image.mode not in as_they_are):
        image = image.convert(mode)
    # What is left here, a profile or a comment, would be written into the new file.
    image.info.clear()
    return image
