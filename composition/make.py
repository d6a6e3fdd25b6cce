"""`stationthis make`: one generation, headless, through the same use cases as a chat."""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import attrs
import click

from composition.config import Config
from composition.container import Container
from composition.demo import emulated
from composition.run import working
from core.generations.model import Delivery, Job, JobState
from core.sessions.model import Identity
from core.shared.errors import MediaRefusedError, StationError, UserMistakeError
from core.shared.events import Event
from core.shared.ids import WalletId
from core.use_cases.start_generation import Request
from core.workflows.service import MAKE
from core.workflows.typed import read
from infrastructure.log_setup import set_up_logs

REPLY_TO = "cli:make"
"""Where these jobs are shown: no chat; this command itself tells the end."""

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

LOOK_EVERY_S = 0.5
"""How often the row is read when no event came: another process may have moved it."""


class OutputRefusedError(UserMistakeError):
    """The place for the results cannot be written. The text is the whole sentence."""

    code = "output.refused"


@attrs.frozen(kw_only=True)
class Asked:
    """What the command line asks for."""

    prompt: str
    workflow: str = MAKE
    inputs: Mapping[str, str] = attrs.field(factory=dict)
    image: Path | None = None
    out: Path | None = None
    fast: bool = False
    """Whether the emulator hurries, where it takes the service's place."""


@attrs.frozen(kw_only=True)
class Outcome:
    """What became of it: the JSON line of `--json`. Points are whole; `seconds` are wall time."""

    job_id: str | None = None
    run_id: str | None = None
    status: str = "refused"
    quoted: int = 0
    charged: int = 0
    balance: int | None = None
    files: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    seconds: float = 0.0
    error: str | None = None

    @property
    def succeeded(self) -> bool:
        """Whether there is a result, and it is where it was wanted."""
        return self.status == JobState.SUCCEEDED and self.error is None

    def as_json(self) -> str:
        """Return the outcome on one line."""
        return json.dumps(attrs.asdict(self), ensure_ascii=False)


async def make(config: Config, asked: Asked) -> Outcome:
    """Do what was asked. Never raises a StationError: the outcome tells it."""
    began = time.monotonic()
    try:
        _check_writable(asked.out or Path())
        async with contextlib.AsyncExitStack() as stack:
            if config.comfy is None:
                config = await emulated(config, fast=asked.fast, stack=stack)
            container = Container(config=config, owner=f"make:{secrets.token_hex(8)}")
            set_up_logs(
                config.log_level or "ERROR",
                json=False,
                secrets=(container.secret(), config.comfy.api_key if config.comfy else ""),
            )
            await stack.enter_async_context(working(container))
            outcome = await _generate(container, asked)
    except StationError as error:
        outcome = Outcome(error=error.user_message)
    return attrs.evolve(outcome, seconds=round(time.monotonic() - began, 3))


async def _generate(container: Container, asked: Asked) -> Outcome:
    account = await container.accounts().of(Identity("cli", str(os.getuid())))
    images = () if asked.image is None else (await _taken(container, asked.image),)
    workflow = await container.workflows().meant_by(asked.workflow, with_image=bool(images))
    typed = read(asked.prompt, workflow)
    request = Request(
        account=account.id,
        workflow=workflow,
        words=typed.words,
        inputs={**typed.values, **asked.inputs},
        images=images,
        reply_to=REPLY_TO,
    )
    # Ctrl-C is ours before the job exists: it must never be left behind.
    with _interrupts() as interrupted:
        job = await container.start()(container.ids().job(), request)
        most = "" if job.quote.is_fixed else "at most "
        click.echo(f"{job.wish.title}: {most}{job.quote.points}", err=True)
        job = await _followed(container, job, interrupted)
    await _tell_delivered(container, job)
    files: tuple[str, ...] = ()
    problem = job.failure or None
    try:
        files = await _written(container, job, asked.out)
    except OutputRefusedError as error:  # it is paid for, and kept: the person must know of it
        problem = f"{error.user_message} The result is kept in {container.folder().media}."
    now = container.clock().now()
    balance = await container.ledger().balance(WalletId(account.id), now=now)
    return Outcome(
        job_id=job.id,
        run_id=job.run,
        status=job.state,
        quoted=job.quote.points.amount,
        charged=job.charged.amount,
        balance=balance.available.amount,
        files=files,
        texts=job.texts,
        error=problem,
    )


