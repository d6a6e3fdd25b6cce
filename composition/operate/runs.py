"""`stationthis runs`: the runs at the service, whoever started them."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import cast, get_args

import attrs
import click

from composition.config import Config
from composition.operate.command import (
    AS_JSON,
    LIMIT,
    CommandRefusedError,
    as_uuid,
    config_of,
    run_to_end,
)
from composition.operate.names import nearest
from composition.operate.reach import service
from composition.operate.tables import (
    Column,
    ago,
    card,
    say,
    say_json,
    say_rows,
    seconds,
    shown,
    table,
    when,
)
from core.generations.model import RunOutput
from core.shared.errors import RunUnknownError
from core.workflows.snapshot import normal_name
from infrastructure.comfy_deploy.api.runs import LogLine, Run, RunRow, ServiceStatus
from infrastructure.comfy_deploy.api.service import ComfyDeployApi
from infrastructure.comfy_deploy.api.workflows import WorkflowRow

COLUMNS = (
    Column("ID"),
    Column("STATUS"),
    Column("WORKFLOW", soft=True),
    Column("AGE"),
    Column("TOOK", is_number=True),
    Column("GPU"),
)
AT_ONCE = 4
"""How many workflows are asked for their runs at the same time."""
LOG_LINES = 40
"""The end of a log that is shown."""


@click.group()
def runs() -> None:
    """Show and stop the runs at ComfyUI Deploy."""


@runs.command("list")
@click.option("--workflow", metavar="NAME", help="Only those of this workflow, by name or id.")
@click.option("--status", type=click.Choice(get_args(ServiceStatus)), help="Only these.")
@LIMIT
@AS_JSON
def list_runs(workflow: str | None, status: str | None, limit: int, *, as_json: bool) -> None:
    """List the newest runs, of one workflow or of all, the newest first."""
    wanted = cast("ServiceStatus | None", status)
    found, names = run_to_end(_listed(config_of(), workflow, wanted, limit=limit))
    now = datetime.now(UTC)
    say_rows(
        [_row(each, names) for each in found],
        as_json=as_json,
        empty="There are no such runs." if workflow or status else "There are no runs yet.",
        text=table(COLUMNS, [_cells(each, names, now) for each in found]),
    )


@runs.command()
@click.argument("run_id", metavar="ID")
@click.option(
    "--log", "with_log", is_flag=True, help=f"Also the last {LOG_LINES} lines of its log."
)
@AS_JSON
def show(run_id: str, *, with_log: bool, as_json: bool) -> None:
    """Show one run: how it stands, what it was given and what it made."""
    run, log = run_to_end(_shown(config_of(), run_id, with_log=with_log))
    if as_json:
        say_json(
            _full_row(run) | ({"log": [attrs.asdict(each) for each in log]} if with_log else {})
        )
        return
    say(_card(run, datetime.now(UTC)))
    if with_log and not log:
        click.echo(
            "Its log is empty: it can be read from 5 s after its end, for 30 days.", err=True
        )
    for line in log:
        say("\n".join(f"  {part}" for part in line.message.rstrip().splitlines()))


@runs.command()
@click.argument("run_id", metavar="ID")
@AS_JSON
def cancel(run_id: str, *, as_json: bool) -> None:
    """Stop a run at the service."""
    run = run_to_end(_cancelled(config_of(), run_id))
    if as_json:
        say_json({"id": run.id, "status": run.word, "cancelled": True})
    else:
        say(f"Run {run.id} is cancelled.")


async def _listed(
    config: Config, workflow: str | None, status: ServiceStatus | None, *, limit: int
) -> tuple[Sequence[RunRow], Mapping[str, str]]:
    """Return the runs, and the names of all workflows by their ids."""
    gate = asyncio.Semaphore(AT_ONCE)
    async with service(config) as api:
        known = await api.workflows.all()
        names = {each.id: normal_name(each.name) or each.id for each in known}

        async def of(workflow_id: str) -> tuple[RunRow, ...]:
            async with gate:
                return await api.runs.list(workflow_id, status=status, limit=limit)

        wanted = names if workflow is None else _called(workflow, known)
        parts = await asyncio.gather(*(of(each) for each in wanted))
    never = datetime.min.replace(tzinfo=UTC)
    found = sorted(
        (run for part in parts for run in part),
        key=lambda run: run.created_at or never,
        reverse=True,
    )
    return found[:limit], names


def _called(workflow: str, known: Sequence[WorkflowRow]) -> list[str]:
    """Return the ids of the workflows of this name: it may be that of several."""
    name = normal_name(workflow)
    found = [each.id for each in known if each.id == workflow or normal_name(each.name) == name]
    if not found:
        raise CommandRefusedError(nearest(workflow, [normal_name(each.name) for each in known]))
    return found


async def _shown(config: Config, run_id: str, *, with_log: bool) -> tuple[Run, Sequence[LogLine]]:
    async with service(config) as api:
        run = await _known(api, run_id)
        return run, (await api.runs.logs(run.id))[-LOG_LINES:] if with_log else ()


async def _cancelled(config: Config, run_id: str) -> Run:
    async with service(config) as api:
        run = await _known(api, run_id)
        if run.status.is_end:
            raise CommandRefusedError(f"Run {run.id} has ended already: {run.word}.")
        if not await api.runs.cancel(run.id):
            raise CommandRefusedError(
                f"Run {run.id} cannot be cancelled (yet): the service stops a run only once its "
                "machine has taken it, and only on its own machines."
            )
        return await api.runs.get(run.id)


async def _known(api: ComfyDeployApi, run_id: str) -> Run:
    missing = f"There is no run {run_id}: `./stationthis runs list` shows the newest."
    try:
        return await api.runs.get(as_uuid(run_id, otherwise=missing))
    except RunUnknownError as error:
        raise CommandRefusedError(missing) from error


def _row(run: RunRow, names: Mapping[str, str]) -> dict[str, object]:
    return {
        "id": run.id,
        "status": run.word,
        "workflow": names.get(run.workflow_id),
        "workflow_id": run.workflow_id,
        "deployment_id": run.deployment_id or None,
        "gpu": run.gpu or None,
        "origin": run.origin or None,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "duration_s": run.total_s,
        "queue_s": run.queue_s,
        "cold_start_s": run.cold_start_s,
        "run_s": run.run_s,
    }


def _full_row(run: Run) -> dict[str, object]:
    row = _row(run, {})
    del row["workflow"]
    return row | {
        "machine_id": run.machine_id or None,
        "progress": run.progress,
        "live_status": run.live_status or None,
        "queue_position": run.queue_position,
        "inputs": run.inputs,
        "outputs": [attrs.asdict(each) for each in run.outputs],
    }


def _cells(run: RunRow, names: Mapping[str, str], now: datetime) -> tuple[str, ...]:
    return (
        run.id,
        run.word,
        names.get(run.workflow_id, run.workflow_id),
        ago(run.created_at, now),
        seconds(run.total_s) or "-",
        run.gpu or "-",
    )


def _card(run: Run, now: datetime) -> str:
    return card(
        (
            ("id", run.id),
            ("status", run.word),
            ("progress", None if run.status.is_end else f"{run.progress:.0%} {run.live_status}"),
            ("in the queue", shown(run.queue_position)),
            ("workflow", run.workflow_id),
            ("machine", run.machine_id),
            ("gpu", run.gpu),
            ("origin", run.origin),
            ("created", when(run.created_at, now)),
            ("started", when(run.started_at, now)),
            ("ended", when(run.ended_at, now)),
            ("took in all", seconds(run.total_s)),
            ("queued for", seconds(run.queue_s)),
            ("cold start", seconds(run.cold_start_s)),
            ("run time", seconds(run.run_s)),
            ("inputs", "\n".join(f"{name} = {shown(it)}" for name, it in run.inputs.items())),
            ("outputs", "\n".join(map(_output, run.outputs))),
        )
    )


def _output(output: RunOutput) -> str:
    return output.url or output.text or output.filename
