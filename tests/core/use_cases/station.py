"""
All use cases on stores in memory, a service by the clock, and time driven by hand.

A `World` is what outlives the program; a `Station` is one life of the program in it.
"""

from core.generations.model import WORKER, Job, RunOutput
from core.generations.ports import Hooks, Places
from core.generations.service import Moves
from core.generations.timing import Timing
from core.media.model import MediaLimits
from core.media.service import Media
from core.points.allowance import AllowancePolicy
from core.points.books import EARNED
from core.points.pricing import PriceList
from core.shared.events import Event, OperatorAlerted
from core.shared.ids import AccountId, JobId, WalletId
from core.use_cases.advance_generation import AdvanceGeneration
from core.use_cases.cancel_generation import CancelGeneration
from core.use_cases.collect_results import CollectResults
from core.use_cases.end_job import EndJob
from core.use_cases.follow_run import FollowRun
from core.use_cases.go_on import GoOn
from core.use_cases.quote import QuoteGeneration
from core.use_cases.recover import RecoverJobs
from core.use_cases.run_inputs import RunInputs
from core.use_cases.settle_job import SettleJob
from core.use_cases.start_generation import MakeWish, Request, StartGeneration
from core.use_cases.stop_run import StopRun
from core.use_cases.submit_run import SubmitRun
from core.workflows.kinds import InputKind
from core.workflows.model import Workflow
from core.workflows.ports import WorkflowCatalogue
from core.workflows.service import Workflows
from infrastructure.memory.catalogue import InMemoryCatalogue
from infrastructure.memory.history import InMemoryRunHistory
from infrastructure.memory.jobs import InMemoryJobs
from infrastructure.memory.ledger import InMemoryLedger
from infrastructure.memory.loras import InMemoryLoras
from infrastructure.memory.media import InMemoryMedia
from infrastructure.memory.preferences import InMemoryPreferences
from infrastructure.memory.word_lists import InMemoryWildcards
from tests.builders import ADA, a_workflow, an_input
from tests.core.images import PlainImages
from tests.core.use_cases.clocked_gateway import ClockedGateway
from tests.core.use_cases.power_cuts import Fate
from tests.fakes.clock import FixedClock
from tests.fakes.events import RecordingEvents
from tests.fakes.ids import CountingIds
from tests.fakes.wake_ups import HandDrivenWakeUps

QUOTE = 20
"""Points of a quote while nothing is known of a workflow: ten seconds of the usual GPU."""

CHARGE = 4
"""Points of a run that took two seconds."""

CAPACITY = AllowancePolicy().capacity
PRICES = PriceList()
ROOMY = Places()

DRAW = a_workflow()
PAINT = a_workflow(
    "img2img",
    inputs=(
        an_input("input_image", InputKind.IMAGE),
        an_input(),
        an_input("seed", InputKind.INTEGER, default=-1),
    ),
)
UPSCALE = a_workflow("upscale", inputs=(an_input("input_image", InputKind.IMAGE),))


class HeardAt(Hooks):
    """Gives every job an address; none, where no URL is given."""

    def __init__(self, url: str | None = None) -> None:
        self._url = url

    def address(self, job: JobId) -> str | None:
        return None if self._url is None else f"{self._url}/{job}"

    def is_genuine(self, job: JobId, token: str) -> bool:
        return token == job


class World:
    """The time, the service and what is stored: all that a death of the program leaves."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.gateway = ClockedGateway(clock=self.clock)
        self.jobs = InMemoryJobs()
        self.ledger = InMemoryLedger(AllowancePolicy())
        self.files = InMemoryMedia()
        self.ids = CountingIds()
        self.catalogue: WorkflowCatalogue = InMemoryCatalogue([DRAW, PAINT, UPSCALE])
        self.preferences = InMemoryPreferences()
        self.wildcards = InMemoryWildcards()
        self.loras = InMemoryLoras()

    async def points(self, account: AccountId = ADA) -> tuple[int, int]:
        """Return what a person's runs were charged in all, and what is held now."""
        wallet = WalletId(account)
        entries = await self.ledger.history(wallet, limit=1_000)
        charged = sum(each.amount for each in entries if each.credit == EARNED)
        balance = await self.ledger.balance(wallet, now=self.clock.now())
        return charged, balance.held.amount

    def text(self, text: str) -> RunOutput:
        """Return a text that a run makes."""
        return RunOutput(text=text)


