"""
The list of deployments, decoded without building what we do not read.

Each row embeds both graphs of its workflow, nearly all of its bytes; msgspec passes over them.
"""

from collections.abc import Mapping
from typing import TypedDict

import msgspec

from core.shared.errors import ServiceTroubleError
from infrastructure.comfy_deploy.answers import Answer
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.endpoints import LIST_DEPLOYMENTS
from infrastructure.comfy_deploy.errors import read_error, told_by
from infrastructure.comfy_deploy.halves import Halves, both_halves
from infrastructure.comfy_deploy.wire import DeploymentRow, deployment_row, rows


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


_decoder = msgspec.json.Decoder(list[_Fields])


async def deployment_rows(client: ComfyDeployClient) -> Halves[DeploymentRow]:
    """Return all deployments, as far as they can be read."""
    return await both_halves(lambda is_fluid: _half(client, is_fluid=is_fluid))


async def _half(client: ComfyDeployClient, *, is_fluid: bool) -> tuple[DeploymentRow, ...]:
    with told_by(read_error):
        return await client.read(LIST_DEPLOYMENTS, deployments_of, query={"is_fluid": is_fluid})


def deployments_of(answer: Answer) -> tuple[DeploymentRow, ...]:
    """
    Return the deployments of an answer.

    Raises AnswerError for an answer that cannot be read, ServiceTroubleError for one without a
    list.
    """
    if answer.is_well:
        try:
            return _rows(_decoder.decode(answer.body))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # something odd in it: the tolerant way knows what
    listed = rows(answer.json())
    if listed is None:
        raise ServiceTroubleError("the deployments are not a list")
    return _rows(listed)


def _rows(listed: "list[_Fields] | tuple[Mapping[str, object], ...]") -> tuple[DeploymentRow, ...]:
    return tuple(found for each in listed if (found := deployment_row(each)) is not None)
