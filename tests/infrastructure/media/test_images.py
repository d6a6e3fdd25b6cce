import asyncio
import gc
import io
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import psutil
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from core.media.model import MediaLimits
from core.shared.errors import MediaRefusedError
from infrastructure.media.images import PillowImages
from tests.infrastructure.media.pictures import (
    BOMBS,
    HTML,
    a_picture,
    chunk,
    gif_of,
    with_chunks,
    zeros,
)

LIMITS = MediaLimits()
CANARY = b"canary-5f0c"
CANARY_TEXT = CANARY.decode()
ORIENTATION, GPS_LATITUDE_REF, ARTIST = 0x0112, 1, 0x013B
GPS_IFD = 0x8825


@pytest.fixture
def images() -> Iterator[PillowImages]:
    made = PillowImages()
    yield made
    made.close()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def exif(*, orientation: int = 1) -> Image.Exif:
    made = Image.Exif()
    made[ORIENTATION] = orientation
    made[ARTIST] = CANARY_TEXT
    made.get_ifd(GPS_IFD)[GPS_LATITUDE_REF] = CANARY_TEXT
    return made


# Bombs


@pytest.mark.parametrize("name", BOMBS)
async def test_m2_a_bomb_is_refused_within_100_ms(images: PillowImages, name: str) -> None:
    bomb = BOMBS[name]()
    await images.clean(a_picture(), LIMITS)  # Pillow is loaded
    began_s = time.process_time()

    with pytest.raises(MediaRefusedError):
        await images.clean(bomb, LIMITS)

    assert time.process_time() - began_s < 0.1


async def test_m2_eight_bombs_at_once_take_little_memory(images: PillowImages) -> None:
    bombs = [make() for make in BOMBS.values()]
    await images.clean(a_picture(), LIMITS)
    process = psutil.Process()
    gc.collect()
    before, rises = process.memory_info().rss, []

    for first in range(0, len(bombs), 8):
        cleaned = (images.clean(bomb, LIMITS) for bomb in bombs[first : first + 8])
        refused = await asyncio.gather(*cleaned, return_exceptions=True)
        rises.append(process.memory_info().rss - before)
        assert all(isinstance(error, MediaRefusedError) for error in refused)

    assert max(rises) < 64 * 2**20


async def test_m2_a_bomb_has_no_facts_or_those_of_its_header(images: PillowImages) -> None:
    facts = [await images.inspect(BOMBS[name]()) for name in ("webp_16383x16383", "jpeg_cut_off")]

    assert [fact and fact.width for fact in facts] == [None, 640]


async def test_m2_of_a_gif_of_many_frames_the_first_is_taken(images: PillowImages) -> None:
    began_s = time.process_time()

    clean = await images.clean(gif_of(64, 64, frames=500_000), LIMITS)

    assert (clean.facts.width, clean.facts.height) == (64, 64)
    assert time.process_time() - began_s < 0.1


@pytest.mark.parametrize(
    "ballast",
    [
        chunk(b"zTXt", b"a\x00\x00" + zeros(15)),
        chunk(b"iTXt", b"a\x00\x01\x00\x00\x00" + zeros(15)),
        chunk(b"iCCP", b"a\x00\x00" + zeros(15)),
        chunk(b"tEXt", b"workflow\x00" + b"{}" * 30_000),
    ],
    ids=["zTXt", "iTXt", "iCCP", "tEXt"],
)
async def test_m2_packed_ballast_of_a_png_is_left_out_unopened(
    images: PillowImages, ballast: bytes
) -> None:
    packed = with_chunks(a_picture(), *[ballast] * 300)
    began_s = time.process_time()

    clean = await images.clean(packed, LIMITS)

    assert len(clean.data) < 1_000
    assert time.process_time() - began_s < 0.1


def test_m2_control_pillow_alone_works_long_on_a_jpeg_of_filling_bytes() -> None:
    began_s = time.process_time()

    with pytest.raises(OSError, match="cannot identify"):
        opened(BOMBS["jpeg_of_filling_bytes"]()[:2_000_000])

    assert time.process_time() - began_s > 0.1


@pytest.mark.parametrize(
    "name",
    [
        "png_50000x50000",
        "png_65535x1",
        "png_5001x5000_whole",
        "jpeg_65535x65535",
        "gif_65535x65535",
        "gif_frame_beyond_its_screen",
        "webp_16383x16383",
        "webp_11000x11000",
    ],
)
async def test_m2_too_many_pixels_are_told_as_such_and_not_as_damage(
    images: PillowImages, name: str
) -> None:
    with pytest.raises(MediaRefusedError, match="Up to 25 million are taken"):
        await images.clean(BOMBS[name](), LIMITS)


# Metadata and active content


def png_with_everything() -> bytes:
    texts = PngInfo()
    texts.add_text("parameters", CANARY_TEXT)
    texts.add_itxt("XML:com.adobe.xmp", CANARY_TEXT)
    texts.add_text("packed", CANARY_TEXT, zip=True)
    return a_picture("PNG", pnginfo=texts, exif=exif(), icc_profile=CANARY * 20)


def jpeg_with_everything() -> bytes:
    return a_picture(
        "JPEG", exif=exif(), xmp=CANARY, icc_profile=CANARY, comment=CANARY_TEXT, dpi=(300, 300)
    )


def webp_with_everything() -> bytes:
    return a_picture("WEBP", exif=exif(), xmp=CANARY, icc_profile=CANARY * 20)


def gif_with_everything() -> bytes:
    return a_picture("GIF", comment=CANARY_TEXT)


