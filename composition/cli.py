"""The command line: what each command takes, and how its errors are told."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict, Unpack

import attrs
import click

from composition.access import Listen
from composition.operate.command import (
    AS_JSON,
    DATA,
    EXIT_FAILED,
    LateGroup,
    config_of,
    run_to_end,
)
from core.points.model import Points
from core.workflows.service import MAKE

FAST = click.option("--fast", is_flag=True, help="The emulator takes about 0.2 s for a run.")
PORT = click.IntRange(0, 65_535)


class MakeOptions(TypedDict):
    """What `make` takes."""

    prompt: Sequence[str]
    workflow: str
    values: Sequence[str]
    image: Path | None
    out: Path | None
    data: Path | None
    fast: bool
    as_json: bool


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Turn a ComfyUI Deploy workspace into a chat bot that people pay in points."""


@main.command()
@click.option("--port", type=PORT, default=8080, show_default=True, help="0: any free one.")
@DATA
@FAST
@click.option("--real", is_flag=True, help="Use COMFY_DEPLOY_API_KEY instead of the emulator.")
def demo(port: int, data: Path | None, *, fast: bool, real: bool) -> None:
    """Serve the chat page with everything embedded: no account needed."""
    from composition.demo import demo as run_demo

    config = attrs.evolve(config_of(data), private_listen=Listen("127.0.0.1", port))
    run_to_end(run_demo(config, fast=fast, real_service=real))


@main.command()
@DATA
def run(data: Path | None) -> None:
    """Run the bots that have tokens, the page and the hooks."""
    from composition.station import station

    run_to_end(station(config_of(data)))


@main.command()
@DATA
@AS_JSON
@click.option("--hooks", is_flag=True, help="Have ComfyUI Deploy call us, too: costs a small run.")
def doctor(data: Path | None, *, as_json: bool, hooks: bool) -> None:
    """Try every setting for real, and say how to put right what does not work."""
    from composition.doctor.examine import report

    examined = report(config_of(data), as_json=as_json, say=click.echo, hooks=hooks)
    sys.exit(0 if run_to_end(examined) else EXIT_FAILED)


@main.command()
@click.argument("prompt", nargs=-1)
@click.option("--workflow", default=MAKE, metavar="NAME", help="Default: what fits a sentence.")
@click.option("--set", "values", multiple=True, metavar="INPUT=VALUE", help="May be repeated.")
@click.option("--image", type=click.Path(path_type=Path), help="A picture to start from.")
@click.option("--out", type=click.Path(path_type=Path), help="A file or a folder. Default: here.")
@DATA
@FAST
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON last.")
def make(**given: Unpack[MakeOptions]) -> None:
    """Make something from words: `make a red fox in the snow`. Ctrl-C cancels."""
    from composition.make import Asked
    from composition.make import make as run_make

    asked = Asked(
        prompt=" ".join(given["prompt"]),
        workflow=given["workflow"],
        inputs=_inputs(given["values"]),
        image=given["image"],
        out=given["out"],
        fast=given["fast"],
    )
    outcome = run_to_end(run_make(config_of(given["data"]), asked))
    if outcome.error:
        click.echo(outcome.error, err=True)
    elif not outcome.succeeded:
        click.echo(outcome.status, err=True)
    if given["as_json"]:
        click.echo(outcome.as_json())
    else:
        for line in (*outcome.texts, *outcome.files):
            click.echo(line)
        if outcome.succeeded:
            click.echo(f"{Points(outcome.charged)}, {outcome.balance} left", err=True)
    sys.exit(0 if outcome.succeeded else EXIT_FAILED)


@main.command()
@click.option("--port", type=PORT, default=3011, show_default=True, help="0: any free one.")
@FAST
@click.option("--sdk-compat", is_flag=True, help="Add what the official SDK 0.7.0 insists on.")
def emulator(port: int, *, fast: bool, sdk_compat: bool) -> None:
    """Run the ComfyUI Deploy emulator alone; prints its address and key as JSON when ready."""
    from composition.emulator import serve

    run_to_end(serve(port, fast=fast, sdk_compat=sdk_compat))


@main.command()
def check() -> None:
    """Check format, lint, types and imports."""
    from composition.checks import check as run_checks

    sys.exit(run_checks())


@main.command(context_settings={"ignore_unknown_options": True})
@click.option("--full", is_flag=True, help="With the proofs at their full counts.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(arguments: Sequence[str], *, full: bool) -> None:
    """Run the tests; further arguments go to pytest."""
    from composition.checks import test as run_tests

    sys.exit(run_tests(arguments, full=full))


def _workflows() -> click.Group:
    from composition.operate.workflows import workflows

    return workflows


def _jobs() -> click.Group:
    from composition.operate.jobs import jobs

    return jobs


def _points() -> click.Group:
    from composition.operate.points import points

    return points


def _machines() -> click.Group:
    from composition.operate.machines import machines

    return machines


def _runs() -> click.Group:
    from composition.operate.runs import runs

    return runs


def _files() -> click.Group:
    from composition.operate.files import files

    return files


for _name, _load, _summary in (
    ("workflows", _workflows, "What people can use: list, show NAME, sync."),
    ("jobs", _jobs, "What people asked for: list, show ID, cancel ID."),
    ("points", _points, "The books: balance, history, grant, audit, export."),
    ("machines", _machines, "Where ComfyUI runs: list, show ID."),
    ("runs", _runs, "The runs at ComfyUI Deploy: list, show ID, cancel ID."),
    ("files", _files, "Files for inputs: upload PATH."),
):
    main.add_command(LateGroup(_name, _load, summary=_summary))


def _inputs(values: Sequence[str]) -> dict[str, str]:
    pairs = [value.partition("=") for value in values]
    for name, equals, _ in pairs:
        if not (name and equals):
            raise click.UsageError(f"--set takes INPUT=VALUE, such as --set seed=7, not {name!r}")
    return {name: value for name, _, value in pairs}
