"""The routes that make runs, show one, and cancel it."""

import uuid
from collections.abc import Awaitable, Callable

import attrs
from aiohttp import web

from infrastructure.emulator.answers import crash, json_answer, refusal
from infrastructure.emulator.faults import API_PREFIX
from infrastructure.emulator.queue_body import (
    InvalidRequestError,
    RefusedError,
    ServiceCrashError,
    missing,
    read_flag,
    read_uuid,
)
from infrastructure.emulator.run_answers import full_run, typed_outputs
from infrastructure.emulator.run_feed import Follower, RunFeed, events_until_closed
from infrastructure.emulator.run_frames import QUEUING, RunFrames
from infrastructure.emulator.run_maker import RunMaker
from infrastructure.emulator.run_orders import RunOrder, Source, read_any_order, read_order
from infrastructure.emulator.runs import Run
from infrastructure.emulator.sse import is_left, open_stream, send

_NOT_CANCELLABLE = "Error cancel function 404: Run not found or has no modal function call ID"
_NO_UUID = (
    "Error cancel function (sqlalchemy.dialects.postgresql.asyncpg.Error) "
    "<class 'asyncpg.exceptions.DataError'>: invalid input for query argument $1: '{text}' "
    "(invalid UUID '{text}': length must be between 32..36 characters, got {length})\n[SQL: \n"
    "                SELECT modal_function_call_id, status, id\n                ]"
)
_Reader = Callable[[web.Request], Awaitable[RunOrder]]
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def _any_order(request: web.Request) -> RunOrder:
    return read_any_order(await request.read(), request.content_type)


def _orders_of(source: Source) -> _Reader:
    async def read(request: web.Request) -> RunOrder:
        return read_order(await request.read(), request.content_type, source)

    return read


