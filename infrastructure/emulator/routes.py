"""The routes of the ComfyUI Deploy API that the emulator has, and the files it serves."""

import attrs
from aiohttp import BodyPartReader, web

from infrastructure.emulator.answers import crash, json_answer, refusal
from infrastructure.emulator.deployments import Deployment
from infrastructure.emulator.faults import API_PREFIX, Faults
from infrastructure.emulator.files import FileShelf, content_type_of
from infrastructure.emulator.gate import REFUSED_BY_MACHINE, Gate
from infrastructure.emulator.input_images import written_out
from infrastructure.emulator.machine import Machine
from infrastructure.emulator.queue_body import (
    InvalidRequestError,
    QueueOrder,
    ServiceCrashError,
    missing,
    read_count,
    read_environment,
    read_flag,
    read_queue_body,
    read_uuid,
)
from infrastructure.emulator.run_answers import deployment_run, full_run, listed_run, slim_run
from infrastructure.emulator.runs import STATUSES, Run, RunBook
from infrastructure.emulator.settings import Dials
from infrastructure.emulator.studio import Studio
from infrastructure.emulator.uploads import input_key, is_supported, new_file_id
from infrastructure.emulator.workspace import DEPLOYMENTS, deployment_with_id

_NOT_CANCELLABLE = "Error cancel function 404: Run not found or has no modal function call ID"
_CHUNK = 256 * 1024


