"""`stationthis check` and `stationthis test`: what must be true before a change lands."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
CODE = ("core", "adapters", "infrastructure", "composition", "tests")
WORKERS = "2"
"""Test processes at once: what the smallest machine that we test on has cores for."""

CHECKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("format", ("ruff", "format", "--check", *CODE)),
    ("lint", ("ruff", "check", *CODE)),
    ("types", ("mypy",)),
    ("imports", ("lint-imports",)),
)


def check() -> int:
    """Run every check, also after one has failed; return 0 when all hold."""
    failed = []
    for name, command in CHECKS:
        began = time.monotonic()
        code = _tool(command)
        took_s = time.monotonic() - began
        click.secho(f"{name}: {'ok' if code == 0 else 'FAILED'} ({took_s:.1f} s)", bold=True)
        if code:
            failed.append(name)
    return 1 if failed else 0


def test(arguments: Sequence[str], *, full: bool) -> int:
    """Run the suite, or what the arguments choose of it; return pytest's exit code."""
    volume = () if full else ("-m", "not full")
    alone = any(each.startswith(("-n", "--pdb")) for each in arguments)
    workers = () if alone else ("-n", WORKERS, "--dist", "worksteal")
    return _tool(("pytest", *workers, *volume, *arguments))


def _tool(command: Sequence[str]) -> int:
    """Run a tool of the environment that this program runs in, from the project's root."""
    name, *arguments = command
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
    line = [str(Path(sys.executable).with_name(name)), *arguments]
    return subprocess.run(line, cwd=ROOT, env=environment, check=False).returncode  # noqa: S603 - our own tools
