"""Our client at the cheap API: `python -m` with the API's URL and what to call."""

import asyncio
import sys

from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.endpoints import GET_RUN, QUEUE_RUN
from infrastructure.comfy_deploy.settings import ComfySettings
from tests.benchmarks.calls import DEPLOYMENT, INPUTS, KEY, run_id, tell_speed


async def main(base_url: str, what: str) -> None:
    client = ComfyDeployClient(ComfySettings(api_key=KEY, base_url=base_url, calls_per_s=0))

    async def get(number: int) -> object:
        return await client.call(GET_RUN, at={"run_id": run_id(number)})

    async def queue(_: int) -> object:
        return await client.call(
            QUEUE_RUN, body={"deployment_id": DEPLOYMENT, "inputs": INPUTS, "webhook": None}
        )

    await tell_speed({"get": get, "queue": queue}[what])
    await client.aclose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
