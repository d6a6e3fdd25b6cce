import io
import re

import pytest
from PIL import Image

from adapters.chat import texts
from adapters.chat.pictures import (
    PICTURE_BYTES,
    Fetch,
    check_size,
    not_fetched,
    take,
    take_or_tell,
    without_links,
)
from core.shared.errors import MediaRefusedError, ServiceTroubleError
from tests.adapters.chat.talk import Talk


def a_picture(*, side: int = 8) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (side, side)).save(data, "PNG")
    return data.getvalue()


def brings(data: bytes) -> Fetch:
    async def fetch() -> bytes:
        return data

    return fetch


def fails(error: Exception) -> Fetch:
    async def fetch() -> bytes:
        raise error

    return fetch


async def test_pictures_are_taken_in_their_order(talk: Talk) -> None:
    fetches = [brings(a_picture(side=8)), brings(a_picture(side=16))]

    taken, trouble = await take(talk.container.media(), fetches)

    assert ([each.width for each in taken], trouble) == ([8, 16], None)


async def test_of_several_troubles_the_first_is_told_and_the_others_are_taken(talk: Talk) -> None:
    missing = not_fetched()
    fetches = [brings(a_picture()), fails(missing), brings(b"no picture"), brings(a_picture())]

    taken, trouble = await take(talk.container.media(), fetches)

    assert (len(taken), trouble) == (2, missing)


async def test_a_store_in_trouble_is_not_the_picture_s_fault(talk: Talk) -> None:
    fetches = [brings(a_picture()), fails(ServiceTroubleError("the disk is full"))]

    with pytest.raises(ServiceTroubleError):
        await take(talk.container.media(), fetches)


async def test_without_pictures_there_is_no_trouble(talk: Talk) -> None:
    assert await take(talk.container.media(), []) == ((), None)


@pytest.mark.parametrize(
    ("size_bytes", "refused"),
    [(None, False), (0, False), (PICTURE_BYTES, False), (PICTURE_BYTES + 1, True)],
)
def test_a_picture_that_is_too_large_is_not_even_fetched(
    size_bytes: int | None, *, refused: bool
) -> None:
    said = ""
    try:
        check_size(size_bytes)
    except MediaRefusedError as error:
        said = error.user_message

    assert said == (texts.PICTURE_TOO_LARGE if refused else "")


async def test_where_nobody_sends_it_again_a_store_in_trouble_is_told(talk: Talk) -> None:
    away = ServiceTroubleError("the store is away")

    assert await take_or_tell(talk.container.media(), [fails(away)]) == ((), away)
    assert (await take_or_tell(talk.container.media(), [brings(a_picture())]))[1] is None


def test_links_are_taken_out_of_a_text_and_four_of_them_at_most() -> None:
    link = re.compile(r"(?<!\S)at:(\d)(?!\S)")

    text, found = without_links("a fox at:1 and at:2 at:3 at:4 at:5\nx=at:6", link)

    assert text.split() == ["a", "fox", "and", "at:5", "x=at:6"]
    assert [each[1] for each in found] == ["1", "2", "3", "4"]
    assert without_links(" a fox ", link) == (" a fox ", [])
