"""
How runs are doing, with few calls: one by one while there are few, by lists when there are many.

A list tells only the states. So an end that it shows is read in full, and whoever goes on is read
in full now and then: for its progress while there is room, and at last because the service notices
a dead machine only when it is asked for that very run.
"""

import itertools
import time
import zlib
from collections.abc import Callable

import attrs
import structlog
from aiolimiter import AsyncLimiter

from core.generations.model import RunUpdate
from core.shared.errors import ServiceTroubleError
from core.shared.ids import JobId, RunId
from core.shared.statistics import Saving
from infrastructure.comfy_deploy.answers import CallError
from infrastructure.comfy_deploy.api.dialects import dialect_of
from infrastructure.comfy_deploy.breaker import BreakerOpenError
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.endpoints import GET_RUN
from infrastructure.comfy_deploy.errors import MARKER_INPUT, run_error, told_by
from infrastructure.comfy_deploy.run_lists import ListStoppedError, RunList
from infrastructure.comfy_deploy.settings import CURRENT
from infrastructure.comfy_deploy.wire import Row, known_status, row, run_update, text

MANY = 3
"""From so many runs of a workflow on, which were asked for lately, a list pays."""
LATELY_S = 10.0
GATHER_S = 0.3
"""How long questions gather before one list answers them."""
PROGRESS_EVERY_S = 5.0
PROGRESS_READS_PER_S = 4.0
"""Full reads for the sake of progress: of one run so often, and of all together so many."""
FULL_EVERY_S = 30.0
NO_LIST_S = (10.0, 20.0, 40.0, 60.0)
"""How long a workflow whose list failed is asked about one by one, after each failure in a row."""
FORGOTTEN_S = 1_800.0
MOST = 10_000
_MAX_ODD_STATUSES = 50

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


@attrs.define(eq=False)
class _Watched:
    """A run that is being followed. Times are seconds of a steady clock."""

    asked_s: float
    read_s: float
    full_every_s: float
    update: RunUpdate


@attrs.define(eq=False)
class _Followed:
    """The runs of one workflow that are being followed, those asked for longest ago first."""

    runs: RunList
    watched: dict[RunId, _Watched] = attrs.Factory(dict)
    failures: int = 0
    no_list_until_s: float = 0.0

    def asked(self, run: RunId, now_s: float) -> None:
        """Note that a run is asked for, and forget those that nobody has asked for in long."""
        watched = self.watched.pop(run)
        watched.asked_s = now_s
        self.watched[run] = watched
        while self.watched[first := next(iter(self.watched))].asked_s < now_s - FORGOTTEN_S:
            del self.watched[first]

    def list_pays(self, now_s: float) -> bool:
        """Whether enough runs were asked for lately, and the list works."""
        newest = itertools.islice(reversed(self.watched.values()), MANY)
        lately = sum(now_s - each.asked_s < LATELY_S for each in newest)
        return lately >= MANY and now_s >= self.no_list_until_s

    def list_failed(self, now_s: float) -> None:
        """Leave the list alone for a while."""
        wait_s = NO_LIST_S[min(self.failures, len(NO_LIST_S) - 1)]
        self.failures += 1
        self.no_list_until_s = now_s + wait_s


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
        self._workflow_of: dict[RunId, str] = {}
        self._followed: dict[str, _Followed] = {}
        self._runs: dict[JobId, RunId] = {}
        self._hinted: set[RunId] = set()
        self._room = AsyncLimiter(PROGRESS_READS_PER_S, 1.0)
        self._odd_statuses: set[str] = set()

    async def aclose(self) -> None:
        """Give up what is on its way."""
        for each in list(self._followed.values()):
            await each.runs.stop()

    def queued(self, job: JobId, run: RunId) -> None:
        """Note which run a job has, so that news of the job can be turned to account."""
        self._runs[job] = run
        while len(self._runs) > MOST:
            del self._runs[next(iter(self._runs))]

    def may_be_over(self, job: JobId) -> None:
        """Note that a webhook told of a job's end: a list would only say so again."""
        run = self._runs.get(job)
        if run in self._workflow_of:
            self._hinted.add(run)

    async def of(self, run: RunId, *, fresh: bool = False) -> RunUpdate:
        """
        Return how a run is doing; `fresh` reads it in full whatever that costs.

        Raises RunUnknownError, and other ServiceErrors.
        """
        with told_by(run_error):
            followed = self._followed.get(self._workflow_of.get(run, ""))
            if followed is None or run not in followed.watched or fresh or run in self._hinted:
                return await self._read(run)
            now_s = self._clock()
            followed.asked(run, now_s)
            if not followed.list_pays(now_s):
                return await self._read(run)
            return await self._listed(run, followed)

    async def _listed(self, run: RunId, followed: _Followed) -> RunUpdate:
        watched = followed.watched[run]
        try:
            told = await followed.runs.row(run)
            followed.failures = 0
        except (BreakerOpenError, ListStoppedError):
            raise
        except CallError as error:
            # Its list may be slow or broken while its runs can be read.
            if self._clock() >= followed.no_list_until_s:
                followed.list_failed(self._clock())
                _log.warning("runs.no_list", problem=str(error))
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
        if status is None or status.is_end or age_s > watched.full_every_s:
            return None
        if age_s > PROGRESS_EVERY_S and self._room.has_capacity():
            return None
        watched.update = attrs.evolve(watched.update, status=status)
        return watched.update

    async def _read(self, run: RunId) -> RunUpdate:
        """Ask for one run in full."""
        if self._room.has_capacity():
            await self._room.acquire()  # at once: it only counts
        self._hinted.discard(run)
        body = await self._dialect.get(run, queue_position=True)
        if "status" not in body:
            raise ServiceTroubleError("a run without a status")
        self._note_odd(body.get("status"))
        update = run_update(body)
        self._note(run, body, update)
        return update

    def _note(self, run: RunId, body: Row, update: RunUpdate) -> None:
        """Follow a run that goes on, and forget one that has ended."""
        workflow = text(body.get("workflow_id"))
        if update.status.is_end or not workflow or self._client.settings.dialect != CURRENT:
            self._forget(run)
            return
        if job := text(row(body.get("workflow_inputs")).get(MARKER_INPUT)):
            self.queued(JobId(job), run)  # after a restart nothing else tells
        followed = self._followed.get(workflow)
        if followed is None:
            runs = RunList(self._client, workflow, self._gather_s)
            followed = self._followed[workflow] = _Followed(runs)
        self._workflow_of[run] = workflow
        followed.watched.pop(run, None)
        now_s = self._clock()
        followed.watched[run] = _Watched(now_s, now_s, _full_every_s(run), update)
        while len(self._workflow_of) > MOST:
            self._forget(next(iter(self._workflow_of)))

    def _forget(self, run: RunId) -> None:
        self._hinted.discard(run)
        followed = self._followed.get(self._workflow_of.pop(run, ""))
        if followed is not None:
            followed.watched.pop(run, None)

    def _note_odd(self, status: object) -> None:
        """Write one line for each status that we have never heard of."""
        word = str(status)[:40]
        if known_status(status) is not None or word in self._odd_statuses:
            return
        if len(self._odd_statuses) < _MAX_ODD_STATUSES:
            self._odd_statuses.add(word)
            _log.warning("run.odd_status", status=word)


def _full_every_s(run: RunId) -> float:
    """Return how often a run is read in full: spread, or runs that began together came together."""
    return FULL_EVERY_S * (0.7 + 0.3 * (zlib.crc32(run.encode()) % 100) / 100)
