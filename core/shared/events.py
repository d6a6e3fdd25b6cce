"""Facts that have happened. The truth is in the rows; an event only hastens who looks anyway."""

from datetime import datetime

import attrs

from core.shared.ids import JobId


@attrs.frozen
class JobChanged:
    """A job moved to another state, or its progress was noted."""

    name = "job.changed"

    job: JobId
    state: str


@attrs.frozen
class DeliveryDue:
    """A job has ended and its person has not been told yet."""

    name = "delivery.due"

    job: JobId


@attrs.frozen
class OperatorAlerted:
    """Something that only an operator can put right, in one sentence."""

    name = "operator.alerted"

    code: str
    text: str


@attrs.frozen
class RunEnded:
    """The end of a job's run was seen for the first time; `ended_at` as the service tells it."""

    name = "run.ended"

    job: JobId
    status: str
    ended_at: datetime | None


@attrs.frozen
class WorkflowsChanged:
    """The catalogue was read anew and is another one; `names` are the workflows that differ."""

    name = "workflows.changed"

    names: tuple[str, ...]


Event = JobChanged | DeliveryDue | OperatorAlerted | RunEnded | WorkflowsChanged
