"""Reads the bodies of the calls that make runs: of a deployment, of a graph, or either."""

import enum
import uuid
from collections.abc import Callable, Mapping

import attrs

from infrastructure.emulator.gpus import GPUS
from infrastructure.emulator.queue_body import (
    Detail,
    InvalidRequestError,
    ServiceCrashError,
    can_be_stored,
    missing_at,
    no_object,
    parsed_body,
    wrong_choice,
    wrong_dictionary,
    wrong_inputs,
    wrong_kind,
    wrong_uuid_field,
)

_MODES = ("async", "sync", "sync_first_result", "stream")
_ORIGINS = ("manual", "api", "public-share", "public-template", "workspace", "workspace-v2")
_Body = Mapping[str, object]
_Loc = tuple[object, ...]


class Source(enum.Enum):
    """What a call wants run. The values are the names of the service's schemas."""

    VERSION = "WorkflowRunVersionRequest"
    GRAPH = "WorkflowRunRequest"
    DEPLOYMENT = "DeploymentRunRequest"
    MODEL = "ModelRunRequest"


@attrs.frozen(kw_only=True)
class RunOrder:
    """A call that fits its schema."""

    source: Source
    subject: str
    """The id of the version, workflow or deployment."""
    graph: Mapping[str, object] = attrs.Factory(dict)
    machine_id: str | None = None
    inputs: Mapping[str, object] = attrs.Factory(dict)
    webhook: str | None = None
    intermediate: bool = False
    gpu: str | None = None
    origin: str = "api"
    mode: str = "async"
    batch_number: int | None = None
    batch_inputs: Mapping[str, list[object]] | None = None
    is_native: bool = False

    @property
    def is_batch(self) -> bool:
        """Whether it asks for several runs at once."""
        return self.batch_number is not None or self.batch_inputs is not None


def read_order(raw: bytes, content_type: str, source: Source) -> RunOrder:
    """Return the order. Raises InvalidRequestError, or ServiceCrashError for what breaks it."""
    body = parsed_body(raw, content_type)
    if not isinstance(body, dict):
        raise InvalidRequestError(no_object(["body"], body))
    details = _misfits(body, source, ("body",))
    if details:
        raise InvalidRequestError(*details)
    return _order(body, source)


def read_any_order(raw: bytes, content_type: str) -> RunOrder:
    """Return the order of the first kind that fits. Raises as `read_order` does."""
    body = parsed_body(raw, content_type)
    details: list[Detail] = []
    for source in Source:
        loc = ("body", source.value)
        if not isinstance(body, dict):
            details.append(no_object(list(loc), body))
            continue
        misfits = _misfits(body, source, loc)
        if not misfits:
            return _order(body, source)
        details.extend(misfits)
    raise InvalidRequestError(*details)


def _misfits(body: _Body, source: Source, loc: _Loc) -> list[Detail]:
    return [
        *wrong_inputs(body.get("inputs", {}), [*loc, "inputs"]),
        *wrong_kind(body.get("webhook"), [*loc, "webhook"], str),
        *wrong_kind(
            body.get("webhook_intermediate_status"), [*loc, "webhook_intermediate_status"], bool
        ),
        *wrong_choice(body.get("gpu"), [*loc, "gpu"], GPUS),
        *wrong_choice(
            body.get("execution_mode"), [*loc, "execution_mode"], _MODES, kind="literal_error"
        ),
        *wrong_kind(body.get("batch_number"), [*loc, "batch_number"], int),
        *_OWN_MISFITS[source](body, loc),
    ]


def _of_version(body: _Body, loc: _Loc) -> list[Detail]:
    return [*_wrong_id(body, loc, "workflow_version_id"), *_wrong_machine(body, loc)]


def _of_graph(body: _Body, loc: _Loc) -> list[Detail]:
    name = "workflow_api_json"
    graph = (
        wrong_dictionary(body[name], [*loc, name])
        if name in body
        else [missing_at([*loc, name], body)]
    )
    return [*_wrong_id(body, loc, "workflow_id"), *graph, *_wrong_machine(body, loc)]


def _of_deployment(body: _Body, loc: _Loc) -> list[Detail]:
    return _wrong_id(body, loc, "deployment_id")


def _of_model(body: _Body, loc: _Loc) -> list[Detail]:
    name = "model_id"
    if name not in body:
        return [missing_at([*loc, name], body)]
    return wrong_kind(body[name], [*loc, name], str)


_OWN_MISFITS: dict[Source, Callable[[_Body, _Loc], list[Detail]]] = {
    Source.VERSION: _of_version,
    Source.GRAPH: _of_graph,
    Source.DEPLOYMENT: _of_deployment,
    Source.MODEL: _of_model,
}
_SUBJECTS = {
    Source.VERSION: "workflow_version_id",
    Source.GRAPH: "workflow_id",
    Source.DEPLOYMENT: "deployment_id",
}


def _wrong_id(body: _Body, loc: _Loc, name: str) -> list[Detail]:
    if name not in body:
        return [missing_at([*loc, name], body)]
    return wrong_uuid_field(body[name], [*loc, name])


def _wrong_machine(body: _Body, loc: _Loc) -> list[Detail]:
    value = body.get("machine_id")
    return [] if value is None else wrong_uuid_field(value, [*loc, "machine_id"])


def _order(body: _Body, source: Source) -> RunOrder:
    origin = body.get("origin", "api")
    # The service knows the kind "model" and breaks over it; origins only the database checks.
    if source is Source.MODEL or origin not in _ORIGINS or not can_be_stored(body):
        raise ServiceCrashError
    machine_id, batch = body.get("machine_id"), body.get("batch_number")
    return RunOrder(
        source=source,
        subject=str(uuid.UUID(str(body[_SUBJECTS[source]]))),
        graph=_dictionary(body.get("workflow_api_json")),
        machine_id=None if machine_id is None else str(uuid.UUID(str(machine_id))),
        inputs=_dictionary(body.get("inputs")),
        webhook=_text(body.get("webhook")),
        intermediate=body.get("webhook_intermediate_status") is True,
        gpu=_text(body.get("gpu")),
        origin=str(origin),
        mode=_text(body.get("execution_mode")) or "async",
        batch_number=batch if isinstance(batch, int) else None,
        batch_inputs=_lists(body.get("batch_input_params")),
        is_native=body.get("is_native_run") is True,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _dictionary(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _lists(value: object) -> Mapping[str, list[object]] | None:
    if not isinstance(value, dict):
        return None
    return {name: each for name, each in value.items() if isinstance(each, list)}
