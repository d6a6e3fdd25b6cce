"""The workflows of ComfyUI Deploy, known without asking, and asked for before they are old."""

import asyncio
from datetime import UTC, datetime, timedelta

import attrs
import structlog

from core.shared.errors import ServiceError, ServiceRefusedError
from core.shared.ports import Clock
from core.workflows.ports import WorkflowCatalogue
from core.workflows.routing import QUALITY
from core.workflows.snapshot import Snapshot
from infrastructure.comfy_deploy.catalogue_changes import Changes, OnChange
from infrastructure.comfy_deploy.catalogue_file import CatalogueFile
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.reading import WorkspaceReader
from infrastructure.comfy_deploy.workspace import Workspace, snapshot_of

REFRESHED_AFTER = 0.8
"""After this share of the time to live all is read anew, in the background."""

SERVED_FOR = 12
"""So many times its time to live an old list is served at once, while it is read anew."""

WAITED_FOR_S = 10.0
"""For so long a caller waits for the reading of what is older than that."""

REST_AFTER_FAILURE_S = 30.0
"""How long an old list is served without trying again, after a try that failed."""

SWEPT_AFTER_S = 60.0
"""With a time to live of 0 the sweep reads this often, for those who hear of changes."""

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class ComfyDeployCatalogue(WorkflowCatalogue):
    """
    Reads the workspace at most once at a time, for all who ask meanwhile; look-ups do not wait.

    What is known is one immutable snapshot, swapped by one assignment. It is read anew in the
    background before it is `ttl_s` seconds old; with 0 every look-up reads. While the service does
    not answer the old one is served, and says so. With a `file` it survives a restart.

    `on_change` hears of each snapshot that differs from the last one that it took without an
    error, that of the file included; the file is written after that, so that a change is told of
    even if the program dies meanwhile. Runs in one event loop; `aclose` ends what is under way.
    """

    def __init__(
        self,
        client: ComfyDeployClient,
        clock: Clock,
        ttl_s: float,
        *,
        prefer: str = QUALITY,
        file: CatalogueFile | None = None,
        on_change: OnChange | None = None,
        wait_s: float = WAITED_FOR_S,
    ) -> None:
        self._reader = WorkspaceReader(client)
        self._clock = clock
        self._ttl = timedelta(seconds=ttl_s)
        self._soon = REFRESHED_AFTER * self._ttl
        self._wait_s = wait_s
        self._prefer = prefer
        self._changes = Changes(file, on_change)
        self._file = file
        self._restoring = asyncio.Lock()
        self._workspace: Workspace | None = None
        self._snapshot: Snapshot | None = None
        self._is_restored = False
        """Whether what is known is of the file, and the service has not been asked yet."""
        self._failed_at: datetime | None = None
        self._reading: asyncio.Task[Snapshot] | None = None
        self._is_asking = False
        """Whether the reading under way has sent something: who comes later may not join it."""

    async def current(self) -> Snapshot:
        known = self._snapshot
        if known is not None and not self._is_restored:
            age = self._clock.now() - known.read_at
            # A clock that was set back must not keep a list alive for days.
            if timedelta(0) <= age < self._soon:
                return known
        return await self._not_fresh()

    async def reload(self) -> Snapshot:
        await self._restore()
        reading = self._reading
        if reading is not None and self._is_asking:
            # It may have passed by already what this caller wants to see.
            await asyncio.wait([reading])
        return await self._joined()

    async def sweep(self) -> int:
        """Read anew what is old, also when nobody looks anything up; return 1 if it was read."""
        await self._restore()
        known = self._snapshot
        if known is not None and not self._is_restored:
            age = self._clock.now() - known.read_at
            if timedelta(0) <= age < (self._soon or timedelta(seconds=SWEPT_AFTER_S)):
                self._changes.tell_again()
                return 0
        if self._rests():
            return 0
        try:
            await self._joined()
        except ServiceError:
            return 0  # said in the log, and by the snapshot's `problem`
        return 1

    async def aclose(self) -> None:
        """Stop what is under way: a reading, and telling of a change."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])
        await self._changes.aclose()

    async def _not_fresh(self) -> Snapshot:
        """Return what is known while it is not too old, and have it read anew."""
        await self._restore()
        known = self._snapshot
        if known is None:
            return await self._joined()
        if self._rests():
            return known
        if timedelta(0) <= self._clock.now() - known.read_at < SERVED_FOR * self._ttl:
            self._begin_reading()
            return known
        try:
            async with asyncio.timeout(self._wait_s):
                return await self._joined()
        except ServiceError:
            pass
        except TimeoutError:
            if not self._rests():  # else another of the crowd has said so
                self._note_failure("did not answer in time", is_refused=False)
        return self._snapshot or known

    def _rests(self) -> bool:
        """Whether the last try has failed so lately that the next one must wait."""
        if self._failed_at is None:
            return False
        rest = min(self._ttl, timedelta(seconds=REST_AFTER_FAILURE_S))
        return timedelta(0) <= self._clock.now() - self._failed_at < rest

    async def _restore(self) -> None:
        """Have what the file holds, before anything else is known."""
        if self._snapshot is None and self._file is not None:
            async with self._restoring:
                await self._restore_once(self._file)

    async def _restore_once(self, file: CatalogueFile | None) -> None:
        if file is None or self._snapshot is not None:
            return
        kept = await asyncio.to_thread(file.read)
        self._file = None
        if kept is not None:
            self._workspace, self._is_restored = kept, True
            self._snapshot = snapshot_of(kept, prefer=self._prefer)
            self._changes.told = self._snapshot

    async def _joined(self) -> Snapshot:
        # The shield lets one caller leave without taking the list away from the others.
        return await asyncio.shield(self._reading_under_way())

    def _begin_reading(self) -> None:
        """Have a reading under way, for which nobody waits."""
        self._reading = self._reading_under_way()

    def _reading_under_way(self) -> asyncio.Task[Snapshot]:
        if self._reading is None:
            self._is_asking = False
            self._reading = asyncio.create_task(self._read())
            self._reading.add_done_callback(self._ended)
        return self._reading

    def _ended(self, reading: asyncio.Task[Snapshot]) -> None:
        self._reading = None
        error = None if reading.cancelled() else reading.exception()
        if error is not None and not isinstance(error, ServiceError):
            _log.error("catalogue.bug", exc_info=error)
            # Or every look-up would begin the next one at once.
            self._note_failure(str(error), is_refused=False)

    async def _read(self) -> Snapshot:
        self._is_asking = True
        began_at, before = self._clock.now(), self._workspace
        try:
            read = await self._reader.read(before, at=began_at)
        except ServiceError as error:
            self._note_failure(str(error), is_refused=isinstance(error, ServiceRefusedError))
            raise
        # In a thread: with 1,000 workflows look-ups would stand still for a tenth of a second.
        workspace, snapshot = await asyncio.to_thread(self._made, read, before)
        self._workspace, self._snapshot = workspace, snapshot
        self._is_restored, self._failed_at = False, None
        self._changes.tell(workspace, snapshot)
        return snapshot

    def _made(self, read: Workspace, before: Workspace | None) -> tuple[Workspace, Snapshot]:
        older = before.facts if before else {}
        # What the file says of graphs may be the work of an older program: they are read again.
        known = {} if self._is_restored else older
        workspace = read.with_facts(known, older)
        snapshot = snapshot_of(workspace, prefer=self._prefer)
        last = self._snapshot
        if last is not None and snapshot.says_the_same_as(last):
            return workspace, attrs.evolve(last, read_at=snapshot.read_at, problem="")
        return workspace, snapshot

    def _note_failure(self, problem: str, *, is_refused: bool) -> None:
        """Remember that a try has failed, and have what is known say so."""
        self._failed_at = self._clock.now()
        if self._snapshot is None:
            return
        _log.warning("catalogue.stale", problem=problem)
        what = "ComfyUI Deploy refuses us" if is_refused else "ComfyUI Deploy does not answer"
        since = _told(self._snapshot.read_at, self._failed_at)
        self._snapshot = attrs.evolve(self._snapshot, problem=f"{what}; this is from {since} UTC.")


def _told(moment: datetime, now: datetime) -> str:
    is_today = moment.astimezone(UTC).date() == now.astimezone(UTC).date()
    return f"{moment:%H:%M}" if is_today else f"{moment:%d %B, %H:%M}"
