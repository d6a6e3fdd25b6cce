from datetime import timedelta

import attrs
import pytest
from structlog.testing import capture_logs

from adapters.chat.cards import Card
from adapters.chat.surface import ChatClosedError, NotShownError, ReplyTo, ShownAt
from adapters.chat.views.jobs import message_key
from core.generations.model import Delivery
from core.shared.errors import ServiceTroubleError
from core.shared.events import OperatorAlerted
from tests.adapters.chat.ends import A_DAY_S, alerts, an_end, courier, delivery, finished
from tests.adapters.chat.surfaces import BrokenSurface
from tests.adapters.chat.talk import Talk, a_talk, an_id
from tests.fakes.surface import RecordingSurface
from tests.until import until


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


async def test_what_could_not_be_shown_is_tried_again_without_a_sweep(talk: Talk) -> None:
    job = await an_end(talk)
    talk.surface.fail_with(ServiceTroubleError("the chat is away"))
    with capture_logs():
        await courier(talk).sweep()
        await courier(talk).sweep(ahead=timedelta(seconds=1))
        talk.surface.heal()

        await until(lambda: finished(talk) == [message_key(job)] * 3)

    await courier(talk).stop()
    assert (len(talk.cards()), await delivery(talk, job.id)) == (1, Delivery.DELIVERED)


async def test_at_the_end_nothing_is_tried_again(talk: Talk) -> None:
    await an_end(talk)
    talk.surface.fail_with(ServiceTroubleError("the chat is away"))
    with capture_logs():
        await courier(talk).sweep()

    await courier(talk).stop()

    assert all(timer.cancelled() for timer in courier(talk)._again.values())  # noqa: SLF001 - there is nothing to be seen of it otherwise


class TakenOverSurface(RecordingSurface):
    """Fails only when somebody else has gone on with the job."""

    def __init__(self) -> None:
        super().__init__()
        self.talk: Talk | None = None

    async def finish(self, to: ReplyTo, shown_at: ShownAt, card: Card, *, key: str) -> ShownAt:
        assert self.talk is not None
        job = await self.talk.job(an_id(1))
        await self.talk.jobs.save(attrs.evolve(job, delivery=Delivery.DELIVERED))
        raise NotShownError("too late")


async def test_what_somebody_else_has_brought_meanwhile_is_left_alone() -> None:
    surface = TakenOverSurface()
    surface.talk = talk = a_talk(surface=surface)
    job = await an_end(talk)

    with capture_logs():
        await courier(talk).sweep()

    assert await delivery(talk, job.id) is Delivery.DELIVERED
    assert courier(talk)._again == {}  # noqa: SLF001 - there is nothing to be seen of it otherwise
