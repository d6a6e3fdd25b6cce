import re

import httpx
import pytest

from infrastructure.emulator.files import FileShelf
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from tests.infrastructure.emulator.workbench import Caller, calling, picture

ID = r"[1-9A-HJ-NP-Za-km-z]{16}"


@pytest.mark.parametrize(
    ("name", "prefix", "ending"),
    [
        ("a.png", "img", ".png"),
        ("a.webp", "img", ".webp"),
        ("a.mp4", "vid", ".mp4"),
        ("a.mp3", "audio", ".mp3"),
        ("a.zip", "zip", ".zip"),
        ("noext", "file", ""),
    ],
)
async def test_an_upload_gets_an_id_that_tells_its_kind(
    caller: Caller, name: str, prefix: str, ending: str
) -> None:
    body = (await caller.upload(name, b"xx")).json()

    assert re.fullmatch(f"{prefix}_{ID}", body["file_id"])
    assert body == {
        "message": "File uploaded successfully",
        "file_id": body["file_id"],
        "file_name": name,
        "file_url": f"{caller.emulator.root_url}/files/inputs/{body['file_id']}{ending}",
    }


async def test_an_upload_can_be_fetched_without_a_key(caller: Caller) -> None:
    content = picture()
    url = (await caller.upload("a.png", content)).json()["file_url"]

    async with httpx.AsyncClient() as anybody:
        response = await anybody.get(url)

    assert (response.status_code, response.headers["content-type"]) == (200, "image/png")
    assert response.content == content


async def test_a_text_file_is_not_taken(caller: Caller) -> None:
    response = await caller.upload("a.txt", b"xx")

    assert (response.status_code, response.json()) == (400, {"detail": "Unsupported file type"})


async def test_an_upload_without_its_part_is_422(caller: Caller) -> None:
    bare = await caller.http.post("/file/upload")
    other = await caller.http.post("/file/upload", files={"image": ("a.png", b"x")})

    missing = {"type": "missing", "loc": ["body", "file"], "msg": "Field required", "input": None}
    assert (bare.status_code, bare.json()["detail"]) == (422, [missing])
    assert (other.status_code, other.json()["detail"]) == (422, [missing])


async def test_an_upload_beyond_the_limit_is_refused() -> None:
    settings = EmulatorSettings.quick(max_upload_bytes=1000)
    async with calling(Emulator(settings)) as caller:
        allowed = await caller.upload("a.png", b"x" * 1000)
        refused = await caller.upload("a.png", b"x" * 1001)

        assert allowed.status_code == 200
        assert (refused.status_code, refused.json()) == (
            400,
            {"detail": "File size exceeds 250MB limit"},
        )


async def test_a_file_that_is_not_there_is_404(caller: Caller) -> None:
    response = await caller.http.get(f"{caller.emulator.root_url}/files/outputs/none.png")

    assert response.status_code == 404


def test_the_oldest_files_make_room() -> None:
    shelf = FileShelf(max_files=2, max_bytes=100)

    for name in ("a", "b", "c"):
        shelf.put(name, name.encode())

    assert [shelf.read(name) for name in ("a", "b", "c")] == [None, b"b", b"c"]
    shelf.close()


def test_large_files_make_room_for_each_other() -> None:
    shelf = FileShelf(max_files=9, max_bytes=100)

    shelf.put("a", bytes(80))
    shelf.put("b", bytes(80))

    assert (shelf.read("a"), shelf.read("b")) == (None, bytes(80))
    shelf.close()


async def test_files_are_found_under_the_public_address() -> None:
    settings = EmulatorSettings.quick(public_url="http://emulator.test")
    async with calling(Emulator(settings)) as caller:
        body = (await caller.upload("a.png", b"x")).json()

        assert body["file_url"].startswith("http://emulator.test/files/inputs/img_")
