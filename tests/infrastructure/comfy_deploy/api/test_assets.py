"""The library of files as the service wants it asked for, and as it answers."""

import io
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from core.shared.errors import (
    NotThereError,
    ServiceError,
    ServiceRefusedError,
    ServiceTroubleError,
)
from infrastructure.comfy_deploy.api.assets import Assets, PresignOrder, RegisterOrder
from tests.infrastructure.comfy_deploy.api.test_deployments import (
    asked,
    recorded,
    recorded_row,
    service,
)
from tests.infrastructure.comfy_deploy.loopback import CRASH, Reply, json_reply

ASSET = "img_5roBw3Yv3QYzAUez"
REGISTER = RegisterOrder(
    file_id="img_DA8x2EzfQ9MBiZ9p",
    file_name="q.png",
    file_size=10,
    db_path="img_DA8x2EzfQ9MBiZ9p.png",
    url="https://real-bucket.s3.us-east-2.amazonaws.com/assets/img_DA8x2EzfQ9MBiZ9p.png",
    mime_type="image/png",
)


async def test_a_folder_is_listed() -> None:
    async with service(recorded("assets")) as (server, calls):
        (found,) = await Assets(calls).list("/f")

    assert asked(server) == ["GET /assets?path=/f"]
    assert (found.name, found.file_size, found.is_folder) == ("b.png", 2, False)


async def test_the_whole_library_is_listed_when_no_folder_is_named() -> None:
    async with service(json_reply([])) as (server, calls):
        assert await Assets(calls).list() == ()

    assert asked(server) == ["GET /assets?path=/"]


async def test_a_file_is_read_by_its_id() -> None:
    async with service(recorded("asset")) as (server, calls):
        found = await Assets(calls).get(ASSET)

    assert asked(server) == [f"GET /assets/{ASSET}"]
    assert (found.mime_type, found.path) == ("image/png", f"{ASSET}.png")
    assert found.created_at == datetime(2026, 11, 22, 21, 53, 28, 971918, tzinfo=UTC)


async def test_a_search_finds_five_unless_told_otherwise() -> None:
    async with service(recorded("search assets")) as (server, calls):
        found = await Assets(calls).search("b")
        await Assets(calls).search("b", limit=9)

    assert asked(server) == [
        "GET /assets/search?query=b&limit=5",
        "GET /assets/search?query=b&limit=9",
    ]
    assert [each.id for each in found] == [ASSET]


@pytest.mark.parametrize("file", [b"zz", io.BytesIO(b"zz")])
async def test_a_file_goes_up_as_a_form_into_its_folder(file: bytes | io.BytesIO) -> None:
    async with service(recorded("upload asset")) as (server, calls):
        made = await Assets(calls).upload(file, name="b.png", parent_path="/f")

    (seen,) = server.seen
    assert (asked(server), made.id) == (["POST /assets/upload?parent_path=/f"], ASSET)
    assert seen.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="file"; filename="b.png"' in seen.body
    assert b"\r\n\r\nzz\r\n" in seen.body


async def test_a_folder_is_made_at_the_root() -> None:
    async with service(recorded("folder")) as (server, calls):
        made = await Assets(calls).create_folder("f")

    assert asked(server) == ["POST /assets/folder"]
    assert server.seen[0].json == {"name": "f", "parent_path": "/"}
    assert (made.is_folder, made.file_size, made.url) == (True, None, "")


async def test_a_file_of_the_web_is_added() -> None:
    async with service(recorded("asset")) as (server, calls):
        await Assets(calls).add("https://files.example/b.png", path="/f")

    assert asked(server) == ["POST /assets/add"]
    assert server.seen[0].json == {"url": "https://files.example/b.png", "path": "/f"}


async def test_a_file_is_moved() -> None:
    moved = recorded_row("asset", path="f/b.png")
    async with service(json_reply(moved)) as (server, calls):
        found = await Assets(calls).move(ASSET, "/f/b.png")

    assert asked(server) == [f"PATCH /assets/{ASSET}"]
    assert (server.seen[0].json, found.path) == ({"path": "/f/b.png"}, "f/b.png")


async def test_a_file_is_deleted() -> None:
    async with service(recorded("delete asset")) as (server, calls):
        await Assets(calls).delete(ASSET)

    assert asked(server) == [f"DELETE /assets/{ASSET}"]


