import asyncio

import attrs
import pytest

from adapters.chat.views.jobs import end_card, message_key
from core.generations.model import Delivery, Job, JobState
from core.media.model import MediaRef
from core.shared.events import DeliveryDue, JobChanged
from infrastructure.memory.catalogue import InMemoryCatalogue
from tests.adapters.chat.ends import (
    ADA,
    BOB,
    FOX,
    NOWHERE,
    an_end,
    another_courier,
    courier,
    delivery,
    finished,
)
from tests.adapters.chat.sleeper import come_to_rest
from tests.adapters.chat.surfaces import HeldSurface
from tests.adapters.chat.talk import WORKFLOWS, Talk, a_talk, an_id
from tests.adapters.chat.test_conversation import SilentCatalogue
from tests.builders import NOW, a_wish, an_ended_job


async def test_an_end_is_brought_as_soon_as_it_is_heard_of(talk: Talk) -> None:
    job = await an_end(talk)

    await courier(talk).hear(DeliveryDue(job.id))
    await come_to_rest()

    assert talk.cards() == [end_card(job, can_upscale=True)]
    assert await delivery(talk, job.id) is Delivery.DELIVERED


async def test_an_end_that_nobody_told_of_is_found(talk: Talk) -> None:
    await an_end(talk, 1)
    await an_end(talk, 2)

    tried = await courier(talk).sweep()

    assert (tried, len(talk.cards())) == (2, 2)
    assert await courier(talk).sweep() == 0


async def test_the_end_takes_the_place_of_the_waiting_card(talk: Talk) -> None:
    job = await an_end(talk, shown_at="message 7")

    await courier(talk).sweep()

    assert finished(talk) == ["message 7"]
    assert talk.surface.card(ADA, "message 7") == end_card(job, can_upscale=True)


async def test_the_end_of_what_was_never_shown_comes_under_the_job_s_key(talk: Talk) -> None:
    job = await an_end(talk)

    await courier(talk).sweep()

    assert finished(talk) == [message_key(job)]


async def test_what_is_told_twice_is_brought_once(talk: Talk) -> None:
    job = await an_end(talk)

    await courier(talk).hear(DeliveryDue(job.id))
    await courier(talk).hear(DeliveryDue(job.id))
    await courier(talk).sweep()
    await come_to_rest()

    assert len(finished(talk)) == 1


async def test_words_that_call_for_no_delivery_bring_nothing(talk: Talk) -> None:
    job = await talk.has_job(state=JobState.SUCCEEDED)

    await courier(talk).hear(JobChanged(job.id, JobState.SUCCEEDED))
    await courier(talk).hear(DeliveryDue(job.id))
    await courier(talk).hear(DeliveryDue(an_id(404)))
    await come_to_rest()

    assert talk.surface.calls == []


async def test_two_couriers_at_once_bring_it_once() -> None:
    surface = HeldSurface()
    talk = a_talk(surface=surface)
    job = await an_end(talk)
    surface.hold("finish", ADA)

    both = asyncio.gather(courier(talk).deliver(job), another_courier(talk).deliver(job))
    await come_to_rest()
    surface.let_go("finish", ADA)
    await both

    assert surface.arrived == [("finish", ADA)]


async def test_without_a_claim_two_couriers_would_bring_it_twice(talk: Talk) -> None:
    job = await an_end(talk)

    async def naive() -> None:
        there = await talk.job(job.id)
        if there.delivery is Delivery.PENDING:
            await asyncio.sleep(0)
            key = message_key(job)
            await talk.surface.finish(ADA, NOWHERE, end_card(job, can_upscale=True), key=key)
            await talk.jobs.save(attrs.evolve(there, delivery=Delivery.DELIVERED))

    await asyncio.gather(naive(), naive())

    assert len(finished(talk)) == 2


async def test_a_living_claim_is_left_alone(talk: Talk) -> None:
    job = await an_end(talk)
    await talk.moves.claim_delivery(job)

    talk.clock.advance(seconds=59)
    tried = await courier(talk).sweep()

    assert (tried, finished(talk)) == (0, [])


async def test_a_claim_whose_holder_died_is_taken_over_under_the_same_key(talk: Talk) -> None:
    job = await an_end(talk)
    await talk.moves.claim_delivery(job)
    await talk.surface.finish(ADA, NOWHERE, end_card(job, can_upscale=True), key=message_key(job))

    talk.clock.advance(seconds=61)
    await courier(talk).sweep()

    assert finished(talk) == [message_key(job)] * 2
    assert (len(talk.cards()), await delivery(talk, job.id)) == (1, Delivery.DELIVERED)


