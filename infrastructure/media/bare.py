"""
Image files without all that is not picture, cut out before a decoder sees them.

Texts, colour profiles, thumbnails and further frames are where most bombs hide: a decoder unpacks
them on opening. Every walk here goes over the container only, unpacks nothing, takes a bounded
number of steps, and raises ValueError (or IndexError, struct.error) for what is not well-formed.
"""

import itertools
import struct

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_KEPT = frozenset({b"tRNS", b"eXIf"})  # transparency; the orientation is in the EXIF

JPEG_LEAD = 0xFF  # begins every marker
JPEG_SCAN = 0xDA
JPEG_NOT_HERE = frozenset({0x00, 0xD9, 0xFF})  # an escape, the end, a filling byte
JPEG_KEPT = {0xE0: b"JFIF", 0xE1: b"Exif\x00", 0xEE: b"Adobe"}
JPEG_LEFT_OUT = frozenset({*range(0xE0, 0xF0), 0xFE})  # applications' segments and comments
JPEG_SCANS = 64
"""Progressive pictures have about ten scans; each costs a pass over the whole picture."""

JPEG_SEGMENTS = 10_000
"""A segment holds up to 64 kB: an honest file of 20 MB has some hundreds before its picture."""

GIF_EXTENSION, GIF_IMAGE, GIF_CONTROL = 0x21, 0x2C, 0xF9

MOST_PARTS = 100_000
"""An honest file of 20 MB has far fewer chunks, segments or blocks."""


def bare_png(data: bytes) -> bytes:
    """Return the PNG with its critical chunks, transparency and EXIF alone."""
    view = memoryview(data)  # slices of it are not copies
    parts: list[bytes | memoryview] = [PNG_SIGNATURE]
    offset = len(PNG_SIGNATURE)
    for _ in range(MOST_PARTS):
        (length,) = struct.unpack_from(">I", data, offset)
        name = data[offset + 4 : offset + 8]
        end = offset + 12 + length
        if end > len(data):
            raise ValueError("a chunk is cut off")
        if name[:1].isupper() or name in PNG_KEPT:
            parts.append(view[offset:end])
        if name == b"IEND":
            return b"".join(parts)
        offset = end
    raise ValueError("too many chunks")


def bare_jpeg(data: bytes) -> bytes:
    """Return the JPEG without application segments and comments, but for JFIF, EXIF and Adobe's."""
    if data.count(bytes((JPEG_LEAD, JPEG_SCAN))) > JPEG_SCANS:
        raise ValueError("too many scans")
    view = memoryview(data)
    parts = [view[:2]]
    offset = 2
    for _ in range(JPEG_SEGMENTS):
        lead, marker, length = struct.unpack_from(">BBH", data, offset)
        if lead != JPEG_LEAD or marker in JPEG_NOT_HERE:
            raise ValueError("no marker where one must be")
        if marker == JPEG_SCAN:
            return b"".join([*parts, view[offset:]])
        end = offset + 2 + length
        if _is_jpeg_picture(marker, data[offset + 4 : offset + 12]):
            parts.append(view[offset:end])
        offset = end
    raise ValueError("too many segments")


def _is_jpeg_picture(marker: int, start: bytes) -> bool:
    if marker in JPEG_KEPT:
        return start.startswith(JPEG_KEPT[marker])
    return marker not in JPEG_LEFT_OUT


def bare_gif(data: bytes) -> bytes:
    """Return a GIF of the first frame alone."""
    steps = itertools.count()
    offset = 13 + _gif_colours(data[10])
    head = data[:offset]
    control = b""
    while data[offset] == GIF_EXTENSION:
        end = _gif_blocks_end(data, offset + 2, steps)
        if data[offset + 1] == GIF_CONTROL:  # transparency: the last one before the frame counts
            control = data[offset:end]
        offset = end
    if data[offset] != GIF_IMAGE:
        raise ValueError("no frame")
    pixels = offset + 10 + _gif_colours(data[offset + 9])
    end = _gif_blocks_end(data, pixels + 1, steps)
    return b"".join([head, control, memoryview(data)[offset:end], b";"])


def _gif_colours(flags: int) -> int:
    """Return the bytes of the colour table that the flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _gif_blocks_end(data: bytes, offset: int, steps: "itertools.count[int]") -> int:
    """Return where a series of blocks, each preceded by its length, has ended."""
    while next(steps) < MOST_PARTS:
        length = data[offset]
        offset += 1 + length
        if length == 0:
            return offset
    raise ValueError("too many blocks")
