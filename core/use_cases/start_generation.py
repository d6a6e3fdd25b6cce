"""StartGeneration: a wish becomes a waiting job with its points held. It ends there."""

from collections.abc import Mapping
from datetime import timedelta

import attrs

from core.generations.model import WORKER, Delivery, Job, JobState, Wish
from core.generations.ports import JobStore, WakeUps
from core.points.model import Hold, HoldResult
from core.points.ports import PointsLedger
from core.points.pricing import Quote
from core.shared.errors import InputRefusedError, NotEnoughPointsError, TooManyJobsError
from core.shared.ids import AccountId, JobId, WalletId
from core.shared.ports import Clock, NewIds
from core.use_cases.quote import QuoteGeneration
from core.workflows.model import RANDOM_SEED, Input, InputKind, InputValue, Workflow

OPEN_JOBS_PER_ACCOUNT = 6
UNSTARTED_WAIT = timedelta(seconds=2)
"""When a prepared or waiting job is looked at, should whoever started it have died."""


@attrs.frozen(kw_only=True)
class Request:
    """
    What a person asks for: a workflow, words for its prompt, pictures, values by input name.

    `images` are our own files for the workflow's image inputs, in their order; `media` names the
    inputs of others. A media input that gets none keeps its default, which is a URL.
    """

    account: AccountId
    workflow: Workflow
    words: str = ""
    inputs: Mapping[str, object] = attrs.field(factory=dict)
    images: tuple[str, ...] = ()
    media: Mapping[str, str] = attrs.field(factory=dict)
    parent: JobId | None = None
    reply_to: str = ""


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
        ids: NewIds,
        driver: str = WORKER,
    ) -> None:
        self._jobs = jobs
        self._ledger = ledger
        self._quote = quote
        self._wake_ups = wake_ups
        self._clock = clock
        self._ids = ids
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
        wish = self._wish(request)
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

    def _wish(self, request: Request) -> Wish:
        workflow = request.workflow
        given: dict[str, object] = dict(request.inputs)
        if request.words and workflow.prompt is not None:
            given.setdefault(workflow.prompt.name, request.words)
        elif request.words and workflow.prompt is None:
            raise InputRefusedError(
                "prompt", f"/{workflow.name} takes no words, only: {_names(workflow)}."
            )
        media = {**request.media, **_placed(workflow, request)}
        accepted = workflow.accept({**given, **media})
        prompt = accepted.get(workflow.prompt.name, "") if workflow.prompt else ""
        return Wish(
            account=request.account,
            workflow=workflow.name,
            title=workflow.title,
            deployment=workflow.deployment,
            inputs={each: self._drawn(workflow, each, value) for each, value in accepted.items()},
            media_inputs=tuple(each for each in accepted if each in media),
            words=str(prompt),
            gpu=workflow.gpu,
            parent=request.parent,
        )

    def _drawn(self, workflow: Workflow, name: str, value: InputValue) -> InputValue:
        """Return a seed in place of -1: a run can only be repeated if we chose its seed."""
        wanted = next(each for each in workflow.inputs if each.name == name)
        return self._seed(wanted) if wanted.is_seed and value == RANDOM_SEED else value

    def _seed(self, wanted: Input) -> int:
        low = 0 if wanted.minimum is None else max(0, int(wanted.minimum))
        high = 2**31 - 1 if wanted.maximum is None else int(wanted.maximum)
        return low + self._ids.seed() % max(1, high - low + 1)


def _names(workflow: Workflow) -> str:
    return ", ".join(each.name for each in workflow.inputs)


def _placed(workflow: Workflow, request: Request) -> dict[str, str]:
    """Return the pictures of a message by the image inputs that they fill, in their order."""
    for each in workflow.media_inputs:
        if each.name in request.inputs:
            raise InputRefusedError(
                each.name,
                f"“{each.name}” is a file: please send it along, or name it with --image.",
            )
    free = [
        each.name
        for each in workflow.media_inputs
        if each.kind is InputKind.IMAGE and each.name not in request.media
    ]
    if len(request.images) > len(free):
        takes = "no picture" if not free else f"{len(free)} picture{'s' * (len(free) != 1)}"
        raise InputRefusedError(
            "image",
            f"/{workflow.name} takes {takes}, not {len(request.images)}. Please send it again.",
        )
    return dict(zip(free, request.images, strict=False))
