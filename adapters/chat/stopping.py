"""Stopping: `/cancel`, and the button on a waiting card."""

from adapters.chat import texts
from adapters.chat.cards import Card
from adapters.chat.views.pages import text_card
from core.generations.ports import JobStore
from core.sessions.model import Account
from core.shared.ids import JobId
from core.use_cases.cancel_generation import CancelGeneration


class Stopping:
    """Has jobs cancelled. Their own cards tell the end."""

    def __init__(self, *, cancel: CancelGeneration, jobs: JobStore) -> None:
        self._cancel = cancel
        self._jobs = jobs

    async def by_button(self, account: Account, job_id: JobId) -> Card | None:
        """Cancel one job; a card only when there is nothing left to cancel."""
        job = await self._cancel(job_id, account.id)
        return text_card(texts.ENDED_ALREADY) if job.state.is_end else None

    async def by_command(self, account: Account, which: str) -> Card | None:
        """Cancel a person's newest job, or all of them."""
        jobs = [job for job in await self._jobs.open_of(account.id) if not job.cancel_requested]
        if not jobs:
            return text_card(texts.NOTHING_TO_CANCEL)
        for job in jobs if which.strip().lower() == "all" else jobs[-1:]:
            await self._cancel(job.id, account.id)
        return None
