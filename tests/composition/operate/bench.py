"""An operator at the command line: in this process, on a real socket and a real database file."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from click.testing import CliRunner, Result

from composition.cli import main
from composition.config import COUNTS, SECONDS, TEXTS
from core.generations.model import Job
from infrastructure.comfy_deploy.api.run_orders import RunOrder
from infrastructure.comfy_deploy.api.service import ComfyDeployApi
from infrastructure.comfy_deploy.settings import ComfySettings
from infrastructure.emulator.deployments import Deployment
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.stock import TEXT2IMG
from infrastructure.emulator.workflows import Workflow
from infrastructure.sql.database import Database, open_database
from infrastructure.sql.jobs import SqlJobs

OURS = (*TEXTS, *COUNTS, *SECONDS, "STATIONTHIS_DATA_DIR", "STATIONTHIS_LOG_LEVEL")
WIDTH = 100


@attrs.frozen
class Operator:
    """Types commands; `settings` are all of ours that the environment has."""

    settings: Mapping[str, str]

    def with_settings(self, **settings: str) -> "Operator":
        """Return the same operator with other settings."""
        return Operator({**self.settings, **settings})

    async def types(self, *arguments: str) -> Result:
        """Run a command to its end, while this loop serves what the command asks for."""
        nothing: dict[str, str | None] = dict.fromkeys(OURS)
        runner = CliRunner(env={**nothing, **self.settings})
        return await asyncio.to_thread(runner.invoke, main, list(arguments), catch_exceptions=False)

    async def reads(self, *arguments: str) -> Any:  # noqa: ANN401 - whatever the JSON holds
        """Return the JSON value that a command prints, alone and on one line."""
        done = await self.types(*arguments, "--json")
        assert done.exit_code == 0, done.stderr
        assert done.stdout.count("\n") == 1
        return json.loads(done.stdout)

    async def sees(self, *arguments: str) -> str:
        """Return what a command prints for people: but for addresses it fits a terminal."""
        done = await self.types(*arguments)
        assert done.exit_code == 0, done.stderr
        lines = [line for line in done.stdout.splitlines() if "://" not in line]
        assert max(map(len, lines), default=0) <= WIDTH
        return done.stdout

    async def is_refused(self, *arguments: str) -> str:
        """Return the sentence that a command fails with; it prints nothing else."""
        done = await self.types(*arguments)
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr.startswith("Error: ")
        assert done.stderr.count("\n") == 1
        return done.stderr


def made(folder: Path) -> Path:
    """Return a folder that is there from now on."""
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def names_in(folder: Path) -> list[str]:
    """Return the names of what lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


async def keep(folder: Path, *jobs: Job) -> Database:
    """Put jobs into the data folder's database; returns it open, as `run` has it."""
    database = open_database(f"sqlite:///{made(folder) / 'station.db'}")
    await database.open()
    for job in jobs:
        await SqlJobs(database).add(job)
    return database


def api_of(emulator: Emulator) -> ComfyDeployApi:
    """Return the API of an emulator; it must be closed."""
    settings = ComfySettings(api_key=emulator.api_key, base_url=emulator.base_url)
    return ComfyDeployApi.opened(settings)


async def run_on(
    emulator: Emulator, deployment: Deployment = TEXT2IMG, *, to_its_end: bool = True
) -> str:
    """Start a run, by default until it has ended; return its id."""
    inputs = {"prompt": "a fox", "width": 64, "height": 64}
    order = RunOrder(deployment_id=deployment.id, inputs=inputs)
    async with api_of(emulator) as api:
        if to_its_end:
            return (await api.runs.sync(order))[0].run_id
        return await api.runs.queue(order)


def deploy(
    emulator: Emulator, name: str, *, gpu: str | None = "A10G", image: str | None = None
) -> Deployment:
    """
    Give the workspace one more workflow, deployed; it draws as text2img does.

    One with an image of its own is in the other half of the service's list.
    """
    deployment = Deployment(
        name=name,
        description=None,
        gpu=gpu,
        inputs=TEXT2IMG.inputs,
        nodes=TEXT2IMG.nodes,
        modal_image_id=image,
    )
    workflow = Workflow(
        id=deployment.workflow_id, name=name, versions=[deployment.workflow_version()]
    )
    emulator.workspace.workflows.add(workflow)
    return emulator.workspace.deploy(deployment)


def lines_of(text: str) -> Sequence[str]:
    """Return the lines of a table below its heads."""
    return text.splitlines()[1:]
