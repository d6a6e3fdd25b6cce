"""The proof of the books that are in memory."""

from datetime import datetime

import attrs

from core.generations.holds import HoldAndJob, problems
from core.generations.model import JobState
from core.points.model import Audit
from core.points.ports import BooksAuditor
from core.shared.ids import JobId
from infrastructure.memory.jobs import InMemoryJobs
from infrastructure.memory.ledger import InMemoryLedger


class InMemoryAuditor(BooksAuditor):
    """
    Compares a ledger and jobs of this process.

    None of the two waits for anything, so on an event loop all is of one moment.
    """

    def __init__(self, ledger: InMemoryLedger, jobs: InMemoryJobs) -> None:
        self._ledger = ledger
        self._jobs = jobs

    async def audit(self, *, now: datetime) -> Audit:
        books = await self._ledger.audit()
        pairs = {each.id: each for each in self._ledger.holds()}
        for job in await self._jobs.unfinished():
            pairs.setdefault(job.id, HoldAndJob(id=job.id))
        whole = [attrs.evolve(each, job=await self._state(each.id)) for each in pairs.values()]
        return attrs.evolve(books, problems=(*books.problems, *problems(whole, now=now)))

    async def _state(self, key: str) -> JobState | None:
        job = await self._jobs.get(JobId(key))
        return None if job is None else job.state
