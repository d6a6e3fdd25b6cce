"""`stationthis jobs`: what people asked for, as our own database has it."""

import re
from datetime import UTC, datetime
from pathlib import Path

import attrs
import click

from composition.config import Config
from composition.operate.command import (
    AS_JSON,
    DATA,
    LIMIT,
    CommandRefusedError,
    config_of,
    run_to_end,
)
from composition.operate.reach import records
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
from core.generations.model import Job, JobState
from core.generations.ports import JobStore
from core.shared.ids import JobId

COLUMNS = (
    Column("ID"),
    Column("STATE"),
    Column("WORKFLOW", soft=True),
    Column("ACCOUNT"),
    Column("POINTS", is_number=True),
    Column("AGE"),
)
CANCELLING = "cancelling"
SHORT = 12
"""Characters of an id that a table shows: more than a prefix needs, by far."""
SHORTEST_PREFIX = 6
ID_LENGTH = 32
HEXADECIMAL = re.compile("[0-9a-f]+")
NEWEST = "`./stationthis jobs list` shows the newest"
LOOKED_THROUGH = 10_000
"""Newest jobs among which a prefix is looked for; an older one must be named in full."""


@click.group()
def jobs() -> None:
    """Show and end the jobs that people have started."""


@jobs.command("list")
@click.option("--state", type=click.Choice([each.value for each in JobState]), help="Only these.")
@LIMIT
@DATA
@AS_JSON
def list_jobs(state: str | None, limit: int, data: Path | None, *, as_json: bool) -> None:
    """List the newest jobs, the newest first."""
    wanted = None if state is None else JobState(state)
    found = run_to_end(_newest(config_of(data), limit=limit, state=wanted))
    now = datetime.now(UTC)
    say_rows(
        [_row(each) for each in found],
        as_json=as_json,
        empty="There are no jobs yet." if state is None else f"No job is {state}.",
        text=table(COLUMNS, [_cells(each, now) for each in found]),
    )


@jobs.command()
@click.argument("job_id", metavar="ID")
@DATA
@AS_JSON
def show(job_id: str, data: Path | None, *, as_json: bool) -> None:
    """Show one job with all that is known of it. ID: the whole, or 6 characters or more."""
    job = run_to_end(_one(config_of(data), job_id))
    if as_json:
        say_json(_full_row(job))
    else:
        say(_card(job, datetime.now(UTC)))


@jobs.command()
@click.argument("job_id", metavar="ID")
@DATA
@AS_JSON
def cancel(job_id: str, data: Path | None, *, as_json: bool) -> None:
    """Ask for a job's end, as its person would. The worker (`run`) then ends it."""
    job = run_to_end(_cancelled(config_of(data), job_id))
    if as_json:
        say_json({"id": job.id, "state": job.state, "cancel_requested": job.cancel_requested})
    else:
        say(
            f"The end of job {job.id} is asked for.\n"
            "The running worker (`./stationthis run`) does the rest, or does it when it starts."
        )


async def _newest(config: Config, *, limit: int, state: JobState | None) -> list[Job]:
    async with records(config) as container:
        return list(await container.jobs().newest(limit=limit, state=state))


async def _one(config: Config, job_id: str) -> Job:
    async with records(config) as container:
        return await found_by(container.jobs(), job_id)


async def _cancelled(config: Config, job_id: str) -> Job:
    async with records(config) as container:
        job = await found_by(container.jobs(), job_id)
        await container.jobs().request_cancel(job.id)
        # It may have ended in between: then the wish was not noted.
        job = await container.jobs().get(job.id) or job
        if job.state.is_end:
            raise CommandRefusedError(f"Job {job.id} has ended already: {job.state}.")
        return job


async def found_by(store: JobStore, job_id: str) -> Job:
    """Return the job of this id, or of the only one that begins so. Raises CommandRefusedError."""
    asked = job_id.strip().lower()
    if HEXADECIMAL.fullmatch(asked) is None:
        raise CommandRefusedError(
            f"{job_id} is no id of a job, nor the beginning of one: ids are of 0 to 9 and a to f. "
            f"{NEWEST}."
        )
    job = await store.get(JobId(asked))
    if job is not None:
        return job
    missing = f"There is no job {job_id}: {NEWEST}."
    if len(asked) >= ID_LENGTH:
        raise CommandRefusedError(missing)
    if len(asked) < SHORTEST_PREFIX:
        raise CommandRefusedError(
            f"An id has {ID_LENGTH} characters, and its first {SHORTEST_PREFIX} are needed at "
            f"least: {NEWEST}."
        )
    newest = await store.newest(limit=LOOKED_THROUGH)
    fitting = [each for each in newest if each.id.startswith(asked)]
    if not fitting:
        raise CommandRefusedError(missing)
    if len(fitting) > 1:
        raise CommandRefusedError(f"{len(fitting)} jobs begin with {asked}: give more of the id.")
    return fitting[0]


