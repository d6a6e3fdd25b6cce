"""What every Surface promises."""

from collections.abc import Awaitable, Callable
from typing import Protocol

import attrs
import orjson
import pytest

from adapters.chat.actions import CancelJob
from adapters.chat.cards import Button, Card, Span, Tone
from adapters.chat.surface import ReplyTo, ShownAt, Surface
from adapters.web.chat_log import ChatLog
from adapters.web.surface import WebSurface
from core.shared.ids import ChatId, JobId
from infrastructure.memory.transcripts import InMemoryTranscripts
from tests.adapters.console.console import ConsoleSurface
from tests.builders import a_media_ref
from tests.fakes.clock import FixedClock
from tests.fakes.surface import RecordingSurface

ADA = ReplyTo("web:ada")
BOB = ReplyTo("web:bob")
NOWHERE = ShownAt("")
CANCEL = Button("Cancel", CancelJob(JobId("a" * 32)))
WAITING = Card(spans=(Span("Queued"),), tone=Tone.WORKING, progress=0.0, buttons=((CANCEL,),))
HALF = Card(spans=(Span("Half"),), tone=Tone.WORKING, progress=0.5)
DONE = Card(spans=(Span("Done"),), tone=Tone.GOOD, media=(a_media_ref(),))


class Texts(Protocol):
    """Reads what a person sees in a chat, message by message."""

    def __call__(self, to: ReplyTo) -> Awaitable[list[str]]: ...


@attrs.frozen
class Shown:
    """A surface, and what is seen on it."""

    surface: Surface
    texts: Texts


def recording_surface() -> Shown:
    surface = RecordingSurface()

    async def texts(to: ReplyTo) -> list[str]:
        return [card.plain_text for card in surface.cards(to)]

    return Shown(surface, texts)


def web_surface() -> Shown:
    transcripts = InMemoryTranscripts()
    clock = FixedClock()

    async def texts(to: ReplyTo) -> list[str]:
        messages = await transcripts.since(ChatId(to), 0, limit=100)
        bodies = [orjson.loads(message.body) for message in messages]
        return ["".join(span["text"] for span in body["spans"]) for body in bodies]

    return Shown(WebSurface(ChatLog(transcripts=transcripts, clock=clock)), texts)


def console_surface() -> Shown:
    surface = ConsoleSurface()

    async def texts(to: ReplyTo) -> list[str]:
        return [card.plain_text for card in surface.cards(to)]

    return Shown(surface, texts)


@pytest.fixture(params=[recording_surface, web_surface, console_surface])
def shown(request: pytest.FixtureRequest) -> Shown:
    make: Callable[[], Shown] = request.param
    return make()


async def test_a_card_that_is_sent_is_seen(shown: Shown) -> None:
    await shown.surface.send(ADA, WAITING, key="job-1")

    assert await shown.texts(ADA) == ["Queued"]


async def test_two_keys_are_two_messages(shown: Shown) -> None:
    await shown.surface.send(ADA, WAITING, key="job-1")
    await shown.surface.send(ADA, HALF, key="job-2")

    assert await shown.texts(ADA) == ["Queued", "Half"]


async def test_the_same_key_again_replaces_the_message(shown: Shown) -> None:
    await shown.surface.send(ADA, WAITING, key="job-1")
    await shown.surface.send(ADA, HALF, key="job-1")

    assert await shown.texts(ADA) == ["Half"]


async def test_an_edit_changes_the_message_that_it_names(shown: Shown) -> None:
    shown_at = await shown.surface.send(ADA, WAITING, key="job-1")

    await shown.surface.edit(ADA, shown_at, HALF)

    assert await shown.texts(ADA) == ["Half"]


async def test_an_edit_of_a_message_that_is_gone_is_no_error(shown: Shown) -> None:
    await shown.surface.edit(ADA, ShownAt("long-gone"), HALF)
    await shown.surface.edit(ADA, NOWHERE, HALF)

    assert await shown.texts(BOB) == []


async def test_the_end_comes_in_place_of_the_waiting_card(shown: Shown) -> None:
    shown_at = await shown.surface.send(ADA, WAITING, key="job-1")

    await shown.surface.finish(ADA, shown_at, DONE, key="job-1")

    assert await shown.texts(ADA) == ["Done"]


async def test_the_end_is_shown_when_the_waiting_card_never_was(shown: Shown) -> None:
    await shown.surface.finish(ADA, NOWHERE, DONE, key="job-1")

    assert await shown.texts(ADA) == ["Done"]


async def test_an_end_that_is_repeated_is_shown_once(shown: Shown) -> None:
    shown_at = await shown.surface.send(ADA, WAITING, key="job-1")

    first = await shown.surface.finish(ADA, shown_at, DONE, key="job-1")
    second = await shown.surface.finish(ADA, NOWHERE, DONE, key="job-1")

    assert (first, await shown.texts(ADA)) == (second, ["Done"])


async def test_chats_do_not_see_each_other(shown: Shown) -> None:
    await shown.surface.send(ADA, WAITING, key="job-1")
    await shown.surface.send(BOB, HALF, key="job-1")

    assert (await shown.texts(ADA), await shown.texts(BOB)) == (["Queued"], ["Half"])


def test_a_platform_says_how_soon_a_card_is_edited_first(shown: Shown) -> None:
    assert 0 < shown.surface.first_edit_s <= 3
