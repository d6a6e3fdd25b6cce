"""Runs generations at ComfyUI Deploy."""

from core.generations.model import RunUpdate
from core.generations.ports import GenerationGateway, RunRequest
from core.shared.errors import ServiceTroubleError
from core.shared.ids import DeploymentId, JobId, RunId
from infrastructure.comfy_deploy.api.dialects import dialect_of
from infrastructure.comfy_deploy.api.run_orders import RunOrder
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.endpoints import GET_DEPLOYMENT, LIST_FULL_RUNS
from infrastructure.comfy_deploy.errors import MARKER_INPUT, file_error, read_error, told_by
from infrastructure.comfy_deploy.files import ResultFiles
from infrastructure.comfy_deploy.run_statuses import RunStatuses
from infrastructure.comfy_deploy.uploads import Uploads
from infrastructure.comfy_deploy.wire import row, rows, run_with_input, text

PAGE_SIZE = 25
"""Runs on one page of a look-up: the service sends the whole graph along with each."""

MAX_PAGES = 4


class ComfyDeployGateway(GenerationGateway):
    """Queues, asks, cancels, uploads and fetches. Close the client and the statuses, not this."""

    def __init__(self, client: ComfyDeployClient, statuses: RunStatuses | None = None) -> None:
        self._client = client
        self._files = ResultFiles(client)
        self._workflow_ids: dict[DeploymentId, str] = {}
        self._dialect = dialect_of(client)
        self._statuses = statuses or RunStatuses(client)
        self._uploads = Uploads(client)

    async def submit(self, request: RunRequest) -> RunId:
        # A lost answer is not asked for again: the run may be queued already.
        order = RunOrder(
            deployment_id=request.deployment,
            inputs={**request.inputs, MARKER_INPUT: request.marker},
            webhook=request.hook,
            webhook_intermediate_status=request.hook is not None,
        )
        run = RunId(await self._dialect.queue(order))
        self._statuses.queued(request.marker, run)
        return run

    async def find(self, deployment: DeploymentId, marker: JobId) -> RunId | None:
        with told_by(read_error):
            at = {"workflow_id": await self._workflow_id(deployment)}
            for page in range(MAX_PAGES):
                query = {
                    "limit": PAGE_SIZE,
                    "offset": page * PAGE_SIZE,
                    "with_inputs": True,
                    "with_outputs": False,
                }
                listed = rows(await self._client.call(LIST_FULL_RUNS, at=at, query=query))
                if listed is None:
                    raise ServiceTroubleError("the runs are not a list")
                found = run_with_input(listed, MARKER_INPUT, marker)
                if found is not None:
                    return RunId(found)
                if len(listed) < PAGE_SIZE:
                    break
        return None

    async def status(self, run: RunId) -> RunUpdate:
        return await self._statuses.of(run)

    async def cancel(self, run: RunId) -> bool:
        return await self._dialect.cancel(run)

    async def upload(self, data: bytes, *, name: str) -> str:
        return await self._uploads.send_bytes(data, name=name)

    async def fetch(self, url: str, *, limit_bytes: int) -> bytes:
        with told_by(file_error):
            return await self._files.fetch(url, limit_bytes=limit_bytes)

    async def _workflow_id(self, deployment: DeploymentId) -> str:
        """Return the workflow that a deployment belongs to, which never changes."""
        known = self._workflow_ids.get(deployment)
        if known is None:
            at = {"deployment_id": deployment}
            body = row(await self._client.call(GET_DEPLOYMENT, at=at))
            known = text(body.get("workflow_id"))
            if not known:
                raise ServiceTroubleError("a deployment without a workflow")
            self._workflow_ids[deployment] = known
        return known
