"""The Telegram bot in this process, at a server on loopback, with a conversation that listens."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import attrs

from adapters.chat.cards import Card, Span
from adapters.chat.governor import Governor, Rate
from adapters.chat.menu import Menus
from adapters.chat.surface import ReplyTo, ShownAt, Surface
from adapters.chat.updates import ChatUpdate, UpdateHandler
from adapters.telegram.bot import TelegramBot, TelegramSettings
from adapters.telegram.surface import TelegramSurface
from core.media.model import MediaLimits, MediaRef
from core.media.service import Media
from core.workflows.service import Workflows
from infrastructure.media.images import PillowImages
from infrastructure.memory.catalogue import InMemoryCatalogue
from infrastructure.memory.media import InMemoryMedia
from infrastructure.new_ids import RandomIds
from tests.infrastructure.media.pictures import a_picture
from tests.servers.telegram_flood import FloodLimits
from tests.servers.telegram_people import Person
from tests.servers.telegram_server import TelegramServer
from tests.until import until

TOKEN = f"123456789:{'A' * 35}"
FAST = Rate(burst=10_000, per_s=10_000)


class Listening(UpdateHandler):
    """Keeps what it hears. Says `answer`, if it is set; raises `bug` once, if it is set."""

    def __init__(self) -> None:
        self.heard: list[ChatUpdate] = []
        self.answer = ""
        self.bug: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def handle(self, update: ChatUpdate, surface: Surface) -> None:
        self.heard.append(update)
        bug, self.bug = self.bug, None
        if bug is not None:
            raise bug
        await self.gate.wait()
        if self.answer:
            card = Card(spans=(Span(self.answer),))
            await surface.send(update.reply_to, card, key=f"answer-{update.id}")


MENUS = Menus(Workflows(InMemoryCatalogue()))


@attrs.frozen(kw_only=True)
class Bench:
    """Everything that a test of the bot needs."""

    server: TelegramServer
    bot: TelegramBot
    surface: TelegramSurface
    media: Media
    conversation: Listening
    alerts: list[tuple[str, str]]
    ann: Person
    to: ReplyTo
    """Ann's chat with the bot."""

    async def hears(self, count: int = 1) -> ChatUpdate:
        """Wait until so many updates were heard; return the last."""
        await until(lambda: len(self.conversation.heard) >= count)
        return self.conversation.heard[-1]

    async def shows(self, text: str) -> ShownAt:
        """Show Ann a card of text, and return where."""
        return await self.surface.send(self.to, Card(spans=(Span(text),)), key=f"k-{text}")

    async def result(self, *, size: tuple[int, int] = (64, 48)) -> MediaRef:
        """Return a stored picture."""
        return await self.media.take_image(a_picture(size=size))

    def called(self, method: str) -> int:
        """Return how often a method was called."""
        return len([call for call in self.server.calls if call.method == method])


def a_media() -> Media:
    return Media(
        store=InMemoryMedia(), images=PillowImages(), ids=RandomIds(), limits=MediaLimits()
    )


@asynccontextmanager
async def polling(bot: TelegramBot) -> AsyncIterator[str]:
    """Have a bot poll; yields its name."""
    names: asyncio.Queue[str] = asyncio.Queue()
    task = asyncio.create_task(bot.run(names.put))
    task.add_done_callback(lambda _: names.put_nowait(""))
    try:
        yield await names.get()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def a_bot(
    server: TelegramServer,
    surface: TelegramSurface,
    *,
    media: Media,
    conversation: UpdateHandler,
    alerts: list[tuple[str, str]],
    menus: Menus = MENUS,
    operators: tuple[str, ...] = (),
) -> TelegramBot:
    async def alert(code: str, text: str) -> None:
        alerts.append((code, text))

    return TelegramBot(
        settings=TelegramSettings(
            token=TOKEN, secret="s" * 64, base_url=server.url, operators=operators
        ),
        conversation=conversation,
        surface=surface,
        media=media,
        menus=menus,
        alert=alert,
    )


@asynccontextmanager
async def a_bench(
    *,
    limits: FloodLimits | None = None,
    of_chat: Callable[[str], Rate] | None = None,
    answer_within_s: float = 15.0,
) -> AsyncIterator[Bench]:
    """Have a bot that polls, and Ann, who has greeted it. Nothing may break the contract."""
    server = TelegramServer(
        token=TOKEN, limits=limits or FloodLimits.none(), answer_within_s=answer_within_s
    )
    media, conversation, alerts = a_media(), Listening(), list[tuple[str, str]]()
    governor = None if of_chat else Governor(bot=FAST, of_chat=lambda _: FAST)
    surface = TelegramSurface(media, governor=governor)
    async with server.running():
        bot = a_bot(server, surface, media=media, conversation=conversation, alerts=alerts)
        async with polling(bot) as name:
            assert name == "@station_bot"
            ann = server.person(user_id=7, first_name="Ann", started=True)
            yield Bench(
                server=server,
                bot=bot,
                surface=surface,
                media=media,
                conversation=conversation,
                alerts=alerts,
                ann=ann,
                to=ReplyTo("telegram:7:0:0"),
            )
    assert (server.violations, server.flood_breaches) == ([], [])
