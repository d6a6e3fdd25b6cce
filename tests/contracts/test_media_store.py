"""What every MediaStore promises."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from core.media.ports import MediaStore
from core.shared.ids import MediaId
from infrastructure.media.store import MediaFolder
from infrastructure.memory.media import InMemoryMedia

PICTURE = MediaId("5f0c8a9be1d24c0f9f6f3a1b2c3d4e5f.png")
OTHER = MediaId("00000000000000000000000000000000.mp4")


def in_memory(_: Path) -> MediaStore:
    return InMemoryMedia()


def in_a_folder(path: Path) -> MediaStore:
    return MediaFolder(path / "media")


@pytest.fixture(params=[in_memory, in_a_folder])
def media(request: pytest.FixtureRequest, tmp_path: Path) -> MediaStore:
    make: Callable[[Path], MediaStore] = request.param
    return make(tmp_path)


async def test_a_file_comes_back_byte_for_byte(media: MediaStore) -> None:
    data = bytes(range(256)) * 1000

    await media.put(PICTURE, data)

    assert await media.get(PICTURE) == data


async def test_an_unknown_file_is_none(media: MediaStore) -> None:
    await media.put(PICTURE, b"picture")

    assert await media.get(OTHER) is None


async def test_an_empty_file_is_not_an_unknown_one(media: MediaStore) -> None:
    await media.put(PICTURE, b"")

    assert await media.get(PICTURE) == b""


async def test_a_file_is_replaced_whole(media: MediaStore) -> None:
    await media.put(PICTURE, b"a long first version")
    await media.put(PICTURE, b"second")

    assert await media.get(PICTURE) == b"second"


async def test_a_reader_never_sees_half_a_file(media: MediaStore) -> None:
    versions = [bytes([number]) * 200_000 for number in range(8)]
    await media.put(PICTURE, versions[0])

    writes = [media.put(PICTURE, version) for version in versions]
    reads = [media.get(PICTURE) for _ in range(16)]
    _, seen = await asyncio.gather(asyncio.gather(*writes), asyncio.gather(*reads))

    assert all(data in versions for data in seen)
