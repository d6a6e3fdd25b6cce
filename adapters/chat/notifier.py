"""
The notifier: keeps waiting cards up to date while jobs run.

It reads rows; events only tell it when. Each platform says how soon a card is edited first, for
some count every edit. An edit for which there is no room is left out: the next one shows more.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from adapters.chat.cards import Card
from adapters.chat.surface import (
    ChatClosedError,
    NotShownError,
    ReplyTo,
    ShownAt,
    Surface,
    platform_of,
)
from adapters.chat.turns import Turns
from adapters.chat.views.jobs import waiting_card
from core.generations.model import Job, JobState
from core.generations.ports import JobStore
from core.shared.errors import StationError
from core.shared.events import Event, JobChanged
from core.shared.ids import JobId

EDIT_EVERY_S = 2.0

log = structlog.get_logger()


class Notifier:
    """Edits the waiting cards of open jobs, each at most every two seconds."""

    def __init__(
        self,
        *,
        jobs: JobStore,
        surfaces: Mapping[str, Surface],
        turns: Turns,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._jobs = jobs
        self._surfaces = surfaces
        self._turns = turns
        self._sleep = sleep
        self._editors: dict[JobId, asyncio.Task[None]] = {}
        self._dirty: set[JobId] = set()
        self._shown: dict[JobId, Card] = {}

    async def hear(self, event: Event) -> None:
        """Note that a job changed: its card follows soon. Never waits for a platform."""
        if not isinstance(event, JobChanged):
            return
        if JobState(event.state).is_end:
            self._shown.pop(event.job, None)
            # An editor that is at work looks once more, and forgets what it has just shown.
            (self._dirty.add if event.job in self._editors else self._dirty.discard)(event.job)
            return
        self._dirty.add(event.job)
        if event.job not in self._editors:
            self._editors[event.job] = asyncio.create_task(self._edit_while_dirty(event.job))

    async def stop(self) -> None:
        """End all editing; the rows are the truth, and the cards follow after the next start."""
        editors = list(self._editors.values())
        for editor in editors:
            editor.cancel()
        await asyncio.gather(*editors, return_exceptions=True)

    async def _edit_while_dirty(self, job_id: JobId) -> None:
        try:
            await self._sleep(await self._first_edit_s(job_id))
            while job_id in self._dirty:
                self._dirty.discard(job_id)
                await self._edit_as_it_stands(job_id)
                # Also when nothing changed meanwhile: what changes soon after waits its turn.
                await self._sleep(EDIT_EVERY_S)
        finally:
            # Not by a callback: what is heard before that ran would find no editor at work.
            self._editors.pop(job_id, None)

    async def _first_edit_s(self, job_id: JobId) -> float:
        try:
            job = await self._jobs.get(job_id)
        except StationError:
            job = None  # the edit itself will tell
        surface = self._surfaces.get(platform_of(job.reply_to)) if job else None
        return surface.first_edit_s if surface else EDIT_EVERY_S

    async def _edit_as_it_stands(self, job_id: JobId) -> None:
        # Read and edited in one turn: else the card of a job that ends in between would come
        # after the courier's, and stay.
        async with self._turns.of(job_id):
            try:
                job = await self._jobs.get(job_id)
                if job is None or job.state.is_end:
                    self._shown.pop(job_id, None)
                else:
                    await self._edit(job)
            except ChatClosedError as error:
                log.info("chat.not_edited", job=job_id, code=error.code, error=str(error))
            except NotShownError as error:
                self._dirty.add(job_id)  # once more, as it stands then
                log.debug("chat.edited_later", job=job_id, code=error.code, error=str(error))
            except StationError as error:
                log.info("chat.not_edited", job=job_id, code=error.code, error=str(error))

    async def _edit(self, job: Job) -> None:
        surface = self._surfaces.get(platform_of(job.reply_to))
        if surface is None or not job.shown_at:
            return
        ahead = await self._jobs.ahead_of(job) if job.state is JobState.WAITING else None
        card = waiting_card(job, ahead=ahead)
        if card != self._shown.get(job.id):
            await surface.edit(ReplyTo(job.reply_to), ShownAt(job.shown_at), card)
            self._shown[job.id] = card
