"""`stationthis workflows`: what the bot offers, and what has changed of it."""

import contextlib
from datetime import UTC, datetime
from pathlib import Path

import attrs
import click

from composition.config import Config
from composition.container import Container
from composition.operate.command import (
    AS_JSON,
    DATA,
    CommandRefusedError,
    config_of,
    run_to_end,
)
from composition.operate.names import nearest
from composition.operate.offers import offered
from composition.operate.reach import records, service
from composition.operate.sync import Changes, Notes, changes, notes_of, read, write
from composition.operate.tables import clean, say, say_json, say_rows, table
from composition.operate.workflow_views import (
    COLUMNS,
    INPUT_COLUMNS,
    Details,
    cells,
    collision_row,
    full_row,
    input_cells,
    row,
    workflow_card,
)
from core.points.pricing import Quote
from core.shared.errors import ServiceError
from core.workflows.model import Workflow
from core.workflows.snapshot import Snapshot
from infrastructure.comfy_deploy.api.machines import FullMachine
from infrastructure.comfy_deploy.api.service import ComfyDeployApi
from infrastructure.data_folder import DataFolder
from infrastructure.memory.catalogue import InMemoryCatalogue


@click.group()
def workflows() -> None:
    """Show the workflows that people can use, and what has changed of them."""


@workflows.command("list")
@AS_JSON
def list_workflows(*, as_json: bool) -> None:
    """List what the bot offers, in the order of names."""
    found = run_to_end(_offered(config_of()))
    now = datetime.now(UTC)
    _warn(found)
    say_rows(
        [row(each) for each in found.workflows],
        as_json=as_json,
        empty="The workspace offers no workflow: deploy one in ComfyUI Deploy.",
        text=table(COLUMNS, [cells(each, now) for each in found.workflows]),
    )


@workflows.command()
@click.argument("name")
@DATA
@AS_JSON
def show(name: str, data: Path | None, *, as_json: bool) -> None:
    """Show one workflow: its inputs, what it costs at most, its deployment and machine."""
    details = run_to_end(_details(config_of(data), name))
    if as_json:
        say_json(full_row(details))
        return
    say(workflow_card(details, datetime.now(UTC)))
    inputs = details.workflow.inputs
    if inputs:
        say(f"\n{table(INPUT_COLUMNS, [input_cells(each) for each in inputs])}")


@workflows.command()
@DATA
@AS_JSON
def sync(data: Path | None, *, as_json: bool) -> None:
    """Read the workflows anew, and say what is new, gone or changed since the last sync."""
    config = config_of(data)
    found, before, after = run_to_end(_synced(config))
    _warn(found)
    if as_json:
        say_json(_sync_row(found, before, after))
    else:
        say(_sync_text(changes(before, after), before, len(after.workflows)))


def _warn(found: Snapshot) -> None:
    """Say what an operator should know, beside what was asked for."""
    for sentence in (*(each.sentence for each in found.collisions), *found.warnings):
        say(f"Warning: {clean(sentence)}", err=True)


async def _offered(config: Config) -> Snapshot:
    async with service(config) as api:
        return await offered(api, config)


async def _details(config: Config, name: str) -> Details:
    async with service(config) as api:
        found = await offered(api, config)
        workflow = found.find(name.removeprefix("/"))
        if workflow is None:
            raise CommandRefusedError(nearest(name, [each.name for each in found.workflows]))
        deployment = await api.deployments.get(workflow.deployment)
        machine = await _machine(api, deployment.machine_id)
    quote = await _quote(config, found, workflow)
    return Details(
        workflow=workflow, machine_id=deployment.machine_id, machine=machine, quote=quote
    )


async def _machine(api: ComfyDeployApi, machine_id: str) -> FullMachine | None:
    """Return the machine; None where there is none, or where it is not shown to us."""
    try:
        return await api.machines.get(machine_id) if machine_id else None
    except ServiceError:
        return None


async def _quote(config: Config, found: Snapshot, workflow: Workflow) -> Quote:
    """Return what a person would be quoted; without our own records by what the service knows."""
    with contextlib.suppress(CommandRefusedError):
        async with records(config) as container:
            return await _quoted(container, found, workflow)
    without = attrs.evolve(config, database_url="memory:")
    return await _quoted(Container(config=without, owner="operator:show"), found, workflow)


async def _quoted(container: Container, found: Snapshot, workflow: Workflow) -> Quote:
    # What was just read is not read again.
    container.catalogue.override(InMemoryCatalogue.showing(found))
    try:
        return await container.quote()(workflow)
    finally:
        await container.told_runs().aclose()
        await container.client().aclose()


async def _synced(config: Config) -> tuple[Snapshot, Notes, Notes]:
    """Return what there is, what was noted last, and what is noted from now on."""
    found = await _offered(config)
    if not found.is_whole:
        raise CommandRefusedError(
            f"Not all workflows could be read, so nothing was compared: {found.warnings[0]}"
        )
    place = DataFolder(config.data_dir).catalogue
    before, after = read(place), notes_of(found.workflows, datetime.now(UTC))
    write(place, after)
    return found, before, after


def _sync_row(found: Snapshot, before: Notes, after: Notes) -> dict[str, object]:
    difference = changes(before, after)
    return {
        "workflows": len(after.workflows),
        "synced_at": after.synced_at,
        "last_synced_at": before.synced_at or None,
        "new": difference.new,
        "gone": difference.gone,
        "changed": [{"name": name, "what": it} for name, it in difference.changed.items()],
        "collisions": [collision_row(each) for each in found.collisions],
        "warnings": found.warnings,
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
