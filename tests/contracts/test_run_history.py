"""What every RunHistory promises."""

from datetime import timedelta

import attrs
import pytest

from core.generations.model import Job, JobState
from core.generations.ports import JobStore
from core.shared.ids import JobId
from core.workflows.ports import RunHistory
from infrastructure.memory.history import InMemoryRunHistory
from infrastructure.memory.jobs import InMemoryJobs
from infrastructure.sql.database import Database
from infrastructure.sql.history import SqlRunHistory
from infrastructure.sql.jobs import SqlJobs
from tests.builders import NOW, TEXT2IMG, a_wish, an_ended_job


@attrs.frozen
class Past:
    """Jobs, and the history that is read off them."""

    jobs: JobStore
    history: RunHistory

    async def has(self, *jobs: Job) -> None:
        for job in jobs:
            await self.jobs.add(job)


@pytest.fixture
def past(database: Database | None) -> Past:
    if database is None:
        jobs = InMemoryJobs()
        return Past(jobs, InMemoryRunHistory(jobs))
    return Past(SqlJobs(database), SqlRunHistory(database))


def a_success(id: str, run_s: float | None, *, minutes: int = 0) -> Job:
    moved_at = NOW + timedelta(minutes=minutes)
    return attrs.evolve(an_ended_job(id), run_s=run_s, moved_at=moved_at)


async def test_nothing_is_known_of_a_workflow_that_never_ran(past: Past) -> None:
    assert await past.history.recent_seconds(TEXT2IMG, limit=10) == []


async def test_the_newest_successes_are_told_newest_first(past: Past) -> None:
    await past.has(
        a_success("middle", 2.0, minutes=2),
        a_success("old", 1.0, minutes=1),
        a_success("young", 3.5, minutes=3),
    )

    assert await past.history.recent_seconds(TEXT2IMG, limit=2) == [3.5, 2.0]


async def test_only_successes_with_a_known_time_count(past: Past) -> None:
    other = attrs.evolve(a_success("other", 9.0), wish=a_wish(workflow="upscale"))
    await past.has(
        a_success("counts", 4.0),
        a_success("unknown", None),
        other,
        attrs.evolve(a_success("failed", 8.0), id=JobId("f"), state=JobState.FAILED),
    )

    assert await past.history.recent_seconds(TEXT2IMG, limit=10) == [4.0]
