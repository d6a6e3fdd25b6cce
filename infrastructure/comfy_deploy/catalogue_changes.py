"""Telling of changes of the catalogue, and keeping on disk what was told of."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog

from core.workflows.snapshot import Snapshot
from infrastructure.comfy_deploy.catalogue_file import CatalogueFile
from infrastructure.comfy_deploy.workspace import Workspace

OnChange = Callable[[Snapshot, Snapshot], Awaitable[None]]
"""Is told what was known before, and what is known now. What it raises is logged."""

NOTHING = Snapshot(read_at=datetime.min.replace(tzinfo=UTC))
"""What is known before the first reading."""

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class Changes:
    """
    Tells of changes one after the other, never two at a time.

    What is told of is a change against `told`: the last that was told of without an error, or what
    the file held. The file is written after that, so that a program that dies before it tells
    again when it is back.
    """

    def __init__(self, file: CatalogueFile | None, on_change: OnChange | None) -> None:
        """Both may be missing: nobody is told, nothing is kept."""
        self.told = NOTHING
        self._file = file
        self._on_change = on_change
        self._now: tuple[Workspace, Snapshot] | None = None
        self._telling: asyncio.Task[None] | None = None

    def tell(self, workspace: Workspace, snapshot: Snapshot) -> None:
        """Have this told of, if it is another one than the last that was told of."""
        self._now = (workspace, snapshot)
        self.tell_again()

    def tell_again(self) -> None:
        """Have told what could not be told before."""
        if self._now is None or self._telling is not None:
            return
        if not self._now[1].says_the_same_as(self.told):
            self._telling = asyncio.create_task(self._tell())
            self._telling.add_done_callback(self._ended)

    async def aclose(self) -> None:
        """Stop telling."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.wait([self._telling])

    def _ended(self, telling: asyncio.Task[None]) -> None:
        self._telling = None
        error = None if telling.cancelled() else telling.exception()
        if error is not None:
            # Told again at the next reading or sweep.
            _log.error("catalogue.untold", exc_info=error)

    async def _tell(self) -> None:
        while self._now is not None and not self._now[1].says_the_same_as(self.told):
            workspace, snapshot = self._now
            if self._on_change is not None:
                await self._on_change(self.told, snapshot)
            self.told = snapshot
            if self._file is not None:
                await asyncio.to_thread(self._file.write, workspace)
