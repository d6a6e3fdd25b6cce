import asyncio

import pytest

from adapters.chat.governor import LONGEST_HOLD_S, Rate
from adapters.chat.surface import ChatClosedError, NotShownError
from tests.adapters.chat.bench import a_bench
from tests.adapters.chat.sleeper import come_to_rest

BURST_OF_3 = Rate(burst=3, per_s=2)
SLOW = Rate(burst=1, per_s=1)
BOT = Rate(burst=5, per_s=4)


async def test_a_burst_goes_at_once_and_then_all_go_at_the_chat_s_pace() -> None:
    bench = a_bench(chat=BURST_OF_3)

    await bench.say_all("abcdef")
    await bench.timer.pass_time(10)

    assert bench.moments() == [0, 0, 0, 0.5, 1.0, 1.5]


async def test_the_bot_s_pace_is_kept_whatever_the_chats() -> None:
    bench = a_bench(bot=BURST_OF_3)

    for number, name in enumerate("abcdef"):
        bench.say(name, f"chat {number}")
    await bench.timer.pass_time(10)

    assert [round(each.at_s, 3) for each in bench.made] == [0, 0, 0, 0.5, 1.0, 1.5]


async def test_a_rest_gives_the_burst_back() -> None:
    bench = a_bench(chat=BURST_OF_3)
    await bench.say_all("abc")
    await bench.timer.pass_time(1.5)

    await bench.say_all("def")

    assert bench.moments() == [0, 0, 0, 1.5, 1.5, 1.5]


async def test_who_comes_first_is_served_first() -> None:
    bench = a_bench(bot=SLOW)

    for name, chat in (("a", "ada"), ("b", "bob"), ("c", "ada"), ("d", "cyd"), ("e", "bob")):
        bench.say(name, chat)
    await bench.timer.pass_time(10)

    assert bench.names == "abcde"


async def test_who_waited_for_a_full_chat_is_still_before_those_who_came_later() -> None:
    bench = a_bench(bot=SLOW, chat=Rate(burst=1, per_s=0.6))

    for name, chat in (("a", "ada"), ("b", "ada"), ("x", "bob"), ("y", "cyd")):
        bench.say(name, chat)
    await bench.timer.pass_time(10)

    assert bench.names == "axby"


async def test_nobody_who_comes_later_goes_before_those_in_line() -> None:
    bench = a_bench(bot=SLOW)
    await bench.say_all("abc")
    await bench.timer.pass_time(1.5)

    await bench.say_all("z", "bob")
    await bench.timer.pass_time(10)

    assert bench.names == "abcz"


async def test_a_full_chat_holds_up_no_other() -> None:
    bench = a_bench(of_chat=lambda chat: SLOW if chat == "full" else BURST_OF_3)

    await bench.say_all("abcd", "full")
    await bench.say_all("xyz", "ada")

    assert (bench.moments("full"), bench.moments("ada")) == ([0], [0, 0, 0])
    await bench.timer.pass_time(10)
    assert bench.moments("full") == [0, 1, 2, 3]


@pytest.mark.parametrize("wait_s", [0.3, 1.0, 7.5, 30.0])
async def test_when_the_platform_asks_for_silence_it_gets_it_and_then_the_same_call(
    wait_s: float,
) -> None:
    bench = a_bench()
    bench.refusals = [wait_s]

    bench.say("a")
    await bench.timer.pass_time(60)

    assert (bench.names, await bench.tasks[0]) == ("aa", "ada a")
    assert wait_s <= bench.made[1].at_s - bench.made[0].at_s < wait_s + 0.1


async def test_in_a_silent_chat_everybody_waits_and_in_the_others_nobody() -> None:
    bench = a_bench()
    bench.governor.hold("ada", 5)

    await bench.say_all("ab")
    await bench.say_all("x", "bob")
    await bench.timer.pass_time(10)

    assert (bench.moments(), bench.moments("bob")) == ([5, 5], [0])


