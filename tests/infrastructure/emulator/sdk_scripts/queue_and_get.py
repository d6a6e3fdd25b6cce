"""comfydeploy 0.7.0: queue a run of the deployment, and get it until it is over."""

import asyncio
import json
import sys

from comfydeploy import ComfyDeploy
from comfydeploy.models import components


async def main(base_url: str, key: str, deployment: str) -> None:
    async with ComfyDeploy(bearer=key, server_url=base_url) as sdk:
        request = components.DeploymentRunRequest(
            deployment_id=deployment, inputs={"prompt": "a fox", "width": 64, "height": 64}
        )
        queued = await sdk.run.deployment.queue_async(request=request)
        run_id = queued.create_run_response.run_id
        run = None
        while run is None or run.status in ("not-started", "queued", "started", "running"):
            await asyncio.sleep(0.01)
            run = (await sdk.run.get_async(run_id=run_id)).workflow_run_model
    images = [each.url for each in run.outputs[0].data["images"]]
    told = {"queued": run_id, "got": run.id, "status": run.status, "images": images}
    sys.stdout.write(json.dumps(told) + "\n")


asyncio.run(main(*sys.argv[1:]))
