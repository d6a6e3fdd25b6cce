"""`python -m composition`: the program, as the start script runs it."""

import os
import sys

import click

from composition.cli import main
from composition.operate.command import EXIT_FAILED

STDOUT = 1


def run() -> None:
    """Run one command; what it has to say may find a disk that is full, or nobody who reads."""
    try:
        try:
            main(prog_name="stationthis")
        finally:
            click.echo(nl=False)  # a flush: Python's own flush at the end would tell by a trace
    except OSError as error:
        # What is still to be written goes nowhere: it would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)
        if not isinstance(error, BrokenPipeError):
            what = error.filename or "What there is to say cannot be written"
            sys.stderr.write(f"Error: {what}: {error.strerror or error}.\n")
        sys.exit(EXIT_FAILED)


run()