class Station:
    """One life of the program: `begin` a job, `live`, and look at what is stored."""

    def __init__(
        self,
        world: World,
        *,
        owner: str = "worker:1",
        driver: str = WORKER,
        fate: Fate | None = None,
        places: Places = ROOMY,
        hooks: Hooks | None = None,
    ) -> None:
        self.world = world
        fate = fate or Fate()
        self._fate, self._places, self._hooks = fate, places, hooks or HeardAt()
        self.wake_ups = HandDrivenWakeUps(world.clock)
        self._events = RecordingEvents()
        self._teller = fate.over(self._events)
        self._jobs, self._ledger = fate.over(world.jobs), fate.over(world.ledger)
        self._gateway = fate.over(world.gateway)
        self._alarm = fate.over(self.wake_ups)
        self.moves = Moves(
            jobs=self._jobs,
            clock=world.clock,
            events=self._teller,
            timing=Timing(),
            owner=owner,
            driver=driver,
        )
        self.media = Media(
            store=fate.over(world.files),
            images=PlainImages(),
            ids=world.ids,
            limits=MediaLimits(),
        )
        self._wire_start(driver)
        self._wire_advance()

    def _wire_start(self, driver: str) -> None:
        world, jobs = self.world, self._jobs
        self.workflows = Workflows(world.catalogue)
        self.quote = QuoteGeneration(
            history=self._fate.over(InMemoryRunHistory(world.jobs)),
            catalogue=world.catalogue,
            prices=PRICES,
            clock=world.clock,
        )
        self.start = StartGeneration(
            jobs=jobs,
            ledger=self._ledger,
            quote=self.quote,
            wake_ups=self._alarm,
            clock=world.clock,
            wishes=MakeWish(
                preferences=world.preferences,
                wildcards=world.wildcards,
                loras=world.loras,
                ids=world.ids,
            ),
            driver=driver,
        )
        self.cancel = CancelGeneration(jobs=jobs, wake_ups=self._alarm, clock=world.clock)
        self.go_on = GoOn(jobs=jobs, workflows=self.workflows)
        self.recover = RecoverJobs(jobs=jobs, wake_ups=self._alarm, clock=world.clock)

    def _wire_advance(self) -> None:
        moves, gateway, ledger = self.moves, self._gateway, self._ledger
        end = EndJob(moves=moves, ledger=ledger)
        settle = SettleJob(moves=moves, ledger=ledger, prices=PRICES)
        collect = CollectResults(
            moves=moves,
            gateway=gateway,
            media=self.media,
            settle=settle,
            end=end,
            limit_bytes=MediaLimits().result_bytes,
        )
        stop = StopRun(
            moves=moves, jobs=self._jobs, gateway=gateway, ledger=ledger, prices=PRICES, end=end
        )
        self.submit = SubmitRun(
            moves=moves,
            gateway=gateway,
            inputs=RunInputs(gateway=gateway, media=self.media, workflows=self.workflows),
            hooks=self._hooks,
            end=end,
            wake_ups=self._alarm,
            places=self._places,
        )
        self.collect, self.settle, self.stop = collect, settle, stop
        self.follow = FollowRun(
            moves=moves,
            gateway=gateway,
            hooks=self._hooks,
            events=self._teller,
            collect=collect,
            stop=stop,
            end=end,
        )
        self.advance = AdvanceGeneration(
            moves=moves,
            start=self.start,
            submit=self.submit,
            follow=self.follow,
            collect=collect,
            settle=settle,
            end=end,
        )

    @property
    def events(self) -> list[Event]:
        """What was published in this life, oldest first."""
        return self._events.events

    @property
    def alerts(self) -> list[str]:
        """The codes of what the operators were told."""
        return [each.code for each in self.events if isinstance(each, OperatorAlerted)]

    async def begin(
        self,
        words: str = "a red fox",
        *,
        account: AccountId = ADA,
        workflow: Workflow = DRAW,
        images: tuple[str, ...] = (),
        id: JobId | None = None,
    ) -> JobId:
        """Start a job and set it going, as the conversation does; return its id."""
        request = Request(
            account=account, workflow=workflow, words=words, images=images, reply_to="web:chat-1"
        )
        job = await self.start(id or self.world.ids.job(), request)
        await self.start.wake(job)
        return job.id

    async def live(self, *, seconds: float = 0.0) -> None:
        """Let so many seconds go by; none: do what is due now."""
        await self.wake_ups.run_for(self.advance, seconds=seconds)

    async def live_out(self) -> None:
        """Let time go by until nobody waits for anything."""
        await self.wake_ups.run_until_idle(self.advance)

    async def job(self, job: JobId) -> Job:
        """Return a job as it stands. Raises AssertionError when there is none."""
        found = await self.world.jobs.get(job)
        assert found is not None
        return found

    async def whole_life(self, words: str = "a red fox", *, id: JobId | None = None) -> Job:
        """Start a job, let it live to its end, and return it."""
        job = await self.begin(words, id=id)
        await self.live_out()
        return await self.job(job)
