"""
The courier: brings each job's end to its person, once.

Deliveries are an outbox: the end of a job and *pending* are one row's update, so an end cannot be
forgotten. A delivery is claimed, made, and ended; after a crash the claim runs out and it is made
again under the same message key.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

import structlog

from adapters.chat.surface import ReplyTo, ShownAt, Surface, platform_of
from adapters.chat.turns import Turns
from adapters.chat.views.jobs import end_card, message_key
from core.generations.model import Delivery, Job
from core.generations.ports import JobStore
from core.generations.service import Moves
from core.generations.timing import back_off
from core.shared.errors import StationError
from core.shared.events import DeliveryDue, Event
from core.use_cases.go_on import UPSCALE
from core.workflows.service import Workflows

MOST_TRIES = 8
SWEPT_AT_ONCE = 50
NOBODY_COMES = timedelta(hours=1)
"""How long an end waits for a platform that this process does not serve."""

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
    ) -> None:
        self._moves = moves
        self._jobs = jobs
        self._surfaces = surfaces
        self._workflows = workflows
        self._turns = turns

    async def hear(self, event: Event) -> None:
        """Deliver at once what an event tells of."""
        if isinstance(event, DeliveryDue):
            job = await self._jobs.get(event.job)
            if job is not None and job.delivery is Delivery.PENDING:
                await self.deliver(job)

    async def sweep(self) -> int:
        """Deliver whatever is due, whoever forgot it; return how many were tried."""
        due = await self._due()
        # One delivery's bug is noted, and holds up neither the others nor the next sweep.
        ends = await asyncio.gather(*(self.deliver(job) for job in due), return_exceptions=True)
        for job, end in zip(due, ends, strict=True):
            if isinstance(end, Exception):
                log.error("delivery.bug", job=job.id, exc_info=end)
        return len(due)

    async def _due(self) -> Sequence[Job]:
        """Return our platforms' due ends, and some that are for others: nobody may serve those."""
        now, ours = self._moves.now(), tuple(f"{platform}:" for platform in self._surfaces)
        # Asked for twice: neither kind can take all the places of the other.
        served = await self._jobs.undelivered(now=now, limit=SWEPT_AT_ONCE, prefixes=ours)
        oldest = await self._jobs.undelivered(now=now, limit=SWEPT_AT_ONCE)
        return (*served, *(job for job in oldest if not job.reply_to.startswith(ours)))

    async def deliver(self, job: Job) -> None:
        """Claim one delivery, make it, and note how it went; leave another's claim alone."""
        surface = self._surfaces.get(platform_of(job.reply_to))
        if surface is None:
            if self._moves.now() - job.moved_at > NOBODY_COMES:
                await self._moves.end_delivery(job, Delivery.UNDELIVERABLE, wait=timedelta())
            return
        if job.delivery_attempts >= MOST_TRIES:
            await self._give_up(job)
            return
        # Claimed in the message's turn: a waiting card that is just being sent comes first.
        async with self._turns.of(job.id):
            claimed = await self._moves.claim_delivery(job)
            if claimed is not None:
                await self._deliver(claimed, surface)

    async def _deliver(self, job: Job, surface: Surface) -> None:
        card = end_card(job, can_upscale=await self._can_upscale(job))
        to, shown_at = ReplyTo(job.reply_to), ShownAt(job.shown_at)
        try:
            await surface.finish(to, shown_at, card, key=message_key(job))
        except StationError as error:
            await self._failed(job, error)
            return
        await self._moves.end_delivery(job, Delivery.DELIVERED, wait=timedelta())

    async def _failed(self, job: Job, error: StationError) -> None:
        tries = job.delivery_attempts
        log.warning("delivery.failed", job=job.id, tries=tries, code=error.code, error=str(error))
        if tries < MOST_TRIES:
            await self._moves.end_delivery(job, Delivery.PENDING, wait=back_off(tries))
        else:
            await self._give_up(job)

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
