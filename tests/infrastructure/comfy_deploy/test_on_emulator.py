"""The gateway against a service on its worse days."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import attrs
import pytest

from core.generations.model import RunStatus, RunUpdate
from core.generations.ports import RunRequest
from core.shared.errors import InputRefusedError, ServiceRefusedError, SubmitUnclearError
from core.shared.ids import DeploymentId, JobId, RunId
from core.workflows.inputs import InputValue
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.gateway import ComfyDeployGateway
from infrastructure.comfy_deploy.settings import ComfySettings
from infrastructure.emulator.faults import Ending, OutputShape, RequestFault, RunFault, Spoil
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from infrastructure.emulator.workspace import TEXT2IMG
from tests.builders import LONG_AGO

JOB = JobId("0123456789abcdef0123456789abcdef")
DEPLOYMENT = DeploymentId(TEXT2IMG.id)
SMALL: dict[str, InputValue] = {"prompt": "fox", "width": 64, "height": 64, "steps": 1}
QUEUE = "/run/deployment/queue"
PATIENCE_S = 10.0


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    emulator = Emulator(EmulatorSettings.quick())
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def client(emulator: Emulator) -> AsyncIterator[ComfyDeployClient]:
    client = ComfyDeployClient(
        ComfySettings(
            api_key=emulator.api_key, base_url=emulator.base_url, queue_timeout_s=0.5, timeout_s=2.0
        )
    )
    yield client
    await client.aclose()


@pytest.fixture
def gateway(client: ComfyDeployClient) -> ComfyDeployGateway:
    return ComfyDeployGateway(client)


def a_request() -> RunRequest:
    return RunRequest(deployment=DEPLOYMENT, inputs=SMALL, marker=JOB)


async def ended(gateway: ComfyDeployGateway, run: RunId) -> RunUpdate:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            update = await gateway.status(run)
            if update.status.is_end:
                return update
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "fault",
    [
        RequestFault(path=QUEUE, spoil=Spoil.LOST),
        RequestFault(path=QUEUE, spoil=Spoil.CUT),
        RequestFault(path=QUEUE, spoil=Spoil.DELAY, delay_s=0.8),
        RequestFault(path=QUEUE, spoil=Spoil.MACHINE_REFUSES),
        RequestFault(path=QUEUE, status=500, body="x", content_type="text/plain", handled=True),
        RequestFault(path=QUEUE, status=504, body="<html>", content_type="text/html", handled=True),
        RequestFault(path=QUEUE, status=200, body="<html>", content_type="text/html", handled=True),
    ],
    ids=["lost", "cut", "late", "machine", "500", "504", "a page"],
)
async def test_t_05_an_unclear_submit_made_one_run_which_is_found(
    emulator: Emulator, gateway: ComfyDeployGateway, fault: RequestFault
) -> None:
    emulator.faults.order_requests(fault)

    with pytest.raises(SubmitUnclearError):
        await gateway.submit(a_request())

    runs = emulator.runs.newest_first(workflow_id=TEXT2IMG.workflow_id)
    assert [each.id for each in runs] == [await gateway.find(DEPLOYMENT, JOB, since=LONG_AGO)]


@pytest.mark.parametrize("shape", OutputShape)
async def test_t_02_the_picture_is_found_in_every_shape(
    emulator: Emulator, gateway: ComfyDeployGateway, shape: OutputShape
) -> None:
    emulator.faults.order_runs(RunFault(shape=shape))

    update = await ended(gateway, await gateway.submit(a_request()))

    names = [urlsplit(each.url or "").path.rpartition("/")[2] for each in update.outputs]
    assert names == [each.filename for each in update.outputs]
    assert names[0].endswith(".png")


@pytest.mark.parametrize(
    ("ending", "status", "count"),
    [
        (Ending.SUCCESS, RunStatus.SUCCESS, 1),
        (Ending.EMPTY, RunStatus.SUCCESS, 0),
        (Ending.FAILED, RunStatus.FAILED, 0),
        (Ending.TIMEOUT, RunStatus.TIMEOUT, 0),
        (Ending.TIMEOUT_WITH_OUTPUTS, RunStatus.TIMEOUT, 1),
    ],
)
async def test_an_ending_is_told_as_it_is(
    emulator: Emulator, gateway: ComfyDeployGateway, ending: Ending, status: RunStatus, count: int
) -> None:
    emulator.faults.order_runs(RunFault(ending=ending))

    update = await ended(gateway, await gateway.submit(a_request()))

    assert (update.status, len(update.outputs)) == (status, count)


async def test_a_wrong_key_is_refused(emulator: Emulator) -> None:
    client = ComfyDeployClient(ComfySettings(api_key="wrong", base_url=emulator.base_url))

    with pytest.raises(ServiceRefusedError):
        await ComfyDeployGateway(client).submit(a_request())

    await client.aclose()


async def test_an_input_of_the_wrong_form_is_named(gateway: ComfyDeployGateway) -> None:
    odd: dict[str, InputValue] = {"width": {"px": 64}}  # type: ignore[dict-item] # on purpose

    with pytest.raises(InputRefusedError) as caught:
        await gateway.submit(attrs.evolve(a_request(), inputs=odd))

    assert caught.value.name == "width"


async def test_many_people_are_served_at_once(gateway: ComfyDeployGateway) -> None:
    markers = [JobId(f"{n:032x}") for n in range(40)]

    runs = await asyncio.gather(
        *(gateway.submit(attrs.evolve(a_request(), marker=each)) for each in markers)
    )

    found = await asyncio.gather(
        *(gateway.find(DEPLOYMENT, each, since=LONG_AGO) for each in markers)
    )
    assert found == runs
