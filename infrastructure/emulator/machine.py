"""The GPU machine: takes waiting runs in order, works on a few at once, and reports."""

import asyncio
import functools
from collections import deque

import attrs

from infrastructure.emulator.faults import Ending
from infrastructure.emulator.gpus import pace_of
from infrastructure.emulator.graphs import EXTERNAL, WorkNode
from infrastructure.emulator.input_images import UnusableImageError
from infrastructure.emulator.odd_outputs import odd_output, spoiled
from infrastructure.emulator.reporter import Reporter
from infrastructure.emulator.runs import Output, Run
from infrastructure.emulator.settings import Dials, EmulatorSettings
from infrastructure.emulator.studio import Studio

_SILENT = (Ending.NEVER, Ending.NEVER_WITH_OUTPUTS)
_WITHOUT_OUTPUTS = (
    Ending.EMPTY,
    Ending.FAILED,
    Ending.TIMEOUT,
    Ending.NEVER,
    Ending.SESSION_DIED,
)
_FINAL_STATUS = {
    Ending.FAILED: "failed",
    Ending.FAILED_WITH_OUTPUTS: "failed",
    Ending.TIMEOUT: "timeout",
    Ending.TIMEOUT_WITH_OUTPUTS: "timeout",
}
_USUAL_STEPS = 20
_REASON = "Error occurred when executing a node: ordered by the operator"


@attrs.define
class Machine:
    """Moves runs from `not-started` to their end."""

    _dials: Dials
    _studio: Studio
    _reporter: Reporter
    _waiting: deque[Run] = attrs.Factory(deque)
    _working: dict[str, asyncio.Task[None]] = attrs.Factory(dict)
    _warm_until: dict[tuple[str, str | None], float] = attrs.Factory(dict)

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
        if task is not None and not run.fault.deaf:
            task.cancel()
        self._reporter.status(run, "cancelled", is_raw=True)

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
        try:
            limit_s = min(settings.run_timeout_s, run.deployment.run_timeout)
            async with asyncio.timeout(limit_s):
                await self._begin(run, settings)
                output = await self._carry_out(run, settings)
        except UnusableImageError as error:
            self._reporter.error(run, f"the input is no picture: {error}")
            self._reporter.status(run, "failed")
        except TimeoutError:
            self._reporter.status(run, "timeout")
        else:
            await self._finish(run, output)
        finally:
            self._keep_warm(run, settings)

    async def _begin(self, run: Run, settings: EmulatorSettings) -> None:
        if not run.is_classic:
            self._reporter.status(run, "queued")
            await asyncio.sleep(self._cold_start_s(run, settings) + run.fault.cold_s)
            self._reporter.status(run, "started")
            await asyncio.sleep(settings.start_s)
        self._reporter.status(run, "running")
        self._reporter.log(run, "got prompt")

    async def _carry_out(self, run: Run, settings: EmulatorSettings) -> Output | None:
        # Made while the nodes are played through, so that drawing costs no extra time.
        making = asyncio.get_running_loop().create_task(self._make(run))
        try:
            await self._play(run, settings)
            return await making
        finally:
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)

    async def _make(self, run: Run) -> Output | None:
        if run.fault.ending in _WITHOUT_OUTPUTS:
            return None
        return spoiled(await self._studio.make(run), run.fault.odd)

    async def _play(self, run: Run, settings: EmulatorSettings) -> None:
        """Start one node after the other, with the progress that the service would show."""
        await asyncio.sleep(run.fault.extra_s)
        ids = _working_ids(run)
        for (node_id, node), share in zip(
            zip(ids, run.deployment.nodes, strict=False), _shares(run), strict=False
        ):
            steps = _steps(run, node)
            self._reporter.node(run, node=(node_id, node.class_type), progress=share, steps=steps)
            work_s = settings.step_s * steps if node.samples else node.weight * settings.node_s
            await asyncio.sleep(work_s / pace_of(run.gpu).speed)

    async def _finish(self, run: Run, output: Output | None) -> None:
        await asyncio.sleep(run.fault.late_end_s)
        outputs = [] if output is None else [output]
        if run.fault.odd is not None:
            outputs.extend(odd_output(run, run.fault.odd))
        if not run.fault.late_outputs_s:
            self._put_out(run, outputs)
        self._end(run)
        await self._go_on(run, outputs)

    def _end(self, run: Run) -> None:
        ending = run.fault.ending or Ending.SUCCESS
        if ending in _SILENT:
            return
        if ending is Ending.SESSION_DIED:
            run.session_ended = True
            return
        if run.fault.uploading:
            self._reporter.status(run, "uploading")
        status = _FINAL_STATUS.get(ending, "success")
        if status == "failed":
            self._reporter.error(run, _REASON)
        else:
            self._reporter.log(run, "Prompt executed")
        self._reporter.status(run, status)

    async def _go_on(self, run: Run, outputs: list[Output]) -> None:
        """Report what comes after the end, when it was ordered."""
        for status in run.fault.again:
            self._reporter.status(run, status)
        if run.fault.late_progress:
            last = run.deployment.nodes[-1].class_type if run.deployment.nodes else ""
            self._reporter.node(
                run, node=(run.deployment.last_node_id, last), progress=run.progress / 2
            )
        if run.fault.late_outputs_s:
            await asyncio.sleep(run.fault.late_outputs_s)
            self._put_out(run, outputs)

    def _put_out(self, run: Run, outputs: list[Output]) -> None:
        for output in outputs:
            self._reporter.output(run, output)

    def _keep_warm(self, run: Run, settings: EmulatorSettings) -> None:
        now_s = asyncio.get_running_loop().time()
        self._warm_until[run.deployment.id, run.gpu] = now_s + settings.warm_for_s

    def _cold_start_s(self, run: Run, settings: EmulatorSettings) -> float:
        warm_until = self._warm_until.get((run.deployment.id, run.gpu), 0.0)
        is_warm = asyncio.get_running_loop().time() < warm_until
        return 0.0 if is_warm else settings.cold_start_s * pace_of(run.gpu).cold


def _working_ids(run: Run) -> list[str]:
    """Return the ids of the nodes that work, in the order of `Deployment.nodes`."""
    kinds = {
        number: node.get("class_type")
        for number, node in run.deployment.workflow_api().items()
        if isinstance(node, dict)
    }
    return [
        number
        for number, kind in kinds.items()
        if isinstance(kind, str) and kind and not kind.startswith(EXTERNAL)
    ]


def _shares(run: Run) -> list[float]:
    """Return the share of nodes begun, for each node that works."""
    deployment = run.deployment
    begun = len(deployment.inputs)
    shares = [
        round((begun + number) / deployment.node_count, 2)
        for number in range(len(deployment.nodes))
    ]
    return [*shares[:-2], *shares[-2:][::-1]] if run.fault.backwards else shares


def _steps(run: Run, node: WorkNode) -> int:
    return int(run.number("steps", _USUAL_STEPS)) if node.samples else 0
