"""StartGeneration: a wish becomes a waiting job with its points held. It ends there."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import attrs

from core.generations.model import WORKER, Delivery, Job, JobState, Wish
from core.generations.ports import JobStore, WakeUps
from core.points.model import Hold, HoldResult
from core.points.ports import PointsLedger
from core.points.pricing import Quote
from core.sessions.model import common, personal
from core.sessions.ports import PreferenceStore
from core.shared.errors import NotEnoughPointsError, TooManyJobsError
from core.shared.ids import AccountId, ChatId, JobId, WalletId
from core.shared.ports import Clock, NewIds
from core.use_cases.quote import QuoteGeneration
from core.workflows.drawing import calls_loras, texts_to_draw
from core.workflows.filling import Filled, Given, fill
from core.workflows.inputs import InputValue
from core.workflows.model import Workflow
from core.workflows.ports import LoraLibrary, Wildcards
from core.workflows.wildcards import Lists, lists_for

OPEN_JOBS_PER_ACCOUNT = 6
NOWHERE = ChatId("")
UNSTARTED_WAIT = timedelta(seconds=2)
"""When a prepared or waiting job is looked at, should whoever started it have died."""


@attrs.frozen(kw_only=True)
class Request:
    """
    What a person asks for: a workflow, words for its prompt, pictures, values by input name.

    `images` are our own files for the workflow's image inputs, in their order; `media` names the
    inputs of others. A media input that gets none keeps its default, which is a URL. `notes` are
    what was made of the request before.
    """

    account: AccountId
    workflow: Workflow
    chat: ChatId = NOWHERE
    """Whose common preferences count."""
    words: str = ""
    inputs: Mapping[str, object] = attrs.field(factory=dict)
    images: tuple[str, ...] = ()
    media: Mapping[str, str] = attrs.field(factory=dict)
    notes: tuple[str, ...] = ()
    parent: JobId | None = None
    reply_to: str = ""
    is_complete: bool = False
    """Whether it is all there is, as a form that was shown: nothing saved is added."""


class MakeWish:
    """Fills a request with what its person and its chat have saved, and with the defaults."""

    def __init__(
        self,
        *,
        preferences: PreferenceStore,
        wildcards: Wildcards,
        loras: LoraLibrary,
        ids: NewIds,
    ) -> None:
        self._preferences = preferences
        self._wildcards = wildcards
        self._loras = loras
        self._ids = ids

    async def __call__(self, request: Request) -> Wish:
        """Return the complete wish. Raises InputRefusedError, and what the stores raise."""
        workflow = request.workflow
        saved, shared = await self._preferred(request)
        given = Given(
            words=request.words,
            values=request.inputs,
            saved=saved,
            common=shared,
            images=request.images,
            media=request.media,
        )
        filled = fill(
            workflow,
            given,
            seed=self._ids.seed(),
            lists=await self._lists(workflow, given),
            loras=await self._loras.all() if calls_loras(workflow) else (),
        )
        return _wish(request, filled)

    async def _preferred(self, request: Request) -> Sequence[Mapping[str, InputValue]]:
        """Return what the person wants to begin with, and what everybody in the chat does."""
        if request.is_complete:
            return {}, {}
        owners = (personal(request.account), common(request.chat))
        found = await self._preferences.of_owners(owners, request.workflow.key)
        return [each.values for each in found]

    async def _lists(self, workflow: Workflow, given: Given) -> Lists:
        """Return the lists of words that any text may lead to, whichever is taken in the end."""
        values = (*given.values.values(), *given.saved.values(), *given.common.values())
        defaults = [each.default for each in texts_to_draw(workflow)]
        texts = [each for each in (given.words, *values, *defaults) if isinstance(each, str)]
        return await lists_for(texts, self._wildcards)


def _wish(request: Request, filled: Filled) -> Wish:
    workflow = request.workflow
    return Wish(
        account=request.account,
        workflow=workflow.name,
        title=workflow.title,
        deployment=workflow.deployment,
        inputs=filled.inputs,
        media_inputs=filled.media_inputs,
        words=filled.words,
        gpu=workflow.gpu,
        parent=request.parent,
        key=workflow.key,
        version=workflow.runs_on.version,
        notes=(*request.notes, *filled.notes),
        as_files=workflow.as_files,
        typed=filled.typed,
    )


class StartGeneration:
    """Checks a request, prices it, holds the points, and leaves a waiting job."""

    def __init__(
        self,
        *,
        jobs: JobStore,
        ledger: PointsLedger,
        quote: QuoteGeneration,
        wake_ups: WakeUps,
        clock: Clock,
        wishes: MakeWish,
        driver: str = WORKER,
    ) -> None:
        self._jobs = jobs
        self._ledger = ledger
        self._quote = quote
        self._wake_ups = wake_ups
        self._clock = clock
        self._wishes = wishes
        self._driver = driver

    async def __call__(self, job_id: JobId, request: Request) -> Job:
        """
        Return the waiting job; `wake` sets it going. The same id again returns the same job.

        Raises InputRefusedError, TooManyJobsError and NotEnoughPointsError: then nothing is held.
        """
        open_jobs = await self._jobs.open_of(request.account)
        known = next((job for job in open_jobs if job.id == job_id), None)
        if known is not None and known.state is not JobState.PREPARED:
            return known
        if known is None and len(open_jobs) >= OPEN_JOBS_PER_ACCOUNT:
            ended = await self._jobs.get(job_id)
            if ended is not None:
                return ended
            raise TooManyJobsError(OPEN_JOBS_PER_ACCOUNT)
        wish = await self._wishes(request)
        quote = await self._quote(request.workflow)
        # Saved before anything is held: should we die in between, the job finds its hold, and a
        # hold without a job cannot exist.
        now = self._clock.now()
        job = attrs.evolve(
            Job.prepared(job_id, wish, quote, now=now),
            reply_to=request.reply_to,
            driver=self._driver,
            next_wake_at=now + UNSTARTED_WAIT,
        )
        job = await self._jobs.add(job)
        return job if job.state is not JobState.PREPARED else await self.hold(job, told=True)

    async def hold(self, job: Job, *, told: bool) -> Job:
        """
        Hold a prepared job's points and let it wait.

        Raises NotEnoughPointsError after ending the job; `told` says that the caller tells the
        person, else the job's delivery does.
        """
        now = self._clock.now()
        wallet = WalletId(job.wish.account)
        hold = Hold(id=job.id, wallet=wallet, points=job.quote.points)
        result = await self._ledger.hold(hold, now=now)
        if result in (HoldResult.HELD, HoldResult.EXISTS):
            waiting = job.moved(JobState.WAITING, now=now)
            saved = await self._jobs.save(attrs.evolve(waiting, next_wake_at=now + UNSTARTED_WAIT))
            # None: another call of the same id was faster, and has done the same.
            return saved or await self._jobs.get(job.id) or job
        if result is HoldResult.NOT_ENOUGH:
            error = await self._not_enough(wallet, job.quote)
            failed = job.ended(JobState.FAILED, now=now, failure=error.user_message)
            await self._jobs.save(attrs.evolve(failed, delivery=Delivery.NONE) if told else failed)
            raise error
        msg = f"hold {job.id} is {result}"
        raise ValueError(msg)

    async def wake(self, job: Job) -> None:
        """Set a waiting job going."""
        await self._wake_ups.wake(job.id, at=self._clock.now())

    async def _not_enough(self, wallet: WalletId, quote: Quote) -> NotEnoughPointsError:
        now = self._clock.now()
        balance = await self._ledger.balance(wallet, now=now)
        wait_s = await self._ledger.seconds_until(wallet, quote.points, now=now)
        return NotEnoughPointsError(
            needed=quote.points.amount,
            available=balance.available.amount,
            wait_s=wait_s,
            held=balance.held.amount,
        )
