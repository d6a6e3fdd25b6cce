import asyncio
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.chat.governor import Governor, Rate
from adapters.chat.surface import NotShownError
from tests.adapters.chat.bench import Bench, a_bench, keeps

BURST_OF_3 = Rate(burst=3, per_s=2)
SLOW = Rate(burst=1, per_s=1)
BOT = Rate(burst=5, per_s=4)


class NaiveGovernor(Governor):
    """Has no line: whoever finds no room waits until there is some, and so do all the others."""

    async def _turn(self, number: int, chat: str) -> None:
        if wait_s := self.delay_s(chat):
            passed = asyncio.get_running_loop().create_future()
            self._timer.call_later(wait_s, lambda: passed.set_result(None))
            await passed
        self._take(self._bucket(chat))


CALLS = st.lists(
    st.tuples(
        st.floats(0, 3),  # after the one before
        st.sampled_from(["ada", "bob", "-100", "-200", "cyd", "dan"]),
        st.booleans(),  # whether it may be left out
        st.one_of(st.none(), st.none(), st.floats(0.05, 4)),  # the platform's refusal
    ),
    max_size=40,
)


def rate_of(chat: str) -> Rate:
    """Return the pace of a group or of a person."""
    return SLOW if chat.startswith("-") else BURST_OF_3


async def live(calls: list[tuple[float, str, bool, float | None]]) -> Bench:
    """Live through the calls of many chats."""
    bench = a_bench(bot=BOT, of_chat=rate_of)
    bench.refusals = [refusal for *_, refusal in calls]
    for number, (after_s, chat, may_be_left_out, _) in enumerate(calls):
        if after_s > 1:  # else many come at the same moment
            await bench.timer.pass_time(after_s - 1)
        if may_be_left_out:
            bench.tasks.append(asyncio.create_task(bench.mention(str(number), chat)))
        else:
            bench.say(str(number), chat)
    await bench.timer.pass_time(600)
    return bench


@given(CALLS)
@settings(deadline=None, max_examples=150)
def test_in_no_window_of_time_are_there_more_calls_than_the_platform_takes(
    calls: list[tuple[float, str, bool, float | None]],
) -> None:
    async def ends() -> tuple[Bench, list[str | BaseException]]:
        bench = await live(calls)
        return bench, await asyncio.gather(*bench.tasks, return_exceptions=True)

    bench, results = asyncio.run(ends())

    assert keeps(BOT, [each.at_s for each in bench.made])
    for chat in {each.chat for each in bench.made}:
        assert keeps(rate_of(chat), [each.at_s for each in bench.made if each.chat == chat])
    assert bench.governor.waiting == 0
    for number, (call, result) in enumerate(zip(calls, results, strict=True)):
        lost = isinstance(result, NotShownError) and (call[2] or result.wait_s > 0)
        assert lost or result == f"{call[1]} {number}"


async def rush(kind: type[Governor]) -> list[float]:
    """Have fifty chats speak at once; return when they were heard."""
    bench = a_bench(bot=BOT, chat=BURST_OF_3, kind=kind)
    for number in range(50):
        bench.say(str(number), f"chat {number}")
    await bench.timer.pass_time(600)
    return [each.at_s for each in bench.made]


async def test_fifty_chats_at_once_keep_the_bot_s_pace() -> None:
    moments = await rush(Governor)

    assert (len(moments), keeps(BOT, moments)) == (50, True)
    assert max(moments) == pytest.approx(45 / 4)


async def test_without_the_line_the_bot_s_pace_would_not_be_kept() -> None:
    moments = await rush(NaiveGovernor)

    assert (len(moments), keeps(BOT, moments)) == (50, False)


@pytest.mark.parametrize(("burst", "per_s"), [(0.5, 1), (0, 1), (1, 0), (1, -1)])
def test_a_pace_at_which_nothing_would_ever_go_is_refused(burst: float, per_s: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        Rate(burst, per_s)


async def test_the_true_time_is_kept_too() -> None:
    governor = Governor(bot=Rate(burst=1, per_s=50), of_chat=lambda _: Rate(5, 5))
    moments: list[float] = []

    async def call() -> None:
        moments.append(time.monotonic())

    await asyncio.gather(*(governor.run("ada", call) for _ in range(4)))

    assert len(moments) == 4
    assert moments[3] - moments[0] >= 0.059
