"""A generation service that does what a test says."""

from collections.abc import Sequence
from datetime import datetime

import attrs

from core.generations.model import RunOutput, RunStatus, RunUpdate
from core.generations.ports import GenerationGateway, RunRequest
from core.shared.errors import (
    MediaTroubleError,
    RunUnknownError,
    ServiceRefusedError,
    StationError,
)
from core.shared.ids import DeploymentId, JobId, RunId

HOST = "https://fake.example/"
PENDING = RunUpdate(status=RunStatus.PENDING)


@attrs.define(kw_only=True)
class _Failure:
    error: StationError
    times: int | None
    after_effect: bool


@attrs.define
class FakeGateway(GenerationGateway):
    """
    Accepts every run and leaves it pending, until told otherwise.

    `submitted`, `cancelled` and `uploaded` remember what was asked, in order.
    """

    submitted: list[RunRequest] = attrs.Factory(list)
    cancelled: list[RunId] = attrs.Factory(list)
    uploaded: list[str] = attrs.Factory(list)
    files: dict[str, bytes] = attrs.Factory(dict)
    deployments: set[DeploymentId] | None = None
    """The deployments that there are; None takes any."""
    can_cancel: bool = True
    starts_as: RunUpdate = PENDING
    """How a run stands right after its submit."""
    _runs: dict[RunId, RunUpdate] = attrs.Factory(dict)
    _markers: dict[JobId, RunId] = attrs.Factory(dict)
    _failures: dict[str, _Failure] = attrs.Factory(dict)

    def fail_with(
        self,
        error: StationError,
        *,
        on: str = "submit",
        times: int | None = None,
        after_effect: bool = False,
    ) -> None:
        """
        Fail the next calls of one method: `times` of them, or all until `work_again`.

        With `after_effect` the call has its effect, and only its answer is lost.
        """
        self._failures[on] = _Failure(error=error, times=times, after_effect=after_effect)

    def work_again(self) -> None:
        """Fail no more."""
        self._failures.clear()

    def set_update(self, run: RunId, update: RunUpdate) -> None:
        """Say what the service will tell of a run from now on."""
        self._runs[run] = update

    def set_status(self, run: RunId, status: RunStatus, *, progress: float = 0.0) -> None:
        """Change a run's status and progress, and nothing else of it."""
        self._runs[run] = attrs.evolve(self._runs[run], status=status, progress=progress)

    def finish(
        self,
        run: RunId,
        *,
        outputs: Sequence[RunOutput] | None = None,
        status: RunStatus = RunStatus.SUCCESS,
        run_s: float | None = 2.0,
    ) -> None:
        """End a run: by default with one picture, which can be fetched."""
        given = (self.put_file(f"{run}.png"),) if outputs is None else tuple(outputs)
        self._runs[run] = RunUpdate(status=status, progress=0.9, outputs=given, run_s=run_s)

    def put_file(self, name: str, data: bytes = b"\x89PNG\r\n\x1a\n") -> RunOutput:
        """Keep a file for `fetch`, and return it as an output."""
        self.files[HOST + name] = data
        return RunOutput(url=HOST + name, filename=name)

    def forget(self, run: RunId) -> None:
        """Know nothing of a run any more."""
        self._runs.pop(run, None)

    @property
    def runs(self) -> tuple[RunId, ...]:
        """Every run that was queued, oldest first."""
        return tuple(self._runs)

    async def submit(self, request: RunRequest) -> RunId:
        self._fail("submit")
        if self.deployments is not None and request.deployment not in self.deployments:
            raise ServiceRefusedError("404 Deployment not found")
        self.submitted.append(request)
        run = RunId(f"run-{len(self.submitted)}")
        self._runs[run] = self.starts_as
        self._markers[request.marker] = run
        self._fail("submit", after_effect=True)
        return run

    async def find(
        self, deployment: DeploymentId, marker: JobId, *, since: datetime
    ) -> RunId | None:
        self._fail("find")
        return self._markers.get(marker)

    async def status(self, run: RunId, *, fresh: bool = False) -> RunUpdate:
        self._fail("status")
        if run not in self._runs:
            raise RunUnknownError(run)
        return self._runs[run]

    async def cancel(self, run: RunId) -> bool:
        self._fail("cancel")
        if run not in self._runs or not self.can_cancel:
            return False
        self.cancelled.append(run)
        if not self._runs[run].status.is_end:
            self.set_status(run, RunStatus.CANCELLED)
        self._fail("cancel", after_effect=True)
        return True

    async def upload(self, data: bytes, *, name: str) -> str:
        self._fail("upload")
        self.uploaded.append(name)
        url = self.put_file(f"inputs/{len(self.uploaded)}-{name}", data).url
        return url or ""

    async def fetch(self, url: str, *, limit_bytes: int) -> bytes:
        self._fail("fetch")
        data = self.files.get(url)
        if data is None or len(data) > limit_bytes:
            raise MediaTroubleError("not there" if data is None else "too large")
        return data

    def _fail(self, method: str, *, after_effect: bool = False) -> None:
        failure = self._failures.get(method)
        if failure is None or failure.after_effect is not after_effect:
            return
        if failure.times is not None:
            failure.times -= 1
            if failure.times <= 0:
                del self._failures[method]
        raise failure.error
