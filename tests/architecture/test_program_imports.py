"""The page, `make` and `--help` start without the chat platforms' libraries, which cost seconds."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, copy_to, plant

PLATFORMS = frozenset({"telegram", "discord"})
WHAT_DEMO_AND_MAKE_LOAD = (
    "composition.cli",
    "composition.config",
    "composition.container",
    "composition.demo",
    "composition.emulator",
    "composition.make",
)
IMPORT_AND_TELL = (
    "import sys, {modules}; print(*{{name.partition('.')[0] for name in sys.modules}})"
)


def python(*arguments: str, root: Path, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run Python with the tree at `root`, in a folder of the test's own, without any setting."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(root), "PYTHONSAFEPATH": "1", "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def loaded_by_modules(modules: Sequence[str], *, root: Path, folder: Path) -> set[str]:
    """Return the platforms that importing some modules loads."""
    code = IMPORT_AND_TELL.format(modules=", ".join(modules))
    done = python("-c", code, root=root, folder=folder)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split()) & PLATFORMS


def loaded_by_command(*arguments: str, root: Path, folder: Path) -> set[str]:
    """Return the platforms that a whole command loads, as Python itself tells."""
    done = python("-X", "importtime", "-m", "composition", *arguments, root=root, folder=folder)
    assert done.returncode == 0, done.stderr[-2000:]
    told = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    names = {line.rpartition("|")[2].strip().partition(".")[0] for line in told}
    assert "composition" in names
    return names & PLATFORMS


def test_demo_and_make_load_no_platform(tmp_path: Path) -> None:
    assert loaded_by_modules(WHAT_DEMO_AND_MAKE_LOAD, root=ROOT, folder=tmp_path) == set()


@pytest.mark.process
@pytest.mark.parametrize("command", ["--help", "demo --help", "make --help"])
def test_help_loads_no_platform(command: str, tmp_path: Path) -> None:
    assert loaded_by_command(*command.split(), root=ROOT, folder=tmp_path) == set()


@pytest.mark.process
def test_a_whole_generation_loads_no_platform(tmp_path: Path) -> None:
    command = ("make", "--data", "data", "--out", "fox.png", "a red fox")

    assert loaded_by_command(*command, root=ROOT, folder=tmp_path) == set()
    assert (tmp_path / "fox.png").stat().st_size > 0


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
def test_one_import_of_a_platform_is_noticed(platform: str, tmp_path: Path) -> None:
    tree = copy_to(tmp_path / "tree")
    plant(tree, "infrastructure/clock.py", f"import {platform}")

    loaded = loaded_by_modules(WHAT_DEMO_AND_MAKE_LOAD, root=tree, folder=tmp_path)

    assert loaded == {platform}


@pytest.mark.process
def test_one_import_in_a_command_is_noticed(tmp_path: Path) -> None:
    tree = copy_to(tmp_path / "tree")
    plant(tree, "composition/config.py", "import discord")

    assert loaded_by_command("--help", root=tree, folder=tmp_path) == {"discord"}
