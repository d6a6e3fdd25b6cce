import re
from typing import Any

import httpx
import pytest

from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from tests.infrastructure.emulator.workbench import Caller, calling, picture

ID = r"[1-9A-HJ-NP-Za-km-z]{16}"
NOT_FOUND = {"detail": "Asset not found"}
FIELDS = {
    *("id", "user_id", "org_id", "name", "is_folder", "path", "file_size", "url", "mime_type"),
    *("created_at", "updated_at", "deleted"),
}
MINUTE_S = 60


async def uploaded(caller: Caller, name: str = "a.png", folder: str = "/") -> dict[str, Any]:
    response = await caller.http.post(
        "/assets/upload", params={"parent_path": folder}, files={"file": (name, picture())}
    )
    row: dict[str, Any] = response.json()
    return row


async def folder(caller: Caller, name: str, parent: str | None = None) -> dict[str, Any]:
    body = {"name": name} | ({} if parent is None else {"parent_path": parent})
    row: dict[str, Any] = (await caller.http.post("/assets/folder", json=body)).json()
    return row


async def listed(caller: Caller, path: str = "/") -> list[str]:
    rows = (await caller.http.get("/assets", params={"path": path})).json()
    return [row["name"] for row in rows]


async def test_an_asset_is_kept_and_can_be_fetched_by_anybody(caller: Caller) -> None:
    asset = await uploaded(caller)

    async with httpx.AsyncClient() as anybody:
        response = await anybody.get(asset["url"])

    assert (response.content, response.headers["content-type"]) == (picture(), "image/png")
    assert (await caller.http.get(f"/assets/{asset['id']}")).json() == asset


async def test_an_asset_has_the_fields_of_the_service(caller: Caller) -> None:
    asset = await uploaded(caller)

    assert set(asset) == FIELDS
    assert re.fullmatch(f"img_{ID}", asset["id"])
    assert (asset["path"], asset["file_size"]) == (f"{asset['id']}.png", len(picture()))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}", asset["created_at"])


async def test_a_list_shows_what_lies_directly_in_a_folder(caller: Caller) -> None:
    await folder(caller, "f")
    await folder(caller, "g", "/f")
    await uploaded(caller, "in.png", "/f")
    await uploaded(caller, "deep.png", "f/g")

    assert await listed(caller) == ["f"]
    assert await listed(caller, "f") == ["g", "in.png"]
    assert await listed(caller, "f/g") == ["deep.png"]


async def test_a_path_with_a_slash_in_front_finds_nothing(caller: Caller) -> None:
    await folder(caller, "f")
    await uploaded(caller, "in.png", "/f")

    assert await listed(caller, "/f") == []


async def test_a_folder_has_no_file(caller: Caller) -> None:
    made = await folder(caller, "f")

    assert re.fullmatch(f"folder_{ID}", made["id"])
    assert (made["is_folder"], made["path"], made["url"], made["file_size"]) == (
        True,
        "f",
        None,
        None,
    )


async def test_a_folder_is_made_once(caller: Caller) -> None:
    await folder(caller, "f")

    response = await caller.http.post("/assets/folder", json={"name": "f"})

    assert (response.status_code, response.json()) == (400, {"detail": "Folder already exists"})


async def test_a_deleted_asset_is_gone_with_its_file(caller: Caller) -> None:
    asset = await uploaded(caller)

    deleted = await caller.http.delete(f"/assets/{asset['id']}")

    assert deleted.json() == {"message": "Asset deleted successfully"}
    assert (await caller.http.get(asset["url"])).status_code == 404
    assert await listed(caller) == []


async def test_a_deleted_folder_takes_along_what_lies_in_it(caller: Caller) -> None:
    made, kept = await folder(caller, "f"), await folder(caller, "ff")
    inside = await uploaded(caller, folder="f")

    await caller.http.delete(f"/assets/{made['id']}")

    assert (await caller.http.get(f"/assets/{inside['id']}")).status_code == 404
    assert await listed(caller) == [kept["name"]]


async def test_files_are_searched_in_all_folders(caller: Caller) -> None:
    await folder(caller, "fox")
    for name in ("Fox.png", "foxes.png", "hare.png"):
        await uploaded(caller, name, "fox")

    found = (await caller.http.get("/assets/search?query=fox")).json()
    one = (await caller.http.get("/assets/search?query=fox&limit=1")).json()

    assert [row["name"] for row in found] == ["Fox.png", "foxes.png"]
    assert one == found[:1]


async def test_an_asset_is_moved_into_a_folder_and_back(caller: Caller) -> None:
    asset = await uploaded(caller)
    await folder(caller, "f")

    moved = (await caller.http.patch(f"/assets/{asset['id']}", json={"path": "f"})).json()
    back = (await caller.http.patch(f"/assets/{asset['id']}", json={"path": ""})).json()

    assert (moved["path"], moved["url"]) == (f"f/{asset['path']}", asset["url"])
    assert back["path"] == asset["path"]