async def test_a_place_for_a_large_file_is_asked_for() -> None:
    order = PresignOrder(file_name="q.png", type="image/png", size=300_000_000)
    async with service(recorded("presign")) as (server, calls):
        found = await Assets(calls).presign(order)

    assert asked(server) == [
        "GET /assets/presigned-url?file_name=q.png&type=image/png&parent_path=/&size=300000000"
    ]
    assert (found.file_id, found.db_path) == ("img_DA8x2EzfQ9MBiZ9p", "img_DA8x2EzfQ9MBiZ9p.png")


async def test_signs_in_a_name_do_not_break_the_question() -> None:
    name = "a&b=c+d %41#é.png"
    async with service(recorded("presign")) as (server, calls):
        await Assets(calls).presign(PresignOrder(file_name=name, type="image/png"))

    (seen,) = server.seen
    assert parse_qs(urlsplit(seen.target).query)["file_name"] == [name]


async def test_a_size_that_is_not_known_is_left_out() -> None:
    async with service(recorded("presign")) as (server, calls):
        await Assets(calls).presign(PresignOrder(file_name="q.png", type="image/png"))

    assert "size" not in asked(server)[0]


@pytest.mark.parametrize(
    ("is_public", "headers"), [(True, {"x-amz-acl": "public-read"}), (False, {})]
)
async def test_a_public_file_needs_a_header_to_say_so(
    *, is_public: bool, headers: dict[str, str]
) -> None:
    answer = recorded_row("presign", is_public=is_public)
    async with service(json_reply(answer)) as (_, calls):
        found = await Assets(calls).presign(PresignOrder(file_name="q.png", type="image/png"))

    assert found.headers == headers


async def test_a_signed_address_is_not_shown_in_logs() -> None:
    async with service(recorded("presign")) as (_, calls):
        found = await Assets(calls).presign(PresignOrder(file_name="q.png", type="image/png"))

    assert "X-Amz-Signature" in found.url
    assert "X-Amz-Signature" not in repr(found)


async def test_a_file_that_was_sent_is_registered() -> None:
    async with service(recorded("asset")) as (server, calls):
        made = await Assets(calls).register(REGISTER)

    assert (asked(server), made.id) == (["POST /assets/register"], ASSET)
    assert server.seen[0].json == {
        "file_id": "img_DA8x2EzfQ9MBiZ9p",
        "file_name": "q.png",
        "file_size": 10,
        "db_path": "img_DA8x2EzfQ9MBiZ9p.png",
        "url": "https://real-bucket.s3.us-east-2.amazonaws.com/assets/img_DA8x2EzfQ9MBiZ9p.png",
        "mime_type": "image/png",
    }


TOO_LARGE = json_reply({"detail": "File size exceeds 250MB limit"}, status=400)
NO_NAME = json_reply(
    {"detail": [{"type": "missing", "loc": ["body", "name"], "msg": "Field required"}]}, status=422
)


@pytest.mark.parametrize(
    ("answer", "call", "expected"),
    [
        (recorded("asset unknown"), lambda it: it.get("nope"), NotThereError),
        (recorded("asset unknown"), lambda it: it.delete("nope"), NotThereError),
        (recorded("asset unknown"), lambda it: it.move("nope", "/f"), NotThereError),
        (TOO_LARGE, lambda it: it.upload(b"zz", name="b.png"), ServiceRefusedError),
        (NO_NAME, lambda it: it.create_folder(""), ServiceRefusedError),
        # Asked once although a crash may pass: a second call might add a second file.
        (CRASH, lambda it: it.upload(b"zz", name="b.png"), ServiceTroubleError),
        (CRASH, lambda it: it.add("https://files.example/b.png"), ServiceTroubleError),
        (CRASH, lambda it: it.register(REGISTER), ServiceTroubleError),
    ],
)
async def test_a_refusal_has_its_error_at_the_first_answer(
    answer: Reply,
    call: Callable[[Assets], Awaitable[object]],
    expected: type[ServiceError],
) -> None:
    async with service(answer) as (server, calls):
        with pytest.raises(ServiceError) as caught:
            await call(Assets(calls))

    assert (type(caught.value), len(server.seen)) == (expected, 1)
