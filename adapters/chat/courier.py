"""
The courier: brings each job's end to its person, once.

Deliveries are an outbox: the end of a job and *pending* are one row's update, so an end cannot be
forgotten. A delivery is claimed, made, and ended; after a crash the claim runs out and it is made
again under the same message key. Each is made by a task of its own, so that a chat that has to wait
holds up no other.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from adapters.chat.surface import (
    ChatClosedError,
    NotShownError,
    ReplyTo,
    ShownAt,
    Surface,
    platform_of,
)
from adapters.chat.turns import Turns
from adapters.chat.views.jobs import end_card, message_key
from core.generations.model import Delivery, Job
from core.generations.ports import JobStore
from core.generations.service import Moves
from core.generations.timing import back_off
from core.points.ports import PointsLedger
from core.points.receipts import Receipt
from core.shared.errors import StationError
from core.shared.events import DeliveryDue, Event
from core.shared.ids import JobId
from core.use_cases.go_on import UPSCALE
from core.workflows.service import Workflows

GIVEN_UP_AFTER = timedelta(hours=24)
"""How long an end waits for a platform in trouble, or for one that nobody serves any more."""

SWEPT_AT_ONCE = 50
SWEEP_WAITS_S = 5.0
"""A sweep waits so long for what it began; a chat that takes longer goes on beside the next."""

GOODBYE_S = 0.4
"""What is being shown at the end has so long to be shown, and to be noted as such."""

log = structlog.get_logger()


class Courier:
    """Claims pending deliveries and makes them."""

    def __init__(
        self,
        *,
        moves: Moves,
        jobs: JobStore,
        surfaces: Mapping[str, Surface],
        workflows: Workflows,
        turns: Turns,
        ledger: PointsLedger,
    ) -> None:
        self._moves = moves
        self._jobs = jobs
        self._surfaces = surfaces
        self._workflows = workflows
        self._turns = turns
        self._ledger = ledger
        self._under_way: dict[JobId, asyncio.Task[None]] = {}
        self._again: dict[JobId, asyncio.TimerHandle] = {}
        self._is_stopped = False

    async def hear(self, event: Event) -> None:
        """Begin to deliver at once what an event tells of."""
        if isinstance(event, DeliveryDue) and not self._is_stopped:
            job = await self._jobs.get(event.job)
            if job is not None and job.delivery is Delivery.PENDING:
                self._begin(job)

    async def sweep(self, *, ahead: timedelta = timedelta()) -> int:
        """
        Deliver whatever is due, whoever forgot it; return how many were begun.

        With `ahead` also what becomes due in that time: a platform that is back need not wait.
        """
        begun = [self._begin(job) for job in await self._due(self._moves.now() + ahead)]
        tasks = [task for task in begun if task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=SWEEP_WAITS_S)
        return len(tasks)

    async def stop(self) -> None:
        """Let what is being shown be shown, but not for long; the rest follows after a start."""
        self._is_stopped = True
        tasks = list(self._under_way.values())
        if tasks:
            await asyncio.wait(tasks, timeout=GOODBYE_S)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # Last: what has just failed would be tried again as well.
        for timer in self._again.values():
            timer.cancel()

    def _begin(self, job: Job) -> asyncio.Task[None] | None:
        """Deliver in a task of its own, which is returned; None when one is at it, or it ends."""
        if job.id in self._under_way or self._is_stopped:
            return None
        task = asyncio.create_task(self.deliver(job))
        self._under_way[job.id] = task
        task.add_done_callback(lambda _: self._ended(job.id))
        return task

    def _ended(self, job: JobId) -> None:
        task = self._under_way.pop(job)
        # One delivery's bug is noted, and holds up neither the others nor the next sweep.
        if not task.cancelled() and (bug := task.exception()) is not None:
            log.error("delivery.bug", job=job, exc_info=bug)

    async def _due(self, now: datetime) -> Sequence[Job]:
        """Return our platforms' due ends, and some that are for others: nobody may serve those."""
        ours = tuple(f"{platform}:" for platform in self._surfaces)
        # Asked for twice: neither kind can take all the places of the other.
        served = await self._jobs.undelivered(now=now, limit=SWEPT_AT_ONCE, prefixes=ours)
        oldest = await self._jobs.undelivered(now=now, limit=SWEPT_AT_ONCE)
        return (*served, *(job for job in oldest if not job.reply_to.startswith(ours)))

    async def deliver(self, job: Job) -> None:
        """Claim one delivery, make it, and note how it went; leave another's claim alone."""
        surface = self._surfaces.get(platform_of(job.reply_to))
        if self._moves.now() - job.moved_at > GIVEN_UP_AFTER:
            await self._give_up(job)
            return
        if surface is None:
            return
        # Claimed in the message's turn: a waiting card that is just being sent comes first.
        async with self._turns.of(job.id):
            claimed = await self._moves.claim_delivery(job)
            if claimed is not None:
                await self._deliver(claimed, surface)

    async def _deliver(self, job: Job, surface: Surface) -> None:
        to, shown_at = ReplyTo(job.reply_to), ShownAt(job.shown_at)
        try:
            receipt = Receipt.of(await self._ledger.of_hold(job.id))
            card = end_card(job, can_upscale=await self._can_upscale(job), receipt=receipt)
            await surface.finish(to, shown_at, card, key=message_key(job))
        except ChatClosedError as error:
            log.info("delivery.closed", job=job.id, error=str(error))
            await self._moves.end_delivery(job, Delivery.UNDELIVERABLE, wait=timedelta())
            return
        except StationError as error:
            await self._failed(job, error)
            return
        await self._moves.end_delivery(job, Delivery.DELIVERED, wait=timedelta())

    async def _failed(self, job: Job, error: StationError) -> None:
        tries = job.delivery_attempts
        log.warning("delivery.failed", job=job.id, tries=tries, code=error.code, error=str(error))
        wait = back_off(tries)
        if isinstance(error, NotShownError):
            wait = max(wait, timedelta(seconds=error.wait_s))
        pending = await self._moves.end_delivery(job, Delivery.PENDING, wait=wait)
        if pending is not None:
            if earlier := self._again.pop(job.id, None):
                earlier.cancel()
            # Sooner than the next sweep finds it, which is there for what a crash forgets.
            self._again[job.id] = asyncio.get_running_loop().call_later(
                wait.total_seconds(), self._begin_again, pending
            )

    def _begin_again(self, job: Job) -> None:
        self._again.pop(job.id, None)
        self._begin(job)

    async def _give_up(self, job: Job) -> None:
        await self._moves.end_delivery(job, Delivery.UNDELIVERABLE, wait=timedelta())
        await self._moves.alert("delivery.undeliverable", f"job {job.id} could not be delivered")

    async def _can_upscale(self, job: Job) -> bool:
        if job.wish.workflow == UPSCALE or not job.outputs:
            return False
        try:
            await self._workflows.named(UPSCALE)
        except StationError:
            return False
        return True
