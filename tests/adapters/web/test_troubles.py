"""Stores in trouble, uploads that are given up, and forms that no browser makes."""

import asyncio
import logging
from collections.abc import Callable, MutableMapping
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from adapters.chat.cards import Card, Span
from adapters.chat.surface import Surface
from adapters.chat.updates import ChatUpdate
from core.shared.errors import MediaTroubleError, ServiceTroubleError
from tests.adapters.web.raw_upload import a_head, connection_to
from tests.adapters.web.station import Station, a_message
from tests.adapters.web.stream_reader import read_past
from tests.infrastructure.media.pictures import a_picture

LOCKED = ServiceTroubleError("the database is in trouble: locked")
FULL = MediaTroubleError("no space left")
ID_FIELD = b'--x\r\nContent-Disposition: form-data; name="id"\r\n\r\n0123456789abcdef\r\n'
TEXT_FIELD = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\na red fox\r\n'
MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}
Lines = list[MutableMapping[str, Any]]


def loud(lines: Lines) -> list[tuple[object, object, bool]]:
    """Return what is above debug: its event, its level, and whether it shows a trace."""
    return [
        (line["event"], line["log_level"], "exc_info" in line)
        for line in lines
        if line["log_level"] != "debug"
    ]


def said_by_the_library(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what aiohttp and asyncio wrote into the log."""
    names = ("aiohttp", "asyncio")
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno > logging.DEBUG and record.name.startswith(names)
    ]


async def until(happened: Callable[[], bool]) -> None:
    for _ in range(500):
        if happened():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it did not happen within five seconds")


async def test_a_message_that_cannot_be_stored_is_refused_with_one_warning(
    station: Station, ada: httpx.AsyncClient
) -> None:
    station.transcripts.trouble = LOCKED

    with capture_logs() as lines:
        answer = await ada.post("/messages", files=a_message())

    assert (answer.status_code, answer.json()) == (503, {"error": LOCKED.user_message})
    assert loud(lines) == [("web.trouble", "warning", False)]
    assert station.conversation.updates == []


async def test_a_message_that_could_not_be_stored_is_taken_under_its_id_later(
    station: Station, ada: httpx.AsyncClient
) -> None:
    station.transcripts.trouble = LOCKED
    with capture_logs():
        await ada.post("/messages", files=a_message())
    station.transcripts.trouble = None

    answer = await ada.post("/messages", files=a_message())

    (update,) = station.conversation.updates
    assert (answer.status_code, update.text) == (202, "a red fox")
    assert len(await read_past(ada)) == 1


async def test_a_picture_that_cannot_be_stored_keeps_its_message_back(
    station: Station, ada: httpx.AsyncClient
) -> None:
    station.store.trouble = FULL

    with capture_logs() as lines:
        refused = await ada.post("/messages", files=a_message("look", a_picture()))
    station.store.trouble = None
    taken = await ada.post("/messages", files=a_message("look", a_picture()))

    (update,) = station.conversation.updates
    assert (refused.status_code, taken.status_code, len(update.images)) == (503, 202, 1)
    assert loud(lines) == [("web.trouble", "warning", False)]


async def test_a_stream_in_trouble_ends_and_says_nothing_more(
    station: Station, ada: httpx.AsyncClient
) -> None:
    station.transcripts.trouble = LOCKED

    with capture_logs() as lines:
        answer = await ada.get("/events")

    assert (answer.status_code, answer.text) == (200, "retry: 1000\n\n")
    assert loud(lines) == [("web.trouble", "warning", False)]


async def test_a_connection_that_breaks_is_no_bug(station: Station, ada: httpx.AsyncClient) -> None:
    async def lose(update: ChatUpdate, surface: Surface) -> None:
        raise ConnectionResetError

    station.conversation.answer = lose

    with capture_logs() as lines:
        answer = await ada.post("/messages", files=a_message())

    assert (answer.status_code, list(answer.json())) == (503, ["error"])
    assert loud(lines) == []


@pytest.mark.parametrize("by", ["closing", "resetting"])
async def test_an_upload_that_is_given_up_leaves_no_trace_and_can_be_repeated(
    station: Station, ada: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, by: str
) -> None:
    head = a_head(station, ada, length=5_000_000)
    begun = ID_FIELD + b'--x\r\nContent-Disposition: form-data; name="image"\r\n\r\n'

    with capture_logs() as lines:
        async with connection_to(station) as (_, writer):
            writer.write(head + b"\r\n" + begun + bytes(100_000))
            await writer.drain()
            if by == "resetting":
                writer.transport.abort()
        await until(lambda: any(line["event"] == "web.gone" for line in lines))
    answer = await ada.post("/messages", files=a_message())

    assert (loud(lines), said_by_the_library(caplog)) == ([], [])
    assert (answer.status_code, len(station.conversation.updates)) == (202, 1)


async def test_a_tab_that_is_closed_leaves_no_trace(
    station: Station, ada: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    chat = await station.chat_of(ada)

    with capture_logs() as lines:
        async with ada.stream("GET", "/events") as stream:
            await anext(stream.aiter_lines())
        for number in range(20):
            await station.surface.send(chat, Card(spans=(Span("x" * 1000),)), key=f"{number}")
            await asyncio.sleep(0)
        await ada.get("/health")

    assert (loud(lines), said_by_the_library(caplog)) == ([], [])


BROKEN_FORMS: dict[str, bytes] = {
    "20,000 part headers": b"--x\r\n" + b"A: b\r\n" * 20_000 + b"\r\nfox\r\n--x--\r\n",
    "a long header line": b"--x\r\nA: " + b"b" * 20_000 + b"\r\n\r\nfox\r\n--x--\r\n",
    "a header without a colon": b"--x\r\nA\r\n\r\nfox\r\n--x--\r\n",
    "a header with a NUL": b"--x\r\nA: \x00\r\n\r\nfox\r\n--x--\r\n",
    "a long charset": (
        b'--x\r\nContent-Disposition: form-data; name="_charset_"\r\n\r\n'
        + b"u" * 32
        + b"\r\n"
        + ID_FIELD
        + TEXT_FIELD
        + b"--x--\r\n"
    ),
    "an odd disposition": b"--x\r\nContent-Disposition: ;;=\r\n\r\nfox\r\n--x--\r\n",
    "an odd charset of a name": (
        b"--x\r\nContent-Disposition: form-data; name*=odd''%ff\r\n\r\nfox\r\n--x--\r\n"
    ),
    "a form in a form": (
        b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y--\r\n--x--\r\n"
    ),
    "a form in a form without boundary": (
        b"--x\r\nContent-Type: multipart/mixed\r\n\r\nfox\r\n--x--\r\n"
    ),
    "cut in a field": ID_FIELD + TEXT_FIELD[:-6],
    "cut in a header": ID_FIELD + TEXT_FIELD[:20],
    "cut after a boundary": ID_FIELD + b"--x",
}


@pytest.mark.parametrize("body", BROKEN_FORMS.values(), ids=BROKEN_FORMS.keys())
async def test_an_odd_form_is_refused_in_words_and_no_bug(
    station: Station, ada: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    with capture_logs() as lines:
        answer = await ada.post("/messages", content=body, headers=MULTIPART)

    assert (answer.status_code, station.conversation.updates) == (400, [])
    assert answer.json()["error"].endswith(".")
    assert (loud(lines), said_by_the_library(caplog)) == ([], [])


@pytest.mark.parametrize("path", ["/messages", "/actions"])
@pytest.mark.parametrize("packing", ["gzip", "deflate"])
async def test_a_body_that_cannot_be_unpacked_is_refused_in_words_and_no_bug(
    ada: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, path: str, packing: str
) -> None:
    kind = "application/json" if path == "/actions" else MULTIPART["Content-Type"]
    headers = {"Content-Type": kind, "Content-Encoding": packing}

    with capture_logs() as lines:
        answer = await ada.post(path, content=b"not packed at all" * 100, headers=headers)

    assert (answer.status_code, answer.json()["error"][-1]) == (400, ".")
    assert (loud(lines), said_by_the_library(caplog)) == ([], [])


async def test_a_body_with_odd_chunks_is_refused_in_words_and_no_bug(
    station: Station, ada: httpx.AsyncClient
) -> None:
    head = a_head(station, ada, length=0).replace(
        b"Content-Length: 0", b"Transfer-Encoding: chunked"
    )

    with capture_logs() as lines:
        async with connection_to(station) as (reader, writer):
            writer.write(head + b"\r\n5\r\n--x\r\n\r\nnot a number\r\n")
            status_line = await asyncio.wait_for(reader.readline(), 5)

    assert (status_line.split()[1], loud(lines)) == (b"400", [])


async def test_nothing_that_databases_refuse_comes_through(
    station: Station, ada: httpx.AsyncClient
) -> None:
    press = {"id": "0123456789abcdef", "message": "a\x00b", "action": "\x001:do:help\x00"}

    await ada.post("/actions", json=press)
    await ada.post("/messages", files=a_message("a\x00 red fox"))

    pressed, written = station.conversation.updates
    assert (pressed.message, pressed.action, written.text) == ("ab", "1:do:help", "a red fox")


@pytest.mark.parametrize("odd", [r"\ud800", r"\udfff", r"\ud800\ud800", r"a\udc00b"])
async def test_a_lone_surrogate_reaches_nobody(
    station: Station, ada: httpx.AsyncClient, odd: str
) -> None:
    body = f'{{"id": "0123456789abcdef", "message": "{odd}", "action": "1:do:help"}}'
    headers = {"Content-Type": "application/json"}

    answer = await ada.post("/actions", content=body, headers=headers)

    assert (answer.status_code, station.conversation.updates) == (400, [])