@attrs.define(kw_only=True)
class Routes:
    """Answers as the service does."""

    dials: Dials
    faults: Faults
    book: RunBook
    machine: Machine
    shelf: FileShelf
    studio: Studio
    gate: Gate

    def add_to(self, app: web.Application) -> None:
        """Put the routes into an application."""
        router, base = app.router, API_PREFIX
        router.add_get(f"{base}/deployments", self.list_deployments, allow_head=False)
        router.add_get(f"{base}/deployment/{{id}}", self.get_deployment, allow_head=False)
        router.add_get(f"{base}/deployment/{{id}}/runs", self.deployment_runs, allow_head=False)
        router.add_post(f"{base}/run/deployment/queue", self.queue)
        router.add_get(f"{base}/run", self.get_run_by_query, allow_head=False)
        router.add_get(f"{base}/run/{{id}}", self.get_run, allow_head=False)
        router.add_post(f"{base}/run/{{id}}/cancel", self.cancel)
        router.add_get(f"{base}/workflow/{{wf}}/runs", self.workflow_runs, allow_head=False)
        router.add_get(f"{base}/v2/workflow/{{wf}}/runs", self.slim_runs, allow_head=False)
        router.add_post(f"{base}/file/upload", self.upload)
        router.add_get("/files/{key:.+}", self.serve_file)

    async def list_deployments(self, request: web.Request) -> web.Response:
        """`GET /deployments`: newest first; no deployment here has a pinned image (is_fluid)."""
        query = request.query
        environment = read_environment(query.get("environment"))
        is_fluid = read_flag(query.get("is_fluid"), "is_fluid", default=False)
        offset = read_count(query.get("offset"), "offset", 0)
        size = read_count(query.get("page_size"), "page_size", len(DEPLOYMENTS))
        if is_fluid or environment not in (None, "production"):
            return json_answer([])
        return json_answer([self._row(one) for one in DEPLOYMENTS[offset : offset + size]])

    async def get_deployment(self, request: web.Request) -> web.Response:
        """`GET /deployment/{id}`: whatever is not found is a 500."""
        found = deployment_with_id(request.match_info["id"])
        if found is None:
            return refusal("Internal server error", 500)
        return json_answer(self._row(found))

    async def deployment_runs(self, request: web.Request) -> web.Response:
        """`GET /deployment/{id}/runs`: rows without inputs, in an envelope that counts nothing."""
        found = deployment_with_id(request.match_info["id"])
        if found is None:
            reason = "'NoneType' object has no attribute 'environment'"
            return refusal(f"Internal server error: {reason}", 500)
        rows = [deployment_run(run) for run in self._page(request, found.workflow_id, limit=60)]
        meta = {"totalRowCount": 0, "filterRowCount": 0, "chartData": []}
        return json_answer({"data": rows, "meta": meta})

    async def queue(self, request: web.Request) -> web.Response:
        """`POST /run/deployment/queue`: make a run; the row comes before the machine is asked."""
        order = read_queue_body(await request.read(), request.content_type)
        deployment = deployment_with_id(order.deployment_id)
        if deployment is None:
            return refusal("Deployment not found", 404)
        if order.batch_number is not None:
            # The runs are made, and then the answer breaks: so it was seen.
            for _ in range(order.batch_number):
                self.machine.accept(self._new_run(deployment, order))
            return crash()
        run = self._new_run(deployment, order)
        if request.get(REFUSED_BY_MACHINE):
            await self.gate.wait(self.dials.settings.machine_retry_s)
            run.status = "failed"
            return refusal("Error creating run: 502 Bad Gateway", 502)
        self.machine.accept(run)
        return json_answer({"run_id": run.id})

    async def get_run(self, request: web.Request) -> web.Response:
        """`GET /run/{id}`."""
        return self._run_answer(request, read_uuid(request.match_info["id"], "path", "run_id"))

    async def get_run_by_query(self, request: web.Request) -> web.Response:
        """`GET /run?run_id=`: the older form, still alive."""
        run_id = request.query.get("run_id")
        if run_id is None:
            raise InvalidRequestError(missing("query", "run_id"))
        return self._run_answer(request, read_uuid(run_id, "query", "run_id"))

    async def cancel(self, request: web.Request) -> web.Response:
        """`POST /run/{id}/cancel`: fine to repeat; whatever is not found is a 500."""
        run = self.book.find(request.match_info["id"])
        if run is None:
            return refusal(_NOT_CANCELLABLE, 500)
        self.machine.cancel(run)
        return json_answer({"status": "success", "message": "Function cancelled"})

    async def workflow_runs(self, request: web.Request) -> web.Response:
        """`GET /workflow/{wf}/runs`: full rows, with inputs and outputs unless refused."""
        query = request.query
        inputs = read_flag(query.get("with_inputs"), "with_inputs", default=True)
        outputs = read_flag(query.get("with_outputs"), "with_outputs", default=True)
        runs = self._page(request, request.match_info["wf"], limit=100)
        return json_answer(
            [listed_run(run, with_inputs=inputs, with_outputs=outputs) for run in runs]
        )

    async def slim_runs(self, request: web.Request) -> web.Response:
        """`GET /v2/workflow/{wf}/runs`: slim rows; an unknown status breaks the service."""
        status = request.query.get("status")
        if status is not None and status not in STATUSES:
            raise ServiceCrashError
        runs = self._page(
            request,
            request.match_info["wf"],
            limit=100,
            status=status,
            deployment_id=request.query.get("deployment_id"),
        )
        return json_answer([slim_run(run) for run in runs])

    async def upload(self, request: web.Request) -> web.Response:
        """`POST /file/upload`: the file's name says what it is, the part's own type is ignored."""
        if request.content_type != "multipart/form-data":
            raise InvalidRequestError(missing("body", "file"))
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.name == "file" and part.filename:
                return await self._uploaded(part, part.filename)
        raise InvalidRequestError(missing("body", "file"))

    async def serve_file(self, request: web.Request) -> web.Response:
        """`GET /files/...`: anybody may read, as in the service's public bucket."""
        key = request.match_info["key"]
        content = await self.studio.in_thread(lambda: self.shelf.read(key))
        if content is None:
            return web.Response(status=404, text="<Error><Code>NoSuchKey</Code></Error>")
        return web.Response(body=content, headers={"Content-Type": content_type_of(key)})

    def _row(self, deployment: Deployment) -> dict[str, object]:
        return deployment.row(concurrency=self.dials.settings.concurrency)

    def _new_run(self, deployment: Deployment, order: QueueOrder) -> Run:
        run = Run(
            deployment=deployment,
            inputs={name: self._stored(value) for name, value in order.inputs.items()},
            webhook=order.webhook,
            intermediate=order.intermediate,
            gpu=order.gpu,
            fault=self.faults.for_run(deployment.name),
        )
        self.book.add(run)
        return run

    def _stored(self, value: object) -> object:
        """Replace a picture that is written out by the address it is now kept under."""
        written = written_out(value) if isinstance(value, str) else None
        if written is None:
            return value
        extension, content = written
        key = f"inputs/{new_file_id(f'input.{extension}')}.{extension}"
        self.shelf.put(key, content)
        return self.studio.files_url + key

    def _run_answer(self, request: web.Request, run_id: str) -> web.Response:
        asked = read_flag(request.query.get("queue_position"), "queue_position", default=False)
        run = self.book.find(run_id)
        if run is None:
            return refusal("Run not found", 404)
        position = self.book.position(run) if asked else None
        sdk_compat = self.dials.settings.sdk_compat
        return json_answer(full_run(run, position=position, sdk_compat=sdk_compat))

    def _page(
        self,
        request: web.Request,
        workflow_id: str,
        *,
        limit: int,
        status: str | None = None,
        deployment_id: str | None = None,
    ) -> list[Run]:
        runs = [
            run
            for run in self.book.newest_first(workflow_id=workflow_id)
            if status in (None, run.status) and deployment_id in (None, run.deployment.id)
        ]
        offset = read_count(request.query.get("offset"), "offset", 0)
        return runs[offset : offset + read_count(request.query.get("limit"), "limit", limit)]

    async def _uploaded(self, part: BodyPartReader, file_name: str) -> web.Response:
        if not is_supported(file_name):
            return refusal("Unsupported file type", 400)
        file_id = new_file_id(file_name)
        key, size = input_key(file_id, file_name), 0
        limit = self.dials.settings.max_upload_bytes
        with self.shelf.writing(key) as file:
            while size <= limit and (chunk := await part.read_chunk(_CHUNK)):
                size += len(chunk)
                file.write(chunk)
        if size > limit:
            self.shelf.drop(key)
            return refusal("File size exceeds 250MB limit", 400)
        return json_answer(
            {
                "message": "File uploaded successfully",
                "file_id": file_id,
                "file_name": file_name,
                "file_url": self.studio.files_url + key,
            }
        )
