"""Runs generations at ComfyUI Deploy."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

import structlog

from core.generations.model import RunUpdate
from core.generations.ports import GenerationGateway, RunRequest
from core.shared.errors import ServiceTroubleError, SubmitUnclearError
from core.shared.ids import DeploymentId, JobId, RunId
from core.workflows.model import InputValue
from infrastructure.comfy_deploy.answers import AnswerError
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.endpoints import (
    CANCEL_RUN,
    GET_DEPLOYMENT,
    GET_RUN,
    LIST_FULL_RUNS,
    QUEUE_RUN,
    UPLOAD_FILE,
)
from infrastructure.comfy_deploy.errors import (
    MARKER_INPUT,
    file_error,
    read_error,
    run_error,
    says_cannot_cancel,
    submit_error,
    told_by,
)
from infrastructure.comfy_deploy.files import ResultFiles
from infrastructure.comfy_deploy.wire import (
    known_status,
    row,
    rows,
    run_update,
    run_with_input,
    text,
)

PAGE_SIZE = 25
"""Runs on one page of a look-up: the service sends the whole graph along with each."""

MAX_PAGES = 4
LONGEST_NAME = 80
_MAX_ODD_STATUSES = 50

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class ComfyDeployGateway(GenerationGateway):
    """Queues, asks, cancels, uploads and fetches. Close the client, not this."""

    def __init__(self, client: ComfyDeployClient) -> None:
        self._client = client
        self._files = ResultFiles(client)
        self._workflow_ids: dict[DeploymentId, str] = {}
        self._odd_statuses: set[str] = set()

    async def submit(self, request: RunRequest) -> RunId:
        # A lost answer is not asked for again: the run may be queued already.
        with told_by(submit_error):
            answer = row(await self._client.call(QUEUE_RUN, body=_queue_body(request)))
        run = text(answer.get("run_id"))
        if not run:
            raise SubmitUnclearError("an answer without a run_id")
        return RunId(run)

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
        with told_by(run_error):
            body = row(
                await self._client.call(GET_RUN, at={"run_id": run}, query={"queue_position": True})
            )
        if "status" not in body:
            raise ServiceTroubleError("a run without a status")
        self._note_odd(body.get("status"))
        return run_update(body)

    async def cancel(self, run: RunId) -> bool:
        with told_by(read_error):
            try:
                await self._client.call(CANCEL_RUN, at={"run_id": run})
            except AnswerError as error:
                if says_cannot_cancel(error):
                    return False
                raise
        return True

    async def upload(self, data: bytes, *, name: str) -> str:
        with told_by(read_error):
            answer = row(await self._client.upload(UPLOAD_FILE, data, name=safe_name(name)))
        url = text(answer.get("file_url"))
        if not url:
            raise ServiceTroubleError("an upload without a file_url")
        return url

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

    def _note_odd(self, status: object) -> None:
        """Write one line for each status that we have never heard of."""
        word = str(status)[:40]
        if known_status(status) is not None or word in self._odd_statuses:
            return
        if len(self._odd_statuses) < _MAX_ODD_STATUSES:
            self._odd_statuses.add(word)
            _log.warning("run.odd_status", status=word)


def safe_name(name: str) -> str:
    """Return a file name that any server takes. It keeps its ending, by which types are told."""
    path = PurePosixPath(name.replace("\\", "/"))
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", path.stem).strip("_") or "file"
    ending = re.sub(r"[^A-Za-z0-9.]", "", path.suffix)[:10]
    return stem[: LONGEST_NAME - len(ending)] + ending


def _queue_body(request: RunRequest) -> dict[str, object]:
    body: dict[str, object] = {
        "deployment_id": request.deployment,
        "inputs": _clean(request.inputs) | {MARKER_INPUT: request.marker},
    }
    if request.hook is not None:
        body |= {"webhook": request.hook, "webhook_intermediate_status": True}
    return body


def _clean(inputs: Mapping[str, InputValue | None]) -> dict[str, InputValue]:
    """Return the inputs without what breaks the service: nulls, NULs and half characters."""
    return {
        name: _clean_text(value) if isinstance(value, str) else value
        for name, value in inputs.items()
        if value is not None
    }


def _clean_text(value: str) -> str:
    return value.replace("\0", "").encode("utf-8", "replace").decode()
