"""The operator's commands as processes of their own, beside the emulator and a running station."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from tests.builders import a_job
from tests.composition.operate.bench import keep
from tests.program import (
    address_in,
    command,
    emulating,
    environment,
    person_at,
    serving,
    text_of,
)

pytestmark = pytest.mark.process

PORTS = {"STATIONTHIS_LISTEN": "127.0.0.1:0", "STATIONTHIS_PRIVATE_LISTEN": "127.0.0.1:0"}


async def test_what_was_made_is_found_at_the_service_and_in_our_records(tmp_path: Path) -> None:
    async with emulating(tmp_path / "log", "--fast") as settings:
        made = await command(
            "make", "--json", "--set", "width=64", "--set", "height=64", "a fox",
            cwd=tmp_path, settings=settings,
        )  # fmt: skip
        jobs = await command("jobs", "list", "--json", cwd=tmp_path, settings=settings)
        runs = await command("runs", "list", "--json", cwd=tmp_path, settings=settings)

    told = json.loads(made[1].splitlines()[-1])
    assert [each["id"] for each in json.loads(jobs[1])] == [told["job_id"]]
    assert [each["id"] for each in json.loads(runs[1])] == [told["run_id"]]


async def test_a_running_station_ends_a_job_that_an_operator_cancels(tmp_path: Path) -> None:
    async with (
        emulating(tmp_path / "log") as settings,
        serving("run", log=tmp_path / "log", **settings, **PORTS) as station,
        person_at(address_in(station.ready).strip(",")) as person,
    ):
        await person.say("/make a fox steps=50")
        await person.see(lambda message: bool(message.get("buttons")))
        _, listed, _ = await command("jobs", "list", "--json", cwd=tmp_path, settings=settings)
        (job,) = json.loads(listed)
        code, _, err = await command("jobs", "cancel", job["id"], cwd=tmp_path, settings=settings)
        await person.see(lambda message: "ancelled" in text_of(message))

    assert code == 0, err


async def test_a_refusal_is_one_sentence_and_exit_code_1(tmp_path: Path) -> None:
    code, out, err = await command("machines", "list", cwd=tmp_path, settings={})

    assert (code, out) == (1, "")
    assert err.startswith("Error: COMFY_DEPLOY_API_KEY is not set")
    assert "Traceback" not in err


@pytest.mark.parametrize("arguments", [("--help",), ("jobs", "list")], ids=" ".join)
async def test_output_that_cannot_be_written_is_one_sentence_and_exit_code_1(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    await (await keep(tmp_path / "data", a_job("f" * 32))).close()
    full = os.open("/dev/full", os.O_WRONLY)
    done = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "composition", *arguments,
        stdout=full, stderr=asyncio.subprocess.PIPE, cwd=tmp_path, env=environment(),
    )  # fmt: skip
    os.close(full)
    _, err = await done.communicate()

    assert done.returncode == 1
    assert err == b"Error: What there is to say cannot be written: No space left on device.\n"