@attrs.define(kw_only=True)
class RunRoutes:
    """Answers about single runs as the service does."""

    maker: RunMaker
    feed: RunFeed

    def add_to(self, app: web.Application) -> None:
        """Put the routes into an application."""
        router, base = app.router, API_PREFIX
        for prefix, read in (
            ("/run/deployment", _orders_of(Source.DEPLOYMENT)),
            ("/run/workflow", _orders_of(Source.GRAPH)),
            ("/run", _any_order),
        ):
            router.add_post(f"{base}{prefix}/queue", _handling(read, self.queue))
            router.add_post(f"{base}{prefix}/sync", _handling(read, self.sync))
            router.add_post(f"{base}{prefix}/stream", _handling(read, self.stream))
        router.add_post(f"{base}/run", self.run)
        router.add_get(f"{base}/run", self.get_run_by_query, allow_head=False)
        router.add_get(f"{base}/run/{{id}}", self.get_run, allow_head=False)
        router.add_post(f"{base}/run/{{id}}/cancel", self.cancel)

    async def run(self, request: web.Request) -> web.StreamResponse:
        """`POST /run`: any kind of order, in any mode; the only route that knows batches."""
        order = await _any_order(request)
        if order.is_batch:
            return json_answer({"batch_id": self.maker.batch(order)})
        if order.is_native:
            return json_answer(self._machine_payload(self.maker.create(order)))
        match order.mode:
            case "sync" | "sync_first_result":
                return await self.sync(request, order)
            case "stream":
                return await self.stream(request, order)
            case _:
                return await self.queue(request, order)

    async def queue(self, request: web.Request, order: RunOrder) -> web.Response:
        """`POST .../queue`: make a run; the row comes before the machine is asked."""
        if order.is_native or (order.mode != "async" and request.path != f"{API_PREFIX}/run"):
            raise ServiceCrashError
        if order.is_batch:
            # The runs are made, and then the answer breaks: so it was seen.
            self.maker.batch(order)
            return crash()
        run = self.maker.create(order)
        await self.maker.submit(request, run)
        return json_answer({"run_id": run.id})

    async def sync(self, request: web.Request, order: RunOrder) -> web.Response:
        """`POST .../sync`: make a run and answer with its outputs once it is over."""
        with self.feed.following() as follower:
            run = self.maker.create(order)
            await self.maker.submit(request, run)
            await self._over(request, run, follower)
        return json_answer(typed_outputs(run, self.maker.dials.now()))

    async def stream(self, request: web.Request, order: RunOrder) -> web.StreamResponse:
        """`POST .../stream`: make a run and tell everything about it until it is over."""
        with self.feed.following() as follower:
            run = self.maker.create(order)
            stream = await open_stream(request)
            try:
                await send(stream, QUEUING, event="event_update")
                await self.maker.submit(request, run)
                await self._tell(request, stream, run=run, follower=follower)
            except (RefusedError, ServiceCrashError, ConnectionError):
                # Whatever goes wrong from here on just ends the stream.
                return stream
        return stream

    async def get_run(self, request: web.Request) -> web.Response:
        """`GET /run/{id}`."""
        return self._run_answer(request, read_uuid(request.match_info["id"], "path", "run_id"))

    async def get_run_by_query(self, request: web.Request) -> web.Response:
        """`GET /run?run_id=`: the older form, still alive."""
        run_id = request.query.get("run_id")
        if run_id is None:
            raise InvalidRequestError(missing("query", "run_id"))
        run_id = read_uuid(run_id, "query", "run_id")
        if self.maker.dials.settings.legacy and self.maker.book.find(run_id) is None:
            return json_answer({"code": 400, "message": "Run not found"}, 400)
        return self._run_answer(request, run_id)

    async def cancel(self, request: web.Request) -> web.Response:
        """`POST /run/{id}/cancel`: fine to repeat; whatever cannot be cancelled is a 500."""
        text = request.match_info["id"]
        if not _is_uuid(text):
            return refusal(_NO_UUID.format(text=text, length=len(text)), 500)
        run = self.maker.book.find(text)
        if run is None or run.is_classic:
            return refusal(_NOT_CANCELLABLE, 500)
        self.maker.machine.cancel(run)
        return json_answer({"status": "success", "message": "Function cancelled"})

    def _run_answer(self, request: web.Request, run_id: str) -> web.Response:
        asked = read_flag(request.query.get("queue_position"), "queue_position", default=False)
        book, dials = self.maker.book, self.maker.dials
        run = book.find(run_id)
        if run is None:
            return refusal("Run not found", 404)
        if run.session_ended and not run.is_over:
            # Noticed by reading: stored, but neither dated nor told.
            run.status = "cancelled"
        position = book.position(run) if asked else None
        sdk_compat = dials.settings.sdk_compat
        return json_answer(full_run(run, dials.now(), position=position, sdk_compat=sdk_compat))

    async def _over(self, request: web.Request, run: Run, follower: Follower) -> None:
        async for _ in events_until_closed(follower, self.maker.gate.closing):
            if run.is_over or is_left(request):
                return

    async def _tell(
        self, request: web.Request, stream: web.StreamResponse, *, run: Run, follower: Follower
    ) -> None:
        frames = RunFrames(run)
        async for event in events_until_closed(follower, self.maker.gate.closing):
            if event is None and is_left(request):
                return
            if event is None or event.run is not run:
                continue
            for name, data in frames.of(event):
                await send(stream, data, event=name)
            if event.is_end:
                return

    def _machine_payload(self, run: Run) -> dict[str, object]:
        """Return what the machine would be sent; the caller is to run it himself."""
        api = self.maker.studio.files_url.removesuffix("/files/") + API_PREFIX
        version = run.deployment.workflow_version()
        return {
            "prompt_id": run.id,
            "workflow_api_raw": version.graph,
            "workflow": version.drawing,
            "inputs": run.inputs,
            "status_endpoint": f"{api}/update-run",
            "file_upload_endpoint": f"{api}/file-upload",
            "cd_token": self.maker.dials.settings.api_key,
            "gpu_event_id": None,
        }


def _handling(
    read: _Reader, answer: Callable[[web.Request, RunOrder], Awaitable[web.StreamResponse]]
) -> _Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await answer(request, await read(request))

    return handle


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
