"""The conversation with everything around it in memory, and what people do in it."""

from collections.abc import Sequence
from itertools import count

import attrs

from adapters.chat.actions import Action, encode
from adapters.chat.cards import Card
from adapters.chat.conversation import Conversation
from adapters.chat.surface import ReplyTo, Surface
from adapters.chat.updates import ChatUpdate
from composition.config import Config
from composition.container import Container
from core.generations.model import Job, JobState
from core.generations.ports import JobStore
from core.generations.service import Moves
from core.media.model import MediaRef
from core.sessions.model import Identity
from core.shared.errors import StationError
from core.shared.ids import AccountId, JobId
from core.use_cases.quote import QuoteGeneration
from core.workflows.kinds import InputKind
from core.workflows.ports import WorkflowCatalogue
from infrastructure.memory.catalogue import InMemoryCatalogue
from tests.builders import a_job, a_wish, a_workflow, an_input
from tests.fakes.clock import FixedClock
from tests.fakes.events import RecordingEvents
from tests.fakes.gateway import FakeGateway
from tests.fakes.ids import CountingIds
from tests.fakes.surface import RecordingSurface
from tests.fakes.wake_ups import HandDrivenWakeUps

OPERATOR = "op"
PICTURE = an_input("image", InputKind.IMAGE)
SEED = an_input("seed", InputKind.INTEGER, default=-1)
WIDTH = an_input("width", InputKind.INTEGER, default=512, minimum=64, maximum=2048)
WORKFLOWS = (
    a_workflow("text2img", inputs=(an_input(), WIDTH, SEED)),
    a_workflow("img2img", inputs=(an_input(), PICTURE, SEED), description="Changes a picture."),
    a_workflow("upscale", inputs=(PICTURE,), description="Makes a picture larger."),
)


def an_id(number: int) -> JobId:
    """Return an id of the true form: 32 hexadecimal characters."""
    return JobId(f"{number:032x}")


def chat_of(person: str) -> ReplyTo:
    """Return the address of a person's chat."""
    return ReplyTo(f"web:{person}")


@attrs.frozen(kw_only=True)
class Talk:
    """People who write and press, and what they are shown."""

    container: Container
    surface: RecordingSurface
    clock: FixedClock
    wake_ups: HandDrivenWakeUps
    events: RecordingEvents
    gateway: FakeGateway
    _update_ids: "count[int]" = attrs.field(factory=lambda: count(1_000))

    @property
    def conversation(self) -> Conversation:
        """The one that everybody talks to."""
        conversation: Conversation = self.container.conversation()
        return conversation

    @property
    def jobs(self) -> JobStore:
        """Every job."""
        jobs: JobStore = self.container.jobs()
        return jobs

    @property
    def moves(self) -> Moves:
        """What moves the jobs."""
        moves: Moves = self.container.moves()
        return moves

    async def say(
        self,
        text: str,
        *images: MediaRef,
        person: str = "ada",
        id: str | None = None,
        trouble: StationError | None = None,
        surface: Surface | None = None,
    ) -> JobId:
        """Send a message; return its id, which is the one of the job that it may start."""
        update = ChatUpdate(
            id=id or an_id(next(self._update_ids)),
            sender=Identity("web", person),
            reply_to=chat_of(person),
            text=text,
            images=images,
            trouble=trouble,
        )
        await self.conversation.handle(update, surface or self.surface)
        return JobId(update.id)

    async def press(
        self,
        action: Action | str,
        *,
        person: str = "ada",
        message: str = "a message",
        id: str | None = None,
    ) -> JobId:
        """Press a button; return the press's id."""
        update = ChatUpdate(
            id=id or an_id(next(self._update_ids)),
            sender=Identity("web", person),
            reply_to=chat_of(person),
            action=action if isinstance(action, str) else encode(action),
            message=message,
        )
        await self.conversation.handle(update, self.surface)
        return JobId(update.id)

    def cards(self, person: str = "ada") -> list[Card]:
        """Return the cards in a person's chat, in the order in which they first came."""
        return self.surface.cards(chat_of(person))

    def last(self, person: str = "ada") -> str:
        """Return the text of a person's newest card."""
        return self.cards(person)[-1].plain_text

    async def account(self, person: str = "ada") -> AccountId:
        """Return a person's account."""
        account: AccountId = (await self.container.accounts().of(Identity("web", person))).id
        return account

    async def has_job(
        self,
        number: int = 1,
        *,
        state: JobState = JobState.WAITING,
        person: str = "ada",
        outputs: Sequence[MediaRef] = (),
        shown_at: str = "",
    ) -> Job:
        """Give a person a job that stands somewhere."""
        account = await self.account(person)
        job = a_job(
            an_id(number),
            state=state,
            wish=a_wish(account=account),
            outputs=tuple(outputs),
            reply_to=chat_of(person),
            shown_at=shown_at,
        )
        return await self.jobs.add(job)

    async def job(self, job_id: JobId) -> Job:
        """Return a job that there must be."""
        job = await self.jobs.get(job_id)
        assert job is not None
        return job

    async def advance(self, *, seconds: float = 30.0) -> None:
        """Let everything that was woken go its way, for so long on the fixed clock."""
        await self.wake_ups.run_for(self.container.advance(), seconds=seconds)


def a_talk(
    *,
    surface: RecordingSurface | None = None,
    catalogue: WorkflowCatalogue | None = None,
    database_url: str = "memory:",
) -> Talk:
    """Wire the true container, by default over memory, with all that a test wants in its hands."""
    clock, shown = FixedClock(), surface or RecordingSurface()
    talk = Talk(
        container=Container(
            config=Config(database_url=database_url, admins=frozenset({f"web:{OPERATOR}"})),
            owner="worker:test",
        ),
        surface=shown,
        clock=clock,
        wake_ups=HandDrivenWakeUps(clock),
        events=RecordingEvents(),
        gateway=FakeGateway(),
    )
    container = talk.container
    container.secret.override("s" * 64)  # else the data folder is made, and has one
    container.clock.override(clock)
    container.ids.override(CountingIds())
    container.events.override(talk.events)
    container.wake_ups.override(talk.wake_ups)
    container.gateway.override(talk.gateway)
    container.catalogue.override(catalogue or InMemoryCatalogue(WORKFLOWS))
    container.surfaces.override({"web": shown})
    container.quote.override(
        QuoteGeneration(
            history=container.history(),
            catalogue=container.catalogue(),
            prices=container.config().prices,
            clock=clock,
        )
    )
    return talk
