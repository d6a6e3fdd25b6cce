"""
How runs are doing, with few calls: one by one while there are few, by lists when there are many.

A list tells only the states. So an end that it shows is read in full, and whoever goes on is read
in full now and then: for its progress while there is room, and at last because the service notices
a dead machine only when it is asked for that very run.
"""

import time
from collections.abc import Callable

import attrs
import structlog
from aiolimiter import AsyncLimiter

from core.generations.model import RunUpdate
from core.shared.errors import ServiceTroubleError
from core.shared.ids import JobId, RunId
from core.shared.statistics import Saving
from infrastructure.comfy_deploy.answers import AnswerError
from infrastructure.comfy_deploy.api.dialects import dialect_of
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.endpoints import GET_RUN
from infrastructure.comfy_deploy.errors import is_passing, run_error, told_by
from infrastructure.comfy_deploy.run_lists import RunList
from infrastructure.comfy_deploy.settings import CURRENT
from infrastructure.comfy_deploy.wire import Row, known_status, run_update, text

MANY = 3
"""From so many runs of a workflow on, which were asked for lately, a list pays."""
LATELY_S = 10.0
GATHER_S = 0.3
"""How long questions gather before one list answers them."""
PROGRESS_EVERY_S = 5.0
PROGRESS_READS_PER_S = 4.0
"""Full reads for the sake of progress: of one run so often, and of all together so many."""
FULL_EVERY_S = 30.0
WITHOUT_LISTS_S = 60.0
"""How long a workflow whose list is broken is asked about one by one."""
MOST = 10_000
_MAX_ODD_STATUSES = 50

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


@attrs.define(eq=False)
class _Watched:
    """A run that is being followed. Times are seconds of a steady clock."""

    workflow: str
    asked_s: float
    read_s: float
    update: RunUpdate
    may_be_over: bool = False


class RunStatuses:
    """Answers for all runs that are being followed. Stop it with `aclose`."""

    def __init__(
        self,
        client: ComfyDeployClient,
        *,
        gather_s: float = GATHER_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._gather_s = gather_s
        self._clock = clock
        self._dialect = dialect_of(client)
        self._watched: dict[RunId, _Watched] = {}
        self._runs: dict[JobId, RunId] = {}
        self._lists: dict[str, RunList] = {}
        self._no_list_until: dict[str, float] = {}
        self._room = AsyncLimiter(PROGRESS_READS_PER_S, 1.0)
        self._odd_statuses: set[str] = set()

    async def aclose(self) -> None:
        """Give up what is on its way."""
        for each in list(self._lists.values()):
            await each.stop()

    def queued(self, job: JobId, run: RunId) -> None:
        """Note which run a job has, so that news of the job can be turned to account."""
        self._runs[job] = run
        while len(self._runs) > MOST:
            del self._runs[next(iter(self._runs))]

    def may_be_over(self, job: JobId) -> None:
        """Note that a webhook told of a job's end: a list would only say so again."""
        watched = self._watched.get(self._runs.get(job, RunId("")))
        if watched is not None:
            watched.may_be_over = True

    async def of(self, run: RunId) -> RunUpdate:
        """Return how a run is doing. Raises RunUnknownError, and other ServiceErrors."""
        with told_by(run_error):
            watched = self._watched.get(run)
            if watched is None or watched.may_be_over:
                return await self._read(run)
            watched.asked_s = self._clock()
            if not self._lists_pay(watched.workflow):
                return await self._read(run)
            return await self._listed(run, watched)

    async def _listed(self, run: RunId, watched: _Watched) -> RunUpdate:
        runs = self._lists.setdefault(
            watched.workflow, RunList(self._client, watched.workflow, self._gather_s)
        )
        try:
            told = await runs.row(run)
        except AnswerError as error:
            if is_passing(error):
                raise
            self._no_list_until[watched.workflow] = self._clock() + WITHOUT_LISTS_S
            _log.warning("runs.no_list", workflow=watched.workflow, problem=str(error))
            told = None
        update = None if told is None else self._goes_on(watched, told)
        if update is None:
            return await self._read(run)
        self._client.meter.calls_saved(GET_RUN.name, Saving.LISTED)
        return update

    def _goes_on(self, watched: _Watched, told: Row) -> RunUpdate | None:
        """Return what a row says of a run that goes on; None when it must be read in full."""
        status = known_status(told.get("status"))
        age_s = self._clock() - watched.read_s
        if status is None or status.is_end or age_s > FULL_EVERY_S:
            return None
        if age_s > PROGRESS_EVERY_S and self._room.has_capacity():
            return None
        watched.update = attrs.evolve(watched.update, status=status)
        return watched.update

    async def _read(self, run: RunId) -> RunUpdate:
        """Ask for one run in full."""
        if self._room.has_capacity():
            await self._room.acquire()  # at once: it only counts
        body = await self._dialect.get(run, queue_position=True)
        if "status" not in body:
            raise ServiceTroubleError("a run without a status")
        self._note_odd(body.get("status"))
        update = run_update(body)
        self._note(run, text(body.get("workflow_id")), update)
        return update

    def _note(self, run: RunId, workflow: str, update: RunUpdate) -> None:
        self._watched.pop(run, None)
        if update.status.is_end or not workflow or self._client.settings.dialect != CURRENT:
            return
        now_s = self._clock()
        self._watched[run] = _Watched(workflow, asked_s=now_s, read_s=now_s, update=update)
        while len(self._watched) > MOST:
            del self._watched[next(iter(self._watched))]

    def _lists_pay(self, workflow: str) -> bool:
        now_s = self._clock()
        if now_s < self._no_list_until.get(workflow, 0.0):
            return False
        lately = 0
        for each in self._watched.values():
            lately += each.workflow == workflow and now_s - each.asked_s < LATELY_S
            if lately >= MANY:
                return True
        return False

    def _note_odd(self, status: object) -> None:
        """Write one line for each status that we have never heard of."""
        word = str(status)[:40]
        if known_status(status) is not None or word in self._odd_statuses:
            return
        if len(self._odd_statuses) < _MAX_ODD_STATUSES:
            self._odd_statuses.add(word)
            _log.warning("run.odd_status", status=word)
