"""The official SDK at the cheap API: `python -m` with the API's URL and what to call."""

import asyncio
import sys

from comfydeploy import ComfyDeploy
from comfydeploy.models import components

from tests.benchmarks.calls import DEPLOYMENT, INPUTS, KEY, run_id, tell_speed

PATIENT_MS = 60_000
"""Its default of five seconds gives up in such a crowd."""


async def main(base_url: str, what: str) -> None:
    async with ComfyDeploy(bearer=KEY, server_url=base_url, timeout_ms=PATIENT_MS) as sdk:

        async def get(number: int) -> object:
            return (await sdk.run.get_async(run_id=run_id(number))).workflow_run_model

        async def queue(_: int) -> object:
            request = components.DeploymentRunRequest(deployment_id=DEPLOYMENT, inputs=INPUTS)
            return (await sdk.run.deployment.queue_async(request=request)).create_run_response

        await tell_speed({"get": get, "queue": queue}[what])


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
