"""A generation service whose runs live by the test's clock."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import attrs

from core.generations.model import RunOutput, RunStatus, RunUpdate
from core.generations.ports import RunRequest
from core.shared.ids import DeploymentId, JobId, RunId
from tests.fakes.clock import FixedClock
from tests.fakes.gateway import FakeGateway

STARTS_AFTER_S = 1.0


@attrs.define(kw_only=True)
class ClockedGateway(FakeGateway):
    """
    Lets each run wait for a second, run, and end after `ends_after_s`; None: a test says what.

    `asked` counts how often a run was asked for, `looked_up` how often one was searched.
    """

    clock: FixedClock
    ends_after_s: float | None = 3.0
    ends_as: RunStatus = RunStatus.SUCCESS
    outputs: Sequence[RunOutput] | None = None
    run_s: float | None = 2.0
    asked: int = 0
    looked_up: int = 0
    looked_up_since: datetime | None = None
    meanwhile: Callable[[], Awaitable[object]] | None = None
    """What somebody else does, once, while a run is asked for."""
    takes_s: dict[str, float] = attrs.Factory(dict)
    """How many seconds pass during each `submit` and `upload`."""
    before_submitting: Callable[[], Awaitable[object]] | None = None
    before_upload: Callable[[], Awaitable[object]] | None = None
    _began: dict[RunId, datetime] = attrs.Factory(dict)

    async def submit(self, request: RunRequest) -> RunId:
        if self.before_submitting is not None:
            await self.before_submitting()
        self.clock.advance(seconds=self.takes_s.get("submit", 0.0))
        began, known = self.clock.now(), set(self.runs)
        try:
            return await super().submit(request)
        finally:
            # Also when its answer is lost, the run is there.
            self._began.update(dict.fromkeys(set(self.runs) - known, began))

    async def upload(self, data: bytes, *, name: str) -> str:
        if self.before_upload is not None:
            await self.before_upload()
        self.clock.advance(seconds=self.takes_s.get("upload", 0.0))
        return await super().upload(data, name=name)

    async def find(
        self, deployment: DeploymentId, marker: JobId, *, since: datetime
    ) -> RunId | None:
        self.looked_up += 1
        self.looked_up_since = since
        return await super().find(deployment, marker, since=since)

    async def status(self, run: RunId, *, fresh: bool = False) -> RunUpdate:
        self.asked += 1
        self._live(run)
        if self.meanwhile is not None:
            once, self.meanwhile = self.meanwhile, None
            await once()
        return await super().status(run, fresh=fresh)

    def _live(self, run: RunId) -> None:
        if self.ends_after_s is None or run not in self.runs or self._runs[run].status.is_end:
            return
        age_s = (self.clock.now() - self._began[run]).total_seconds()
        if age_s >= self.ends_after_s:
            self.finish(run, outputs=self.outputs, status=self.ends_as, run_s=self.run_s)
        elif age_s >= STARTS_AFTER_S:
            self.set_status(run, RunStatus.RUNNING, progress=age_s / self.ends_after_s)


@attrs.define(kw_only=True)
class ListingGateway(ClockedGateway):
    """Tells of outputs and times only when it is asked for one run in full."""

    async def status(self, run: RunId, *, fresh: bool = False) -> RunUpdate:
        told = await ClockedGateway.status(self, run, fresh=fresh)
        return told if fresh else attrs.evolve(told, outputs=(), run_s=None)
