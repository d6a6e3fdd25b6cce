"""Which deployment of a workflow runs it, where there are several. Pure."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

import attrs

from core.workflows.model import Deployment

SPEED, QUALITY = "speed", "quality"
"""What the operator prefers of GPUs: the faster one, or the one with more memory."""

FASTEST_FIRST = (
    "B200", "H200", "H100", "A100-80GB", "A100", "L40S", "A10G", "L4", "T4", "CPU",
)  # fmt: skip
LARGEST_FIRST = (
    "B200", "H200", "H100", "A100-80GB", "L40S", "A100", "A10G", "L4", "T4", "CPU",
)  # fmt: skip
"""The service's GPUs; those with as much memory as another, the faster one first."""

ENVIRONMENTS = ("production", "staging")
"""Those that go first, the best of them first."""

_SEVERAL = 2
_NEVER = datetime.min.replace(tzinfo=UTC)
_TABLES = {SPEED: FASTEST_FIRST, QUALITY: LARGEST_FIRST}

_Rule = tuple[Callable[[Deployment], float], Callable[[Deployment, Deployment], str]]
"""What is less of the better deployment, and the sentence when that decides."""


@attrs.frozen(kw_only=True)
class Route:
    """Deployments of one workflow, the one that runs it first, and why: one sentence."""

    deployments: tuple[Deployment, ...]
    reason: str = ""
    """Empty when there was no choice."""


def route(deployments: Iterable[Deployment], *, prefer: str = QUALITY) -> Route:
    """
    Put the deployments of a workflow into their order.

    Those on a ready machine go first, then production, staging and the others, then the GPU that
    is preferred (`speed` or `quality`), then the newest; the id settles what is still open.
    """
    known = tuple(deployments)
    if len(known) < _SEVERAL:
        return Route(deployments=known)
    rules = _rules(prefer)

    def goodness(each: Deployment) -> tuple[tuple[float, ...], str]:
        return tuple(measure(each) for measure, _ in rules), each.id

    ordered = tuple(sorted(known, key=goodness))
    return Route(deployments=ordered, reason=_reason(ordered, rules))


def environment_rank(environment: str) -> int:
    """Return 0 for the environment that goes first, and more for the others."""
    return ENVIRONMENTS.index(environment) if environment in ENVIRONMENTS else len(ENVIRONMENTS)


def gpu_of(deployment: Deployment) -> str | None:
    """Return the GPU of a deployment: its own, else its machine's; None when nobody told."""
    return deployment.gpu or (deployment.machine.gpu if deployment.machine else None)


def gpu_rank(gpu: str | None, *, prefer: str = QUALITY) -> float:
    """Return 0 for the best GPU and more for the others; an unknown one is better than a CPU."""
    table = _TABLES.get(prefer, LARGEST_FIRST)
    return table.index(gpu) if gpu in table else table.index("CPU") - 0.5


def _rules(prefer: str) -> Sequence[_Rule]:
    return (
        (lambda each: not each.is_ready, _is_ready),
        (
            lambda each: environment_rank(each.environment),
            lambda one, other: f"{_place(one)} goes before {_place(other)}.",
        ),
        (
            lambda each: gpu_rank(gpu_of(each), prefer=prefer),
            lambda one, other: f"{_gpu(one)} is preferred to {_gpu(other)} for {prefer}.",
        ),
        (
            lambda each: -((each.updated_at or _NEVER) - _NEVER).total_seconds(),
            lambda one, _: f"it is the newest in {_place(one)}.",
        ),
    )


def _reason(ordered: Sequence[Deployment], rules: Sequence[_Rule]) -> str:
    """Return the sentence of the first rule that tells the first deployment from the second."""
    first, second = ordered[:2]
    for measure, sentence in rules:
        if measure(first) != measure(second):
            told = sentence(first, second)
            return told[0].upper() + told[1:]
    return f"{_place(first).capitalize()} has several that are alike: the first by its id runs."


def _is_ready(first: Deployment, second: Deployment) -> str:
    machine = second.machine
    name, status = (machine.name or machine.id, machine.status) if machine else ("", "")
    return (
        f"{_place(first)} is used: the machine {name} of {_place(second)} is not ready ({status})."
    )


def _place(deployment: Deployment) -> str:
    return deployment.environment or "an unnamed environment"


def _gpu(deployment: Deployment) -> str:
    return gpu_of(deployment) or "an unknown GPU"
