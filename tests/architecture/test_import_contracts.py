"""The import contracts of pyproject.toml hold, and each of them notices one import too many."""

import subprocess
import sys
import tomllib
from pathlib import Path

import attrs
import pytest

from tests.architecture.tree import PACKAGES, ROOT, copy_to, plant, sources

CONTRACTS = tuple(
    contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
)


@attrs.frozen
class Breach:
    """One import too many, and the contract that it breaks."""

    contract: str
    path: str
    line: str


BREACHES = (
    Breach(
        "Imports point inwards; chat and infrastructure do not know each other",
        "infrastructure/clock.py",
        "import adapters.chat.texts",
    ),
    Breach(
        "Imports point inwards; chat and infrastructure do not know each other",
        "core/points/pricing.py",
        "import infrastructure.clock",
    ),
    Breach(
        "Use cases are on top; the rooms below do not know each other",
        "core/points/pricing.py",
        "import core.workflows.estimate",
    ),
    Breach(
        "Use cases are on top; the rooms below do not know each other",
        "core/cellar/__init__.py",
        '"""A room that has no place in the house."""',
    ),
    Breach(
        "The fronts share only the chat layer",
        "adapters/chat/texts.py",
        "import adapters.web.answers",
    ),
    Breach(
        "The fronts share only the chat layer",
        "adapters/post/__init__.py",
        '"""A front that nobody has put in its place."""',
    ),
    Breach(
        "The core knows no library but attrs, no network, no clock, no chance, no log",
        "core/shared/ids.py",
        "import uuid",
    ),
    Breach(
        "The conversation knows no platform, no network and no settings",
        "adapters/chat/texts.py",
        "import httpx",
    ),
    Breach(
        "Only the composition root knows the injector",
        "infrastructure/clock.py",
        "import dependency_injector",
    ),
    Breach(
        "No two neighbours import each other",
        "composition/config.py",
        "import composition.cli",
    ),
    Breach(
        "The parts of the infrastructure know nothing of each other",
        "infrastructure/sql/dialects.py",
        "import infrastructure.memory.seen",
    ),
)


def lint_imports(root: Path) -> tuple[int, set[str]]:
    """Return the linter's exit code for a tree, and the names of the contracts that are broken."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(program), "--no-cache", "--no-logo"],
        cwd=root,
        env={"PYTHONPATH": str(root), "PYTHONSAFEPATH": "1", "COLUMNS": "200", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line.strip() for line in done.stdout.splitlines()]
    broken = {line.removesuffix(" BROKEN") for line in said if line.endswith(" BROKEN")}
    kept = {line.removesuffix(" KEPT") for line in said if line.endswith(" KEPT")}
    assert broken | kept == set(CONTRACTS), done.stdout + done.stderr
    return done.returncode, broken


def test_every_contract_is_kept() -> None:
    assert lint_imports(ROOT) == (0, set())


def test_every_contract_has_a_planted_breach() -> None:
    assert {each.contract for each in BREACHES} == set(CONTRACTS)


@pytest.mark.parametrize("breach", BREACHES, ids=lambda each: f"{each.path} {each.line[:30]}")
def test_one_import_too_many_breaks_its_contract(breach: Breach, tmp_path: Path) -> None:
    tree = copy_to(tmp_path)
    plant(tree, breach.path, breach.line)

    code, broken = lint_imports(tree)

    assert code == 1
    assert breach.contract in broken


def test_the_copy_alone_breaks_nothing(tmp_path: Path) -> None:
    tree = copy_to(tmp_path)

    assert lint_imports(tree) == (0, set())


def test_no_import_is_excepted_from_its_contract() -> None:
    settings = (ROOT / "pyproject.toml").read_text()

    assert "ignore_imports" not in settings
    assert "unmatched_ignore_imports_alerting" not in settings


def test_only_the_container_imports_the_injector() -> None:
    knowing = [each.path for each in sources(*PACKAGES) if "dependency_injector" in each.text]

    assert knowing == ["composition/container.py"]
