"""The Discord front and its server, with a conversation that answers as a test wants."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import attrs

from adapters.chat.actions import CancelJob, RepeatJob
from adapters.chat.cards import Button, Card, Span, Style, Tone, Weight
from adapters.chat.menu import Menus
from adapters.chat.surface import ReplyTo, ShownAt, Surface
from adapters.chat.updates import ChatUpdate, UpdateHandler
from adapters.discord.bot import DiscordBot
from adapters.discord.connection import DiscordSettings
from adapters.discord.surface import DiscordSurface
from core.media.model import MediaLimits, MediaRef
from core.media.service import Media
from core.shared.ids import JobId
from core.workflows.model import Workflow
from core.workflows.ports import WorkflowCatalogue
from core.workflows.service import Workflows
from core.workflows.snapshot import Snapshot
from infrastructure.media.images import PillowImages
from infrastructure.memory.catalogue import InMemoryCatalogue
from infrastructure.memory.media import InMemoryMedia
from infrastructure.new_ids import RandomIds
from tests.infrastructure.media.pictures import a_picture
from tests.servers.discord_server import DiscordServer
from tests.until import until

TOKEN = "a-token-of-the-tests"
SECRET = "a secret of the tests, long enough"
NOWHERE = ShownAt("")
JOB = JobId("a" * 32)
CANCEL = Button("Cancel", CancelJob(JOB), Weight.DANGER)
AGAIN = Button("Again", RepeatJob(JOB))
WAITING = Card(
    spans=(Span("Title", Style.BOLD), Span("  a red fox")),
    tone=Tone.WORKING,
    progress=0.5,
    buttons=((CANCEL,),),
)
ENDED = Card(spans=(Span("Title", Style.BOLD), Span("  cancelled")), buttons=((AGAIN,),))
NO_WORKFLOWS = Menus(Workflows(InMemoryCatalogue()))
Answer = Callable[[ChatUpdate, Surface], Awaitable[object]]


class Changing(WorkflowCatalogue):
    """Shows the workflows that it was told last."""

    def __init__(self, *workflows: Workflow) -> None:
        self._shown = InMemoryCatalogue(workflows)

    def show(self, *workflows: Workflow) -> None:
        """Show these from now on."""
        self._shown = InMemoryCatalogue(workflows)

    async def current(self) -> Snapshot:
        return await self._shown.current()

    async def reload(self) -> Snapshot:
        return await self._shown.reload()


class ListeningConversation(UpdateHandler):
    """Keeps the updates, and answers as the test wants: by default not at all."""

    def __init__(self) -> None:
        self.updates: list[ChatUpdate] = []
        self.answer: Answer | None = None

    async def handle(self, update: ChatUpdate, surface: Surface) -> None:
        self.updates.append(update)
        if self.answer is not None:
            await self.answer(update, surface)

    def says(self, *cards: Card, after_s: float = 0.0) -> None:
        """Answer each update from now on with these cards."""

        async def answer(update: ChatUpdate, surface: Surface) -> None:
            await asyncio.sleep(after_s)
            for number, card in enumerate(cards):
                await surface.send(update.reply_to, card, key=f"{update.id}-{number}")

        self.answer = answer

    async def heard(self, count: int = 1) -> ChatUpdate:
        """Return the newest update as soon as so many have come."""
        await until(lambda: len(self.updates) >= count)
        return self.updates[count - 1]


@attrs.frozen(kw_only=True)
class Bench:
    """A server, a bot that may come and go, and what stands behind the bot."""

    server: DiscordServer
    bot: DiscordBot
    conversation: ListeningConversation
    surface: DiscordSurface
    media: Media
    store: InMemoryMedia

    @property
    def to(self) -> ReplyTo:
        """The channel's address, as it is after a restart."""
        return ReplyTo(f"discord:{self.server.channel.id}:1")

    async def result(self, *, size: tuple[int, int] = (64, 48)) -> MediaRef:
        """Return a stored picture."""
        return await self.media.take_image(a_picture(size=size))

    def called(self, method: str, path: str) -> int:
        """Return how often the bot called paths that hold this."""
        calls = self.server.calls
        return len([each for each in calls if each.method == method and path in each.path])

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[str]:
        """Run the bot; give the name under which it is ready."""
        names: asyncio.Queue[str] = asyncio.Queue()
        running = asyncio.create_task(self.bot.run(names.put))
        running.add_done_callback(lambda _: names.put_nowait(""))
        try:
            name = await names.get()
            if running.done():
                await running
            yield name
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def a_bench(
    server: DiscordServer,
    *,
    token: str = TOKEN,
    menus: Menus = NO_WORKFLOWS,
    operators: tuple[str, ...] = (),
    listed_every_s: float = 0.0,
) -> AsyncIterator[Bench]:
    """Put a bot together that knows the server; it is not run yet."""
    images, store, conversation = PillowImages(), InMemoryMedia(), ListeningConversation()
    media = Media(store=store, images=images, ids=RandomIds(), limits=MediaLimits())
    surface = DiscordSurface(media)
    settings = DiscordSettings(
        token=token,
        secret=SECRET,
        base_url=server.url,
        ca_file=server.ca_file,
        operators=operators,
        listed_every_s=listed_every_s,
    )
    bot = DiscordBot(
        settings=settings, conversation=conversation, surface=surface, media=media, menus=menus
    )
    try:
        yield Bench(
            server=server,
            bot=bot,
            conversation=conversation,
            surface=surface,
            media=media,
            store=store,
        )
    finally:
        images.close()


@asynccontextmanager
async def a_server(folder: Path) -> AsyncIterator[DiscordServer]:
    """Run a server of its own."""
    async with DiscordServer(token=TOKEN, folder=folder).running() as server:
        yield server


def a_card(text: str, *, private: bool = False) -> Card:
    """Return a card of one text."""
    return Card(spans=(Span(text),), private=private)


def an_end(*media: MediaRef) -> Card:
    """Return the card of a job that brought these."""
    return Card(
        spans=(Span("Title", Style.BOLD), Span("  a red fox")), media=media, buttons=((AGAIN,),)
    )
