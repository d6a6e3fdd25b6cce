import asyncio
from datetime import timedelta

import attrs
import pytest
from structlog.testing import capture_logs

from adapters.chat.courier import GIVEN_UP_AFTER, Courier
from adapters.chat.surface import ChatClosedError, NotShownError, ShownAt
from adapters.chat.turns import Turns
from adapters.chat.views.jobs import end_card, message_key
from core.generations.model import Delivery, Job, JobState
from core.generations.service import Moves
from core.generations.timing import Timing
from core.media.model import MediaRef
from core.shared.errors import ServiceTroubleError
from core.shared.events import DeliveryDue, JobChanged, OperatorAlerted
from core.shared.ids import JobId
from infrastructure.memory.catalogue import InMemoryCatalogue
from tests.adapters.chat.sleeper import come_to_rest
from tests.adapters.chat.surfaces import BrokenSurface, HeldSurface
from tests.adapters.chat.talk import WORKFLOWS, Talk, a_talk, an_id, chat_of
from tests.adapters.chat.test_conversation import SilentCatalogue
from tests.builders import NOW, a_media_ref, a_wish, an_ended_job

ADA = chat_of("ada")
BOB = chat_of("bob")
NOWHERE = ShownAt("")
A_DAY_S = GIVEN_UP_AFTER.total_seconds()
FOX = a_media_ref("fox.png")


async def an_end(talk: Talk, number: int = 1, *, reply_to: str = ADA, shown_at: str = "") -> Job:
    """Have a job ended whose person does not know it yet."""
    job = attrs.evolve(
        an_ended_job(an_id(number), now=talk.clock.now()),
        reply_to=reply_to,
        shown_at=shown_at,
        outputs=(FOX,),
    )
    return await talk.jobs.add(job)


def courier(talk: Talk) -> Courier:
    made: Courier = talk.container.courier()
    return made


def another_courier(talk: Talk) -> Courier:
    """Return the courier of another process over the same jobs."""
    moves = Moves(
        jobs=talk.jobs,
        clock=talk.clock,
        events=talk.events,
        timing=Timing(),
        owner="worker:another",
    )
    return Courier(
        moves=moves,
        jobs=talk.jobs,
        surfaces={"web": talk.surface},
        workflows=talk.container.workflows(),
        turns=Turns(),
    )


async def delivery(talk: Talk, job: JobId) -> Delivery:
    return (await talk.job(job)).delivery


def alerts(talk: Talk) -> list[OperatorAlerted]:
    return [each for each in talk.events.events if isinstance(each, OperatorAlerted)]


def finished(talk: Talk) -> list[str]:
    return [message for order, _, message, _ in talk.surface.calls if order == "finish"]


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


async def test_what_could_not_be_shown_is_tried_again_ever_later(talk: Talk) -> None:
    job = await an_end(talk)
    talk.surface.fail_with(ServiceTroubleError("the chat is away"))
    tried_at = []

    with capture_logs() as logs:
        for second in range(300):
            if await courier(talk).sweep():
                tried_at.append(second)
            talk.clock.advance(seconds=1)

    assert tried_at == [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]
    assert [each["tries"] for each in logs] == list(range(1, 11))
    assert await delivery(talk, job.id) is Delivery.PENDING


@pytest.mark.parametrize(
    ("wait_s", "tried_at"),
    [(0, [0, 1, 3, 7, 15, 31]), (2.5, [0, 3, 6, 10, 18, 34]), (20, [0, 20, 40])],
)
async def test_a_platform_that_says_when_to_come_back_is_left_alone_till_then(
    talk: Talk, wait_s: float, tried_at: list[int]
) -> None:
    await an_end(talk)
    talk.surface.fail_with(NotShownError("too many requests", wait_s=wait_s))
    tried = []

    with capture_logs():
        for second in range(50):
            if await courier(talk).sweep():
                tried.append(second)
            talk.clock.advance(seconds=1)

    assert tried == tried_at


async def test_an_end_that_waited_for_a_day_is_given_up(talk: Talk) -> None:
    job = await an_end(talk)
    talk.surface.fail_with(ServiceTroubleError("the chat is away"))

    with capture_logs():
        talk.clock.advance(seconds=A_DAY_S)
        await courier(talk).sweep()
        before = await delivery(talk, job.id)
        talk.clock.advance(seconds=1)
        await courier(talk).sweep()

    assert (before, len(finished(talk))) == (Delivery.PENDING, 1)
    assert await delivery(talk, job.id) is Delivery.UNDELIVERABLE


async def test_operators_hear_of_what_was_given_up(talk: Talk) -> None:
    job = await an_end(talk)
    talk.clock.advance(seconds=A_DAY_S + 1)

    await courier(talk).sweep()

    assert alerts(talk) == [
        OperatorAlerted("delivery.undeliverable", f"job {job.id} could not be delivered")
    ]


async def test_where_nobody_can_be_reached_nothing_is_tried_again_and_nobody_called(
    talk: Talk,
) -> None:
    job = await an_end(talk)
    talk.surface.fail_with(ChatClosedError("blocked by the user"))

    with capture_logs() as logs:
        await courier(talk).sweep()
        talk.clock.advance(seconds=100)
        await courier(talk).sweep()

    assert await delivery(talk, job.id) is Delivery.UNDELIVERABLE
    assert (len(finished(talk)), alerts(talk)) == (1, [])
    assert [(each["event"], each["job"]) for each in logs] == [("delivery.closed", job.id)]


