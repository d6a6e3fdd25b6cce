"""Answers: what a person can ask about their own affairs, and nothing changes by it."""

from adapters.chat.cards import Card
from adapters.chat.views.jobs import info_card
from adapters.chat.views.pages import help_card, points_card, status_card
from core.generations.ports import JobStore
from core.points.allowance import AllowancePolicy
from core.points.ports import PointsLedger
from core.sessions.model import Account
from core.shared.ids import JobId, WalletId
from core.shared.ports import Clock
from core.use_cases.cancel_generation import owned

QUESTIONS = ("help", "start", "points", "status")


class Answers:
    """Answers questions with cards."""

    def __init__(
        self,
        *,
        ledger: PointsLedger,
        policy: AllowancePolicy,
        jobs: JobStore,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._policy = policy
        self._jobs = jobs
        self._clock = clock

    async def to(self, question: str, account: Account) -> Card:
        """Return the card for one of QUESTIONS; anything else is answered with help."""
        match question:
            case "points":
                now = self._clock.now()
                balance = await self._ledger.balance(WalletId(account.id), now=now)
                return points_card(balance, capacity=self._policy.capacity, now=now)
            case "status":
                return status_card(await self._jobs.open_of(account.id))
            case _:
                return help_card()

    async def info(self, job_id: JobId, account: Account) -> Card:
        """Return how a job was made. Raises StaleButtonError and NotYoursError."""
        return info_card(await owned(self._jobs, job_id, account.id))