async def test_a_chat_that_has_to_wait_holds_up_no_other() -> None:
    surface = HeldSurface()
    talk = a_talk(surface=surface)
    slow = await an_end(talk, 1, reply_to=ADA)
    quick = await an_end(talk, 2, reply_to=BOB)
    surface.hold("finish", ADA)

    sweeping = asyncio.create_task(courier(talk).sweep())
    await come_to_rest()
    meanwhile = [await delivery(talk, job.id) for job in (slow, quick)]
    surface.let_go("finish", ADA)

    assert meanwhile == [Delivery.DELIVERING, Delivery.DELIVERED]
    assert await sweeping == 2
    assert await delivery(talk, slow.id) is Delivery.DELIVERED


async def test_what_is_under_way_is_begun_by_nobody_else() -> None:
    surface = HeldSurface()
    talk = a_talk(surface=surface)
    job = await an_end(talk)
    surface.hold("finish", ADA)
    await courier(talk).hear(DeliveryDue(job.id))
    await come_to_rest()
    talk.clock.advance(seconds=61)

    begun = await courier(talk).sweep()
    await courier(talk).hear(DeliveryDue(job.id))
    surface.let_go("finish", ADA)
    await come_to_rest()

    assert (begun, surface.arrived) == (0, [("finish", ADA)])


async def test_at_the_end_what_is_being_shown_is_shown_and_noted() -> None:
    surface = HeldSurface()
    talk = a_talk(surface=surface)
    job = await an_end(talk)
    surface.hold("finish", ADA)
    await courier(talk).hear(DeliveryDue(job.id))
    await come_to_rest()

    stopping = asyncio.create_task(courier(talk).stop())
    await come_to_rest()
    surface.let_go("finish", ADA)
    await stopping

    assert await delivery(talk, job.id) is Delivery.DELIVERED


async def test_at_the_end_a_chat_that_does_not_answer_is_left_for_the_next_start() -> None:
    surface = HeldSurface()
    talk = a_talk(surface=surface)
    job = await an_end(talk)
    surface.hold("finish", ADA)
    await courier(talk).hear(DeliveryDue(job.id))
    await come_to_rest()

    async with asyncio.timeout(1.5):
        await courier(talk).stop()
    left = await delivery(talk, job.id)
    surface.let_go("finish", ADA)
    talk.clock.advance(seconds=61)
    await another_courier(talk).sweep()

    assert (left, await delivery(talk, job.id)) == (Delivery.DELIVERING, Delivery.DELIVERED)


async def test_who_delivers_nothing_stops_at_once(talk: Talk) -> None:
    async with asyncio.timeout(0.1):
        await courier(talk).stop()

    assert talk.surface.calls == []


async def labels(talk: Talk, job: Job) -> list[str]:
    await talk.jobs.add(job)
    await courier(talk).sweep()
    return [button.label for row in talk.cards()[-1].buttons for button in row]


@pytest.mark.parametrize(
    ("workflow", "outputs", "shown"),
    [
        ("text2img", (FOX,), ["Again", "Tweak", "Upscale", "Info"]),
        ("text2img", (), ["Again", "Tweak", "Info"]),
        ("upscale", (FOX,), ["Again", "Tweak", "Info"]),
    ],
)
async def test_a_picture_can_be_upscaled_once(
    talk: Talk, workflow: str, outputs: tuple[MediaRef, ...], shown: list[str]
) -> None:
    job = attrs.evolve(
        an_ended_job(an_id(1)),
        wish=a_wish(workflow=workflow),
        outputs=outputs,
        reply_to=ADA,
    )

    assert await labels(talk, job) == shown


@pytest.mark.parametrize("catalogue", [InMemoryCatalogue(WORKFLOWS[:2]), SilentCatalogue()])
async def test_where_upscaling_is_not_to_be_had_the_result_comes_without_it(
    catalogue: InMemoryCatalogue | SilentCatalogue,
) -> None:
    talk = a_talk(catalogue=catalogue)
    job = attrs.evolve(an_ended_job(an_id(1)), outputs=(FOX,), reply_to=ADA)

    assert await labels(talk, job) == ["Again", "Tweak", "Info"]


async def test_a_whole_story_ends_with_one_card(talk: Talk) -> None:
    update = await talk.say("a red fox")
    await talk.advance(seconds=1)
    (run,) = talk.gateway.runs
    talk.gateway.finish(run, run_s=4.0)
    await talk.advance()
    await courier(talk).sweep()

    job = await talk.job(update)
    assert [order for order, *_ in talk.surface.calls] == ["send", "finish"]
    assert talk.last() == "Text2Img  a red fox\n8 points · 4 s · 12 returned · /why 00000000"
    assert talk.cards()[0].media == job.outputs
    assert job.moved_at > NOW