async def _taken(container: Container, image: Path) -> str:
    try:
        data = await asyncio.to_thread(image.read_bytes)
    except OSError as error:
        raise MediaRefusedError(f"{image} cannot be read: {error.strerror}.") from error
    return (await container.media().take_image(data)).id


async def _followed(container: Container, job: Job, interrupted: asyncio.Event) -> Job:
    """Set a job going and return it at its end; Ctrl-C cancels it, and a second one gives up."""
    changed = asyncio.Event()

    async def hear(_: Event) -> None:
        changed.set()

    container.events().subscribe(hear)
    await container.start().wake(job)
    with _bar(job) as bar:
        while not job.state.is_end:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), LOOK_EVERY_S)
            changed.clear()
            if interrupted.is_set():
                interrupted.clear()
                click.echo("\nCancelling (Ctrl-C again to give up)", err=True)
                await container.cancel()(job.id, job.wish.account)
            job = await container.jobs().get(job.id) or job
            bar.label = f"{job.wish.title} {_shown(job)}"
            bar.update(max(0, round(job.progress * 100) - bar.pos))
    return job


def _shown(job: Job) -> str:
    if job.state is JobState.RUNNING and job.live_status:
        return job.live_status
    return job.state.value


def _bar(job: Job) -> "click._termui_impl.ProgressBar[int]":
    return click.progressbar(
        length=100,
        label=job.wish.title,
        file=sys.stderr,
    )


@contextlib.contextmanager
def _interrupts() -> Iterator[asyncio.Event]:
    """Turn the first Ctrl-C, or order to end, into an event; the second one ends the program."""
    interrupted = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_interrupt() -> None:
        interrupted.set()
        unhandled()

    def unhandled() -> None:
        for number in ENDING_SIGNALS:
            loop.remove_signal_handler(number)

    for number in ENDING_SIGNALS:
        loop.add_signal_handler(number, on_interrupt)
    try:
        yield interrupted
    finally:
        unhandled()


async def _tell_delivered(container: Container, job: Job) -> None:
    """Note that the person has been told: the command line is its own courier."""
    claimed = await container.moves().claim_delivery(job)
    if claimed is not None:
        await container.moves().end_delivery(claimed, Delivery.DELIVERED, wait=timedelta())


def _check_writable(out: Path) -> None:
    """Refuse a place that cannot be written before anybody pays. Raises OutputRefusedError."""
    folder = out if out.is_dir() else out.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputRefusedError(
            f"Nothing can be written to {folder}: {error.strerror}. Make the folder, or choose "
            "another --out."
        ) from error


async def _written(container: Container, job: Job, out: Path | None) -> tuple[str, ...]:
    """Write the results where they were wanted; return the paths as the caller can use them."""
    files = []
    for number, media in enumerate(job.outputs, start=1):
        data = await container.media().read(media.id)
        extension = media.id.rpartition(".")[2]
        target = _target(job, out, number=number, extension=extension)
        try:
            await asyncio.to_thread(target.write_bytes, data)
        except OSError as error:
            raise OutputRefusedError(f"{target} cannot be written: {error.strerror}.") from error
        files.append(str(target))
    return tuple(files)


def _target(job: Job, out: Path | None, *, number: int, extension: str) -> Path:
    several = len(job.outputs) > 1
    suffix = f"-{number}" if several else ""
    if out is None or out.is_dir():
        return (out or Path()) / f"{job.wish.workflow}-{job.id[:8]}{suffix}.{extension}"
    return out.with_name(f"{out.stem}{suffix}{out.suffix or '.' + extension}")
