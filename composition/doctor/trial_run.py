"""One cheap run at ComfyUI Deploy, queued so that the service calls us, and cancelled again."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import attrs

from core.shared.errors import ServiceError
from core.workflows.filling import accept
from core.workflows.inputs import Input, InputValue
from core.workflows.kinds import InputKind
from core.workflows.model import Workflow
from core.workflows.service import Workflows
from infrastructure.clock import SystemClock
from infrastructure.comfy_deploy.api.run_orders import RunOrder
from infrastructure.comfy_deploy.api.service import ComfyDeployApi
from infrastructure.comfy_deploy.catalogue import ComfyDeployCatalogue

WISH = "a grey square"
SIDE, ONE = 64.0, 1.0
_SIDES = frozenset({"width", "height", "size", "side", "resolution"})
_COUNTS = frozenset({"steps", "batch", "count", "frames", "length", "images", "seed"})


async def default_workflow(api: ComfyDeployApi, name: str) -> Workflow:
    """Return the workflow of a bare sentence. Raises ServiceError, UnknownWorkflowError."""
    ttl_s = api.client.settings.catalogue_ttl_s
    catalogue = ComfyDeployCatalogue(api.client, SystemClock(), ttl_s)
    try:
        return await Workflows(catalogue, default=name).for_sentence(with_image=False)
    finally:
        await catalogue.aclose()


def smallest_inputs(workflow: Workflow) -> Mapping[str, InputValue]:
    """Return inputs with which a run is as cheap as it gets. Raises InputRefusedError."""
    given: dict[str, object] = {
        each.name: small for each in workflow.inputs if (small := _small(each)) is not None
    }
    if workflow.prompt is not None:
        given[workflow.prompt.name] = WISH
    return accept(workflow, given)


def _small(each: Input) -> float | None:
    """Return a small value for a size or a count, within its range; None for anything else."""
    if each.kind not in (InputKind.INTEGER, InputKind.NUMBER):
        return None
    words = set(re.split(r"[^a-z]+", each.name.lower()))
    # A batch_size is a count.
    wanted = ONE if words & _COUNTS else SIDE if words & _SIDES else None
    if wanted is None:
        return None
    least = wanted if each.minimum is None else max(wanted, each.minimum)
    return least if each.maximum is None else min(least, each.maximum)


@attrs.define
class TrialRun:
    """A run that was queued. `outcome` says, once it is over, what became of it."""

    id: str
    outcome: str = ""


@asynccontextmanager
async def trial_run(
    api: ComfyDeployApi, workflow: Workflow, webhook: str
) -> AsyncIterator[TrialRun]:
    """
    Queue one run, and cancel it whatever happens.

    Raises what queueing raises: ServiceError (SubmitUnclearError among them: it may be queued),
    InputRefusedError.
    """
    order = RunOrder(
        deployment_id=workflow.deployment, inputs=smallest_inputs(workflow), webhook=webhook
    )
    run = TrialRun(await api.runs.queue(order))
    try:
        yield run
    finally:
        run.outcome = await _cancelled(api, run.id)


async def _cancelled(api: ComfyDeployApi, run_id: str) -> str:
    try:
        is_cancelled = await api.runs.cancel(run_id)
    except ServiceError:
        is_cancelled = False
    return "cancelled" if is_cancelled else f"not cancelled: run {run_id} ends by itself"
