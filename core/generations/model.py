"""A wish, the job that it becomes, and the states that a job passes."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import attrs

from core.media.model import MediaRef
from core.points.model import Points
from core.points.pricing import Quote
from core.shared.ids import AccountId, DeploymentId, JobId, RunId, WorkflowKey, WorkflowName
from core.workflows.inputs import InputValue

NOTHING = Points(0)
NO_KEY = WorkflowKey("")


class JobState(StrEnum):
    """Where a job stands. Those that name an outside effect (-ing) are held under a claim."""

    PREPARED = "prepared"
    WAITING = "waiting"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    RUNNING = "running"
    COLLECTING = "collecting"
    SETTLING = "settling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"

    @property
    def is_end(self) -> bool:
        """Whether nothing moves the job any more."""
        return self in ENDS

    @property
    def at_service(self) -> bool:
        """Whether the job takes a place at ComfyUI Deploy."""
        return self in AT_SERVICE


ENDS = frozenset(
    {JobState.SUCCEEDED, JobState.FAILED, JobState.TIMED_OUT, JobState.CANCELLED},
)
AT_SERVICE = frozenset(
    {
        JobState.SUBMITTING,
        JobState.SUBMITTED,
        JobState.RUNNING,
        JobState.COLLECTING,
        JobState.SETTLING,
    },
)
NEXT_STATES: Mapping[JobState, frozenset[JobState]] = {
    JobState.PREPARED: frozenset({JobState.WAITING, JobState.FAILED, JobState.CANCELLED}),
    JobState.WAITING: frozenset({JobState.SUBMITTING, JobState.FAILED, JobState.CANCELLED}),
    JobState.SUBMITTING: frozenset(
        {
            JobState.SUBMITTED,
            JobState.WAITING,
            JobState.FAILED,
            JobState.TIMED_OUT,
            JobState.CANCELLED,
        }
    ),
    JobState.SUBMITTED: frozenset(
        {
            JobState.RUNNING,
            JobState.COLLECTING,
            JobState.FAILED,
            JobState.TIMED_OUT,
            JobState.CANCELLED,
        }
    ),
    JobState.RUNNING: frozenset(
        {JobState.COLLECTING, JobState.FAILED, JobState.TIMED_OUT, JobState.CANCELLED}
    ),
    JobState.COLLECTING: frozenset({JobState.SETTLING, JobState.FAILED, JobState.CANCELLED}),
    JobState.SETTLING: frozenset({JobState.SUCCEEDED, JobState.CANCELLED}),
    JobState.SUCCEEDED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.TIMED_OUT: frozenset(),
    JobState.CANCELLED: frozenset(),
}
"""The arrows of docs/architecture.md. `submitting -> waiting`: busy, and nothing was queued."""


class Delivery(StrEnum):
    """Whether a job's end has reached its person."""

    NONE = "none"
    PENDING = "pending"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    UNDELIVERABLE = "undeliverable"


WORKER = "worker"
"""The driver of every job that a chat starts."""


class RunStatus(StrEnum):
    """A run as the service sees it, folded to what matters to us."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"

    @property
    def is_end(self) -> bool:
        """Whether the service will not change it any more (outputs still may come)."""
        return self not in (RunStatus.PENDING, RunStatus.RUNNING)


@attrs.frozen(kw_only=True)
class RunOutput:
    """One result as the service lists it: a file at a URL, or a text."""

    url: str | None = None
    filename: str = ""
    text: str | None = None


@attrs.frozen(kw_only=True)
class RunUpdate:
    """
    What the service said of a run.

    `progress` is 0 to 1; `run_s`, in seconds, and `ended_at` are None if unknown.
    """

    status: RunStatus
    progress: float = 0.0
    live_status: str = ""
    queue_position: int | None = None
    outputs: tuple[RunOutput, ...] = ()
    run_s: float | None = None
    ended_at: datetime | None = None


@attrs.frozen(kw_only=True)
class Wish:
    """
    What a person wants, complete and checked.

    `inputs` is what is sent: a value for every input; those in `media_inputs` hold a MediaId
    instead of a URL. `words` is what the person typed for the prompt, which may be less.
    `parent` is the job that this one repeats or goes on from.
    """

    account: AccountId
    workflow: WorkflowName
    title: str
    deployment: DeploymentId
    inputs: Mapping[str, InputValue]
    media_inputs: tuple[str, ...] = ()
    words: str = ""
    gpu: str | None = None
    parent: JobId | None = None
    key: WorkflowKey = NO_KEY
    """The workflow's own id at the service; empty for jobs from before it was noted."""
    version: int | None = None
    """Of the workflow, counted from 1 by the service: what the run was made with."""
    notes: tuple[str, ...] = ()
    """What was made of the wish before it was sent, in sentences for its person."""
    as_files: bool = False
    """Whether the results are sent as files, untouched."""
    typed: Mapping[str, str] = attrs.field(factory=dict)
    """What the person gave for inputs, but for the prompt, of which something else is sent."""


@attrs.frozen(kw_only=True)
class Claim:
    """Who does the outside effect of the present state, and until when nobody else may."""

    owner: str
    until: datetime


@attrs.frozen(kw_only=True)
class Job:
    """
    One generation, from a checked wish to its end.

    `version` rises with every move; a store saves a job only over the version that it was read at.
    `reply_to` and `shown_at` say where the job is shown: text that only adapters read.
    `cancel_requested` and `shown_at` have writers of their own and are never saved with the rest.
    `driver` says who moves the job: the worker, or one command that moves only its own.
    """

    id: JobId
    wish: Wish
    quote: Quote
    created_at: datetime
    state: JobState = JobState.PREPARED
    moved_at: datetime
    version: int = 0
    claim: Claim | None = None
    attempts: int = 0
    next_wake_at: datetime | None = None
    run: RunId | None = None
    submitted_at: datetime | None = None
    progress: float = 0.0
    live_status: str = ""
    queue_position: int | None = None
    run_s: float | None = None
    outputs: tuple[MediaRef, ...] = ()
    texts: tuple[str, ...] = ()
    charged: Points = NOTHING
    failure: str = ""
    delivery: Delivery = Delivery.NONE
    delivery_attempts: int = 0
    reply_to: str = ""
    driver: str = WORKER
    shown_at: str = ""
    cancel_requested: bool = False

    @classmethod
    def prepared(cls, job: JobId, wish: Wish, quote: Quote, *, now: datetime) -> "Job":
        """Return the job as it is saved first, before a point is held."""
        return cls(id=job, wish=wish, quote=quote, created_at=now, moved_at=now)

    def moved(self, state: JobState, *, now: datetime) -> "Job":
        """Return the job in another state, unclaimed. A step outside the picture is a bug."""
        if state not in NEXT_STATES[self.state]:
            msg = f"job {self.id} cannot go from {self.state} to {state}"
            raise ValueError(msg)
        return attrs.evolve(self, state=state, moved_at=now, claim=None, attempts=0)

    def ended(self, state: JobState, *, now: datetime, failure: str = "") -> "Job":
        """Return the job at its end, with its delivery pending in the same update."""
        return attrs.evolve(
            self.moved(state, now=now),
            failure=failure,
            delivery=Delivery.PENDING,
            next_wake_at=now,
            queue_position=None,
        )

    def is_claimed(self, now: datetime) -> bool:
        """Whether somebody holds a living claim."""
        return self.claim is not None and self.claim.until > now