def _row(job: Job) -> dict[str, object]:
    return {
        "id": job.id,
        "state": job.state,
        "workflow": job.wish.workflow,
        "account": job.wish.account,
        "created_at": job.created_at,
        "moved_at": job.moved_at,
        "progress": job.progress,
        "quoted": job.quote.points.amount,
        "charged": job.charged.amount,
        "run_id": job.run,
        "delivery": job.delivery,
        "cancel_requested": job.cancel_requested,
        "failure": job.failure or None,
    }


def _full_row(job: Job) -> dict[str, object]:
    wish, claim = job.wish, job.claim
    return _row(job) | {
        "title": wish.title,
        "words": wish.words,
        "inputs": wish.inputs,
        "media_inputs": wish.media_inputs,
        "deployment_id": wish.deployment,
        "version": wish.version,
        "gpu": wish.gpu,
        "parent": wish.parent,
        "median_s": job.quote.median_s,
        "p90_s": job.quote.p90_s,
        "submitted_at": job.submitted_at,
        "next_wake_at": job.next_wake_at,
        "attempts": job.attempts,
        "claim": None if claim is None else attrs.asdict(claim),
        "live_status": job.live_status or None,
        "queue_position": job.queue_position,
        "run_s": job.run_s,
        "outputs": [attrs.asdict(each) for each in job.outputs],
        "texts": job.texts,
        "delivery_attempts": job.delivery_attempts,
        "reply_to": job.reply_to,
        "shown_at": job.shown_at or None,
        "driver": job.driver,
    }


def _cells(job: Job, now: datetime) -> tuple[str, ...]:
    return (
        job.id[:SHORT],
        _state(job),
        job.wish.workflow,
        job.wish.account,
        _points(job),
        ago(job.created_at, now),
    )


def _state(job: Job) -> str:
    """Return the state; that of a job whose end is asked for says so."""
    return CANCELLING if job.cancel_requested and not job.state.is_end else job.state


def _points(job: Job) -> str:
    """Return what was charged, of what it may cost at most."""
    return f"{job.charged.amount}/{job.quote.points.amount}"


def _card(job: Job, now: datetime) -> str:
    quote, claim = job.quote, job.claim
    return card(
        (
            ("id", job.id),
            ("state", job.state),
            ("its end", "is asked for" if _state(job) == CANCELLING else ""),
            ("failure", job.failure),
            ("progress", f"{job.progress:.0%} {job.live_status}"),
            ("in the queue", shown(job.queue_position)),
            ("workflow", f"{job.wish.workflow} ({job.wish.title})"),
            ("deployment", job.wish.deployment),
            ("version", shown(job.wish.version)),
            ("gpu", job.wish.gpu),
            ("run", job.run),
            ("run time", seconds(job.run_s)),
            ("quote", f"{quote.points}, {quote.median_s:.1f} to {quote.p90_s:.1f} s"),
            ("charged", str(job.charged)),
            ("account", job.wish.account),
            ("words", job.wish.words),
            ("inputs", "\n".join(f"{name} = {shown(it)}" for name, it in job.wish.inputs.items())),
            ("parent", job.wish.parent),
            ("files", "\n".join(f"{each.id} ({each.size_bytes:,} bytes)" for each in job.outputs)),
            ("texts", "\n".join(job.texts)),
            ("created", when(job.created_at, now)),
            ("submitted", when(job.submitted_at, now)),
            ("moved", when(job.moved_at, now)),
            ("next look", "" if job.next_wake_at is None else f"{job.next_wake_at:%H:%M:%S} UTC"),
            ("attempts", shown(job.attempts or None)),
            ("claimed by", "" if claim is None else f"{claim.owner} until {claim.until:%H:%M:%S}"),
            ("driver", job.driver),
            ("delivery", job.delivery),
            ("told to", job.reply_to),
            ("shown at", job.shown_at),
        )
    )
