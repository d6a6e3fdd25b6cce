"""`./stationthis` from anywhere: through links, and from a folder with names like ours."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.program import ROOT

pytestmark = pytest.mark.process

BARE = {"PATH": "/usr/bin:/bin"}


def run(
    command: str | Path, *arguments: str, cwd: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    home = cwd / "home"
    home.mkdir(exist_ok=True)
    return subprocess.run(
        [str(command), *arguments],
        cwd=cwd,
        env={**BARE, "HOME": str(home), **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_runs_through_links_from_a_folder_that_holds_names_like_ours(tmp_path: Path) -> None:
    for name in ("core", "telegram", "composition", "json"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('the wrong one')")
    (tmp_path / "first").symlink_to(ROOT / "stationthis")
    (tmp_path / "second").symlink_to("first")

    made = run(
        "./second", "make", "--fast", "--json", "--data", "kept", "--out", "fox.png",
        "--set", "width=64", "--set", "height=64", "a fox",
        cwd=tmp_path,
    )  # fmt: skip

    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout.splitlines()[-1])["files"] == ["fox.png"]
    assert (tmp_path / "fox.png").is_file()
    assert (tmp_path / "kept" / "station.db").is_file()


def test_a_relative_image_is_one_of_the_callers_folder(tmp_path: Path) -> None:
    shutil.copy(ROOT / "docs" / "page.png", tmp_path / "mine.png")

    made = run(
        ROOT / "stationthis", "make", "--fast", "--json", "--image", "mine.png",
        "--workflow", "img2img", "blue",
        cwd=tmp_path,
    )  # fmt: skip

    assert made.returncode == 0, made.stderr


def test_a_python_that_is_too_old_is_named_with_the_way_on(tmp_path: Path) -> None:
    old = tmp_path / "python-of-old"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for name in ("stationthis", "requirements.lock"):
        shutil.copy(ROOT / name, checkout / name)

    refused = run(checkout / "stationthis", "demo", cwd=tmp_path, env={"PYTHON": str(old)})

    assert refused.returncode == 69
    assert "Python 3.11 or newer is needed" in refused.stderr


def test_help_names_every_command(tmp_path: Path) -> None:
    told = run(ROOT / "stationthis", "--help", cwd=tmp_path)

    assert all(name in told.stdout for name in ("demo", "make", "emulator", "check", "test"))
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


@pytest.mark.parametrize(
    "arguments",
    [["demo", "--port", "70000"], ["make", "--set", "x", "fox"], ["nothing"], ["emulator", "--x"]],
)
def test_a_wrong_command_line_is_two_lines_and_exit_code_2(
    tmp_path: Path, arguments: list[str]
) -> None:
    refused = run(ROOT / "stationthis", *arguments, cwd=tmp_path)

    assert refused.returncode == 2
    assert "Error:" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_wrong_settings_are_all_named(tmp_path: Path) -> None:
    wrong = {"STATIONTHIS_PLACES": "x", "STATIONTHIS_WEBHOOKS": "perhaps"}

    refused = run(ROOT / "stationthis", "make", "fox", cwd=tmp_path, env=wrong)

    assert refused.returncode == 1
    assert all(name in refused.stderr for name in wrong)
