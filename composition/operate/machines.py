"""`stationthis machines`: where ComfyUI runs."""

from datetime import UTC, datetime

import attrs
import click

from composition.config import Config
from composition.operate.command import (
    AS_JSON,
    CommandRefusedError,
    as_uuid,
    config_of,
    run_to_end,
)
from composition.operate.reach import service
from composition.operate.tables import (
    Column,
    ago,
    card,
    say,
    say_json,
    say_rows,
    shown,
    table,
    when,
)
from core.shared.errors import NotThereError
from infrastructure.comfy_deploy.api.machines import (
    PAGE_LIMIT,
    FullMachine,
    Machine,
    Machines,
)

COLUMNS = (
    Column("NAME", soft=True),
    Column("TYPE", soft=True),
    Column("STATUS"),
    Column("GPU"),
    Column("ID"),
    Column("UPDATED"),
)
DELETED = "deleted"
NOT_TOLD = frozenset({"import_failed_logs", "docker_command_steps", "user_id", "org_id"})
"""Long, or about people: nothing that an operator looks for here."""


@click.group()
def machines() -> None:
    """Show the machines of the workspace, which run ComfyUI."""


@machines.command("list")
@click.option("--all", "with_deleted", is_flag=True, help="Also those that were deleted.")
@AS_JSON
def list_machines(*, with_deleted: bool, as_json: bool) -> None:
    """List the machines, the youngest first."""
    found = run_to_end(_listed(config_of(), with_deleted=with_deleted))
    now = datetime.now(UTC)
    say_rows(
        [_row(each, is_deleted=is_deleted) for each, is_deleted in found],
        as_json=as_json,
        empty="The workspace has no machines.",
        text=table(COLUMNS, [_cells(each, now, is_deleted=gone) for each, gone in found]),
    )


@machines.command()
@click.argument("machine_id", metavar="ID")
@AS_JSON
def show(machine_id: str, *, as_json: bool) -> None:
    """Show one machine with its settings."""
    machine = run_to_end(_machine(config_of(), machine_id))
    if as_json:
        say_json(_full_row(machine))
    else:
        say(_card(machine, datetime.now(UTC)))


async def _listed(config: Config, *, with_deleted: bool) -> list[tuple[Machine, bool]]:
    """Return the machines, and whether each was deleted."""
    async with service(config) as api:
        living = await api.machines.all()
        if not with_deleted:
            return [(each, False) for each in living]
        ids = {each.id for each in living}
        return [(each, each.id not in ids) for each in await _every(api.machines)]


async def _every(machines_there: Machines) -> list[Machine]:
    """Return all machines, page by page; a page without a new one is the last, too."""
    found: dict[str, Machine] = {}
    offset = 0
    while True:
        page = await machines_there.list(offset=offset, with_deleted=True)
        known = len(found)
        found |= {each.id: each for each in page}
        offset += len(page)
        if len(page) < PAGE_LIMIT or len(found) == known:
            return list(found.values())


async def _machine(config: Config, machine_id: str) -> FullMachine:
    missing = (
        f"There is no machine {machine_id}: `./stationthis machines list` shows those that are."
    )
    async with service(config) as api:
        try:
            return await api.machines.get(as_uuid(machine_id, otherwise=missing))
        except NotThereError as error:
            raise CommandRefusedError(missing) from error


def _row(machine: Machine, *, is_deleted: bool) -> dict[str, object]:
    return {
        "id": machine.id,
        "name": machine.name,
        "type": machine.type,
        "status": machine.status,
        "gpu": machine.gpu or None,
        "deleted": is_deleted,
        "created_at": machine.created_at,
        "updated_at": machine.updated_at,
    }


def _cells(machine: Machine, now: datetime, *, is_deleted: bool) -> tuple[str, ...]:
    status = DELETED if is_deleted else machine.status
    age = ago(machine.updated_at, now)
    return (machine.name, machine.type, status, machine.gpu or "-", machine.id, age)


def _full_row(machine: FullMachine) -> dict[str, object]:
    told = attrs.asdict(machine, filter=lambda field, _: field.name not in NOT_TOLD)
    return told | _row(machine, is_deleted=machine.deleted)


def _card(machine: FullMachine, now: datetime) -> str:
    limits = (
        ("cpu", machine.cpu_request, machine.cpu_limit),
        ("memory", machine.memory_request, machine.memory_limit),
    )
    return card(
        (
            ("name", machine.name),
            ("id", machine.id),
            ("type", machine.type),
            ("status", DELETED if machine.deleted else machine.status),
            ("gpu", machine.gpu),
            ("endpoint", machine.endpoint),
            ("at once", f"{machine.concurrency_limit} runs"),
            ("run timeout", f"{machine.run_timeout:g} s"),
            ("idle timeout", f"{machine.idle_timeout:g} s"),
            ("kept warm", shown(machine.keep_warm)),
            ("ComfyUI", machine.comfyui_version),
            ("Python", machine.python_version),
            ("image", machine.base_docker_image),
            ("builder", machine.machine_builder_version),
            ("version", machine.machine_version_id),
            ("arguments", machine.extra_args),
            ("prestart", machine.prestart_command),
            ("models kept", ", ".join(machine.models_to_cache)),
            *((name, _bounds(least, most)) for name, least, most in limits),
            ("created", when(machine.created_at, now)),
            ("updated", when(machine.updated_at, now)),
            ("build log", machine.import_failed_logs),
        )
    )


def _bounds(least: float | None, most: float | None) -> str:
    """Return what a machine asks for and may have at most, of cores or of megabytes."""
    told = (("at least", least), ("at most", most))
    return ", ".join(f"{word} {shown(count)}" for word, count in told if count is not None)
