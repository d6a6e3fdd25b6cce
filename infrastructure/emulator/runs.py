"""Runs: what is remembered of each, and the book that keeps them in order."""

import datetime as dt
import math
import uuid
from collections.abc import Iterator

import attrs

from infrastructure.emulator.deployments import Deployment, ExternalInput
from infrastructure.emulator.faults import NO_FAULT, RunFault
from infrastructure.emulator.spelling import now
from infrastructure.emulator.statuses import FORGOTTEN_AFTER, STATUSES, TERMINAL, WAITING

__all__ = ["STATUSES", "TERMINAL", "LogLine", "Output", "Run", "RunBook", "SavedFile", "SentHook"]


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
    files: tuple[SavedFile, ...] = ()
    odd: object = None
    """What it puts out in place of files (or beside them) that does not fit the API."""
    created_at: dt.datetime = attrs.Factory(now)


@attrs.frozen
class LogLine:
    """One line of a run's log."""

    at: dt.datetime
    text: str
    level: str = "info"


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
    machine_type: str = "comfy-deploy-serverless"
    origin: str = "api"
    batch_id: str | None = None
    is_listed: bool = True
    """Whether its deployment is one of the workspace's; a graph that was sent has none."""
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
    logs: list[LogLine] = attrs.Factory(list)
    session_ended: bool = False
    """Whether its GPU is gone although nobody reported an end."""

    @property
    def deployment_id(self) -> str | None:
        """The id of the deployment that it is a run of, if any."""
        return self.deployment.id if self.is_listed else None

    @property
    def is_classic(self) -> bool:
        """Whether its machine is no rented GPU, so that nothing spawns or cancels a job."""
        return self.machine_type != "comfy-deploy-serverless"

    @property
    def is_over(self) -> bool:
        """Whether the run has a status that nothing follows."""
        return self.status in TERMINAL

    @property
    def function_call_id(self) -> str | None:
        """The id of the job on the serverless machine."""
        return None if self.is_classic else "fc-" + self.id.replace("-", "")[:24].upper()

    @property
    def gpu_event_id(self) -> str | None:
        """The id of the GPU's session; known once the run is queued on a rented one."""
        if self.is_classic or self.queued_at is None:
            return None
        return str(uuid.uuid5(uuid.UUID(self.id), "gpu"))

    def shown_status(self, moment: dt.datetime) -> str:
        """Return the status as reads show it: open and unheard of for a day is `timeout`."""
        heard = {
            "not-started": self.created_at,
            "queued": self.queued_at,
            "started": self.started_at,
        }.get(self.status) or self.updated_at
        is_forgotten = not self.is_over and moment - heard > FORGOTTEN_AFTER
        return "timeout" if is_forgotten else self.status

    def declared(self, input_id: str) -> ExternalInput | None:
        """Return what the workflow says of an input; None when it has none of this id."""
        return next((one for one in self.deployment.inputs if one.input_id == input_id), None)

    def number(self, input_id: str, usual: float = 0.0) -> float:
        """Return a numeric input held within its limits; else the default, else the usual."""
        declared = self.declared(input_id)
        if declared is None:
            return usual
        value = self.inputs.get(input_id, declared.default)
        try:
            number = float(value) if isinstance(value, int | float | str) else None
        except (ValueError, OverflowError):
            number = None
        if number is not None and math.isfinite(number) and _is_within(number, declared):
            return number
        return float(declared.default) if isinstance(declared.default, int | float) else usual

    def text(self, input_id: str) -> str:
        """Return a text input; what is missing is the default, or empty."""
        value = self.inputs.get(input_id, self.deployment.default_of(input_id))
        return "" if value is None else str(value)


def _is_within(number: float, declared: ExternalInput) -> bool:
    least = -math.inf if declared.least is None else declared.least
    most = math.inf if declared.most is None else declared.most
    return least <= number <= most


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
        """Return how many runs of its machine wait before this one; None when it does not."""
        if run.status not in WAITING:
            return None
        position = 0
        for other in self:
            if other is run:
                break
            is_of_it = other.deployment.machine_id == run.deployment.machine_id
            position += is_of_it and other.status in WAITING
        return position
