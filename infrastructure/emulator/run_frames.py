"""What `/run/.../stream` shows of a run: ComfyUI's own events, mixed with the plugin's."""

from collections.abc import Iterator

import attrs

from infrastructure.emulator.run_answers import output_data
from infrastructure.emulator.run_feed import RunEvent
from infrastructure.emulator.runs import Run
from infrastructure.emulator.spelling import sliced_time

QUEUING = {"event": "queuing"}


@attrs.define
class RunFrames:
    """Turns what happens to one run into frames, in the order of the service."""

    _run: Run
    _is_played: bool = False

    def of(self, event: RunEvent) -> Iterator[tuple[str, object]]:
        """Yield (name of the event, data) for one thing that happened to the run."""
        if event.kind == "log" and event.line is not None:
            line = {"logs": event.line.text, "timestamp": sliced_time(event.line.at)}
            yield "log_update", line
            return
        for data in self._updates(event):
            yield "event_update", data

    def _updates(self, event: RunEvent) -> Iterator[object]:
        match event.kind:
            case "status":
                yield from self._of_status(event.status)
            case "node":
                yield from self._of_node(event)
            case "output":
                yield from self._of_output(event)
            case "error":
                yield self._native(
                    "execution_error",
                    node_id=event.node_id,
                    exception_type="RuntimeError",
                    exception_message=self._run.logs[-1].text,
                )

    def _of_status(self, status: str) -> Iterator[object]:
        match status:
            case "queued":
                yield {"event": "function_call_id", "data": self._run.function_call_id}
                yield {"event": "gpu_ready"}
                yield {"event": "gpu_event_id", "data": self._run.gpu_event_id}
            case "started":
                yield {"event": "comfyui_api_ready"}
                yield {"event": "comfyui_ready"}
            case "running":
                yield {"prompt_id": self._run.id, "number": 1, "node_errors": {}}
                yield {"event": "status", "data": {"status": {"exec_info": {"queue_remaining": 1}}}}
                yield self._native("execution_start")
                yield self._native("execution_cached", nodes=[])
            case "success" | "failed":
                if status == "success":
                    yield from self._played()
                yield self._native("status", status=status)

    def _of_node(self, event: RunEvent) -> Iterator[object]:
        yield self._native("executing", node=event.node_id, display_node=event.node_id)
        yield self._native(
            "live_status", live_status=self._run.live_status, progress=event.progress
        )
        for step in range(1, event.steps + 1):
            yield self._native("progress", value=step, max=event.steps, node=event.node_id)

    def _of_output(self, event: RunEvent) -> Iterator[object]:
        if event.output is None:
            return
        data = output_data(self._run, event.output)
        yield self._native("executed", node=event.node_id, display_node=event.node_id, output=data)
        yield from self._played()
        yield self._native("output_ready", node=event.node_id, output=data)

    def _played(self) -> Iterator[object]:
        """Yield the end of the graph, which comes before the files are uploaded."""
        if not self._is_played:
            self._is_played = True
            yield self._native("execution_success")
            yield self._native("executing", node=None)

    def _native(self, event: str, **data: object) -> dict[str, object]:
        return {"event": event, "data": {"prompt_id": self._run.id, **data}}