async def test_a_move_needs_a_file_and_a_folder(caller: Caller) -> None:
    asset, made = await uploaded(caller), await folder(caller, "f")

    nowhere = await caller.http.patch(f"/assets/{asset['id']}", json={"path": "x"})
    whole = await caller.http.patch(f"/assets/{made['id']}", json={"path": ""})

    assert (nowhere.status_code, nowhere.json()) == (
        404,
        {"detail": "The target path does not exist"},
    )
    assert (whole.status_code, whole.json()) == (400, {"detail": "Cannot update path of a folder"})


async def test_what_is_not_there_is_404(caller: Caller) -> None:
    answers = [
        await caller.http.get("/assets/nope"),
        await caller.http.delete("/assets/nope"),
        await caller.http.patch("/assets/nope", json={"path": ""}),
    ]

    assert [(one.status_code, one.json()) for one in answers] == [(404, NOT_FOUND)] * 3


async def test_an_upload_that_does_not_fit_is_refused() -> None:
    settings = EmulatorSettings.quick(max_upload_bytes=10)
    async with calling(Emulator(settings)) as caller:
        large, text = await uploaded(caller), await uploaded(caller, "a.txt")

        assert large == {"detail": "File size exceeds 250MB limit"}
        assert text == {"detail": "Unsupported file type"}


async def test_an_upload_without_its_part_is_422(caller: Caller) -> None:
    response = await caller.http.post("/assets/upload")

    assert (response.status_code, response.json()["detail"][0]["loc"]) == (422, ["body", "file"])


async def presigned(caller: Caller) -> dict[str, Any]:
    query = {"file_name": "q.png", "type": "image/png", "parent_path": "/f"}
    row: dict[str, Any] = (await caller.http.get("/assets/presigned-url", params=query)).json()
    return row


async def test_a_file_is_put_to_a_presigned_address(caller: Caller) -> None:
    promise = await presigned(caller)

    async with httpx.AsyncClient() as anybody:
        put = await anybody.put(promise["url"], content=picture())
        got = await anybody.get(promise["download_url"])

    assert (put.status_code, got.content) == (200, picture())
    assert (promise["db_path"], promise["is_public"]) == (f"f/{promise['file_id']}.png", True)


async def test_what_was_put_becomes_an_asset(caller: Caller) -> None:
    promise = await presigned(caller)
    body = {
        "file_id": promise["file_id"],
        "file_name": "q.png",
        "file_size": 5,
        "db_path": promise["db_path"],
        "url": promise["download_url"],
        "mime_type": "image/png",
    }

    asset = (await caller.http.post("/assets/register", json=body)).json()
    again = await caller.http.post("/assets/register", json=body)

    assert (asset["id"], asset["path"], asset["file_size"]) == (body["file_id"], body["db_path"], 5)
    assert (again.status_code, again.text) == (500, "Internal Server Error")


async def test_an_address_that_is_not_signed_takes_nothing(caller: Caller) -> None:
    promise = await presigned(caller)

    unsigned = await caller.http.put(promise["download_url"], content=b"x")
    caller.emulator.change_settings(clock_ahead_s=61 * MINUTE_S)
    late = await caller.http.put(promise["url"], content=b"x")

    assert (unsigned.status_code, late.status_code) == (403, 403)


async def test_too_much_is_not_taken_by_a_presigned_address() -> None:
    settings = EmulatorSettings.quick(max_upload_bytes=10)
    async with calling(Emulator(settings)) as caller:
        promise = await presigned(caller)

        put = await caller.http.put(promise["url"], content=b"x" * 11)

        assert put.status_code == 400
        assert (await caller.http.get(promise["download_url"])).status_code == 404


async def test_a_file_that_lies_elsewhere_is_added_by_its_address(caller: Caller) -> None:
    url = (await uploaded(caller))["url"]
    await folder(caller, "f")

    asset = (await caller.http.post("/assets/add", json={"url": url, "path": "f"})).json()

    assert (asset["url"], asset["file_size"]) == (url, len(picture()))
    assert asset["path"] == f"f/{asset['id']}.png"


@pytest.mark.parametrize(
    ("name", "path", "status", "words"),
    [
        ("none.png", "/", 400, "Could not access URL"),
        ("a.txt", "/", 400, "Unsupported file type"),
        ("noext", "/", 400, "Could not determine file type"),
    ],
)
async def test_an_address_that_leads_to_no_file_is_refused(
    caller: Caller, name: str, path: str, status: int, words: str
) -> None:
    url = f"{caller.emulator.root_url}/files/inputs/{name}"

    response = await caller.http.post("/assets/add", json={"url": url, "path": path})

    assert (response.status_code, response.json()) == (status, {"detail": words})


async def test_a_file_is_not_added_to_a_folder_that_is_not_there(caller: Caller) -> None:
    url = (await uploaded(caller))["url"]

    response = await caller.http.post("/assets/add", json={"url": url, "path": "x"})

    assert (response.status_code, response.json()) == (
        404,
        {"detail": "The target path does not exist"},
    )


async def test_a_host_that_does_not_answer_breaks_the_service(caller: Caller) -> None:
    body = {"url": "http://127.0.0.1:9/a.png", "path": "/"}

    response = await caller.http.post("/assets/add", json=body)

    assert (response.status_code, response.text) == (500, "Internal Server Error")
