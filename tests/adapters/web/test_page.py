"""The page's files and the media: types, versions, parts, and nothing that runs."""

import httpx
import pytest

from core.media.model import EXTENSIONS
from core.shared.ids import MediaId
from tests.adapters.web.station import Station

STEM = "5f0c" * 8


async def stored(station: Station, extension: str = "png", data: bytes = b"0123456789") -> str:
    """Store a file; return its path."""
    media = MediaId(f"{STEM}.{extension}")
    await station.store.put(media, data)
    return f"/media/{media}"


async def test_the_page_has_no_inline_script_or_style(ada: httpx.AsyncClient) -> None:
    page = (await ada.get("/")).text

    assert "<style" not in page
    assert "style=" not in page
    assert "<script>" not in page
    assert " on" + "click=" not in page


@pytest.mark.parametrize(
    ("name", "mime"),
    [
        ("app.js", "text/javascript"),
        ("app.css", "text/css"),
        ("icon.svg", "image/svg+xml"),
        ("app.webmanifest", "application/manifest+json"),
    ],
)
async def test_a_file_of_the_page_has_its_type(
    ada: httpx.AsyncClient, name: str, mime: str
) -> None:
    answer = await ada.get(f"/static/{name}")

    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, mime)


async def test_a_file_that_is_known_is_not_sent_again(ada: httpx.AsyncClient) -> None:
    first = await ada.get("/static/app.js")

    second = await ada.get("/static/app.js", headers={"If-None-Match": first.headers["ETag"]})

    assert (second.status_code, second.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/static/index.html",
        "/static/nothing.js",
        "/static/../server.py",
        "/static/%2e%2e%2fserver.py",
        "/static/",
        "/media/../../etc/passwd",
        "/media/%2e%2e%2fx.png",
        "/media/x.png",
        f"/media/{STEM}",
        f"/media/{STEM}.png",
        f"/media/{STEM}.png%00",
    ],
)
async def test_what_is_not_there_is_not_found(ada: httpx.AsyncClient, path: str) -> None:
    answer = await ada.get(path)

    assert answer.status_code == 404


@pytest.mark.parametrize(("mime", "extension"), EXTENSIONS.items())
async def test_media_have_the_type_of_their_id(
    station: Station, ada: httpx.AsyncClient, mime: str, extension: str
) -> None:
    answer = await ada.get(await stored(station, extension))

    assert (answer.headers["Content-Type"], answer.content) == (mime, b"0123456789")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("extension", ["bin", "html", "svg", "xml", "js", "zip"])
async def test_what_could_run_or_is_unknown_is_only_saved(
    station: Station, ada: httpx.AsyncClient, extension: str
) -> None:
    answer = await ada.get(await stored(station, extension, b"<script>alert(1)</script>"))

    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Type"] in {"application/octet-stream", "application/zip"}
    assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_a_picture_is_shown_or_saved_as_asked(
    station: Station, ada: httpx.AsyncClient
) -> None:
    path = await stored(station)

    shown = (await ada.get(path)).headers["Content-Disposition"]
    saved = (await ada.get(f"{path}?download=1")).headers["Content-Disposition"]

    assert shown.startswith("inline")
    assert saved == f'attachment; filename="{STEM}.png"'


@pytest.mark.parametrize(
    ("asked", "status", "content", "told"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=4-", 206, b"456789", "bytes 4-9/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
        ("bytes=0-", 200, b"0123456789", None),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=3-1", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
    ],
)
async def test_a_player_gets_the_part_that_it_asks_for(
    station: Station,
    ada: httpx.AsyncClient,
    asked: str,
    status: int,
    content: bytes,
    told: str | None,
) -> None:
    answer = await ada.get(await stored(station, "mp4"), headers={"Range": asked})

    assert (answer.status_code, answer.content) == (status, content)
    assert answer.headers.get("Content-Range") == told


async def test_the_server_says_that_it_lives(ada: httpx.AsyncClient) -> None:
    assert (await ada.get("/health")).json() == {"status": "ok"}
