"""A run goes to the deployment whose machine can take it: through the whole program."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import attrs
import pytest

from composition.config import Config
from composition.container import Container
from composition.run import working
from core.generations.model import Job, JobState
from core.shared.ids import JobId
from core.use_cases.start_generation import Request
from core.workflows.model import Workflow
from core.workflows.routing import QUALITY, SPEED
from infrastructure.comfy_deploy.settings import ComfySettings
from infrastructure.emulator.deployments import Deployment, stable_id
from infrastructure.emulator.machines import MachineRow
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from infrastructure.emulator.stock import TEXT2IMG
from tests.builders import ADA
from tests.until import DEADLINE_S, LOOK_EVERY_S, until

A10G = MachineRow(id=stable_id("machine/usual"), name="usual", gpu="A10G", status="error")
H100 = MachineRow(id=stable_id("machine/large"), name="large", gpu="H100")
PRODUCTION = attrs.evolve(TEXT2IMG, machine_id=A10G.id, gpu=None)
STAGING = attrs.evolve(
    TEXT2IMG, id=stable_id("staging"), environment="staging", machine_id=H100.id, gpu=None
)


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    emulator = Emulator(EmulatorSettings.quick())
    await emulator.start()
    for machine in (A10G, H100):
        emulator.workspace.machines.put(machine)
    for deployment in (PRODUCTION, STAGING):
        emulator.workspace.deploy(deployment)
    yield emulator
    await emulator.stop()


@pytest.fixture
async def container(emulator: Emulator, tmp_path: Path) -> AsyncIterator[Container]:
    comfy = ComfySettings(api_key=emulator.api_key, base_url=emulator.base_url, catalogue_ttl_s=0)
    config = Config(database_url="memory:", data_dir=tmp_path, comfy=comfy, webhooks=False)
    container = Container(config=config, owner="worker:test")
    async with working(container):
        yield container


async def ran_at(container: Container, emulator: Emulator, name: str) -> Deployment:
    """Have a picture made, and return the deployment that its run was of."""
    workflow = await container.workflows().named("text2img")
    request = Request(
        account=ADA,
        workflow=workflow,
        words=name,
        inputs={"width": 64, "height": 64, "steps": 1},
        reply_to="web:nobody",
    )
    await container.start().wake(await container.start()(JobId(name.zfill(32)), request))
    await until(lambda: any(run.inputs.get("prompt") == name for run in emulator.runs))
    return next(run.deployment for run in emulator.runs if run.inputs.get("prompt") == name)


async def ended(container: Container, job_id: JobId) -> Job:
    """Return a job once it has come to its end."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            job: Job | None = await container.jobs().get(job_id)
            if job is not None and job.state.is_end:
                return job
            await asyncio.sleep(LOOK_EVERY_S)


@pytest.mark.parametrize("status", ["error", "building", "paused"])
async def test_t_12_a_run_goes_where_a_machine_is_ready(
    container: Container, emulator: Emulator, status: str
) -> None:
    emulator.workspace.machines.put(attrs.evolve(A10G, status=status))
    workflow = await container.workflows().named("text2img")

    at = await ran_at(container, emulator, "1")

    assert (at.id, at.environment, workflow.gpu) == (STAGING.id, "staging", "H100")
    assert workflow.route == (
        f"Staging is used: the machine usual of production is not ready ({status})."
    )


async def test_t_12_a_run_goes_to_production_again_once_its_machine_is_ready(
    container: Container, emulator: Emulator
) -> None:
    first = await ran_at(container, emulator, "1")
    emulator.workspace.machines.put(attrs.evolve(A10G, status="ready"))

    second = await ran_at(container, emulator, "2")

    assert (first.id, second.id) == (STAGING.id, PRODUCTION.id)


@pytest.mark.parametrize("ttl_s", [0, 300])
async def test_t_28_a_job_whose_deployment_goes_while_it_waits_is_free_and_the_next_one_runs(
    emulator: Emulator, tmp_path: Path, ttl_s: float
) -> None:
    emulator.workspace.undeploy(PRODUCTION.id)
    comfy = ComfySettings(
        api_key=emulator.api_key, base_url=emulator.base_url, catalogue_ttl_s=ttl_s
    )
    config = Config(database_url="memory:", data_dir=tmp_path, comfy=comfy, webhooks=False)
    container = Container(config=config, owner="worker:test")
    async with working(container):
        workflow = await container.workflows().named("text2img")
        request = Request(account=ADA, workflow=workflow, words="1", reply_to="web:nobody")
        job = await container.start()(JobId("1".zfill(32)), request)
        emulator.workspace.undeploy(STAGING.id)
        anew = emulator.workspace.deploy(attrs.evolve(STAGING, id=stable_id("anew")))

        await container.start().wake(job)
        free = await ended(container, job.id)
        at = await ran_at(container, emulator, "2")

    assert (free.state, free.charged.amount) == (JobState.FAILED, 0)
    assert free.failure.startswith("This workflow has been changed or taken away just now.")
    assert at.id == anew.id


@pytest.mark.parametrize(("prefer", "gpu"), [(SPEED, "A100"), (QUALITY, "L40S")])
async def test_t_23_the_gpu_that_is_preferred_is_one_that_a_deployment_has(
    emulator: Emulator, tmp_path: Path, prefer: str, gpu: str
) -> None:
    for machine, its_gpu in ((A10G, "A100"), (H100, "L40S")):
        emulator.workspace.machines.put(attrs.evolve(machine, status="ready", gpu=its_gpu))
    emulator.workspace.deploy(attrs.evolve(PRODUCTION, environment="preview"))
    emulator.workspace.deploy(attrs.evolve(STAGING, environment="public-share"))
    comfy = ComfySettings(api_key=emulator.api_key, base_url=emulator.base_url)
    config = Config(
        database_url="memory:", data_dir=tmp_path, comfy=comfy, webhooks=False, machines=prefer
    )
    container = Container(config=config, owner="worker:test")
    async with working(container):
        workflow: Workflow = await container.workflows().named("text2img")

        at = await ran_at(container, emulator, "1")

    assert (workflow.gpu, at.id) == (gpu, workflow.deployment)
