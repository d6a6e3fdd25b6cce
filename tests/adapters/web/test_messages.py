"""What the page sends: messages with pictures, presses, and everything that is neither."""

import asyncio

import httpx
import orjson
import pytest

from adapters.web.forms import MAX_IMAGE_BYTES, MAX_TEXT_BYTES
from core.shared.errors import MediaRefusedError
from core.shared.ids import ChatId
from tests.adapters.web.station import FormFields, Station, a_message
from tests.adapters.web.stream_reader import read_past
from tests.infrastructure.media.pictures import HTML, SVG, a_picture

ID = "0123456789abcdef"
PRESS = {"id": ID, "message": "job-1", "action": "1:do:help"}


async def test_a_message_reaches_the_conversation(station: Station, ada: httpx.AsyncClient) -> None:
    answer = await ada.post("/messages", files=a_message("a red fox"))

    (update,) = station.conversation.updates
    assert (answer.status_code, answer.json()) == (202, {"id": update.id})
    assert (update.text, update.action, update.trouble) == ("a red fox", None, None)
    assert update.reply_to == f"web:{update.sender.user_id}"


async def test_the_same_id_again_is_the_same_update_and_one_message(
    station: Station, ada: httpx.AsyncClient
) -> None:
    for _ in range(2):
        await ada.post("/messages", files=a_message("a red fox", a_picture()))

    first, second = station.conversation.updates
    assert first.id == second.id
    assert len(await read_past(ada)) == 1


async def test_the_same_id_of_another_person_is_another_update(
    station: Station, ada: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    await ada.post("/messages", files=a_message())
    await bob.post("/messages", files=a_message())

    first, second = station.conversation.updates
    assert first.id != second.id


async def test_the_message_is_in_the_transcript_as_the_person_wrote_it(
    ada: httpx.AsyncClient,
) -> None:
    await ada.post("/messages", files=a_message("<b>fox</b> & 狐 🦊", a_picture()))

    (message,) = await read_past(ada)
    assert (message["body"]["from"], message["body"]["client_id"]) == ("you", ID)
    assert message["body"]["text"] == "<b>fox</b> & 狐 🦊"
    assert message["body"]["media"][0]["width"] == 32


async def test_pictures_are_stored_and_shown(station: Station, ada: httpx.AsyncClient) -> None:
    await ada.post("/messages", files=a_message("", a_picture(), a_picture("JPEG")))

    (update,) = station.conversation.updates
    answers = [await ada.get(f"/media/{image.id}") for image in update.images]
    assert [answer.status_code for answer in answers] == [200, 200]


@pytest.mark.parametrize("before", ["", "{station}"])
async def test_a_link_to_a_picture_of_the_page_is_as_good_as_the_picture(
    station: Station, ada: httpx.AsyncClient, before: str
) -> None:
    stored = await station.media.take_image(a_picture())
    link = f"{before.format(station=station.url)}/media/{stored.id}"

    await ada.post("/messages", files=a_message(f"/repaint {link} in blue"))

    (update,) = station.conversation.updates
    assert update.text.split() == ["/repaint", "in", "blue"]
    assert [each.mime for each in update.images] == ["image/png"]
    assert update.images[0].id != stored.id


@pytest.mark.parametrize(
    "text",
    [
        f"http://elsewhere.example/media/{'0' * 32}.png",
        f"lora={{link}}/media/{'0' * 32}.png",
        "/media/../secret.png",
        f"/media/{'0' * 32}.mp4",
    ],
)
async def test_what_is_no_link_to_a_picture_of_the_page_is_text(
    station: Station, ada: httpx.AsyncClient, text: str
) -> None:
    await ada.post("/messages", files=a_message(text))

    (update,) = station.conversation.updates
    assert (update.text, update.images, update.trouble) == (text, (), None)


async def test_a_link_to_what_is_not_here_any_more_becomes_trouble(
    station: Station, ada: httpx.AsyncClient
) -> None:
    await ada.post("/messages", files=a_message(f"look /media/{'0' * 32}.png"))

    (update,) = station.conversation.updates
    assert update.trouble is not None
    assert "not here any more" in update.trouble.user_message


@pytest.mark.parametrize("data", [SVG, HTML, b"", b"not a picture"])
async def test_what_is_not_a_picture_becomes_trouble(
    station: Station, ada: httpx.AsyncClient, data: bytes
) -> None:
    answer = await ada.post("/messages", files=a_message("look", data))

    (update,) = station.conversation.updates
    assert answer.status_code == 202
    assert (type(update.trouble), update.images) == (MediaRefusedError, ())


async def test_a_picture_that_is_too_large_becomes_trouble(
    station: Station, ada: httpx.AsyncClient
) -> None:
    answer = await ada.post("/messages", files=a_message("look", bytes(MAX_IMAGE_BYTES + 1)))

    (update,) = station.conversation.updates
    assert answer.status_code == 202
    assert update.trouble is not None
    assert "20 MB" in update.trouble.user_message


async def test_the_fifth_picture_becomes_trouble(station: Station, ada: httpx.AsyncClient) -> None:
    await ada.post("/messages", files=a_message("look", *[a_picture()] * 5))

    (update,) = station.conversation.updates
    assert update.trouble is not None
    assert len(update.images) == 4


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        (a_message(id="short"), "id"),
        (a_message(id="<script>alert(1)</script>"), "id"),
        (a_message(id="x" * 65), "id"),
        ([("text", (None, "no id"))], "id"),
        (a_message("  \n "), "empty"),
        (a_message("x" * (MAX_TEXT_BYTES + 1)), "long"),
        ([*a_message(), *[("more", (None, "x"))] * 20], "fields"),
    ],
)
async def test_a_form_that_the_page_does_not_make_is_refused_in_words(
    station: Station, ada: httpx.AsyncClient, fields: FormFields, word: str
) -> None:
    answer = await ada.post("/messages", files=fields)

    assert (answer.status_code, station.conversation.updates) == (400, [])
    assert word in answer.json()["error"]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("text/plain", b"a red fox"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nnameless\r\n--x--\r\n"),
        ("multipart/form-data; boundary=x", b"--y\r\n\r\nhello\r\n--y--\r\n"),
        ("multipart/form-data; boundary=" + "x" * 200, b"--x--"),
    ],
)
async def test_a_broken_form_is_refused_in_words(
    station: Station, ada: httpx.AsyncClient, content_type: str, body: bytes
) -> None:
    answer = await ada.post("/messages", content=body, headers={"Content-Type": content_type})

    assert (answer.status_code, station.conversation.updates) == (400, [])
    assert answer.json()["error"].endswith(".")


