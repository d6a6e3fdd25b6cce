"""Pictures for the tests, honest ones and bombs, all made here."""

import io
import struct
import zlib
from collections.abc import Callable, Mapping

from PIL import Image

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
RED = (200, 30, 30)
COLOURS: Mapping[str, float | tuple[float, ...]] = {
    "RGB": RED,
    "RGBA": (*RED, 128),
    "L": 90,
    "LA": (90, 128),
    "CMYK": (0, 200, 200, 10),
}


def a_picture(
    kind: str = "PNG", size: tuple[int, int] = (32, 24), *, mode: str = "RGB", **options: object
) -> bytes:
    """Return a red picture of this kind."""
    out = io.BytesIO()
    Image.new(mode, size, COLOURS.get(mode, 1)).save(out, kind, **options)
    return out.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    """Return one chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of(width: int, height: int, *between: bytes, idat: bytes = b"") -> bytes:
    """Return a PNG that says it is so large, with chunks between its header and its pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", idat or zlib.compress(b"\x00" * 64))
    return b"".join([PNG_SIGNATURE, header, *between, pixels, chunk(b"IEND", b"")])


def with_chunks(png: bytes, *chunks: bytes) -> bytes:
    """Return a PNG with chunks put behind its header."""
    return b"".join([png[:33], *chunks, png[33:]])


def zeros(megabytes: int) -> bytes:
    """Return so many megabytes of zeros, compressed to a thousandth."""
    return zlib.compress(bytes(megabytes * 1_000_000), 9)


def gif_of(width: int, height: int, *, frames: int = 1, frame_size: int = 1) -> bytes:
    """Return a GIF that says it is so large, of tiny frames."""
    head = (
        b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\x00\x00\x00\xff\x00\x00"
    )
    frame = b"," + struct.pack("<HHHHB", 0, 0, frame_size, frame_size, 0) + b"\x02\x02\x44\x01\x00"
    return head + frame * frames + b";"


def jpeg_of(width: int, height: int) -> bytes:
    """Return a JPEG whose header says that it is so large."""
    small = a_picture("JPEG")
    at = small.index(b"\xff\xc0") + 5
    return small[:at] + struct.pack(">HH", height, width) + small[at + 4 :]


def webp_of(width: int, height: int) -> bytes:
    """Return a lossless WebP whose header says that it is so large."""
    small = a_picture("WEBP", lossless=True)
    at = small.index(b"VP8L") + 9
    size = (width - 1) | (height - 1) << 14
    return small[:at] + size.to_bytes(4, "little") + small[at + 4 :]


def a_tiff() -> bytes:
    """Return a TIFF: a picture, but of a kind that is not taken."""
    return a_picture("TIFF")


SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><rect width="9" height="9"/></svg>'
)
HTML = b"<!doctype html><script>alert(1)</script>"


PHOTO = a_picture("JPEG", (640, 480))
GIF_HEAD = gif_of(8, 8)[:19]

BOMBS: Mapping[str, Callable[[], bytes]] = {
    "png_50000x50000": lambda: png_of(50_000, 50_000, idat=bytes(19_000_000)),
    "png_2_to_the_31": lambda: png_of(2**31 - 1, 2**31 - 1),
    "png_65535x1": lambda: png_of(65_535, 1, idat=zeros(1)),
    "png_1x65535": lambda: png_of(1, 65_535, idat=zeros(1)),
    "png_5001x5000_whole": lambda: png_of(5_001, 5_000, idat=zeros(76)),
    "png_pixels_cut_off": lambda: a_picture("PNG", (640, 480))[:400],
    "png_text_without_pixels": lambda: (
        PNG_SIGNATURE + chunk(b"zTXt", b"a\x00\x00" + zeros(15)) * 90
    ),
    "png_of_empty_chunks": lambda: png_of(8, 8, chunk(b"tEXt", b"") * 1_500_000),
    "png_chunk_beyond_the_end": lambda: with_chunks(a_picture(), b"\x7f\xff\xff\xfftEXt"),
    "jpeg_65535x65535": lambda: jpeg_of(65_535, 65_535),
    "jpeg_cut_off": lambda: PHOTO[: len(PHOTO) // 2],
    "jpeg_of_filling_bytes": lambda: PHOTO[:2] + b"\xff" * 19_000_000,
    "jpeg_of_many_scans": lambda: PHOTO[:-2] + PHOTO[PHOTO.index(b"\xff\xda") :] * 100,
    "jpeg_of_empty_segments": lambda: PHOTO[:2] + b"\xff\xfe\x00\x02" * 4_000_000 + PHOTO[2:],
    "gif_65535x65535": lambda: gif_of(65_535, 65_535, frames=10_000),
    "gif_frame_beyond_its_screen": lambda: gif_of(8, 8, frame_size=60_000),
    "gif_of_comments": lambda: GIF_HEAD + (b"!\xfe" + b"\xff" + b"x" * 255 + b"\x00") * 74_000,
    "gif_of_tiny_blocks": lambda: GIF_HEAD + b"!\xfe" + b"\x01x" * 9_000_000,
    "gif_cut_off": lambda: a_picture("GIF", (640, 480))[:300],
    "webp_16383x16383": lambda: webp_of(16_383, 16_383),
    "webp_11000x11000": lambda: webp_of(11_000, 11_000),
    "webp_cut_off": lambda: a_picture("WEBP", (640, 480), lossless=True)[:30],
    "tiff": a_tiff,
    "bmp": lambda: a_picture("BMP"),
    "fits": lambda: b"SIMPLE  =                    T" + b" " * 2_850,
    "svg": lambda: SVG,
    "html": lambda: HTML,
    "empty": lambda: b"",
    "one_byte": lambda: b"\x89",
    "a_signature_alone": lambda: PNG_SIGNATURE,
    "random_bytes": lambda: bytes((number * 167 + 13) % 251 for number in range(10_000)),
}
"""Files that must be refused, by what they are; none is larger than 20 MB."""
