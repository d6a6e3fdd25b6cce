"""Their JSON as our types. What is missing, null or of a wrong kind is left out, never an error."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone

import attrs

from core.generations.model import RunStatus, RunUpdate
from infrastructure.comfy_deploy.outputs import outputs_of

Row = Mapping[str, object]
NO_ROW: Row = {}

_STATUSES: Mapping[str, RunStatus] = {
    "not-started": RunStatus.PENDING,
    "queued": RunStatus.PENDING,
    "pending": RunStatus.PENDING,
    "waiting": RunStatus.PENDING,
    "started": RunStatus.RUNNING,
    "running": RunStatus.RUNNING,
    "uploading": RunStatus.RUNNING,
    "processing": RunStatus.RUNNING,
    "in-progress": RunStatus.RUNNING,
    "success": RunStatus.SUCCESS,
    "succeeded": RunStatus.SUCCESS,
    "completed": RunStatus.SUCCESS,
    "failed": RunStatus.FAILED,
    "error": RunStatus.FAILED,
    "timeout": RunStatus.TIMEOUT,
    "timed-out": RunStatus.TIMEOUT,
    "cancelled": RunStatus.CANCELLED,
    "canceled": RunStatus.CANCELLED,
}
_PERCENT = re.compile(r"\s*(\d{1,3}(?:\.\d+)?)\s*%")
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?"
    r"\s*(?:Z|([+-])(\d\d)(?::?(\d\d))?Z?)?"
)
_USUAL_LENGTH = len("2026-11-22T21:52:00.736000Z")
_LONGEST_NUMBER = 40


@attrs.frozen(kw_only=True)
class Graphs:
    """
    Both graphs of a version, nearly all of the bytes of a deployment; None for one that is missing.

    Each is a JSON value, or its bytes (msgspec.Raw): whoever wants to know has to parse them.
    """

    api: object = None
    drawing: object = None


@attrs.frozen(kw_only=True)
class DeploymentRow:
    """What matters of a deployment."""

    id: str
    workflow_id: str
    workflow_name: str
    environment: str
    description: str
    gpu: str | None
    updated_at: datetime
    input_types: tuple[Row, ...] | None
    """None when the list does not tell."""
    machine_id: str = ""
    version_id: str = ""
    version: int | None = None
    """The number of its version, from 1."""
    has_image: bool = False
    """Whether it is pinned to an image of its own: the list comes in two halves, by this."""
    graphs: Graphs | None = attrs.field(default=None, eq=False, repr=False)
    """None where the answer does not tell, and once they have been read."""

    @property
    def tells_inputs(self) -> bool:
        """Whether the inputs are told: by the list, or by the graph."""
        return self.input_types is not None or self.graphs is not None

    def without_graphs(self) -> "DeploymentRow":
        """Return the row without what keeps the bytes of the whole answer in memory."""
        # Ten times as fast as attrs.evolve, and there may be a thousand.
        return DeploymentRow(
            id=self.id,
            workflow_id=self.workflow_id,
            workflow_name=self.workflow_name,
            environment=self.environment,
            description=self.description,
            gpu=self.gpu,
            updated_at=self.updated_at,
            input_types=self.input_types,
            machine_id=self.machine_id,
            version_id=self.version_id,
            version=self.version,
            has_image=self.has_image,
        )


def row(value: object) -> Row:
    """Return a JSON object as it is, and an empty one for anything else."""
    return value if isinstance(value, Mapping) else NO_ROW


def entries(value: object) -> list[object] | None:
    """Return all of a list, bare or wrapped in an object (T-15); None without a list."""
    if isinstance(value, Mapping):
        wrapped = (value.get(key) for key in ("data", "items", "results", "deployments", "runs"))
        value = next((each for each in wrapped if isinstance(each, list)), None)
    return value if isinstance(value, list) else None


def rows(value: object) -> tuple[Row, ...] | None:
    """Return the objects of a list, bare or wrapped in an object (T-15); None without a list."""
    found = entries(value)
    return None if found is None else tuple(each for each in found if isinstance(each, Mapping))


def text(value: object) -> str:
    """Return a text, "" for anything else."""
    return value if isinstance(value, str) else ""


def number(value: object) -> float | None:
    """Return a finite number, also one that is written as text (as durations are in lists)."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and (len(value) > _LONGEST_NUMBER or "_" in value):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def moment(value: object) -> datetime | None:
    """
    Return a time in UTC from any of the service's five spellings, None for anything else.

    `…:21+00Z` carries its zone twice, and one spelling loses its seconds when they are exactly 0.
    A time without a zone is UTC.
    """
    if not isinstance(value, str):
        return None
    return _plain_moment(value) or _odd_moment(value.strip())


