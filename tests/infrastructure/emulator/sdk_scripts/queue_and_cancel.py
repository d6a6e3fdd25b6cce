"""comfydeploy 0.7.0: queue a run of the deployment, and cancel it."""

import json
import sys

from comfydeploy import ComfyDeploy
from comfydeploy.models import components

base_url, key, deployment = sys.argv[1:]
with ComfyDeploy(bearer=key, server_url=base_url) as sdk:
    request = components.DeploymentRunRequest(
        deployment_id=deployment, inputs={"prompt": "a fox", "width": 64, "height": 64}
    )
    run_id = sdk.run.deployment.queue(request=request).create_run_response.run_id
    sdk.run.cancel(run_id=run_id)
    status = sdk.run.get(run_id=run_id).workflow_run_model.status
sys.stdout.write(json.dumps({"run_id": run_id, "status": status}) + "\n")
