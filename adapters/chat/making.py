"""
Making: from a person's words, or a result's button, to a job with its card shown.

Every way in returns as soon as the job is saved, with what is left to be done: to show its card and
to set it going. That may wait for a platform, and the person's next message must not.
"""

import asyncio
import contextlib
from collections.abc import Coroutine

import structlog

from adapters.chat.cards import Card
from adapters.chat.commands import split_values
from adapters.chat.surface import Surface
from adapters.chat.turns import Turns
from adapters.chat.updates import ChatUpdate
from adapters.chat.views.jobs import message_key, waiting_card
from core.generations.model import Job
from core.generations.ports import JobStore
from core.sessions.model import Account
from core.shared.errors import StationError
from core.shared.ids import JobId
from core.use_cases.go_on import GoOn
from core.use_cases.start_generation import Request, StartGeneration
from core.workflows.model import Workflow
from core.workflows.service import Workflows

SHOWN_FIRST_S = 0.5
"""How long a job waits for its card to be shown; a platform in trouble holds no job up."""

Rest = Coroutine[object, object, None]
"""What is left to be done once a job is saved."""

log = structlog.get_logger()


class Making:
    """Starts generations and shows their waiting cards."""

    def __init__(
        self,
        *,
        start: StartGeneration,
        workflows: Workflows,
        jobs: JobStore,
        go_on: GoOn,
        turns: Turns,
    ) -> None:
        self._start = start
        self._workflows = workflows
        self._jobs = jobs
        self._go_on = go_on
        self._turns = turns
        self._showing: set[JobId] = set()

    async def from_sentence(
        self, update: ChatUpdate, account: Account, surface: Surface
    ) -> Rest | None:
        """Make what a bare sentence, with or without a picture, asks for."""
        workflow = await self._workflows.for_sentence(with_image=bool(update.images))
        typed = update.text.strip()
        return await self._from_words(update, account, surface, workflow=workflow, typed=typed)

    async def from_command(
        self, update: ChatUpdate, account: Account, surface: Surface, *, name: str, rest: str
    ) -> Rest | None:
        """Make what `/name words input=value` asks for; `/make` leaves the choice to us."""
        workflow = await self._workflows.meant_by(name, with_image=bool(update.images))
        return await self._from_words(update, account, surface, workflow=workflow, typed=rest)

    async def again(
        self, update: ChatUpdate, account: Account, surface: Surface, *, job: JobId
    ) -> Rest | None:
        """Make the same once more, with a new seed."""
        request = await self._go_on.again(job, account.id, reply_to=update.reply_to)
        return await self._make(update, surface, request)

    async def upscale(
        self, update: ChatUpdate, account: Account, surface: Surface, *, job: JobId
    ) -> Rest | None:
        """Make a result's picture larger."""
        request = await self._go_on.upscale(job, account.id, reply_to=update.reply_to)
        return await self._make(update, surface, request)

    async def _from_words(
        self,
        update: ChatUpdate,
        account: Account,
        surface: Surface,
        *,
        workflow: Workflow,
        typed: str,
    ) -> Rest | None:
        settable = [each.name for each in workflow.inputs if not each.kind.is_media]
        words, values = split_values(typed, settable)
        request = Request(
            account=account.id,
            workflow=workflow,
            words=words,
            inputs=values,
            images=tuple(each.id for each in update.images),
            reply_to=update.reply_to,
        )
        return await self._make(update, surface, request)

    async def _make(self, update: ChatUpdate, surface: Surface, request: Request) -> Rest | None:
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
