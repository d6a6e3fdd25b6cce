import attrs
import pytest

from adapters.chat.actions import ShowInfo
from adapters.chat.answers import QUESTIONS
from core.generations.model import JobState
from tests.adapters.chat.talk import Talk


async def test_asking_changes_nothing(talk: Talk) -> None:
    for question in QUESTIONS:
        await talk.say(f"/{question}")

    assert await talk.jobs.recent_of(await talk.account(), limit=10) == []
    assert (talk.wake_ups.woken, talk.events.events) == ([], [])


async def test_points_show_what_open_jobs_set_aside(talk: Talk) -> None:
    await talk.say("a red fox")
    await talk.say("/points")

    assert talk.last() == (
        "You have 350 points\nallowance 350 of 370\nset aside for what is under way 20\n"
        "  20 text2img “a red fox”\n"
        "Lately\n20 set aside for text2img “a red fox”, just now\n+370 allowance, just now"
    )


async def test_status_shows_one_s_own_open_jobs_oldest_first(talk: Talk) -> None:
    await talk.has_job(1, person="bob")
    await talk.has_job(2, state=JobState.SUCCEEDED)
    running = await talk.has_job(3, state=JobState.RUNNING)
    await talk.jobs.save(attrs.evolve(running, progress=0.5))
    await talk.has_job(4)

    await talk.say("/status")

    assert talk.last().splitlines() == [
        "1. Text2Img  a red fox in the snow · running, 50%",
        "2. Text2Img  a red fox in the snow · waiting",
    ]


@pytest.mark.parametrize("state", list(JobState))
async def test_info_tells_how_a_job_was_made(talk: Talk, state: JobState) -> None:
    job = await talk.has_job(state=state)

    await talk.press(ShowInfo(job.id))

    assert "prompt: a red fox in the snow" in talk.last()


async def test_nobody_reads_how_somebody_else_s_job_was_made(talk: Talk) -> None:
    job = await talk.has_job(person="ada", state=JobState.SUCCEEDED)

    await talk.press(ShowInfo(job.id), person="bob")

    assert talk.last("bob").startswith("That one belongs to somebody else.")
