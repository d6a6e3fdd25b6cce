"""What every Surface promises. Those of the platforms are tried at servers on loopback."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import attrs
import orjson
import pytest

from adapters.chat.actions import CancelJob
from adapters.chat.cards import Button, Card, Span, Tone
from adapters.chat.surface import ReplyTo, ShownAt, Surface
from adapters.web.chat_log import ChatLog
from adapters.web.surface import WebSurface
from core.media.model import MediaRef
from core.shared.ids import ChatId, JobId
from infrastructure.memory.transcripts import InMemoryTranscripts
from tests.adapters.console.console import ConsoleSurface
from tests.adapters.discord.bench import a_bench as a_discord_bench
from tests.adapters.discord.bench import a_server
from tests.adapters.telegram.bench import a_bench as a_telegram_bench
from tests.builders import a_media_ref
from tests.fakes.clock import FixedClock
from tests.fakes.surface import RecordingSurface

ADA, BOB = ReplyTo("web:ada"), ReplyTo("web:bob")
NOWHERE, GONE = ShownAt(""), ShownAt("long-gone")
CANCEL = Button("Cancel", CancelJob(JobId("a" * 32)))
WAITING = Card(spans=(Span("Queued"),), tone=Tone.WORKING, progress=0.0, buttons=((CANCEL,),))
HALF = Card(spans=(Span("Half"),), tone=Tone.WORKING)


@attrs.frozen(kw_only=True)
class Shown:
    """A surface, and what is seen on it."""

    surface: Surface
    texts: Callable[[ReplyTo], Awaitable[list[str]]]
    """What a person sees in a chat, message by message."""
    ada: ReplyTo = ADA
    bob: ReplyTo = BOB
    gone: ShownAt = GONE
    result: MediaRef = attrs.field(factory=a_media_ref)
    replaces: bool = True
    """Whether the same key again shows the newer card; else the first one stays."""
    in_place: bool = True
    """Whether a result takes the place of the waiting card; else it comes below."""

    @property
    def done(self) -> Card:
        """The end of a job with a result."""
        return Card(spans=(Span("Done"),), tone=Tone.GOOD, media=(self.result,))

    @property
    def after(self) -> list[str]:
        """What is seen when the end has followed the waiting card."""
        return ["Done"] if self.in_place else ["done, see below", "Done"]


@asynccontextmanager
async def recording(folder: Path) -> AsyncIterator[Shown]:
    surface = RecordingSurface()

    async def texts(to: ReplyTo) -> list[str]:
        return [card.plain_text for card in surface.cards(to)]

    yield Shown(surface=surface, texts=texts)


@asynccontextmanager
async def console(folder: Path) -> AsyncIterator[Shown]:
    surface = ConsoleSurface()

    async def texts(to: ReplyTo) -> list[str]:
        return [card.plain_text for card in surface.cards(to)]

    yield Shown(surface=surface, texts=texts)


@asynccontextmanager
async def web(folder: Path) -> AsyncIterator[Shown]:
    transcripts = InMemoryTranscripts()

    async def texts(to: ReplyTo) -> list[str]:
        messages = await transcripts.since(ChatId(to), 0, limit=100)
        bodies = [orjson.loads(message.body) for message in messages]
        return ["".join(span["text"] for span in body["spans"]) for body in bodies]

    log = ChatLog(transcripts=transcripts, clock=FixedClock())
    yield Shown(surface=WebSurface(log), texts=texts)


@asynccontextmanager
async def telegram(folder: Path) -> AsyncIterator[Shown]:
    async with a_telegram_bench() as bench:
        bob = bench.server.person(user_id=8, first_name="Bob", started=True)
        chats = {ReplyTo("telegram:7:0:0"): bench.ann, ReplyTo("telegram:8:0:0"): bob}

        async def texts(to: ReplyTo) -> list[str]:
            return [each.text for each in chats[to].messages]

        ada, bob_at = chats
        yield Shown(
            surface=bench.surface,
            texts=texts,
            ada=ada,
            bob=bob_at,
            gone=ShownAt("7/99999"),
            result=await bench.result(),
        )


@asynccontextmanager
async def discord(folder: Path) -> AsyncIterator[Shown]:
    async with a_server(folder) as server, a_discord_bench(server) as bench, bench.connected():
        chats = {
            ReplyTo(f"discord:{channel.id}:1"): server.person(name="ann").at(channel)
            for channel in (server.channel, server.add_channel("other"))
        }

        async def texts(to: ReplyTo) -> list[str]:
            return [each.text.strip() for each in chats[to].messages]

        ada, bob = chats
        yield Shown(
            surface=bench.surface,
            texts=texts,
            ada=ada,
            bob=bob,
            gone=ShownAt(f"{server.channel.id}/1"),
            result=await bench.result(),
            replaces=False,
            in_place=False,
        )


Opened = Callable[[Path], AbstractAsyncContextManager[Shown]]


@pytest.fixture(params=[recording, console, web, telegram, discord])
async def shown(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shown]:
    opened: Opened = request.param
    async with opened(tmp_path) as shown:
        yield shown


async def test_a_card_that_is_sent_is_seen(shown: Shown) -> None:
    await shown.surface.send(shown.ada, WAITING, key="job-1")

    assert await shown.texts(shown.ada) == ["Queued"]


async def test_two_keys_are_two_messages(shown: Shown) -> None:
    await shown.surface.send(shown.ada, WAITING, key="job-1")
    await shown.surface.send(shown.ada, HALF, key="job-2")

    assert await shown.texts(shown.ada) == ["Queued", "Half"]


async def test_the_same_key_again_replaces_the_message(shown: Shown) -> None:
    await shown.surface.send(shown.ada, WAITING, key="job-1")
    await shown.surface.send(shown.ada, HALF, key="job-1")

    assert await shown.texts(shown.ada) == ["Half" if shown.replaces else "Queued"]


async def test_an_edit_changes_the_message_that_it_names(shown: Shown) -> None:
    shown_at = await shown.surface.send(shown.ada, WAITING, key="job-1")

    await shown.surface.edit(shown.ada, shown_at, HALF)

    assert await shown.texts(shown.ada) == ["Half"]


async def test_an_edit_of_a_message_that_is_gone_is_no_error(shown: Shown) -> None:
    await shown.surface.edit(shown.ada, shown.gone, HALF)
    await shown.surface.edit(shown.ada, NOWHERE, HALF)

    assert await shown.texts(shown.bob) == []


async def test_the_end_comes_in_place_of_the_waiting_card(shown: Shown) -> None:
    shown_at = await shown.surface.send(shown.ada, WAITING, key="job-1")

    await shown.surface.finish(shown.ada, shown_at, shown.done, key="job-1")

    assert await shown.texts(shown.ada) == shown.after


async def test_the_end_is_shown_when_the_waiting_card_never_was(shown: Shown) -> None:
    await shown.surface.finish(shown.ada, NOWHERE, shown.done, key="job-1")

    assert await shown.texts(shown.ada) == ["Done"]


async def test_an_end_that_is_repeated_is_shown_once(shown: Shown) -> None:
    shown_at = await shown.surface.send(shown.ada, WAITING, key="job-1")

    first = await shown.surface.finish(shown.ada, shown_at, shown.done, key="job-1")
    second = await shown.surface.finish(shown.ada, NOWHERE, shown.done, key="job-1")

    assert (first, await shown.texts(shown.ada)) == (second, shown.after)


async def test_chats_do_not_see_each_other(shown: Shown) -> None:
    await shown.surface.send(shown.ada, WAITING, key="job-1")
    await shown.surface.send(shown.bob, HALF, key="job-1")

    assert (await shown.texts(shown.ada), await shown.texts(shown.bob)) == (["Queued"], ["Half"])


def test_a_platform_says_how_soon_a_card_is_edited_first(shown: Shown) -> None:
    assert 0 < shown.surface.first_edit_s <= 3
