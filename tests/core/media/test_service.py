"""Taking files in: from people, made anew; from the service, as they are."""

import pytest

from core.media.model import MediaLimits
from core.media.service import Media
from core.shared.errors import MediaRefusedError, MediaTroubleError
from core.shared.ids import JobId, MediaId
from infrastructure.memory.media import InMemoryMedia
from tests.core.images import HEIGHT, PNG, WIDTH, PlainImages
from tests.fakes.ids import CountingIds

JOB = JobId("0123456789abcdef0123456789abcdef")
LIMITS = MediaLimits(upload_bytes=2_000_000, result_bytes=3_000_000)


@pytest.fixture
def store() -> InMemoryMedia:
    return InMemoryMedia()


@pytest.fixture
def media(store: InMemoryMedia) -> Media:
    return Media(store=store, images=PlainImages(), ids=CountingIds(), limits=LIMITS)


async def test_a_picture_is_stored_anew_under_an_id_of_ours(
    media: Media, store: InMemoryMedia
) -> None:
    picture = await media.take_image(PNG + b"+EXIF")

    assert picture.id == f"{1:032x}.png"
    assert (picture.mime, picture.width, picture.height) == ("image/png", WIDTH, HEIGHT)
    assert (await store.get(picture.id), picture.size_bytes) == (PNG, len(PNG))


async def test_an_empty_file_is_refused(media: Media) -> None:
    with pytest.raises(MediaRefusedError, match="empty"):
        await media.take_image(b"")


async def test_a_picture_that_is_too_large_is_refused_with_the_limit(media: Media) -> None:
    await media.take_image(PNG.ljust(2_000_000, b"."))

    with pytest.raises(MediaRefusedError, match=r"up to 2 MB, not 2\.6 MB"):
        await media.take_image(PNG.ljust(2_600_000, b"."))


async def test_what_the_image_tool_refuses_is_refused(media: Media) -> None:
    with pytest.raises(MediaRefusedError, match="not a picture"):
        await media.take_image(b"MZ an executable")


@pytest.mark.parametrize(
    ("data", "name", "stored", "size"),
    [
        (PNG, "render.jpg", f"{JOB}03.png", (WIDTH, HEIGHT)),
        (b"film", "film.mp4", f"{JOB}03.mp4", (0, 0)),
        (b"broken", "broken.webp", f"{JOB}03.webp", (0, 0)),
        (b"bytes", "../../etc/passwd", f"{JOB}03.bin", (0, 0)),
        (b"bytes", "", f"{JOB}03.bin", (0, 0)),
    ],
)
async def test_a_result_is_stored_as_it_is_under_its_jobs_id(
    media: Media,
    store: InMemoryMedia,
    data: bytes,
    name: str,
    stored: str,
    size: tuple[int, int],
) -> None:
    result = await media.keep_result(JOB, 3, data, name=name)

    assert (result.id, await store.get(result.id)) == (stored, data)
    assert (result.width, result.height) == size


async def test_a_result_that_is_kept_twice_is_one_file(media: Media) -> None:
    first = await media.keep_result(JOB, 0, PNG, name="a.png")

    assert await media.keep_result(JOB, 0, PNG, name="a.png") == first


@pytest.mark.parametrize("size", [0, 3_000_001])
async def test_an_empty_or_huge_result_is_trouble(media: Media, size: int) -> None:
    with pytest.raises(MediaTroubleError, match=f"output 0 of {JOB} has {size} bytes"):
        await media.keep_result(JOB, 0, b"." * size, name="a.png")


async def test_what_is_stored_can_be_read_and_what_is_gone_is_said(media: Media) -> None:
    picture = await media.take_image(PNG)

    assert await media.read(picture.id) == PNG
    with pytest.raises(MediaRefusedError, match="send it again"):
        await media.read(MediaId("gone.png"))