@pytest.mark.parametrize(
    "make",
    [png_with_everything, jpeg_with_everything, webp_with_everything, gif_with_everything],
)
async def test_m3_no_metadata_survives(images: PillowImages, make: Callable[[], bytes]) -> None:
    clean = await images.clean(make(), LIMITS)

    with opened(clean.data) as image:
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert dict(image.getexif()) == {}
    assert CANARY not in clean.data


@pytest.mark.parametrize("make", [png_with_everything, jpeg_with_everything, webp_with_everything])
def test_m3_control_the_metadata_were_there(make: Callable[[], bytes]) -> None:
    with opened(make()) as image:
        assert image.getexif()[ARTIST] == CANARY_TEXT
        assert "icc_profile" in image.info


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_m3_what_hangs_behind_a_picture_is_cut_off(images: PillowImages, kind: str) -> None:
    polyglot = a_picture(kind) + HTML + b"PK\x03\x04" + CANARY

    clean = await images.clean(polyglot, LIMITS)

    assert CANARY not in clean.data
    assert b"script" not in clean.data


async def test_m3_a_script_in_a_jpegs_comment_is_left_out(images: PillowImages) -> None:
    clean = await images.clean(a_picture("JPEG", comment="*/=alert(1)/*"), LIMITS)

    assert b"alert" not in clean.data


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_m3_a_picture_stands_upright(
    images: PillowImages, kind: str, orientation: int
) -> None:
    # The corner that is shown at the upper left, by EXIF's definition of the eight orientations.
    corner = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1)} | {
        5: (0, 0),
        6: (0, 1),
        7: (1, 1),
        8: (1, 0),
    }
    x, y = corner[orientation]
    image = Image.new("RGB", (32, 16), "black")
    image.paste("white", (x * 16, y * 8, x * 16 + 16, y * 8 + 8))
    out = io.BytesIO()
    image.save(out, kind, exif=exif(orientation=orientation), quality=100)

    clean = await images.clean(out.getvalue(), LIMITS)

    with opened(clean.data) as upright:
        assert upright.size == ((32, 16) if orientation < 5 else (16, 32))
        shown = upright.convert("L")
        assert shown.getpixel((1, 1)) == pytest.approx(255, abs=8)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")
async def test_a_picture_with_damaged_exif_stays_as_it_lies(images: PillowImages) -> None:
    damaged = a_picture("JPEG", exif=b"Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff")

    clean = await images.clean(damaged, LIMITS)

    assert (clean.facts.width, clean.facts.height) == (32, 24)


# Colours


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
async def test_every_mode_of_a_png_is_taken(images: PillowImages, mode: str) -> None:
    clean = await images.clean(a_picture("PNG", mode=mode), LIMITS)

    assert clean.facts.mime == "image/png"


async def test_a_16_bit_png_with_a_transparent_colour_is_taken(images: PillowImages) -> None:
    picture = with_chunks(a_picture("PNG", mode="I;16"), chunk(b"tRNS", b"\x00\x00"))

    clean = await images.clean(picture, LIMITS)

    assert clean.facts.mime == "image/png"


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
async def test_every_mode_of_a_jpeg_is_taken(images: PillowImages, mode: str) -> None:
    clean = await images.clean(a_picture("JPEG", mode=mode), LIMITS)

    with opened(clean.data) as image:
        assert image.mode in {"L", "RGB"}


async def test_a_progressive_jpeg_is_taken(images: PillowImages) -> None:
    clean = await images.clean(a_picture("JPEG", (640, 480), progressive=True), LIMITS)

    assert clean.facts.width == 640


async def test_a_transparent_gif_stays_transparent(images: PillowImages) -> None:
    clean = await images.clean(a_picture("GIF", mode="P", transparency=1), LIMITS)

    with opened(clean.data) as image:
        assert image.convert("RGBA").getchannel("A").getextrema() == (0, 0)


async def test_of_an_animation_the_first_frame_is_taken(images: PillowImages) -> None:
    others = [Image.new("RGB", (32, 24), colour) for colour in ("green", "blue")]

    clean = await images.clean(
        a_picture("GIF", save_all=True, append_images=others, comment="x"), LIMITS
    )

    with opened(clean.data) as image:
        assert image.convert("RGB").getpixel((0, 0)) == (200, 30, 30)


async def test_of_an_animated_png_the_first_frame_is_taken(images: PillowImages) -> None:
    others = [Image.new("RGB", (32, 24), colour) for colour in ("green", "blue")]

    clean = await images.clean(a_picture("PNG", save_all=True, append_images=others), LIMITS)

    with opened(clean.data) as image:
        assert getattr(image, "n_frames", 1) == 1
        assert image.getpixel((0, 0)) == (200, 30, 30)


# Threads


async def test_the_event_loop_turns_while_a_picture_is_made(images: PillowImages) -> None:
    turns = 0
    work = asyncio.create_task(images.clean(a_picture("PNG", (2_000, 2_000)), LIMITS))

    while not work.done():
        turns += 1
        await asyncio.sleep(0)

    assert turns > 10


async def test_many_pictures_at_once_are_all_made(images: PillowImages) -> None:
    clean = await asyncio.gather(*(images.clean(a_picture(), LIMITS) for _ in range(50)))

    assert len({image.data for image in clean}) == 1


def test_starting_the_program_does_not_load_pillow() -> None:
    look = "import sys, infrastructure.media.images; sys.exit('PIL' in sys.modules)"

    ended = subprocess.run([sys.executable, "-c", look], check=False)

    assert ended.returncode == 0
