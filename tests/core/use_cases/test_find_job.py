"""Jobs by their codes."""

import pytest

from core.generations.ports import JobStore
from core.shared.errors import AmbiguousCodeError, NotYoursError, UnknownCodeError
from core.use_cases.find_job import found
from infrastructure.memory.jobs import InMemoryJobs
from tests.builders import ADA, BOB, an_ended_job

FIRST = "5f0c1a2b" + "0" * 24
TWIN = "5f0c1a2b" + "1" * 24
BOBS = "5f0c9999" + "0" * 24


@pytest.fixture
async def jobs() -> JobStore:
    made = InMemoryJobs()
    await made.add(an_ended_job(FIRST, account=ADA))
    await made.add(an_ended_job(BOBS, account=BOB))
    return made


@pytest.mark.parametrize("code", ["5f0c1a2b", "#5F0C1A2B ", " 5f0c1", FIRST, "", "  "])
async def test_a_job_is_found_by_its_code_however_it_is_typed(jobs: JobStore, code: str) -> None:
    assert (await found(jobs, code, ADA, sees_all=False)).id == FIRST


async def test_a_code_that_several_people_s_jobs_have_is_one_s_own(jobs: JobStore) -> None:
    assert (await found(jobs, "5f0c", ADA, sees_all=True)).id == FIRST
    assert (await found(jobs, "5f0c", BOB, sees_all=False)).id == BOBS


async def test_somebody_else_s_job_is_found_by_operators_alone(jobs: JobStore) -> None:
    assert (await found(jobs, "5f0c9", ADA, sees_all=True)).id == BOBS
    with pytest.raises(NotYoursError):
        await found(jobs, "5f0c9", ADA, sees_all=False)


async def test_a_code_of_several_is_refused_with_what_tells_them_apart(jobs: JobStore) -> None:
    await jobs.add(an_ended_job(TWIN, account=ADA))

    with pytest.raises(AmbiguousCodeError) as ambiguous:
        await found(jobs, "5f0c1a2b", ADA, sees_all=False)

    assert ambiguous.value.user_message == (
        "“5f0c1a2b” is the code of more than one. "
        f"Please write all of it: /why {FIRST} or /why {TWIN}."
    )
    assert (await found(jobs, TWIN, ADA, sees_all=False)).id == TWIN


@pytest.mark.parametrize("code", ["5f0d", "5f0", "job-1", "%", "5f0c1a2b" * 5, "\N{FOX FACE}"])
@pytest.mark.parametrize("sees_all", [True, False])
async def test_what_is_no_code_is_refused(jobs: JobStore, code: str, *, sees_all: bool) -> None:
    with pytest.raises(UnknownCodeError) as unknown:
        await found(jobs, code, ADA, sees_all=sees_all)

    assert unknown.value.user_message == (
        f"Nothing has the code “{code}”. It is on each result, such as: /why 5f0c1a2b."
    )


async def test_whoever_has_no_job_is_told_so() -> None:
    with pytest.raises(UnknownCodeError) as unknown:
        await found(InMemoryJobs(), "", ADA, sees_all=False)

    assert unknown.value.user_message.startswith("Nothing of yours has cost points yet.")
