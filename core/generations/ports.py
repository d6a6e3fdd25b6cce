"""What the generations need from the world."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import attrs

from core.generations.model import WORKER, Claim, Job, JobState, RunUpdate
from core.shared.ids import AccountId, DeploymentId, JobId, RunId
from core.workflows.inputs import InputValue


@attrs.frozen(kw_only=True)
class RunRequest:
    """One run to be queued. `marker` can be looked up later; `hook` hears of changes."""

    deployment: DeploymentId
    inputs: Mapping[str, InputValue]
    marker: JobId
    hook: str | None = None


class GenerationGateway(Protocol):
    """Runs generations: ComfyUI Deploy, or something that behaves like it."""

    async def submit(self, request: RunRequest) -> RunId:
        """
        Queue one run: within 2 s as a rule, after 60 s at worst. Never repeats by itself.

        Raises:
            ServiceBusyError: The service wants us to wait. Nothing was queued.
            ServiceRefusedError: Our key, credit or deployment is refused. Nothing was queued.
            InputRefusedError: The service does not take an input. Nothing was queued.
            SubmitUnclearError: No usable answer. A run MAY have been queued: look it up.
        """

    async def find(
        self, deployment: DeploymentId, marker: JobId, *, since: datetime
    ) -> RunId | None:
        """
        Return the run with this marker, or None when none of those made since then has it.

        Raises NotThereError where runs cannot be listed at all, ServiceError when it cannot tell.
        """

    async def status(self, run: RunId, *, fresh: bool = False) -> RunUpdate:
        """
        Ask for one run. Repeats by itself for up to 15 s.

        What is not `fresh` may lack outputs, times and progress of the last 30 s; `fresh` reads the
        run itself, whatever it costs. Raises RunUnknownError when the service does not know the
        run, ServiceError otherwise.
        """

    async def cancel(self, run: RunId) -> bool:
        """Stop a run; False when the service cannot (yet). Raises ServiceError when silent."""

    async def upload(self, data: bytes, *, name: str) -> str:
        """Give the service a file for an input; returns its URL there. Raises ServiceError."""

    async def fetch(self, url: str, *, limit_bytes: int) -> bytes:
        """
        Return an output's bytes.

        Raises MediaTroubleError when it is gone, too large or cut, and for a URL that is not the
        service's.
        """


@attrs.frozen(kw_only=True)
class Places:
    """How many jobs may be at the service at once: of one person, and in all."""

    per_account: int = 2
    in_all: int = 10


class JobStore(Protocol):
    """Keeps the jobs. Each method is atomic, across processes too."""

    async def add(self, job: Job) -> Job:
        """Save a new job. When its id is there already, change nothing and return what is there."""

    async def get(self, job: JobId) -> Job | None:
        """Return a job as it stands."""

    async def save(self, job: Job) -> Job | None:
        """
        Save a job over the version that it was read at; return it with the next version.

        Returns None, and changes nothing, when somebody was faster. Never writes
        `cancel_requested`, `shown_at`, `reply_to`, `driver`, `wish`, `quote` and `created_at`.
        """

    async def claim_next(
        self, claim: Claim, places: Places, *, now: datetime, driver: str = WORKER
    ) -> Job | None:
        """
        Move the waiting job whose turn it is to *submitting*, under the claim, and return it.

        Only jobs of this driver are chosen and take places. A job whose person asked for its end is
        never chosen, nor one that was tried before and is to wait until `next_wake_at`. `attempts`
        stays as it was.
        The turn goes to the person with the fewest jobs at the service, then to the oldest job.
        Returns None when nobody waits or no place is free.
        """

    async def ahead_of(self, job: Job) -> int:
        """Return how many waiting jobs of the same driver are older than this one."""

    async def request_cancel(self, job: JobId) -> None:
        """Note that the person wants an end. Changes nothing for a job that has ended."""

    async def note_shown(self, job: JobId, shown_at: str) -> None:
        """Note where the job is shown."""

    async def open_of(self, account: AccountId) -> Sequence[Job]:
        """Return a person's jobs that have not ended, oldest first."""

    async def recent_of(self, account: AccountId, *, limit: int) -> Sequence[Job]:
        """Return a person's newest jobs, newest first."""

    async def starting(
        self, prefix: str, *, limit: int, account: AccountId | None = None
    ) -> Sequence[Job]:
        """
        Return the jobs whose ids begin so, taken literally, oldest first.

        With `account` only that person's. `prefix` is made of digits and small letters.
        """

    async def newest(self, *, limit: int, state: JobState | None = None) -> Sequence[Job]:
        """Return the newest jobs of all people, newest first; with `state` only those in it."""

    async def cancelled_running_since(self, account: AccountId, since: datetime) -> int:
        """Return how many of a person's jobs were cancelled with a run, since then."""

    async def unfinished(self) -> Sequence[Job]:
        """Return every job that has not ended, or whose end has not reached its person."""

    async def undelivered(
        self, *, now: datetime, limit: int, prefixes: Sequence[str] = ()
    ) -> Sequence[Job]:
        """
        Return ended jobs whose delivery is pending and due, or whose claim is over.

        The longest due come first. With `prefixes` only those whose `reply_to` begins with one of
        them, taken literally; without any, all.
        """

    async def free_claims(self, owner_prefix: str) -> int:
        """
        End every claim of owners that begin so; return how many.

        Only for a start that knows, by a lock, that those owners are dead.
        """


class WakeUps(Protocol):
    """Calls AdvanceGeneration for a job when its time has come."""

    async def wake(self, job: JobId, *, at: datetime) -> None:
        """
        Have the job advanced at that moment, or as soon as possible after it.

        An earlier moment replaces a later one; a later one changes nothing. A wake-up during the
        job's own advance leads to one more advance afterwards.
        """


class Hooks(Protocol):
    """Makes and checks the addresses under which the service may tell us of a run."""

    def address(self, job: JobId) -> str | None:
        """Return the job's own, unguessable URL, or None where the service cannot reach us."""

    def is_genuine(self, job: JobId, token: str) -> bool:
        """Whether the token is the one of the job's address; as slow for every wrong one."""