async def test_each_chat_has_its_own_silence() -> None:
    bench = a_bench()
    bench.governor.hold("ada", 5)
    bench.governor.hold("bob", 1)

    await bench.say_all("a")
    await bench.say_all("b", "bob")
    await bench.timer.pass_time(10)

    assert (bench.moments("bob"), bench.moments()) == ([1], [5])


async def test_a_shorter_silence_does_not_end_a_longer_one() -> None:
    bench = a_bench()
    bench.governor.hold("ada", 5)
    bench.governor.hold("ada", 1)

    await bench.say_all("a")
    await bench.timer.pass_time(10)

    assert bench.moments() == [5]


async def test_a_call_that_is_made_again_keeps_its_place() -> None:
    bench = a_bench(chat=SLOW)
    bench.refusals = [4]

    await bench.say_all("abc")
    await bench.timer.pass_time(10)

    assert (bench.names, bench.moments()) == ("aabc", [0, 4, 5, 6])


async def test_a_hundred_refusals_lose_nothing() -> None:
    bench = a_bench(bot=BOT, chat=BURST_OF_3)
    bench.refusals = [0.7] * 100

    for number in range(70):
        bench.say(str(number), f"chat {number % 7}")
    await bench.timer.pass_time(120)

    told = await asyncio.gather(*bench.tasks)
    assert told == [f"chat {number % 7} {number}" for number in range(70)]
    assert (len(bench.made), bench.refusals, bench.governor.waiting) == (170, [], 0)


async def test_a_silence_that_is_too_long_is_the_caller_s_to_wait_for() -> None:
    bench = a_bench()
    bench.refusals = [LONGEST_HOLD_S + 0.1]

    bench.say("a")
    with pytest.raises(NotShownError, match="too many") as raised:
        await bench.tasks[0]

    assert raised.value.wait_s == LONGEST_HOLD_S + 0.1
    await bench.say_all("b")
    await bench.timer.pass_time(60)
    assert bench.moments() == [0, 30.1]


async def test_silences_that_are_too_long_together_are_the_caller_s_to_wait_for() -> None:
    bench = a_bench()
    bench.refusals = [12.0] * 3

    bench.say("a")
    await bench.timer.pass_time(60)

    with pytest.raises(NotShownError, match="too many"):
        await bench.tasks[0]
    assert bench.moments() == [0, 12, 24]


@pytest.mark.parametrize(
    "error", [NotShownError("away"), ChatClosedError("blocked"), KeyError("a bug")]
)
async def test_other_failures_are_the_caller_s(error: Exception) -> None:
    bench = a_bench()

    async def fail() -> None:
        raise error

    with pytest.raises(type(error)):
        await bench.governor.run("ada", fail)
    with pytest.raises(type(error)):
        await bench.governor.run_now("ada", fail)
    assert bench.governor.delay_s("ada") == 0


async def test_what_may_be_left_out_is_said_at_once_when_there_is_room() -> None:
    bench = a_bench(chat=BURST_OF_3)

    assert await bench.mention("a") == "ada a"


async def test_what_may_be_left_out_leaves_a_place_in_the_chat() -> None:
    bench = a_bench(chat=BURST_OF_3)
    await bench.mention("a")
    await bench.mention("b")

    with pytest.raises(NotShownError) as raised:
        await bench.mention("c")
    await bench.say_all("d")

    assert bench.names == "abd"
    assert raised.value.wait_s == pytest.approx(0.5)


async def test_what_may_be_left_out_leaves_half_of_the_bot_s_burst() -> None:
    bench = a_bench(bot=Rate(burst=10, per_s=1))
    for number in range(5):
        await bench.mention("a", f"chat {number}")

    with pytest.raises(NotShownError, match="room"):
        await bench.mention("z", "another")
    await bench.say_all("bcdef")

    assert bench.names == "aaaaabcdef"


async def test_what_may_be_left_out_has_its_place_where_only_one_call_goes_at_once() -> None:
    bench = a_bench(bot=SLOW, chat=SLOW)

    await bench.mention("a")
    with pytest.raises(NotShownError):
        await bench.mention("b")
    await bench.timer.pass_time(1)
    await bench.mention("c")

    assert bench.moments() == [0, 1]


