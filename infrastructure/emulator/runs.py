"""Runs: what is remembered of each, and the book that keeps them in order."""

import datetime as dt
import uuid
from collections.abc import Iterator

import attrs

from infrastructure.emulator.deployments import Deployment
from infrastructure.emulator.faults import NO_FAULT, RunFault
from infrastructure.emulator.spelling import now

TERMINAL = frozenset({"success", "failed", "timeout", "cancelled"})
STATUSES = TERMINAL | {"not-started", "queued", "started", "running", "uploading"}
WAITING = frozenset({"not-started", "queued"})


@attrs.frozen(kw_only=True)
class SavedFile:
    """A file that a run has made: its name and where it can be fetched."""

    filename: str
    url: str


@attrs.frozen(kw_only=True)
class Output:
    """What one node has put out."""

    id: str = attrs.Factory(lambda: str(uuid.uuid4()))
    node_id: str
    node_class: str
    files: tuple[SavedFile, ...]
    created_at: dt.datetime = attrs.Factory(now)


@attrs.define(kw_only=True, eq=False)
class SentHook:
    """One webhook event: its body, what came of each attempt, and where it stands."""

    body: dict[str, object]
    attempts: list[str] = attrs.Factory(list)
    """For example "POST 500", "GET 200", "GET ClientConnectorError"."""
    state: str = "waiting"
    """waiting, delivered, given up, or lost (by order)."""


@attrs.define(kw_only=True, eq=False)
class Run:
    """A run from its creation to its end. The machine alone moves it."""

    id: str = attrs.Factory(lambda: str(uuid.uuid4()))
    deployment: Deployment
    inputs: dict[str, object]
    webhook: str | None = None
    intermediate: bool = False
    gpu: str | None = None
    fault: RunFault = NO_FAULT
    status: str = "not-started"
    live_status: str | None = None
    progress: float = 0.0
    created_at: dt.datetime = attrs.Factory(now)
    updated_at: dt.datetime = attrs.Factory(now)
    queued_at: dt.datetime | None = None
    started_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    outputs: list[Output] = attrs.Factory(list)
    hooks: list[SentHook] = attrs.Factory(list)

    @property
    def is_over(self) -> bool:
        """Whether the run has a status that nothing follows."""
        return self.status in TERMINAL

    @property
    def function_call_id(self) -> str:
        """The id of the job on the serverless machine."""
        return "fc-" + self.id.replace("-", "")[:24].upper()

    def number(self, input_id: str) -> float:
        """Return a numeric input held within its limits; what is no number is the default."""
        declared = next(one for one in self.deployment.inputs if one.input_id == input_id)
        value = self.inputs.get(input_id, declared.default)
        try:
            number = float(value) if isinstance(value, int | float | str) else None
        except (ValueError, OverflowError):
            number = None
        in_range = number is not None and (declared.least or 0) <= number <= (declared.most or 0)
        return float(number if in_range and number is not None else declared.default or 0)

    def text(self, input_id: str) -> str:
        """Return a text input; what is missing is the default, or empty."""
        value = self.inputs.get(input_id, self.deployment.default_of(input_id))
        return "" if value is None else str(value)


@attrs.define
class RunBook:
    """All runs, oldest first. Beyond the bound the oldest that are over are forgotten."""

    _bound: int = 5_000
    _runs: dict[str, Run] = attrs.Factory(dict)

    def add(self, run: Run) -> None:
        """Remember a new run."""
        self._runs[run.id] = run
        if len(self._runs) > self._bound:
            oldest = next((one for one in self._runs.values() if one.is_over), None)
            if oldest is not None:
                del self._runs[oldest.id]

    def find(self, run_id: str) -> Run | None:
        """Return the run with this id, or None."""
        return self._runs.get(run_id)

    def __iter__(self) -> Iterator[Run]:
        return iter(list(self._runs.values()))

    def __len__(self) -> int:
        return len(self._runs)

    def newest_first(self, *, workflow_id: str | None = None) -> list[Run]:
        """Return the runs of a workflow, or all, newest first."""
        found = [r for r in self if workflow_id in (None, r.deployment.workflow_id)]
        return found[::-1]

    def position(self, run: Run) -> int | None:
        """Return how many runs wait before this one; None when it does not wait."""
        if run.status not in WAITING:
            return None
        position = 0
        for other in self:
            if other is run:
                break
            position += other.status in WAITING
        return position
