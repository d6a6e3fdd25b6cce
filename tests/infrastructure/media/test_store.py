import asyncio
import stat
from pathlib import Path

import pytest

from core.shared.errors import MediaTroubleError
from core.shared.ids import MediaId
from infrastructure.media.store import MediaFolder

PNG = MediaId("5f0c" * 8 + ".png")

ESCAPES = [
    "",
    ".",
    "..",
    "../outside.png",
    "/etc/passwd",
    "aaaaaaaa/../../outside.png",
    "aaaaaaaa%2f..%2foutside.png",
    "aaaaaaaa\\outside.png",
    "aaaaaaaa.png\n",
    "aaaaaaaa.png\x00",
    "AAAAAAAA.PNG",
    "short.png",
    "aaaaaaaa",
    "aaaaaaaa.",
    "aaaaaaaa.png.exe",
    "aaaaaaaa.png#1",
    "a" * 65 + ".png",
    "картинка.png",
    "٣٣٣٣٣٣٣٣.png",
]


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*")]


def put_a_file_in_place_of(folder: Path) -> None:
    folder.rmdir()
    folder.write_bytes(b"a file")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "media"


@pytest.fixture
def store(folder: Path) -> MediaFolder:
    return MediaFolder(folder)


async def test_what_was_stored_is_returned(store: MediaFolder) -> None:
    await store.put(PNG, b"\x89PNG...")

    assert await store.get(PNG) == b"\x89PNG..."


async def test_an_empty_file_is_kept_too(store: MediaFolder) -> None:
    await store.put(PNG, b"")

    assert await store.get(PNG) == b""


async def test_what_is_not_there_is_none(store: MediaFolder) -> None:
    assert await store.get(PNG) is None


async def test_storing_again_replaces_the_file(store: MediaFolder) -> None:
    await store.put(PNG, b"a longer first one")
    await store.put(PNG, b"second")

    assert await store.get(PNG) == b"second"


async def test_a_file_is_there_after_a_restart(store: MediaFolder, folder: Path) -> None:
    await store.put(PNG, b"data")

    assert await MediaFolder(folder).get(PNG) == b"data"


async def test_a_file_lies_under_its_own_id(store: MediaFolder, folder: Path) -> None:
    await store.put(PNG, b"data")

    assert names_in(folder) == [PNG]


def test_the_folder_is_for_its_owner_alone(store: MediaFolder, folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ESCAPES)
async def test_m4_a_name_that_we_did_not_make_is_not_written(
    store: MediaFolder, tmp_path: Path, name: str
) -> None:
    with pytest.raises(MediaTroubleError):
        await store.put(MediaId(name), b"data")

    assert names_in(tmp_path) == ["media"]


@pytest.mark.parametrize("name", ESCAPES)
async def test_m4_a_name_that_we_did_not_make_is_not_read(
    store: MediaFolder, tmp_path: Path, name: str
) -> None:
    (tmp_path / "outside.png").write_bytes(b"not ours")

    assert await store.get(MediaId(name)) is None


async def test_readers_never_see_half_a_file(store: MediaFolder) -> None:
    versions = [bytes([number]) * 3_000_000 for number in range(8)]
    await store.put(PNG, versions[0])

    async def read() -> bytes | None:
        return await store.get(PNG)

    writes = [store.put(PNG, version) for version in versions]
    seen = await asyncio.gather(*(read() for _ in range(16)), *writes)

    assert {data for data in seen if data is not None} <= set(versions)


async def test_a_folder_that_has_become_unusable_is_trouble(
    store: MediaFolder, folder: Path
) -> None:
    put_a_file_in_place_of(folder)

    with pytest.raises(MediaTroubleError):
        await store.put(PNG, b"data")


def test_a_file_in_the_folders_place_is_trouble(tmp_path: Path) -> None:
    place = tmp_path / "media"
    place.write_bytes(b"a file")

    with pytest.raises(MediaTroubleError):
        MediaFolder(place)
