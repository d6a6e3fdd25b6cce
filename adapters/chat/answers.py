"""Answers: what a person can ask about their own affairs, and nothing changes by it."""

from collections.abc import Iterable

from adapters.chat.admins import Admins
from adapters.chat.cards import Card
from adapters.chat.updates import ChatUpdate
from adapters.chat.views.jobs import info_card
from adapters.chat.views.pages import help_card, status_card
from adapters.chat.views.points import (
    LATEST,
    ROWS,
    Jobs,
    Page,
    Statement,
    entries_card,
    points_card,
    why_card,
)
from core.generations.ports import JobStore
from core.points.allowance import AllowancePolicy
from core.points.ports import PointsLedger
from core.points.receipts import hold_of
from core.sessions.model import Account
from core.shared.ids import JobId, WalletId
from core.shared.ports import Clock
from core.use_cases.cancel_generation import owned
from core.use_cases.find_job import found

QUESTIONS = ("help", "start", "points", "status")


class Answers:
    """Answers questions with cards."""

    def __init__(
        self,
        *,
        ledger: PointsLedger,
        policy: AllowancePolicy,
        jobs: JobStore,
        admins: Admins,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._policy = policy
        self._jobs = jobs
        self._admins = admins
        self._clock = clock

    async def to(self, question: str, account: Account) -> Card:
        """Return the card for one of QUESTIONS; anything else is answered with help."""
        match question:
            case "points":
                return await self._points(WalletId(account.id))
            case "status":
                return status_card(await self._jobs.open_of(account.id))
            case _:
                return help_card()

    async def info(self, job_id: JobId, account: Account) -> Card:
        """Return how a job was made. Raises StaleButtonError and NotYoursError."""
        return info_card(await owned(self._jobs, job_id, account.id))

    async def entries(self, page: int, account: Account) -> Card:
        """Return a page, counted from 0, of what is older than `/points` shows."""
        wallet = WalletId(account.id)
        older = await self._page(wallet, skip=LATEST + page * ROWS, rows=ROWS, number=page)
        return entries_card(older, now=self._clock.now())

    async def why(self, code: str, update: ChatUpdate, account: Account) -> Card:
        """
        Return what one of a person's jobs cost, and why; operators may ask for anybody's.

        Raises UnknownCodeError, AmbiguousCodeError and NotYoursError.
        """
        sees_all = self._admins.has(update.sender)
        job = await found(self._jobs, code, account.id, sees_all=sees_all)
        return why_card(job, await self._ledger.of_hold(job.id))

    async def _points(self, wallet: WalletId) -> Card:
        now = self._clock.now()
        # First: it brings the refills that are due, which the entries below then show.
        balance = await self._ledger.balance(wallet, now=now)
        holds = await self._ledger.open_holds(wallet)
        latest = await self._page(wallet, rows=LATEST, others=[each.id for each in holds])
        statement = Statement(
            balance=balance, capacity=self._policy.capacity, holds=holds, latest=latest
        )
        return points_card(statement, now=now)

    async def _page(
        self,
        wallet: WalletId,
        *,
        rows: int,
        skip: int = 0,
        number: int = 0,
        others: Iterable[str] = (),
    ) -> Page:
        """Return some entries with their jobs, and those of other holds."""
        entries = await self._ledger.history(wallet, limit=rows + 1, skip=skip)
        shown = entries[:rows]
        jobs = await self._jobs_of({*filter(None, map(hold_of, shown)), *others})
        return Page(entries=shown, jobs=jobs, number=number, has_older=len(entries) > rows)

    async def _jobs_of(self, holds: Iterable[str]) -> Jobs:
        jobs = [await self._jobs.get(JobId(each)) for each in holds]
        return {job.id: job for job in jobs if job is not None}
