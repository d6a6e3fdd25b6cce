"""How the runs of a workflow stand, told by one list to all who ask at about the same time."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import attrs

from core.shared.ids import RunId
from infrastructure.comfy_deploy.answers import CallError, NoAnswerError
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.endpoints import LIST_RUNS
from infrastructure.comfy_deploy.wire import Row, rows, text

PAGE = 100
"""Rows on one page: as many as the service gives."""

MOST_PAGES = 10
LIMIT_S = 5.0
"""For one list with all its pages: who waits for it holds a place that others need."""


class ListStoppedError(NoAnswerError):
    """Nobody asks for lists any more: the program ends."""


Asked = Mapping[RunId, Sequence["asyncio.Future[Row | None]"]]
"""Who waits for which run."""


@attrs.define(eq=False)
class RunList:
    """
    Lists one workflow's runs for whoever has asked, newest first.

    A list is always asked for after the questions that it answers, so no answer is older than its
    question. While one is on its way the next questions gather.
    """

    _client: ComfyDeployClient
    _workflow: str
    _gather_s: float
    _asked: "dict[RunId, list[asyncio.Future[Row | None]]]" = attrs.field(factory=dict, init=False)
    _task: asyncio.Task[None] | None = attrs.field(default=None, init=False)

    async def row(self, run: RunId) -> Row | None:
        """Return a run's slim row; None when it is not among the newest. Raises CallError."""
        told: asyncio.Future[Row | None] = asyncio.get_running_loop().create_future()
        self._asked.setdefault(run, []).append(told)
        if self._task is None:
            self._task = asyncio.create_task(self._answer(), name="run list")
        return await told

    async def stop(self) -> None:
        """Give up what is on its way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None
        self._give_up()  # also when it was stopped before it had begun

    async def _answer(self) -> None:
        try:
            while self._asked:
                await asyncio.sleep(self._gather_s)
                asked, self._asked = self._asked, {}
                await self._answer_these(asked)
        finally:
            self._task = None
            self._give_up()

    def _give_up(self) -> None:
        """Leave nobody waiting."""
        asked, self._asked = self._asked, {}
        _each(asked, lambda _, told: _tell(told, None, ListStoppedError("the program ends")))

    async def _answer_these(self, asked: Asked) -> None:
        waited_for = {run for run, told in asked.items() if not all(each.done() for each in told)}
        if not waited_for:
            return
        found: Mapping[RunId, Row] = {}
        failure: CallError | None = ListStoppedError("the program ends")
        try:
            async with asyncio.timeout(LIMIT_S):
                found, failure = await self._find(waited_for), None
        except CallError as error:
            failure = error
        except TimeoutError:
            failure = NoAnswerError(f"no list of runs within {LIMIT_S:g} s")
        finally:
            # Also when this is cancelled: nobody is left waiting.
            _each(asked, lambda run, told: _tell(told, found.get(run), failure))

    async def _find(self, wanted: set[RunId]) -> Mapping[RunId, Row]:
        """Return the wanted runs' rows. Pages on while that costs less than single questions."""
        found: dict[RunId, Row] = {}
        page = 0
        seen: set[RunId] = set()
        while len(wanted - found.keys()) > page and page < MOST_PAGES:
            told = await self._page(page * PAGE)
            found.update({run: told[run] for run in wanted & told.keys()})
            is_last = len(told) < PAGE or told.keys() <= seen
            seen.update(told)
            page += 1
            if is_last:
                break
        return found

    async def _page(self, offset: int) -> Mapping[RunId, Row]:
        listed = rows(
            await self._client.call(
                LIST_RUNS,
                at={"workflow_id": self._workflow},
                query={"limit": PAGE, "offset": offset},
            )
        )
        return {RunId(text(each.get("id"))): each for each in listed or ()}


def _each(
    asked: Asked,
    tell: "Callable[[RunId, asyncio.Future[Row | None]], object]",
) -> None:
    for run, waiting in asked.items():
        for told in waiting:
            if not told.done():
                tell(run, told)


def _tell(
    told: "asyncio.Future[Row | None]", answer: Row | None, failure: CallError | None
) -> None:
    if failure is not None:
        told.set_exception(failure)
    else:
        told.set_result(answer)
