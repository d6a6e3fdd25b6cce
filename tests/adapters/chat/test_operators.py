import attrs
import pytest
from structlog.testing import capture_logs

from adapters.chat.cards import Tone
from adapters.chat.operators import TRIES, OperatorsChat
from adapters.chat.surface import ChatClosedError, NotShownError, ReplyTo
from core.shared.errors import ServiceTroubleError, StationError
from core.shared.events import DeliveryDue, JobChanged, OperatorAlerted
from tests.adapters.chat.sleeper import Sleeper, come_to_rest
from tests.adapters.chat.surfaces import HeldSurface
from tests.adapters.chat.talk import an_id
from tests.fakes.clock import FixedClock

THERE = ReplyTo("web:operators")
ALERT = OperatorAlerted("service.refused", "the key is refused")


@attrs.frozen
class Post:
    """An operators' chat, what is shown in it, and the time it lives in."""

    chat: OperatorsChat
    surface: HeldSurface
    sleeper: Sleeper

    def texts(self) -> list[str]:
        """Return what operators read."""
        return [card.plain_text for card in self.surface.cards(THERE)]


def a_post(*, to: str = THERE) -> Post:
    surface, sleeper = HeldSurface(), Sleeper(FixedClock())
    chat = OperatorsChat(to=to, surfaces={"web": surface}, sleep=sleeper.sleep)
    return Post(chat, surface, sleeper)


async def test_operators_are_told_what_only_they_can_put_right() -> None:
    post = a_post()

    await post.chat.hear(ALERT)
    await come_to_rest()

    (card,) = post.surface.cards(THERE)
    assert card.plain_text == "For the operator: the key is refused"
    assert (card.tone, card.private) == (Tone.BAD, False)


async def test_the_same_matter_another_time_is_another_message() -> None:
    post = a_post()

    await post.chat.hear(ALERT)
    await come_to_rest()
    await post.chat.hear(ALERT)
    await come_to_rest()

    assert len(post.texts()) == 2


async def test_events_of_other_kinds_are_not_told() -> None:
    post = a_post()

    await post.chat.hear(DeliveryDue(an_id(1)))
    await post.chat.hear(JobChanged(an_id(1), "running"))
    await come_to_rest()

    assert post.surface.calls == []


@pytest.mark.parametrize("to", ["", "elsewhere:7"])
async def test_where_nobody_serves_the_chat_nothing_is_told(to: str) -> None:
    post = a_post(to=to)

    await post.chat.hear(ALERT)
    await come_to_rest()

    assert post.surface.calls == []


async def test_hearing_of_it_does_not_wait_for_the_platform() -> None:
    post = a_post()
    post.surface.hold("send", THERE)

    await post.chat.hear(ALERT)
    before = post.texts()
    await come_to_rest()
    post.surface.let_go("send", THERE)
    await come_to_rest()

    assert (before, len(post.texts())) == ([], 1)


async def test_an_outage_of_two_minutes_is_outlasted_by_one_message() -> None:
    post = a_post()
    post.surface.fail_with(ServiceTroubleError("the platform is away"))
    with capture_logs() as logs:
        await post.chat.hear(ALERT)
        await post.sleeper.pass_time(seconds=120)
    post.surface.heal()
    await post.sleeper.pass_time(seconds=60)

    assert {each["event"] for each in logs} == {"alert.not_shown"}
    assert len({key for _, _, key, _ in post.surface.calls}) == 1
    assert len(post.texts()) == 1


async def test_after_its_last_try_a_matter_is_left_to_the_log() -> None:
    post = a_post()
    post.surface.fail_with(ServiceTroubleError("the platform is away"))

    with capture_logs() as logs:
        await post.chat.hear(ALERT)
        await post.sleeper.pass_time(seconds=3_600)

    assert [each["alert"] for each in logs] == ["service.refused"] * TRIES
    assert len(post.surface.calls) == TRIES


@pytest.mark.parametrize(
    ("error", "after_s", "tries"),
    [
        (NotShownError("too many requests", wait_s=50), 49, 1),
        (NotShownError("too many requests", wait_s=50), 51, 2),
        (NotShownError("too many requests", wait_s=1), 3, 2),
        (ChatClosedError("thrown out"), 3_600, 1),
    ],
)
async def test_what_the_platform_says_of_the_next_try_is_obeyed(
    error: StationError, after_s: float, tries: int
) -> None:
    post = a_post()
    post.surface.fail_with(error)

    with capture_logs():
        await post.chat.hear(ALERT)
        await post.sleeper.pass_time(seconds=after_s)
        await post.chat.stop()

    assert len(post.surface.calls) == tries


async def test_a_stopped_chat_tells_nothing_more() -> None:
    post = a_post()
    post.surface.hold("send", THERE)

    await post.chat.hear(ALERT)
    await come_to_rest()
    await post.chat.stop()
    post.surface.let_go("send", THERE)
    await come_to_rest()

    assert (post.surface.arrived, post.texts()) == ([("send", THERE)], [])
