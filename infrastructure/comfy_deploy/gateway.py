"""Runs generations at ComfyUI Deploy."""

import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from core.generations.model import RunUpdate
from core.generations.ports import GenerationGateway, RunRequest
from core.shared.errors import (
    DeploymentGoneError,
    NotThereError,
    ServiceError,
    ServiceTroubleError,
)
from core.shared.ids import DeploymentId, JobId, RunId
from core.workflows.ports import WorkflowCatalogue
from infrastructure.comfy_deploy.api.dialects import dialect_of
from infrastructure.comfy_deploy.api.run_orders import RunOrder
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.endpoints import GET_DEPLOYMENT, LIST_FULL_RUNS
from infrastructure.comfy_deploy.errors import MARKER_INPUT, file_error, read_error, told_by
from infrastructure.comfy_deploy.files import ResultFiles
from infrastructure.comfy_deploy.run_statuses import RunStatuses
from infrastructure.comfy_deploy.settings import LEGACY
from infrastructure.comfy_deploy.uploads import Uploads
from infrastructure.comfy_deploy.wire import Row, moment, row, rows, run_with_input, text

PAGE_SIZE = 25
"""Runs on one page of a look-up: the service sends the whole graph along with each."""

MAX_PAGES = 40

CLOCKS_DIFFER = timedelta(seconds=60)
"""By how much the service's clock may be behind ours."""


class ComfyDeployGateway(GenerationGateway):
    """
    Queues, asks, cancels, uploads and fetches. Close the client and the statuses, not this.

    A deployment that turns out to be gone has the `catalogue` read anew, so that nobody else is
    sent there.
    """

    def __init__(
        self,
        client: ComfyDeployClient,
        statuses: RunStatuses | None = None,
        catalogue: WorkflowCatalogue | None = None,
    ) -> None:
        self._client = client
        self._catalogue = catalogue
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
        try:
            run = RunId(await self._dialect.queue(order))
        except DeploymentGoneError:
            await self._forget(request.deployment)
            raise
        self._statuses.queued(request.marker, run)
        return run

    async def _forget(self, gone: DeploymentId) -> None:
        if self._catalogue is None:
            return
        with contextlib.suppress(ServiceError):
            # Of many that wait for the same one, the first has it read: then it is not known.
            if (await self._catalogue.current()).find(gone) is not None:
                await self._catalogue.reload()

    async def find(
        self, deployment: DeploymentId, marker: JobId, *, since: datetime
    ) -> RunId | None:
        if self._client.settings.dialect == LEGACY:
            raise NotThereError("the first generation of the API does not list runs")
        oldest, seen, offset = since - CLOCKS_DIFFER, set[str](), 0
        with told_by(read_error):
            workflow_id = await self._workflow_id(deployment)
            for _ in range(MAX_PAGES):
                listed = await self._page(workflow_id, offset)
                found = run_with_input(listed, MARKER_INPUT, marker)
                if found is not None:
                    return RunId(found)
                ids = {text(each.get("id")) for each in listed}
                if ids <= seen or _is_older(listed[-1], oldest):
                    return None
                seen |= ids
                offset += len(listed)
        raise ServiceTroubleError(f"more than {offset} newer runs: this one may be behind them")

    async def status(self, run: RunId, *, fresh: bool = False) -> RunUpdate:
        return await self._statuses.of(run, fresh=fresh)

    async def cancel(self, run: RunId) -> bool:
        return await self._dialect.cancel(run)

    async def upload(self, data: bytes, *, name: str) -> str:
        return await self._uploads.send_bytes(data, name=name)

    async def fetch(self, url: str, *, limit_bytes: int) -> bytes:
        with told_by(file_error):
            return await self._files.fetch(url, limit_bytes=limit_bytes)

    async def _page(self, workflow_id: str, offset: int) -> Sequence[Row]:
        """Return a workflow's runs with their inputs, newest first, from the `offset`th on."""
        query = {
            "limit": PAGE_SIZE,
            "offset": offset,
            "with_inputs": True,
            "with_outputs": False,
        }
        at = {"workflow_id": workflow_id}
        listed = rows(await self._client.call(LIST_FULL_RUNS, at=at, query=query))
        if listed is None:
            raise ServiceTroubleError("the runs are not a list")
        return listed

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


def _is_older(listed: Row, than: datetime) -> bool:
    made_at = moment(listed.get("created_at"))
    return made_at is not None and made_at < than
