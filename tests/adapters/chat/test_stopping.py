import attrs
import pytest

from adapters.chat.actions import CancelJob
from core.generations.model import JobState
from tests.adapters.chat.talk import Talk, an_id

OPEN = [state for state in JobState if not state.is_end]


async def three_jobs(talk: Talk) -> None:
    for number in (1, 2, 3):
        await talk.say(f"fox {number}", id=an_id(number))
        talk.clock.advance(seconds=1)


async def cancelled(talk: Talk) -> list[str]:
    jobs = await talk.jobs.open_of(await talk.account())
    return [job.wish.words for job in jobs if job.cancel_requested]


@pytest.mark.parametrize("state", OPEN)
async def test_pressing_cancel_asks_for_the_end_and_says_nothing_more(
    talk: Talk, state: JobState
) -> None:
    job = await talk.has_job(state=state)

    await talk.press(CancelJob(job.id))

    assert (await talk.job(job.id)).cancel_requested
    assert talk.wake_ups.woken == [(job.id, talk.clock.now())]
    assert talk.cards() == []


@pytest.mark.parametrize("state", [state for state in JobState if state.is_end])
async def test_cancelling_too_late_is_answered(talk: Talk, state: JobState) -> None:
    job = await talk.has_job(state=state)

    await talk.press(CancelJob(job.id))

    assert talk.last() == "That one has ended already."
    assert talk.wake_ups.woken == []


async def test_nobody_cancels_somebody_else_s_job(talk: Talk) -> None:
    job = await talk.has_job(person="ada")

    await talk.press(CancelJob(job.id), person="bob")

    assert talk.last("bob").startswith("That one belongs to somebody else.")
    assert not (await talk.job(job.id)).cancel_requested


async def test_cancelling_a_job_that_is_gone_is_a_stale_button(talk: Talk) -> None:
    await talk.press(CancelJob(an_id(404)))

    assert talk.last().startswith("This button is too old")


@pytest.mark.parametrize("text", ["/cancel", "/cancel  ", "/CANCEL", "/cancel the fox"])
async def test_the_command_cancels_the_newest(talk: Talk, text: str) -> None:
    await three_jobs(talk)

    await talk.say(text)

    assert await cancelled(talk) == ["fox 3"]


@pytest.mark.parametrize("text", ["/cancel all", "/cancel ALL", "/cancel\n all "])
async def test_the_command_cancels_all_when_it_is_told_so(talk: Talk, text: str) -> None:
    await three_jobs(talk)

    await talk.say(text)

    assert await cancelled(talk) == ["fox 1", "fox 2", "fox 3"]


async def test_cancel_all_means_all_of_one_s_own(talk: Talk) -> None:
    await three_jobs(talk)

    await talk.say("/cancel all", person="bob")

    assert await cancelled(talk) == []
    assert talk.last("bob") == "There is nothing to cancel."


async def test_a_cancelled_job_comes_to_its_end(talk: Talk) -> None:
    await three_jobs(talk)

    await talk.say("/cancel all")
    await talk.advance()

    assert {(await talk.job(an_id(each))).state for each in (1, 2, 3)} == {JobState.CANCELLED}


async def test_the_same_cancel_twice_does_not_cancel_the_next_one(talk: Talk) -> None:
    await three_jobs(talk)

    await talk.say("/cancel", id=an_id(9))
    job = await talk.job(an_id(3))
    await talk.jobs.save(attrs.evolve(job, state=JobState.CANCELLED))
    await talk.say("/cancel", id=an_id(9))

    assert await cancelled(talk) == []


async def test_two_quick_cancels_stop_two_jobs(talk: Talk) -> None:
    await three_jobs(talk)

    await talk.say("/cancel", id=an_id(8))
    await talk.say("/cancel", id=an_id(9))

    assert await cancelled(talk) == ["fox 2", "fox 3"]
