"""What every RunHistory promises."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import attrs
import pytest

from core.generations.model import Job, JobState
from core.generations.ports import JobStore
from core.shared.ids import JobId, WorkflowKey
from core.workflows.ports import RunHistory, RunTime
from infrastructure.comfy_deploy.history import ApiRunHistory, ToldRuns
from infrastructure.memory.history import InMemoryRunHistory
from infrastructure.memory.jobs import InMemoryJobs
from infrastructure.sql.database import Database
from infrastructure.sql.history import SqlRunHistory
from infrastructure.sql.jobs import SqlJobs
from tests.builders import NOW, a_wish, a_workflow, an_ended_job
from tests.contracts.run_lists import ListingService
from tests.fakes.clock import FixedClock

WAITED_S = 3.0
PATIENT_S = 5.0
KINDS = ("memory", "sqlite", "postgresql", "service", "service at hand")
DRAW = attrs.evolve(a_workflow(), key=ListingService.key_of("text2img"))


@attrs.frozen
class OurPast:
    """Jobs of ours."""

    jobs: JobStore
    history: RunHistory

    async def has(self, *jobs: Job) -> None:
        for job in jobs:
            await self.jobs.add(job)


@attrs.frozen
class TheirPast:
    """Runs at the service; `asked` is asked once, where `history` knows only what was told."""

    service: ListingService
    asked: RunHistory
    history: RunHistory

    async def has(self, *jobs: Job) -> None:
        self.service.made(*jobs)
        await self.asked.recent(DRAW, limit=50)


Past = OurPast | TheirPast


@pytest.fixture(params=KINDS)
def store_kind(request: pytest.FixtureRequest) -> str:
    """Name what keeps the past; the service needs no store."""
    return str(request.param)


@pytest.fixture
def database_url(store_kind: str, request: pytest.FixtureRequest) -> str | None:
    """Return the URL of the test's database, None where there is none."""
    if store_kind not in ("sqlite", "postgresql"):
        return None
    return str(request.getfixturevalue(f"{store_kind}_url"))


@pytest.fixture
async def past(store_kind: str, database: Database | None) -> AsyncIterator[Past]:
    if database is not None:
        yield OurPast(SqlJobs(database), SqlRunHistory(database))
    elif store_kind == "memory":
        jobs = InMemoryJobs()
        yield OurPast(jobs, InMemoryRunHistory(jobs))
    else:
        async with ListingService() as service:
            told = ToldRuns(service.client, FixedClock())
            asked = ApiRunHistory(told, patience_s=PATIENT_S)
            at_hand = store_kind == "service at hand"
            yield TheirPast(
                service, asked, ApiRunHistory(told, patience_s=None) if at_hand else asked
            )
            await told.aclose()


def a_success(id: str, run_s: float | None, *, minutes: int = 0) -> Job:
    """Return a job that waited for three seconds, worked so long, and ended so late."""
    ended_at = NOW + timedelta(minutes=minutes)
    submitted_at = ended_at - timedelta(seconds=WAITED_S + (run_s or 0.0))
    ended = attrs.evolve(an_ended_job(id), run_s=run_s, moved_at=ended_at)
    return attrs.evolve(ended, submitted_at=submitted_at)


async def recent(past: Past, *, limit: int = 10) -> Sequence[RunTime]:
    return await past.history.recent(DRAW, limit=limit)


async def seconds(past: Past, *, limit: int = 10) -> list[float]:
    return [each.run_s for each in await recent(past, limit=limit)]


async def test_nothing_is_known_of_a_workflow_that_never_ran(past: Past) -> None:
    await past.has()

    assert await seconds(past) == []


async def test_the_newest_successes_are_told_newest_first(past: Past) -> None:
    await past.has(
        a_success("middle", 2.0, minutes=2),
        a_success("old", 1.0, minutes=1),
        a_success("young", 3.5, minutes=3),
    )

    assert await seconds(past, limit=2) == [3.5, 2.0]


async def test_only_successes_with_a_known_time_count(past: Past) -> None:
    other = attrs.evolve(a_success("other", 9.0), wish=a_wish(workflow="upscale"))
    await past.has(
        a_success("counts", 4.0),
        a_success("unknown", None),
        other,
        attrs.evolve(a_success("failed", 8.0), id=JobId("f"), state=JobState.FAILED),
    )

    assert await seconds(past) == [4.0]


@pytest.mark.parametrize("store_kind", ["memory", "sqlite", "postgresql"], indirect=True)
async def test_runs_of_another_workflow_that_had_the_name_before_do_not_count(past: Past) -> None:
    await past.has(
        attrs.evolve(a_success("before", 90.0), wish=attrs.evolve(a_wish(), key=WorkflowKey("x"))),
        attrs.evolve(a_success("own", 4.0), wish=attrs.evolve(a_wish(), key=DRAW.key)),
    )

    assert await seconds(past) == [4.0]


async def test_a_run_tells_when_it_ended_how_long_it_waited_and_on_which_gpu(past: Past) -> None:
    dear = attrs.evolve(a_wish(), gpu="H100")
    await past.has(a_success("a", 4.0), attrs.evolve(a_success("b", 9.0, minutes=1), wish=dear))

    young, old = await recent(past)

    assert (old.ended_at, old.run_s, old.wait_s, old.gpu) == (NOW, 4.0, WAITED_S, "A10G")
    assert (young.ended_at, young.gpu) == (NOW + timedelta(minutes=1), "H100")


async def test_a_run_on_an_unknown_gpu_says_none(past: Past) -> None:
    await past.has(attrs.evolve(a_success("a", 4.0), wish=attrs.evolve(a_wish(), gpu=None)))

    assert [each.gpu for each in await recent(past)] == [None]


async def test_where_the_submit_is_not_known_the_wait_is_not(past: Past) -> None:
    await past.has(attrs.evolve(a_success("a", 4.0), submitted_at=None))

    assert [each.wait_s for each in await recent(past)] == [None]
