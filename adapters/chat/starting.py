"""
Starting: a request becomes a job with its card shown.

It returns as soon as the job is saved, with what is left to be done: to show its card and to set it
going. That may wait for a platform, and the person's next message must not.
"""

import asyncio
import contextlib
from collections.abc import Coroutine

import structlog

from adapters.chat.admins import Admins
from adapters.chat.cards import Card
from adapters.chat.surface import Surface
from adapters.chat.turns import Turns
from adapters.chat.updates import ChatUpdate
from adapters.chat.views.jobs import message_key, waiting_card
from core.generations.model import Job
from core.generations.ports import JobStore
from core.shared.errors import StationError, UnknownWorkflowError
from core.shared.ids import JobId
from core.use_cases.start_generation import Request, StartGeneration

SHOWN_FIRST_S = 0.5
"""How long a job waits for its card to be shown; a platform in trouble holds no job up."""

Rest = Coroutine[object, object, None]
"""What is left to be done once a job is saved."""

log = structlog.get_logger()


class Starting:
    """Starts generations and shows their waiting cards."""

    def __init__(
        self, *, start: StartGeneration, jobs: JobStore, turns: Turns, admins: Admins
    ) -> None:
        self._start = start
        self._jobs = jobs
        self._turns = turns
        self._admins = admins
        self._showing: set[JobId] = set()

    async def __call__(self, update: ChatUpdate, surface: Surface, request: Request) -> Rest | None:
        """
        Start what an update asks for, under its id; None when it is started and shown already.

        Raises InputMissingError when the person must be asked first, UnknownWorkflowError for what
        only operators may run, and what StartGeneration does.
        """
        if not request.workflow.is_for(for_admin=self._admins.has(update.sender)):
            raise UnknownWorkflowError(request.workflow.name, ())
        job = await self._start(JobId(update.id), request)
        if job.state.is_end or job.shown_at or job.id in self._showing:
            return None  # the same update again: its job is known, and shown
        card = waiting_card(job, ahead=await self._jobs.ahead_of(job))
        self._showing.add(job.id)
        return self._shown_and_set_going(update, surface, job=job, card=card)

    async def _shown_and_set_going(
        self, update: ChatUpdate, surface: Surface, *, job: Job, card: Card
    ) -> None:
        # Should it not be shown, the job goes on all the same: its end is delivered, and paid for.
        shown = asyncio.Event()
        going = asyncio.create_task(self._set_going(job, shown))
        try:
            await self._show(update, surface, job=job, card=card)
        finally:
            self._showing.discard(job.id)
            shown.set()
            await going

    async def _set_going(self, job: Job, shown: asyncio.Event) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SHOWN_FIRST_S):
                await shown.wait()
        await self._start.wake(job)

    async def _show(self, update: ChatUpdate, surface: Surface, *, job: Job, card: Card) -> None:
        # In its message's turn, and not when its end was quicker: that came before, and stays.
        try:
            async with self._turns.of(job.id):
                now = await self._jobs.get(job.id)
                if now is None or now.state.is_end:
                    return
                shown_at = await surface.send(update.reply_to, card, key=message_key(job))
                await self._jobs.note_shown(job.id, shown_at)
        except StationError as error:
            log.warning("chat.not_shown", job=job.id, code=error.code, error=str(error))