async def test_a_request_beyond_all_limits_is_refused_before_it_is_read(
    station: Station, ada: httpx.AsyncClient
) -> None:
    url = httpx.URL(station.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    lines = [
        "POST /messages HTTP/1.1",
        f"Host: {url.host}:{url.port}",
        *(f"Cookie: {name}={value}" for name, value in ada.cookies.items()),
        "Content-Type: multipart/form-data; boundary=x",
        "Content-Length: 999999999",
    ]
    writer.write("".join(f"{line}\r\n" for line in [*lines, ""]).encode())
    status_line = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    await writer.wait_closed()

    assert (status_line.split()[1], station.conversation.updates) == (b"413", [])


async def test_a_press_reaches_the_conversation(station: Station, ada: httpx.AsyncClient) -> None:
    answer = await ada.post("/actions", json=PRESS)

    (update,) = station.conversation.updates
    assert (answer.status_code, answer.json()) == (202, {"id": update.id})
    assert (update.action, update.message, update.text) == ("1:do:help", "job-1", "")


async def test_a_press_is_not_in_the_transcript(ada: httpx.AsyncClient) -> None:
    await ada.post("/actions", json=PRESS)

    assert await read_past(ada) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'"text"',
        b"[" * 100_000,
        orjson.dumps({**PRESS, "id": 7}),
        orjson.dumps({**PRESS, "id": "x"}),
        orjson.dumps({**PRESS, "action": None}),
        orjson.dumps({**PRESS, "action": ""}),
        orjson.dumps({**PRESS, "message": "x" * 300}),
        orjson.dumps({"id": ID}),
        b'{"id": "\xff"}',
    ],
)
async def test_a_broken_press_is_refused_in_words(
    station: Station, ada: httpx.AsyncClient, body: bytes
) -> None:
    headers = {"Content-Type": "application/json"}

    answer = await ada.post("/actions", content=body, headers=headers)

    assert (answer.status_code, station.conversation.updates) == (400, [])
    assert answer.json()["error"].endswith(".")


async def test_the_chat_is_the_one_that_the_answers_go_to(
    station: Station, ada: httpx.AsyncClient
) -> None:
    await ada.post("/messages", files=a_message())

    (update,) = station.conversation.updates
    assert ChatId(update.reply_to) == ChatId(str(update.sender))