async def test_a_chat_that_is_back_gets_what_waited_for_it(talk: Talk) -> None:
    job = await an_end(talk)
    talk.surface.fail_with(ServiceTroubleError("the chat is away"))
    with capture_logs():
        await courier(talk).sweep()
    talk.surface.heal()
    talk.clock.advance(seconds=1)
    await courier(talk).sweep()

    assert (len(talk.cards()), await delivery(talk, job.id)) == (1, Delivery.DELIVERED)


@pytest.mark.parametrize(("ahead_s", "becomes"), [(0, Delivery.PENDING), (59, Delivery.DELIVERED)])
async def test_a_platform_that_is_back_need_not_wait_for_what_becomes_due(
    talk: Talk, ahead_s: float, becomes: Delivery
) -> None:
    job = await an_end(talk)
    talk.surface.fail_with(NotShownError("the chat is away", wait_s=50))
    with capture_logs():
        await courier(talk).sweep()
    talk.surface.heal()

    await courier(talk).sweep(ahead=timedelta(seconds=ahead_s))

    assert await delivery(talk, job.id) is becomes


@pytest.mark.parametrize(
    ("after_s", "becomes"),
    [
        (0, Delivery.PENDING),
        (A_DAY_S, Delivery.PENDING),
        (A_DAY_S + 1, Delivery.UNDELIVERABLE),
    ],
)
async def test_another_platform_s_ends_are_left_to_it_for_a_day(
    talk: Talk, after_s: float, becomes: Delivery
) -> None:
    job = await an_end(talk, reply_to="elsewhere:7")

    talk.clock.advance(seconds=after_s)
    await courier(talk).sweep()

    assert (await delivery(talk, job.id), finished(talk)) == (becomes, [])


async def labels(talk: Talk, job: Job) -> list[str]:
    await talk.jobs.add(job)
    await courier(talk).sweep()
    return [button.label for row in talk.cards()[-1].buttons for button in row]


@pytest.mark.parametrize(
    ("workflow", "outputs", "shown"),
    [
        ("text2img", (FOX,), ["Again", "Upscale", "Info"]),
        ("text2img", (), ["Again", "Info"]),
        ("upscale", (FOX,), ["Again", "Info"]),
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

    assert await labels(talk, job) == ["Again", "Info"]


async def test_one_bug_holds_up_no_other_delivery() -> None:
    broken = BrokenSurface()
    talk = a_talk()
    talk.container.surfaces.override({"web": talk.surface, "broken": broken})
    bad = await an_end(talk, 1, reply_to="broken:7")
    good = await an_end(talk, 2)

    with capture_logs() as logs:
        await courier(talk).sweep()

    assert [(each["event"], each["job"]) for each in logs] == [("delivery.bug", bad.id)]
    assert await delivery(talk, good.id) is Delivery.DELIVERED


async def test_what_a_bug_kept_back_comes_when_its_claim_is_over() -> None:
    surface = BrokenSurface()
    talk = a_talk(surface=surface)
    job = await an_end(talk)
    with capture_logs():
        await courier(talk).sweep()
    surface.mended = True
    talk.clock.advance(seconds=61)
    await courier(talk).sweep()

    assert await delivery(talk, job.id) is Delivery.DELIVERED


async def test_what_a_bug_keeps_back_for_ever_is_given_up() -> None:
    broken = a_talk(surface=BrokenSurface())
    job = await an_end(broken)
    with capture_logs():
        await courier(broken).sweep()
        broken.clock.advance(seconds=A_DAY_S + 1)
        await courier(broken).sweep()

    assert await delivery(broken, job.id) is Delivery.UNDELIVERABLE


async def test_ends_that_nobody_serves_keep_no_others_back_and_are_given_up(talk: Talk) -> None:
    strangers = [
        await an_end(talk, number, reply_to=f"elsewhere:{number}") for number in range(2, 57)
    ]
    talk.clock.advance(seconds=1)
    ours = await an_end(talk)
    await courier(talk).sweep()
    delivered = await delivery(talk, ours.id)

    talk.clock.advance(seconds=A_DAY_S + 1)
    with capture_logs():
        await courier(talk).sweep()
        await courier(talk).sweep()

    assert delivered is Delivery.DELIVERED
    assert {await delivery(talk, job.id) for job in strangers} == {Delivery.UNDELIVERABLE}


async def test_a_whole_story_ends_with_one_card(talk: Talk) -> None:
    update = await talk.say("a red fox")
    await talk.advance(seconds=1)
    (run,) = talk.gateway.runs
    talk.gateway.finish(run, run_s=4.0)
    await talk.advance()
    await courier(talk).sweep()

    job = await talk.job(update)
    assert [order for order, *_ in talk.surface.calls] == ["send", "finish"]
    assert talk.last() == "Text2Img  a red fox\n8 points · 4 s"
    assert talk.cards()[0].media == job.outputs
    assert job.moved_at > NOW
