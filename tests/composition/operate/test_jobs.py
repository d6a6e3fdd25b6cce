"""`stationthis jobs`, on a real database, beside whoever else has it open."""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from core.generations.model import Job, JobState
from core.shared.ids import JobId
from infrastructure.sql.database import Database
from infrastructure.sql.jobs import SqlJobs
from tests.builders import NOW, a_claim, a_job, an_ended_job
from tests.composition.operate.bench import Operator, keep, lines_of, made, names_in

FOX = "f0a1b2" + "0" * 26
TWIN = "f0a1b2" + "1" * 26
OWL = "aaaaaa" + "2" * 26


def a_running_job(id: str = FOX) -> Job:
    job = a_job(id, state=JobState.RUNNING, run="run-1", claim=a_claim())
    return attrs.evolve(job, progress=0.4, live_status="KSampler")


@contextlib.asynccontextmanager
async def kept(data: Path, *jobs: Job) -> AsyncIterator[Database]:
    database = await keep(data, *jobs)
    try:
        yield database
    finally:
        await database.close()


async def test_no_jobs_are_an_empty_list_and_a_sentence(alone: Operator, data: Path) -> None:
    async with kept(data):
        done = await alone.types("jobs", "list", "--json")

    assert (done.stdout, done.stderr) == ("[]\n", "There are no jobs yet.\n")


async def test_the_newest_jobs_are_listed_newest_first(alone: Operator, data: Path) -> None:
    later = an_ended_job(OWL, state=JobState.FAILED, now=NOW + timedelta(minutes=1))
    async with kept(data, a_running_job(), later):
        every = await alone.reads("jobs", "list")
        newest = await alone.reads("jobs", "list", "--limit", "1")
        running = await alone.reads("jobs", "list", "--state", "running")

    assert [each["id"] for each in every] == [OWL, FOX]
    assert [each["id"] for each in newest] == [OWL]
    assert [each["id"] for each in running] == [FOX]


async def test_a_job_is_listed_for_people(alone: Operator, data: Path) -> None:
    async with kept(data, a_running_job()):
        told = lines_of(await alone.sees("jobs", "list"))[0]

    assert told.split()[:5] == [FOX[:12], "running", "text2img", "ada", "0/10"]


async def test_a_job_is_shown_with_all_that_is_known(alone: Operator, data: Path) -> None:
    async with kept(data, a_running_job()):
        told = await alone.sees("jobs", "show", FOX)

    assert "progress    40% KSampler" in told
    assert "prompt = a red fox in the snow" in told
    assert "2026-01-31 12:00:00 UTC" in told


async def test_a_job_is_shown_for_scripts(alone: Operator, data: Path) -> None:
    job = a_running_job()
    async with kept(data, attrs.evolve(job, wish=attrs.evolve(job.wish, version=3))):
        told = await alone.reads("jobs", "show", FOX)

    assert told["version"] == 3
    assert told["inputs"] == {"prompt": "a red fox in the snow", "seed": 7}
    assert told["created_at"] == "2026-01-31T12:00:00.000Z"
    assert told["claim"] == {"owner": "worker-1", "until": "2026-01-31T12:00:00.000Z"}


async def test_a_prefix_of_six_characters_is_enough_when_one_job_has_it(
    alone: Operator, data: Path
) -> None:
    async with kept(data, a_running_job(), a_running_job(OWL)):
        told = await alone.reads("jobs", "show", FOX[:6].upper())

    assert told["id"] == FOX


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (FOX[:5], "its first 6 are needed"),
        (FOX[:6], "2 jobs begin with f0a1b2"),
        ("bbbbbb", "no job bbbbbb: `./stationthis jobs list`"),
        ("b" * 32, "no job bbbb"),
        ("abcdef\udcff", "abcdef? is no id"),
        ("\x1b[2Jred", "?[2Jred is no id"),
        ("f0a1b2%", "0 to 9 and a to f"),
    ],
)
async def test_an_id_that_fits_no_single_job_is_told_so(
    alone: Operator, data: Path, asked: str, why: str
) -> None:
    async with kept(data, a_running_job(), a_running_job(TWIN)):
        assert why in await alone.is_refused("jobs", "show", asked)


async def test_the_end_of_a_job_is_asked_for_while_its_worker_runs(
    alone: Operator, data: Path
) -> None:
    async with kept(data, a_running_job()) as database, database.lock_for_worker():
        told = await alone.sees("jobs", "cancel", FOX[:8])
        job = await SqlJobs(database).get(JobId(FOX))

    assert job == attrs.evolve(a_running_job(), cancel_requested=True)
    assert "The running worker" in told


async def test_a_cancel_that_is_repeated_changes_nothing(alone: Operator, data: Path) -> None:
    async with kept(data, a_running_job()):
        first = await alone.reads("jobs", "cancel", FOX)
        second = await alone.reads("jobs", "cancel", FOX)
        listed = lines_of(await alone.sees("jobs", "list"))[0]

    assert first == second == {"id": FOX, "state": "running", "cancel_requested": True}
    assert "cancelling" in listed


async def test_a_job_that_has_ended_is_not_cancelled(alone: Operator, data: Path) -> None:
    async with kept(data, an_ended_job(FOX)) as database:
        told = await alone.is_refused("jobs", "cancel", FOX)
        job = await SqlJobs(database).get(JobId(FOX))

    assert "has ended already: succeeded" in told
    assert job == an_ended_job(FOX)


async def test_a_database_in_memory_is_of_no_use(alone: Operator) -> None:
    forgetful = alone.with_settings(DATABASE_URL="memory:")

    assert "no other program can look into" in await forgetful.is_refused("jobs", "list")


async def test_a_database_that_is_broken_leads_to_the_doctor(alone: Operator, data: Path) -> None:
    (made(data) / "station.db").write_text("no database at all " * 100)

    assert "doctor" in await alone.is_refused("jobs", "list")


@pytest.mark.parametrize("command", [("list",), ("show", FOX), ("cancel", FOX)])
async def test_a_folder_that_is_not_there_is_refused_and_not_made(
    alone: Operator, tmp_path: Path, command: tuple[str, ...]
) -> None:
    told = await alone.is_refused("jobs", *command, "--data", str(tmp_path / "mistyped"))

    assert "There is no folder" in told
    assert "--data or STATIONTHIS_DATA_DIR" in told
    assert names_in(tmp_path) == []


async def test_a_folder_in_which_nothing_is_kept_stays_as_it_is(
    alone: Operator, data: Path
) -> None:
    told = await alone.is_refused("jobs", "list", "--data", str(made(data)))

    assert "There is no station.db in" in told
    assert names_in(data) == []


async def test_with_a_database_elsewhere_no_folder_is_needed(
    alone: Operator, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    async with kept(elsewhere, a_running_job()):
        url = f"sqlite:///{elsewhere / 'station.db'}"
        (job,) = await alone.with_settings(DATABASE_URL=url).reads("jobs", "list")

    assert job["id"] == FOX
    assert names_in(tmp_path) == ["elsewhere"]
