"""What every ImageTool promises."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image

from core.media.model import ImageFacts, MediaLimits
from core.media.ports import ImageTool
from core.shared.errors import MediaRefusedError
from infrastructure.media.images import PillowImages
from tests.infrastructure.media.pictures import HTML, SVG, a_picture, a_tiff, png_of

LIMITS = MediaLimits()


@pytest.fixture
def images() -> Iterator[ImageTool]:
    made = PillowImages()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("kind", "mime"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/jpeg"), ("GIF", "image/png")],
)
async def test_an_opaque_picture_of_each_kind_is_made_anew(
    images: ImageTool, kind: str, mime: str
) -> None:
    clean = await images.clean(a_picture(kind, (32, 24)), LIMITS)

    assert clean.facts == ImageFacts(mime=mime, width=32, height=24)
    assert images.mime(clean.data, name="") == mime


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
async def test_transparency_is_kept(images: ImageTool, kind: str) -> None:
    clean = await images.clean(a_picture(kind, mode="RGBA", lossless=True), LIMITS)

    with Image.open(BytesIO(clean.data)) as image:
        assert image.getpixel((0, 0)) == (200, 30, 30, 128)


async def test_the_facts_of_a_clean_picture_are_those_of_its_data(images: ImageTool) -> None:
    clean = await images.clean(a_picture("JPEG", (40, 20)), LIMITS)

    assert await images.inspect(clean.data) == clean.facts


async def test_a_clean_picture_can_be_cleaned_again(images: ImageTool) -> None:
    once = await images.clean(a_picture(), LIMITS)

    twice = await images.clean(once.data, LIMITS)

    assert twice == once


@pytest.mark.parametrize("data", [b"", b"some text", HTML, SVG, a_tiff(), a_picture("BMP")])
async def test_what_is_no_picture_that_we_take_is_refused_with_a_way_on(
    images: ImageTool, data: bytes
) -> None:
    with pytest.raises(MediaRefusedError) as raised:
        await images.clean(data, LIMITS)

    assert "Please send a PNG, JPEG, WebP or GIF" in raised.value.user_message


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_a_picture_that_is_cut_off_is_refused_with_a_way_on(
    images: ImageTool, kind: str
) -> None:
    whole = a_picture(kind, (640, 480))

    with pytest.raises(MediaRefusedError) as raised:
        await images.clean(whole[: len(whole) // 2], LIMITS)

    assert "save it again" in raised.value.user_message


async def test_more_pixels_than_allowed_are_refused_with_both_numbers(images: ImageTool) -> None:
    with pytest.raises(MediaRefusedError) as raised:
        await images.clean(png_of(8_000, 5_000), LIMITS)

    assert raised.value.user_message == (
        "This picture has 8,000 x 5,000 pixels. Up to 25 million are taken, and 16,384 on a side. "
        "Please make it smaller and send it again."
    )


async def test_exactly_as_many_pixels_as_allowed_are_taken(images: ImageTool) -> None:
    clean = await images.clean(a_picture("PNG", (20, 10)), MediaLimits(upload_pixels=200))

    assert clean.facts.width * clean.facts.height == 200


async def test_one_pixel_more_than_allowed_is_refused(images: ImageTool) -> None:
    with pytest.raises(MediaRefusedError):
        await images.clean(a_picture("PNG", (67, 3)), MediaLimits(upload_pixels=200))


@pytest.mark.parametrize(
    ("kind", "mime"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp"), ("GIF", "image/gif")],
)
async def test_facts_are_told_from_the_header(images: ImageTool, kind: str, mime: str) -> None:
    facts = await images.inspect(a_picture(kind, (120, 90)))

    assert facts == ImageFacts(mime=mime, width=120, height=90)


@pytest.mark.parametrize("data", [b"", b"some text", HTML, SVG, a_tiff(), b"\x89PNG\r\n\x1a\n"])
async def test_what_is_no_picture_has_no_facts(images: ImageTool, data: bytes) -> None:
    assert await images.inspect(data) is None


@pytest.mark.parametrize(
    ("name", "mime"),
    [
        ("clip.mp4", "video/mp4"),
        ("CLIP.MP4", "video/mp4"),
        ("song.mp3", "audio/mpeg"),
        ("photo.jpeg", "image/jpeg"),
        ("a.b.webp", "image/webp"),
        ("mesh.glb", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_where_the_content_is_silent_the_names_extension_tells_the_type(
    images: ImageTool, name: str, mime: str
) -> None:
    assert images.mime(b"nothing known", name=name) == mime


def test_the_content_counts_more_than_the_name(images: ImageTool) -> None:
    assert images.mime(a_picture("JPEG"), name="picture.png") == "image/jpeg"


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "video/mp4"),
        (b"ID3\x03\x00\x00\x00\x00\x00\x00", "audio/mpeg"),
        (b"fLaC\x00\x00\x00\x22", "audio/flac"),
        (b"OggS\x00\x02\x00\x00", "audio/ogg"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/x-wav"),
        (b"PK\x03\x04\x14\x00\x00\x00", "application/zip"),
    ],
)
def test_the_types_that_we_name_are_told_by_content(
    images: ImageTool, head: bytes, mime: str
) -> None:
    assert images.mime(head + bytes(64), name="output.bin") == mime


def test_a_type_that_we_do_not_name_is_unknown(images: ImageTool) -> None:
    assert images.mime(b"%PDF-1.7" + bytes(64), name="paper.pdf") == "application/octet-stream"
