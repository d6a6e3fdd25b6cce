"""Calls under a governor, and when each of them was made."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import combinations_with_replacement

import attrs

from adapters.chat.governor import Governor, Rate
from adapters.chat.surface import NotShownError
from tests.adapters.chat.sleeper import come_to_rest
from tests.adapters.chat.timer import HandTimer

A_HAIR = 1e-6


@attrs.frozen
class Made:
    """One try of a call."""

    at_s: float
    chat: str
    name: str


@attrs.define
class Bench:
    """
    A governor, its time, and every call that was made.

    `refusals` are used up from the first on: so many seconds' silence the platform asks for, or
    None where it takes the call.
    """

    governor: Governor
    timer: HandTimer
    made: list[Made] = attrs.Factory(list)
    refusals: list[float | None] = attrs.Factory(list)
    tasks: list[asyncio.Task[str]] = attrs.Factory(list)

    def say(self, name: str, chat: str = "ada") -> None:
        """Begin to say what must be said: the last of `tasks`."""
        call = self.governor.run(chat, lambda: self._call(chat, name))
        self.tasks.append(asyncio.create_task(call))

    async def mention(self, name: str, chat: str = "ada") -> str:
        """Say what may as well be left out."""
        return await self.governor.run_now(chat, lambda: self._call(chat, name))

    async def say_all(self, names: str, chat: str = "ada") -> None:
        """Begin to say one thing for each letter, in their order, and let go whoever may."""
        for name in names:
            self.say(name, chat)
        await come_to_rest()

    def moments(self, chat: str = "ada") -> list[float]:
        """Return when a chat's calls were made."""
        return [round(each.at_s, 3) for each in self.made if each.chat == chat]

    @property
    def names(self) -> str:
        """The names of all calls in the order in which they were made."""
        return "".join(each.name for each in self.made)

    async def _call(self, chat: str, name: str) -> str:
        self.made.append(Made(self.timer.time(), chat, name))
        await asyncio.sleep(0)
        if self.refusals and (wait_s := self.refusals.pop(0)) is not None:
            raise NotShownError("too many requests", wait_s=wait_s)
        return f"{chat} {name}"


def a_bench(
    *,
    bot: Rate | None = None,
    chat: Rate | None = None,
    of_chat: Callable[[str], Rate] | None = None,
    kind: type[Governor] = Governor,
) -> Bench:
    """Return a bench; where nothing is said of them, the bot and its chats have room for all."""
    timer, wide = HandTimer(), Rate(1_000, 1_000)
    governor = kind(bot=bot or wide, of_chat=of_chat or (lambda _: chat or wide), timer=timer)
    return Bench(governor, timer)


def keeps(rate: Rate, moments: Sequence[float]) -> bool:
    """Whether in every window of time there are no more calls than its length allows."""
    pairs = combinations_with_replacement(enumerate(sorted(moments)), 2)
    return all(
        last - first + 1 <= rate.burst + rate.per_s * (end_s - begin_s) + A_HAIR
        for (first, begin_s), (last, end_s) in pairs
    )