def _plain_moment(value: str) -> datetime | None:
    """Return a time in the usual spelling, ten times as fast as by the pattern."""
    if len(value) != _USUAL_LENGTH or not value.endswith("Z") or not value[5].isdigit():
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _odd_moment(value: str) -> datetime | None:
    found = _TIME.fullmatch(value)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, sign, off_h, off_m = found.groups()
    offset = timedelta(hours=int(off_h or 0), minutes=int(off_m or 0))
    try:
        zone = timezone(-offset if sign == "-" else offset)
        local = datetime(
            int(year),
            int(month),
            int(day),
            int(hour),
            int(minute),
            int(second or 0),
            int((fraction or "0").ljust(6, "0")[:6]),
            tzinfo=zone,
        )
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def known_status(value: object) -> RunStatus | None:
    """Return the status that a word stands for; None for a word that we have never seen."""
    word = re.sub(r"[\s_]+", "-", text(value).strip().lower())
    if _PERCENT.match(word):
        return RunStatus.RUNNING
    return _STATUSES.get(word)


def run_update(body: Row) -> RunUpdate:
    """Return what an answer says of a run. An unknown status is one of a run that goes on."""
    progress = _progress(body)
    status = known_status(body.get("status"))
    if status is None:
        begun = progress > 0 or moment(body.get("started_at")) is not None
        status = RunStatus.RUNNING if begun else RunStatus.PENDING
    position = number(body.get("queue_position"))
    return RunUpdate(
        status=status,
        progress=progress,
        live_status=text(body.get("live_status")),
        queue_position=int(position) if position is not None and position >= 0 else None,
        outputs=outputs_of(body),
        run_s=_run_s(body),
        ended_at=moment(body.get("ended_at")),
    )


def deployment_row(body: Row) -> DeploymentRow | None:
    """Return a deployment, None for a row without an id."""
    if not text(body.get("id")):
        return None
    workflow, version = row(body.get("workflow")), row(body.get("version"))
    counted = number(version.get("version"))
    graphs = Graphs(api=version.get("workflow_api"), drawing=version.get("workflow"))
    return DeploymentRow(
        id=text(body.get("id")),
        workflow_id=text(body.get("workflow_id")) or text(workflow.get("id")),
        workflow_name=text(workflow.get("name")).strip() or text(body.get("share_slug")).strip(),
        environment=text(body.get("environment")),
        description=text(body.get("description")).strip(),
        gpu=text(body.get("gpu")) or None,
        updated_at=moment(body.get("updated_at")) or datetime.min.replace(tzinfo=UTC),
        input_types=rows(body.get("input_types")),
        machine_id=text(body.get("machine_id")),
        version_id=text(version.get("id")) or text(body.get("workflow_version_id")),
        version=int(counted) if counted is not None and counted >= 1 else None,
        has_image=bool(text(body.get("modal_image_id"))),
        graphs=graphs if version else None,
    )


def run_with_input(found: Sequence[Row], name: str, value: str) -> str | None:
    """Return the id of the run that was given this input; None when no row was."""
    for each in found:
        if row(each.get("workflow_inputs")).get(name) == value and text(each.get("id")):
            return text(each.get("id"))
    return None


def _progress(body: Row) -> float:
    percent = _PERCENT.match(text(body.get("status")))
    said = number(body.get("progress"))
    if said is None or (said == 0 and percent):
        said = float(percent[1]) / 100 if percent else 0.0
    return min(1.0, max(0.0, said / 100 if said > 1 else said))


def _run_s(body: Row) -> float | None:
    """Return how long the run worked, in seconds: as it says, else from its stamps."""
    said = number(body.get("run_duration"))
    if said is not None and said >= 0:
        return said
    started, ended = moment(body.get("started_at")), moment(body.get("ended_at"))
    if started is None or ended is None or ended < started:
        return None
    return (ended - started).total_seconds()
