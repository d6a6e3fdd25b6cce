"""Flood control on a clock set by hand."""

from collections.abc import AsyncIterator

import pytest

from tests.servers.telegram_client import ANN, GROUP, Bench, HandClock, a_bench, keyboard
from tests.servers.telegram_flood import FloodLimits, Rate
from tests.servers.telegram_server import TelegramServer


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def bench(clock: HandClock) -> AsyncIterator[Bench]:
    async with a_bench(TelegramServer(clock=clock)) as running:
        yield running
        assert running.server.violations == []


async def statuses(bench: Bench, times: int, chat_id: int = ANN) -> list[int]:
    """Send so often; return how each went."""
    before = len(bench.server.calls)
    for _ in range(times):
        await bench.bot.call("sendMessage", chat_id=chat_id, text="Hello")
    return [each.status for each in bench.server.calls[before:]]


async def test_a_person_takes_five_at_once_and_then_one_a_second(
    bench: Bench, clock: HandClock
) -> None:
    burst = await statuses(bench, 6)

    clock.seconds += 1
    one_more = await statuses(bench, 2)

    assert burst == [200] * 5 + [429]
    assert one_more == [200, 429]
    assert bench.server.flood_breaches == []


async def test_a_429_tells_whole_seconds_to_wait(bench: Bench, clock: HandClock) -> None:
    await statuses(bench, 5)
    clock.seconds += 0.1

    answer = await bench.bot.call("sendMessage", chat_id=ANN, text="Hello")

    assert answer == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 1",
        "parameters": {"retry_after": 1},
    }


async def test_a_group_takes_twenty_a_minute(bench: Bench, clock: HandClock) -> None:
    bench.server.group(chat_id=GROUP, title="Us", members=[bench.ann])
    burst = await statuses(bench, 21, GROUP)

    clock.seconds += 3
    one_more = await statuses(bench, 1, GROUP)

    assert burst == [200] * 20 + [429]
    assert one_more == [200]


async def test_all_chats_together_take_thirty_a_second(bench: Bench, clock: HandClock) -> None:
    people = range(100, 131)
    for each in people:
        bench.server.person(user_id=each, first_name="Bob", started=True)

    first = [(await statuses(bench, 1, each))[0] for each in people]
    clock.seconds += 1
    later = await statuses(bench, 1, people[-1])

    assert first == [200] * 30 + [429]
    assert later == [200]


async def test_a_call_before_the_told_time_is_a_breach(bench: Bench, clock: HandClock) -> None:
    await statuses(bench, 6)
    clock.seconds += 0.75

    early = await bench.bot.words("sendChatAction", chat_id=ANN, action="typing")
    clock.seconds += 0.25
    in_time = await statuses(bench, 1)

    assert early == "429 Too Many Requests: retry after 1"
    assert in_time == [200]
    (breach,) = bench.server.flood_breaches
    assert (breach.method, breach.chat_id) == ("sendChatAction", ANN)
    assert breach.too_early_s == pytest.approx(0.25)


async def test_edits_count_as_messages_do(bench: Bench) -> None:
    message_id = await bench.bot.send()

    for number in range(4):
        await bench.bot.done(
            "editMessageText", chat_id=ANN, message_id=message_id, text=str(number)
        )
    words = await bench.bot.words("editMessageText", chat_id=ANN, message_id=message_id, text="a")

    assert words == "429 Too Many Requests: retry after 1"


async def test_chat_actions_and_answers_to_buttons_do_not_count(bench: Bench) -> None:
    message_id = await bench.bot.send(reply_markup=keyboard(["Go"]))

    for query_id in await bench.ann.press(message_id, "Go", times=10):
        await bench.bot.done("sendChatAction", chat_id=ANN, action="typing")
        await bench.bot.done("answerCallbackQuery", callback_query_id=query_id)

    assert await statuses(bench, 5) == [200] * 4 + [429]


async def test_one_chat_that_waits_does_not_hold_up_another(bench: Bench) -> None:
    bench.server.person(user_id=8, first_name="Bob", started=True)
    await statuses(bench, 6)

    others = await statuses(bench, 1, 8)

    assert others == [200]


async def test_the_limits_can_be_others_or_none() -> None:
    narrow = TelegramServer(limits=FloodLimits(private=Rate(1, 0.1)), clock=HandClock())
    wide = TelegramServer(limits=FloodLimits.none(), clock=HandClock())

    async with a_bench(narrow) as first, a_bench(wide) as second:
        few, many = await statuses(first, 2), await statuses(second, 60)

    assert few == [200, 429]
    assert many == [200] * 60
