"""comfydeploy 0.7.0: get one run, and tell its status or what the SDK raises."""

import json
import sys

from comfydeploy import ComfyDeploy
from comfydeploy.models import errors


def answer(base_url: str, key: str, run_id: str) -> dict[str, object]:
    with ComfyDeploy(bearer=key, server_url=base_url) as sdk:
        try:
            return {"status": sdk.run.get(run_id=run_id).workflow_run_model.status}
        except errors.HTTPValidationError as error:
            return {
                "refused": "HTTPValidationError",
                "about": [each.loc for each in error.data.detail or ()],
            }
        except errors.SDKError as error:
            return {"refused": "SDKError", "status_code": error.status_code}
        except ValueError as error:
            return {"unreadable": str(error)}


sys.stdout.write(json.dumps(answer(*sys.argv[1:])) + "\n")
