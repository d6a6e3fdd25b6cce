"""How `stationthis workflows` shows what the bot offers: rows of tables, cards, JSON."""

from collections.abc import Iterator
from datetime import datetime

import attrs

from composition.operate.tables import Column, Json, ago, card, shown, when
from core.points.pricing import Quote
from core.workflows.inputs import Input
from core.workflows.model import Deployment, Workflow
from core.workflows.snapshot import Collision
from infrastructure.comfy_deploy.api.machines import FullMachine

COLUMNS = (
    Column("NAME", soft=True),
    Column("TITLE", soft=True),
    Column("CATEGORY", soft=True),
    Column("GPU"),
    Column("INPUTS", is_number=True),
    Column("ENVIRONMENT", soft=True),
    Column("VERSION", is_number=True),
    Column("STATE"),
    Column("UPDATED"),
)
INPUT_COLUMNS = (
    Column("INPUT", soft=True),
    Column("KIND"),
    Column("DEFAULT", soft=True),
    Column("RANGE"),
    Column("CHOICES", soft=True),
)


@attrs.frozen(kw_only=True)
class Details:
    """Everything that is shown of one workflow; None is what is not known here."""

    workflow: Workflow
    machine_id: str
    machine: FullMachine | None
    quote: Quote


def row(workflow: Workflow) -> dict[str, object]:
    """Return a workflow as a list for scripts has it."""
    at = workflow.runs_on
    return {
        "name": workflow.name,
        "title": workflow.title,
        "gpu": workflow.gpu,
        "input_count": len(workflow.inputs),
        "deployment_id": workflow.deployment,
        "workflow_id": workflow.key,
        "environment": at.environment or None,
        "updated_at": at.updated_at,
        "category": workflow.category,
        "version": at.version,
        "is_ready": workflow.is_ready,
        "machine_status": at.machine.status if at.machine else None,
        "aliases": workflow.aliases,
        "is_hidden": workflow.is_hidden,
        "for_admins": workflow.for_admins,
        "deployments": len(workflow.deployments),
        "route": workflow.route or None,
    }


def full_row(details: Details) -> dict[str, object]:
    """Return a workflow as scripts see it alone."""
    workflow, machine, quote = details.workflow, details.machine, details.quote
    fields = ("id", "name", "type", "status", "gpu")
    return row(workflow) | {
        "description": workflow.description,
        "inputs": [_input_row(each) for each in workflow.inputs],
        "quote": _quote_row(quote),
        "machine": machine and {field: getattr(machine, field) or None for field in fields},
        "outputs": workflow.outputs,
        "base_model": workflow.base_model or None,
        "lora_loaders": workflow.lora_loaders,
        "primary_input": workflow.primary and workflow.primary.name,
        "served_by": [_deployment_row(each) for each in workflow.deployments],
    }


def cells(workflow: Workflow, now: datetime) -> tuple[str, ...]:
    """Return a workflow as a line of the table of COLUMNS."""
    at = workflow.runs_on
    return (
        workflow.name,
        workflow.title,
        workflow.category,
        workflow.gpu or "-",
        str(len(workflow.inputs)),
        at.environment or "-",
        "-" if at.version is None else str(at.version),
        ", ".join(_states(workflow)),
        ago(at.updated_at, now) or "-",
    )


def input_cells(wanted: Input) -> tuple[str, ...]:
    """Return an input as a line of the table of INPUT_COLUMNS."""
    least, most = wanted.minimum, wanted.maximum
    is_free = least is None and most is None
    bounds = "" if is_free else f"{shown(least) or '…'} to {shown(most) or '…'}"
    if wanted.step:
        bounds = f"{bounds} by {shown(wanted.step)}".strip()
    default = "(needed)" if wanted.required else shown(wanted.default)
    return (wanted.name, wanted.kind, default, bounds, ", ".join(wanted.options))


def workflow_card(details: Details, now: datetime) -> str:
    """Return a workflow as people see it alone, without its inputs."""
    workflow, quote, machine = details.workflow, details.quote, details.machine
    at = workflow.runs_on
    run_by = machine and f"{machine.name} ({machine.status}, {machine.id})"
    others = [_told(each) for each in workflow.deployments if each.id != at.id]
    return card(
        (
            ("name", workflow.name),
            ("title", workflow.title),
            ("own name", workflow.own_name),
            ("aliases", ", ".join(workflow.aliases)),
            ("about", workflow.description),
            ("category", workflow.category),
            ("makes", ", ".join(workflow.outputs)),
            ("model", workflow.base_model),
            ("loras by", ", ".join(workflow.lora_loaders)),
            ("state", ", ".join(_states(workflow))),
            ("gpu", workflow.gpu),
            ("quote", _priced(quote)),
            ("deployment", workflow.deployment),
            ("environment", at.environment),
            ("version", None if at.version is None else str(at.version)),
            ("updated", when(at.updated_at, now)),
            ("why here", workflow.route),
            ("others", "\n".join(others)),
            ("workflow", workflow.key),
            ("machine", run_by or details.machine_id),
        )
    )


def collision_row(collision: Collision) -> Json:
    """Return workflows of one name as scripts see them."""
    return {
        "name": collision.name,
        "offered": collision.offered.key,
        "hidden": [each.key for each in collision.hidden],
    }


def _priced(quote: Quote) -> str:
    """Return a price, and within which time half of the runs end, and nine in ten."""
    most = "" if quote.is_fixed else "at most "
    told = f"{most}{quote.points}; {quote.median_s:.1f} to {quote.p90_s:.1f} s"
    return f"{told}, and some {quote.cold_s:.0f} s for a cold start" if quote.cold_s else told


def _quote_row(quote: Quote) -> Json:
    return {
        "points": quote.points.amount,
        "median_s": quote.median_s,
        "p90_s": quote.p90_s,
        "is_fixed": quote.is_fixed,
        "cold_s": quote.cold_s,
    }


def _states(workflow: Workflow) -> Iterator[str]:
    machine = workflow.runs_on.machine
    yield "ready" if machine is None or machine.is_ready else f"not ready: {machine.status}"
    if workflow.is_hidden:
        yield "hidden"
    if workflow.for_admins:
        yield "admins only"


def _told(deployment: Deployment) -> str:
    version = "" if deployment.version is None else f", version {deployment.version}"
    machine = deployment.machine
    on = f" on {machine.name or machine.id} ({machine.status})" if machine else ""
    return f"{deployment.environment or 'no environment'}{version}{on}: {deployment.id}"


def _deployment_row(deployment: Deployment) -> Json:
    machine = deployment.machine
    return {
        "deployment_id": deployment.id,
        "environment": deployment.environment or None,
        "version": deployment.version,
        "is_ready": deployment.is_ready,
        "machine_id": machine and machine.id,
        "machine_status": machine and machine.status,
    }


def _input_row(wanted: Input) -> Json:
    return {
        "name": wanted.name,
        "kind": wanted.kind,
        "label": wanted.label,
        "description": wanted.description,
        "default": wanted.default,
        "minimum": wanted.minimum,
        "maximum": wanted.maximum,
        "choices": wanted.options,
        "role": wanted.role,
        "required": wanted.required,
        "step": wanted.step,
    }
