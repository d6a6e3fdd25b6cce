"""The official SDK as PyPI has it: each version in an environment of its own, kept between runs."""

import asyncio
import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.program import ROOT

ENVIRONMENTS = ROOT / ".venv-sdk"
INSTALL_S = 300.0
SCRIPT_S = 60.0


def python_with_sdk(version: str) -> Path:
    """
    Return the Python that has this version of comfydeploy and nothing of ours.

    Makes it if need be. Skips the test, with the reason, where it cannot be made.
    """
    lock = ROOT / "tests" / f"sdk-{version}.lock"
    folder = ENVIRONMENTS / version
    ENVIRONMENTS.mkdir(exist_ok=True)
    with (ENVIRONMENTS / f"{version}.flock").open("w") as turn:
        # The workers of one test run must not install into each other.
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not _is_installed(folder, lock):
            _make(folder, lock)
    return _python(folder)


async def run_by(python: Path, *arguments: str) -> str:
    """Run a script under that Python, which sees nothing of ours; return what it printed."""
    process = await asyncio.create_subprocess_exec(
        str(python),
        "-I",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.defpath},
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), SCRIPT_S)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, err.decode()
    return out.decode()


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _is_installed(folder: Path, lock: Path) -> bool:
    installed = folder / "installed.lock"
    return (
        _python(folder).exists()
        and installed.exists()
        and installed.read_bytes() == lock.read_bytes()
    )


def _make(folder: Path, lock: Path) -> None:
    uv = _uv()
    (folder / "installed.lock").unlink(missing_ok=True)
    _run_uv(uv, "venv", "--allow-existing", "--python", sys.executable, str(folder))
    python = str(_python(folder))
    _run_uv(uv, "pip", "sync", "--python", python, "--require-hashes", str(lock))
    shutil.copy(lock, folder / "installed.lock")


def _uv() -> str:
    """Return the uv that the start script uses: the machine's, else the one that it fetched."""
    found = shutil.which("uv") or shutil.which("uv", path=ROOT / ".uv" / "bin")
    if found is None:
        pytest.skip("no uv on PATH and none in .uv: the official SDK cannot be installed")
    return found


def _run_uv(uv: str, *arguments: str) -> None:
    done = subprocess.run(
        [uv, "-q", *arguments],
        env={"UV_SYSTEM_CERTS": "1", "UV_LINK_MODE": "copy", **os.environ},
        capture_output=True,
        text=True,
        timeout=INSTALL_S,
        check=False,
    )
    if done.returncode:
        reason = " ".join(done.stderr.split())[:300]
        pytest.skip(f"the official SDK could not be installed: {reason}")
