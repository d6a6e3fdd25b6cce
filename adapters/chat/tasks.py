"""Work that goes on beside its owner, and ends with it."""

import asyncio
from collections.abc import Coroutine

import structlog

log = structlog.get_logger()


class Tasks:
    """Begins work and lets it go on. A bug in one piece is noted as `bug`, and ends no other."""

    def __init__(self, *, bug: str) -> None:
        self._bug = bug
        self._tasks: set[asyncio.Task[object]] = set()

    def begin(self, work: Coroutine[object, object, object]) -> None:
        """Begin something, and do not wait for it."""
        self.add(asyncio.ensure_future(work))

    def add(self, task: "asyncio.Task[object]") -> None:
        """Have something that has begun end with the others."""
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def wait(self, within_s: float) -> None:
        """Let what goes on come to its end, for so long."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within_s)

    async def stop(self) -> None:
        """End all of it."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ended(self, task: "asyncio.Task[object]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (bug := task.exception()) is not None:
            log.error(self._bug, exc_info=bug)
