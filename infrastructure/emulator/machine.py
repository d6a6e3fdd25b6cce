"""The GPU machine: takes waiting runs in order, works on a few at once, and reports."""

import asyncio
import functools
from collections import deque

import attrs

from infrastructure.emulator.deployments import WorkNode
from infrastructure.emulator.faults import Ending
from infrastructure.emulator.input_images import UnusableImageError
from infrastructure.emulator.runs import Output, Run
from infrastructure.emulator.settings import Dials, EmulatorSettings
from infrastructure.emulator.spelling import now
from infrastructure.emulator.studio import Studio
from infrastructure.emulator.webhooks import Webhooks

_SILENT = (Ending.NEVER, Ending.NEVER_WITH_OUTPUTS)
_WITHOUT_OUTPUTS = (Ending.EMPTY, Ending.FAILED, Ending.TIMEOUT, Ending.NEVER)
_FINAL_STATUS = {
    Ending.FAILED: "failed",
    Ending.TIMEOUT: "timeout",
    Ending.TIMEOUT_WITH_OUTPUTS: "timeout",
}


@attrs.define
class Machine:
    """Moves runs from `not-started` to their end."""

    _dials: Dials
    _studio: Studio
    _webhooks: Webhooks
    _waiting: deque[Run] = attrs.Factory(deque)
    _working: dict[str, asyncio.Task[None]] = attrs.Factory(dict)
    _warm_until: dict[str, float] = attrs.Factory(dict)

    def accept(self, run: Run) -> None:
        """Put a new run at the end of the queue."""
        self._waiting.append(run)
        self.take_next()

    def cancel(self, run: Run) -> None:
        """Stop a run and tell its owner. A run that is over stays as it ended."""
        if run.is_over:
            return
        if run in self._waiting:
            self._waiting.remove(run)
        task = self._working.get(run.id)
        if task is not None:
            task.cancel()
        self._report(run, "cancelled")

    def take_next(self) -> None:
        """Begin waiting runs while there is room; called whenever there may be more of it."""
        while self._waiting and len(self._working) < self._dials.settings.concurrency:
            run = self._waiting.popleft()
            task = asyncio.get_running_loop().create_task(self._work(run))
            self._working[run.id] = task
            task.add_done_callback(functools.partial(self._done, run.id))

    async def stop(self) -> None:
        """Drop all work."""
        self._waiting.clear()
        tasks = list(self._working.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _done(self, run_id: str, _: asyncio.Task[None]) -> None:
        self._working.pop(run_id, None)
        self.take_next()

    async def _work(self, run: Run) -> None:
        settings = self._dials.settings
        self._report(run, "queued")
        await asyncio.sleep(self._cold_start_s(run, settings))
        self._report(run, "started")
        await asyncio.sleep(settings.start_s)
        self._report(run, "running")
        # Made while the nodes are played through, so that drawing costs no extra time.
        making = asyncio.get_running_loop().create_task(self._make(run))
        try:
            await self._play(run, settings)
            self._finish(run, await making)
        except UnusableImageError:
            self._report(run, "failed")
        finally:
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)
            self._keep_warm(run, settings)

    async def _make(self, run: Run) -> Output | None:
        if run.fault.ending in _WITHOUT_OUTPUTS:
            return None
        return await self._studio.make(run)

    async def _play(self, run: Run, settings: EmulatorSettings) -> None:
        """Start one node after the other, with the progress that the service would show."""
        await asyncio.sleep(run.fault.extra_s)
        begun = len(run.deployment.inputs)
        for node in run.deployment.nodes:
            run.live_status = f"Executing {node.class_type}"
            run.progress = round(begun / run.deployment.node_count, 2)
            run.updated_at = now()
            self._webhooks.progress_made(run)
            await asyncio.sleep(_duration(run, node, settings))
            begun += 1

    def _finish(self, run: Run, output: Output | None) -> None:
        if output is not None:
            run.outputs.append(output)
            run.updated_at = now()
            self._webhooks.output_made(run, output)
        if run.fault.ending in _SILENT:
            return
        self._report(run, _FINAL_STATUS.get(run.fault.ending or Ending.SUCCESS, "success"))

    def _report(self, run: Run, status: str) -> None:
        run.status = status
        run.updated_at = now()
        if status == "queued":
            run.queued_at = run.updated_at
        elif status == "started":
            run.started_at = run.updated_at
        elif run.is_over:
            run.ended_at = run.updated_at
        self._webhooks.status_changed(run)

    def _keep_warm(self, run: Run, settings: EmulatorSettings) -> None:
        now_s = asyncio.get_running_loop().time()
        self._warm_until[run.deployment.id] = now_s + settings.warm_for_s

    def _cold_start_s(self, run: Run, settings: EmulatorSettings) -> float:
        warm_until = self._warm_until.get(run.deployment.id, 0.0)
        is_warm = asyncio.get_running_loop().time() < warm_until
        return 0.0 if is_warm else settings.cold_start_s


def _duration(run: Run, node: WorkNode, settings: EmulatorSettings) -> float:
    if not node.samples:
        return node.weight * settings.node_s
    steps = {one.input_id for one in run.deployment.inputs} & {"steps"}
    return settings.step_s * (run.number("steps") if steps else 20)
