"""comfydeploy 0.6.3: upload a file."""

import json
import sys
from pathlib import Path

from comfydeploy import ComfyDeploy

base_url, key, path = sys.argv[1:]
with ComfyDeploy(bearer=key, server_url=base_url) as sdk, Path(path).open("rb") as content:
    file = {"file_name": Path(path).name, "content": content}
    uploaded = sdk.file.upload(request={"file": file}).file_upload_response
told = {"id": uploaded.file_id, "name": uploaded.file_name, "url": uploaded.file_url}
sys.stdout.write(json.dumps(told) + "\n")
