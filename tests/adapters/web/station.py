"""The page's server with everything around it in memory, for tests over real sockets."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import attrs
import httpx

from adapters.chat.surface import ReplyTo, Surface
from adapters.chat.updates import ChatUpdate, UpdateHandler
from adapters.web.chat_log import ChatLog
from adapters.web.hooks import HookRoutes
from adapters.web.server import WebServer, WebSettings
from adapters.web.surface import WebSurface
from core.generations.ports import WakeUps
from core.media.model import MediaLimits
from core.media.service import Media
from core.shared.ids import JobId
from infrastructure.hooks import SignedHooks
from infrastructure.media.images import PillowImages
from infrastructure.memory.media import InMemoryMedia
from infrastructure.memory.transcripts import InMemoryTranscripts
from infrastructure.new_ids import RandomIds
from tests.fakes.clock import FixedClock

SECRET = "a secret of the tests, long enough"
Answer = Callable[[ChatUpdate, Surface], Awaitable[None]]


class ListeningConversation(UpdateHandler):
    """Keeps the updates, and answers as the test wants: by default not at all."""

    def __init__(self) -> None:
        self.updates: list[ChatUpdate] = []
        self.answer: Answer | None = None

    async def handle(self, update: ChatUpdate, surface: Surface) -> None:
        self.updates.append(update)
        if self.answer is not None:
            await self.answer(update, surface)


class RecordingWakeUps(WakeUps):
    """Keeps who was to be woken, and when."""

    def __init__(self) -> None:
        self.woken: list[tuple[JobId, datetime]] = []

    async def wake(self, job: JobId, *, at: datetime) -> None:
        self.woken.append((job, at))


@attrs.frozen(kw_only=True)
class Station:
    """A running server, and what stands behind it."""

    server: WebServer
    conversation: ListeningConversation
    surface: WebSurface
    media: Media
    store: InMemoryMedia
    hooks: SignedHooks
    wake_ups: RecordingWakeUps
    clock: FixedClock

    @property
    def url(self) -> str:
        """The page's address."""
        return self.server.url

    @asynccontextmanager
    async def visitor(self) -> AsyncIterator[httpx.AsyncClient]:
        """Be a browser that has opened the page."""
        async with httpx.AsyncClient(base_url=self.url) as client:
            await client.get("/")
            yield client

    async def chat_of(self, client: httpx.AsyncClient) -> ReplyTo:
        """Return the address of a visitor's chat."""
        await client.post("/messages", files=a_message("which chat is this"))
        return self.conversation.updates.pop().reply_to


FormFields = list[tuple[str, tuple[str | None, bytes | str]]]


def a_message(text: str = "a red fox", *images: bytes, id: str = "0123456789abcdef") -> FormFields:
    """Return the fields of a message's form."""
    pictures: FormFields = [("image", ("picture", data)) for data in images]
    return [("id", (None, id)), ("text", (None, text)), *pictures]


@asynccontextmanager
async def running_station(settings: WebSettings | None = None) -> AsyncIterator[Station]:
    """Start a server on a free port, and stop it at the end."""
    clock = FixedClock()
    chat_log = ChatLog(transcripts=InMemoryTranscripts(), clock=clock)
    surface = WebSurface(chat_log)
    conversation = ListeningConversation()
    images = PillowImages()
    store = InMemoryMedia()
    media = Media(store=store, images=images, ids=RandomIds(), limits=MediaLimits())
    hooks = SignedHooks(SECRET, "http://127.0.0.1")
    wake_ups = RecordingWakeUps()
    server = WebServer(
        settings=settings or WebSettings(port=0, secret=SECRET),
        conversation=conversation,
        surface=surface,
        chat_log=chat_log,
        media=media,
        hooks=HookRoutes(hooks=hooks, wake_ups=wake_ups, clock=clock),
    )
    await server.start()
    try:
        yield Station(
            server=server,
            conversation=conversation,
            surface=surface,
            media=media,
            store=store,
            hooks=hooks,
            wake_ups=wake_ups,
            clock=clock,
        )
    finally:
        await server.stop()
        images.close()
