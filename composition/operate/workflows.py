"""`stationthis workflows`: what the bot offers, and what has changed of it."""

from datetime import UTC, datetime
from pathlib import Path

import attrs
import click

from composition.config import Config
from composition.operate.command import (
    AS_JSON,
    DATA,
    CommandRefusedError,
    config_of,
    run_to_end,
)
from composition.operate.names import nearest
from composition.operate.offers import Offer, Offered, offered
from composition.operate.reach import records, service
from composition.operate.sync import Changes, Notes, changes, notes_of, read, write
from composition.operate.tables import (
    Column,
    ago,
    card,
    clean,
    say,
    say_json,
    say_rows,
    shown,
    table,
    when,
)
from core.points.pricing import Quote
from core.shared.errors import ServiceError
from core.workflows.model import Input, Workflow
from core.workflows.service import ALIASES, normal_name
from infrastructure.comfy_deploy.api.deployments import Deployment
from infrastructure.comfy_deploy.api.machines import FullMachine
from infrastructure.comfy_deploy.api.service import ComfyDeployApi
from infrastructure.data_folder import DataFolder

COLUMNS = (
    Column("NAME", soft=True),
    Column("TITLE", soft=True),
    Column("GPU"),
    Column("INPUTS", is_number=True),
    Column("DEPLOYMENT"),
    Column("ENVIRONMENT", soft=True),
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

    offer: Offer
    deployment: Deployment
    machine: FullMachine | None
    quote: Quote | None


@click.group()
def workflows() -> None:
    """Show the workflows that people can use, and what has changed of them."""


@workflows.command("list")
@AS_JSON
def list_workflows(*, as_json: bool) -> None:
    """List what the bot offers, in the order of names."""
    found = run_to_end(_offered(config_of()))
    now = datetime.now(UTC)
    if found.lost:
        say(f"Half of the list could not be read, and is missing: {found.lost}", err=True)
    say_rows(
        [_row(each) for each in found.offers],
        as_json=as_json,
        empty="The workspace offers no workflow: deploy one in ComfyUI Deploy.",
        text=table(COLUMNS, [_cells(each, now) for each in found.offers]),
    )


@workflows.command()
@click.argument("name")
@DATA
@AS_JSON
def show(name: str, data: Path | None, *, as_json: bool) -> None:
    """Show one workflow: its inputs, what it costs at most, its deployment and machine."""
    details = run_to_end(_details(config_of(data), name))
    if as_json:
        say_json(_full_row(details))
        return
    say(_card(details, datetime.now(UTC)))
    inputs = details.offer.workflow.inputs
    if inputs:
        say(f"\n{table(INPUT_COLUMNS, [_input_cells(each) for each in inputs])}")


@workflows.command()
@DATA
@AS_JSON
def sync(data: Path | None, *, as_json: bool) -> None:
    """Read the workflows anew, and say what is new, gone or changed since the last sync."""
    config = config_of(data)
    found, before, after = run_to_end(_synced(config))
    for clash in found.clashes:
        say(f"Warning: {clean(clash.sentence)}", err=True)
    if as_json:
        say_json(_sync_row(found, before, after))
    else:
        say(_sync_text(changes(before, after), before, len(after.workflows)))


async def _offered(config: Config) -> Offered:
    async with service(config) as api:
        return await offered(api)


async def _details(config: Config, name: str) -> Details:
    async with service(config) as api:
        found = (await offered(api)).offers
        by_name = {each.workflow.name: each for each in found}
        asked = normal_name(name)
        offer = by_name.get(asked) or by_name.get(normal_name(ALIASES.get(asked, "")))
        if offer is None:
            raise CommandRefusedError(nearest(name, by_name))
        deployment = await api.deployments.get(offer.workflow.deployment)
        machine = await _machine(api, deployment.machine_id)
    quote = await _quote(config, offer.workflow)
    return Details(offer=offer, deployment=deployment, machine=machine, quote=quote)


async def _machine(api: ComfyDeployApi, machine_id: str) -> FullMachine | None:
    """Return the machine; None where there is none, or where it is not shown to us."""
    try:
        return await api.machines.get(machine_id) if machine_id else None
    except ServiceError:
        return None


async def _quote(config: Config, workflow: Workflow) -> Quote | None:
    """Return what a person would be quoted, None where there is no database to tell it."""
    if not config.database_url and not config.data_dir.exists():
        return None
    try:
        async with records(config) as container:
            return await container.quote()(workflow)
    except CommandRefusedError:
        return None


async def _synced(config: Config) -> tuple[Offered, Notes, Notes]:
    """Return what there is, what was noted last, and what is noted from now on."""
    async with service(config) as api:
        found = await offered(api)
    if found.lost:
        raise CommandRefusedError(
            "Half of the workflows could not be read, so nothing was compared "
            f"({found.lost}): try again later."
        )
    place = DataFolder(config.data_dir).catalogue
    before, after = read(place), notes_of(found.offers, datetime.now(UTC))
    write(place, after)
    return found, before, after


def _row(offer: Offer) -> dict[str, object]:
    return {
        "name": offer.workflow.name,
        "title": offer.workflow.title,
        "gpu": offer.workflow.gpu,
        "input_count": len(offer.workflow.inputs),
        "deployment_id": offer.workflow.deployment,
        "workflow_id": offer.workflow_id,
        "environment": offer.environment,
        "updated_at": offer.updated_at,
    }


def _full_row(details: Details) -> dict[str, object]:
    machine = details.machine
    fields = ("id", "name", "type", "status", "gpu")
    return _row(details.offer) | {
        "description": details.offer.workflow.description,
        "inputs": [_input_row(each) for each in details.offer.workflow.inputs],
        "quote": details.quote and _quote_row(details.quote),
        "machine": machine and {field: getattr(machine, field) or None for field in fields},
    }


def _quote_row(quote: Quote) -> dict[str, object]:
    return {"points": quote.points.amount, "median_s": quote.median_s, "p90_s": quote.p90_s}


def _input_row(wanted: Input) -> dict[str, object]:
    return {
        "name": wanted.name,
        "kind": wanted.kind,
        "label": wanted.label,
        "description": wanted.description,
        "default": wanted.default,
        "minimum": wanted.minimum,
        "maximum": wanted.maximum,
        "choices": wanted.options,
    }


def _cells(offer: Offer, now: datetime) -> tuple[str, ...]:
    return (
        offer.workflow.name,
        offer.workflow.title,
        offer.workflow.gpu or "-",
        str(len(offer.workflow.inputs)),
        offer.workflow.deployment,
        offer.environment or "-",
        ago(offer.updated_at, now) or "-",
    )


def _input_cells(wanted: Input) -> tuple[str, ...]:
    least, most = wanted.minimum, wanted.maximum
    is_free = least is None and most is None
    bounds = "" if is_free else f"{shown(least) or '…'} to {shown(most) or '…'}"
    return (wanted.name, wanted.kind, shown(wanted.default), bounds, ", ".join(wanted.options))


def _card(details: Details, now: datetime) -> str:
    workflow, quote, machine = details.offer.workflow, details.quote, details.machine
    deployment = details.deployment
    priced = quote and f"at most {quote.points}; {quote.median_s:.1f} to {quote.p90_s:.1f} s"
    run_by = machine and f"{machine.name} ({machine.status}, {machine.id})"
    return card(
        (
            ("name", workflow.name),
            ("title", workflow.title),
            ("about", workflow.description),
            ("gpu", workflow.gpu),
            ("quote", priced or None),
            ("deployment", workflow.deployment),
            ("environment", deployment.environment),
            ("updated", when(deployment.updated_at, now)),
            ("workflow", deployment.workflow_id),
            ("machine", run_by or deployment.machine_id),
        )
    )


def _sync_row(found: Offered, before: Notes, after: Notes) -> dict[str, object]:
    difference = changes(before, after)
    return {
        "workflows": len(after.workflows),
        "synced_at": after.synced_at,
        "last_synced_at": before.synced_at or None,
        "new": difference.new,
        "gone": difference.gone,
        "changed": [{"name": name, "what": it} for name, it in difference.changed.items()],
        "collisions": [
            {
                "name": each.name,
                "offered": each.offered.workflow_id,
                "hidden": [hidden.workflow_id for hidden in each.hidden],
            }
            for each in found.clashes
        ],
    }


def _sync_text(difference: Changes, before: Notes, count: int) -> str:
    rows = [
        *((name, "is new") for name in difference.new),
        *((name, "is gone") for name in difference.gone),
        *((name, f"has another {', '.join(it)}") for name, it in difference.changed.items()),
    ]
    total = f"{count} workflow{'' if count == 1 else 's'}"
    if not before.synced_at:
        total += "; this is the first sync"
    elif not rows:
        total += f"; nothing has changed since {before.synced_at}"
    else:
        total += f"; this has changed since {before.synced_at}"
    return "\n".join(
        [f"{total}{':' if rows else '.'}", *(f"  {clean(f'{name} {it}')}" for name, it in rows)]
    )
