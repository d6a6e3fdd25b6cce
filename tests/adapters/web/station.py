"""The page's server with everything around it in memory, for tests over real sockets."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import attrs
import httpx

from adapters.chat.admins import Admins
from adapters.chat.menu import Menus
from adapters.chat.surface import ReplyTo, Surface
from adapters.chat.updates import ChatUpdate, UpdateHandler
from adapters.web.chat_log import ChatLog
from adapters.web.hooks import HookRoutes
from adapters.web.menu import MenuRoutes
from adapters.web.server import WebServer, WebSettings
from adapters.web.surface import WebSurface
from adapters.web.visitors import Visitors
from core.generations.ports import WakeUps
from core.media.model import MediaLimits
from core.media.service import Media
from core.sessions.model import TranscriptMessage
from core.shared.errors import StationError
from core.shared.ids import ChatId, JobId, MediaId
from core.workflows.kinds import InputKind
from core.workflows.service import Workflows
from infrastructure.hooks import SignedHooks
from infrastructure.media.images import PillowImages
from infrastructure.memory.catalogue import InMemoryCatalogue
from infrastructure.memory.media import InMemoryMedia
from infrastructure.memory.transcripts import InMemoryTranscripts
from infrastructure.new_ids import RandomIds
from tests.builders import a_workflow, an_input
from tests.fakes.clock import FixedClock

WORKFLOWS = (
    a_workflow(
        "flux_dev",
        inputs=(
            an_input(),
            an_input("width", InputKind.INTEGER, default=768, minimum=64, maximum=2_048),
            an_input("hires", InputKind.BOOLEAN, default=False),
            an_input("style", InputKind.CHOICE, options=("Photo", "Oil Paint", "Pencil")),
            an_input("model", InputKind.CHOICE, options=tuple(f"model_{n:02}" for n in range(40))),
        ),
    ),
    a_workflow(
        "toon",
        inputs=(an_input(), an_input("pen & ink", InputKind.CHOICE, options=("Black", "Red"))),
    ),
)
FOR_OPERATORS = attrs.evolve(a_workflow("secret_lab"), for_admins=True)

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


class FragileTranscripts(InMemoryTranscripts):
    """Stores and tells nothing while there is `trouble`, as behind a database that is locked."""

    trouble: StationError | None = None

    async def put(self, chat: ChatId, message: TranscriptMessage) -> TranscriptMessage:
        if self.trouble is not None:
            raise self.trouble
        return await super().put(chat, message)

    async def since(self, chat: ChatId, seq: int, *, limit: int) -> Sequence[TranscriptMessage]:
        if self.trouble is not None:
            raise self.trouble
        return await super().since(chat, seq, limit=limit)


class FragileMedia(InMemoryMedia):
    """Stores nothing while there is `trouble`, as on a disk that is full."""

    trouble: StationError | None = None

    async def put(self, media: MediaId, data: bytes) -> None:
        if self.trouble is not None:
            raise self.trouble
        await super().put(media, data)


@attrs.frozen(kw_only=True)
class Station:
    """A running server, and what stands behind it."""

    server: WebServer
    conversation: ListeningConversation
    surface: WebSurface
    media: Media
    store: FragileMedia
    transcripts: FragileTranscripts
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
async def running_station(
    settings: WebSettings | None = None, *, admins: Collection[str] = ("web",)
) -> AsyncIterator[Station]:
    """Start a server on a free port, and stop it at the end."""
    clock = FixedClock()
    transcripts = FragileTranscripts()
    chat_log = ChatLog(transcripts=transcripts, clock=clock)
    surface = WebSurface(chat_log)
    conversation = ListeningConversation()
    images = PillowImages()
    store = FragileMedia()
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
        others=(
            MenuRoutes(
                menus=Menus(Workflows(InMemoryCatalogue((*WORKFLOWS, FOR_OPERATORS)))),
                admins=Admins(admins),
                visitors=Visitors((settings or WebSettings(secret=SECRET)).secret),
            ),
        ),
    )
    await server.start()
    try:
        yield Station(
            server=server,
            conversation=conversation,
            surface=surface,
            media=media,
            store=store,
            transcripts=transcripts,
            hooks=hooks,
            wake_ups=wake_ups,
            clock=clock,
        )
    finally:
        await server.stop()
        images.close()