async def test_what_may_be_left_out_does_not_overtake_its_chat() -> None:
    bench = a_bench(chat=BURST_OF_3)
    await bench.say_all("abcd")
    bench.timer.be_late(60)

    with pytest.raises(NotShownError, match="room"):
        await bench.mention("z")
    await bench.timer.pass_time(1)

    assert bench.names == "abcd"


async def test_in_a_silent_chat_what_may_be_left_out_is_not_said() -> None:
    bench = a_bench(chat=Rate(burst=2, per_s=1))
    bench.governor.hold("ada", 1)
    await bench.say_all("a")
    await bench.timer.pass_time(0.5)

    with pytest.raises(NotShownError) as raised:
        await bench.mention("b")

    assert raised.value.wait_s == pytest.approx(0.5)
    await bench.timer.pass_time(5)


async def test_silence_that_is_asked_for_what_may_be_left_out_is_kept_by_all() -> None:
    bench = a_bench()
    bench.refusals = [6]

    with pytest.raises(NotShownError, match="too many"):
        await bench.mention("a")
    await bench.say_all("b")
    await bench.timer.pass_time(10)

    assert (bench.names, bench.moments()) == ("ab", [0, 6])


async def test_whoever_gives_up_waiting_is_not_said_and_holds_up_nobody() -> None:
    bench = a_bench(bot=SLOW)
    await bench.say_all("abc")

    bench.tasks[1].cancel()
    await come_to_rest()
    waiting = bench.governor.waiting
    await bench.timer.pass_time(5)

    assert (bench.names, waiting, bench.moments()) == ("ac", 1, [0, 1])


async def test_whoever_gives_up_together_leaves_nothing_behind() -> None:
    bench = a_bench(chat=SLOW)
    await bench.say_all("abc")

    for task in bench.tasks[1:]:
        task.cancel()
    bench.timer.be_late(60)
    await come_to_rest()

    assert [task.cancelled() for task in bench.tasks] == [False, True, True]
    assert (bench.governor.waiting, bench.timer.pending) == (0, 0)
    await bench.say_all("d")
    await bench.timer.pass_time(5)
    assert bench.names == "ad"


async def test_a_call_that_is_under_way_can_be_given_up() -> None:
    bench = a_bench(chat=BURST_OF_3)
    forever = asyncio.Event()
    task = asyncio.create_task(bench.governor.run("ada", forever.wait))
    await come_to_rest()

    task.cancel()
    await bench.say_all("ab")

    assert (task.cancelled(), bench.names) == (True, "ab")


async def test_a_delay_is_told_in_advance() -> None:
    bench = a_bench(chat=SLOW)
    before = bench.governor.delay_s("ada")
    await bench.say_all("abc")

    told, other = bench.governor.delay_s("ada"), bench.governor.delay_s("bob")

    await bench.say_all("d")
    await bench.timer.pass_time(10)
    assert (before, other, bench.moments()[-1]) == (0, 0, 3)
    assert told == pytest.approx(3)


async def test_a_chat_at_rest_is_forgotten_and_one_that_must_be_silent_is_not() -> None:
    asked: list[str] = []

    def of_chat(chat: str) -> Rate:
        asked.append(chat)
        return BURST_OF_3

    bench = a_bench(bot=Rate(10_000, 1), of_chat=of_chat)
    bench.governor.hold("silent", 1_000)
    await bench.say_all("a", "early")
    await bench.timer.pass_time(10)
    for number in range(1_000):
        bench.governor.delay_s(f"chat {number}")

    bench.governor.delay_s("early")
    silent_s = bench.governor.delay_s("silent")

    assert (asked.count("early"), asked.count("silent"), silent_s) == (2, 1, 990)


async def test_a_chat_is_held_only_as_long_as_the_platform_asked() -> None:
    bench = a_bench(bot=BOT, chat=BURST_OF_3)
    bench.governor.hold("ada", 5)
    held = [bench.governor.is_held("ada"), bench.governor.is_held("bob")]

    await bench.timer.pass_time(5)

    assert (held, bench.governor.is_held("ada")) == ([True, False], False)
