from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from comfydeploy import ComfyDeploy
from comfydeploy.models import components, errors

from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from tests.infrastructure.emulator.workbench import Caller, calling

NOBODY = "00000000-0000-0000-0000-000000000001"


@asynccontextmanager
async def sdk_for(emulator: Emulator, *, key: str = "emulator-key") -> AsyncIterator[ComfyDeploy]:
    """Open the SDK on clients of our own, since it leaves those it makes open."""
    with httpx.Client() as blocking:
        async with httpx.AsyncClient() as http:
            yield ComfyDeploy(
                bearer=key, server_url=emulator.base_url, client=blocking, async_client=http
            )


async def queued(sdk: ComfyDeploy, caller: Caller) -> str:
    request = components.DeploymentRunRequest(
        deployment_id=(await caller.ids())["text2img"],
        inputs={"prompt": "a fox", "width": 64, "height": 64},
    )
    answer = await sdk.run.deployment.queue_async(request=request)
    assert answer.create_run_response is not None
    return answer.create_run_response.run_id


async def test_the_official_sdk_queues_and_gets_a_run() -> None:
    settings = EmulatorSettings.quick(sdk_compat=True)
    async with (
        calling(Emulator(settings)) as caller,
        sdk_for(caller.emulator) as sdk,
    ):
        run_id = await queued(sdk, caller)
        await caller.finished(run_id)

        run = (await sdk.run.get_async(run_id=run_id)).workflow_run_model

        assert run is not None
        assert (run.id, run.status) == (run_id, "success")
        assert run.outputs


async def test_the_official_sdk_cancels_a_run() -> None:
    settings = EmulatorSettings.quick(sdk_compat=True, node_s=60.0)
    async with (
        calling(Emulator(settings)) as caller,
        sdk_for(caller.emulator) as sdk,
    ):
        run_id = await queued(sdk, caller)

        await sdk.run.cancel_async(run_id=run_id)

        assert (await caller.run(run_id))["status"] == "cancelled"


async def test_the_official_sdk_cannot_read_the_service_as_it_is_today(caller: Caller) -> None:
    async with sdk_for(caller.emulator) as sdk:
        run_id = await queued(sdk, caller)

        with pytest.raises(ValueError, match="workflow_api"):
            await sdk.run.get_async(run_id=run_id)


async def test_the_official_sdk_understands_refusals(caller: Caller) -> None:
    async with sdk_for(caller.emulator) as sdk, sdk_for(caller.emulator, key="x") as stranger:
        with pytest.raises(errors.SDKError) as unknown:
            await sdk.run.get_async(run_id=NOBODY)
        with pytest.raises(errors.HTTPValidationError):
            await sdk.run.get_async(run_id="abc")
        with pytest.raises(errors.SDKError) as locked_out:
            await stranger.run.get_async(run_id=NOBODY)

    assert (unknown.value.status_code, locked_out.value.status_code) == (404, 401)
