"""
The list of deployments, decoded without building what we do not read.

Each row embeds both graphs of its workflow, nearly all of its bytes; msgspec passes over them and
keeps where they lie, for whoever has not read that version yet.
"""

from typing import TypedDict

import msgspec

from core.shared.errors import ServiceTroubleError
from infrastructure.comfy_deploy.answers import Answer
from infrastructure.comfy_deploy.wire import DeploymentRow, deployment_row, entries, row


class _Version(TypedDict, total=False):
    """What we read of a version."""

    id: object
    version: object
    workflow_api: msgspec.Raw
    workflow: msgspec.Raw


class _Fields(TypedDict, total=False):
    """What we read of a row. `object` takes any kind: wire.py says what a wrong one means."""

    id: object
    workflow_id: object
    workflow: object
    share_slug: object
    environment: object
    description: object
    gpu: object
    updated_at: object
    input_types: object
    machine_id: object
    workflow_version_id: object
    modal_image_id: object
    version: _Version | None


class _DrawnNode(TypedDict, total=False):
    """What we read of a node of a drawing."""

    type: object
    widgets_values: object


class _Drawing(TypedDict, total=False):
    """What we read of a drawing: not its places and wires."""

    nodes: list[_DrawnNode]
    definitions: object


_decoder = msgspec.json.Decoder(list[_Fields])
_drawing_decoder = msgspec.json.Decoder(_Drawing)


def deployments_of(answer: Answer) -> tuple[DeploymentRow, ...]:
    """Return the deployments of an answer. Raises as `page_of` does."""
    return tuple(each for each in page_of(answer) if each is not None)


def page_of(answer: Answer) -> tuple[DeploymentRow | None, ...]:
    """
    Return the deployments of an answer, None for each row that is none: a full page stays full.

    Raises AnswerError for an answer that cannot be read, ServiceTroubleError for one without a
    list.
    """
    if answer.is_well:
        try:
            return tuple(map(deployment_row, _decoder.decode(answer.body)))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # something odd in it: the tolerant way knows what
    listed = entries(answer.json())
    if listed is None:
        raise ServiceTroubleError("the deployments are not a list")
    return tuple(deployment_row(row(each)) for each in listed)


def parsed(graph: object) -> object:
    """Return a graph as a JSON value; None for bytes that are none."""
    if not isinstance(graph, msgspec.Raw):
        return graph
    try:
        found: object = msgspec.json.decode(graph)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found


def parsed_drawing(drawing: object) -> object:
    """Return a drawing as `parsed` does, but of its nodes only what tells what is written there."""
    if isinstance(drawing, msgspec.Raw):
        try:
            return _drawing_decoder.decode(drawing)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # null as a rule; the tolerant way knows what
    return parsed(drawing)
