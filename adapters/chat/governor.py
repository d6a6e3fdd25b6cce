"""
The governor: how often one bot may speak, in each chat and in all.

Whatever must be said waits in line, first come, first served, chat by chat: one chat that is full
holds up no other. Progress never waits: it is shown when there is room to spare, or not this time.
"""

import asyncio
import contextlib
import time
from bisect import insort
from collections import deque
from collections.abc import Awaitable, Callable
from itertools import count
from operator import attrgetter
from typing import Protocol, TypeVar

import attrs
import structlog
from attrs.validators import ge, gt

from adapters.chat.surface import NotShownError

T = TypeVar("T")

LONGEST_HOLD_S = 30.0
"""A platform that wants a longer silence is not waited for in line: its caller comes back."""

_FORGET_ABOVE = 1_000
"""So many chats are remembered; of more, those that are at rest are forgotten."""

log = structlog.get_logger()


@attrs.frozen
class Rate:
    """So many calls at once, and then so many a second."""

    burst: float = attrs.field(validator=ge(1))
    per_s: float = attrs.field(validator=gt(0))


@attrs.frozen(eq=False)
class _Waiting:
    """A call in line; `number` is its place, which it keeps when it is made again."""

    number: int
    chat: str
    turn: asyncio.Future[None]


class _Bucket:
    """Fills by one with every call, and leaks."""

    def __init__(self, rate: Rate, now: float) -> None:
        self.free_at = float("-inf")
        """Before this moment the platform itself has asked for silence."""
        self._rate = rate
        self._level = 0.0
        self._at = now

    def wait_s(self, now: float, *, spare: float = 0.0) -> float:
        """Return in how many seconds there is room for a call, and for `spare` more after it."""
        self._leak(now)
        over = self._level + 1 + spare - self._rate.burst
        return max(0.0, self.free_at - now, over / self._rate.per_s)

    def spare_wait_s(self, now: float, *, spare: float) -> float:
        """Return in how many seconds a call leaves room for `spare` more, or as much as can be."""
        return self.wait_s(now, spare=min(spare, self._rate.burst - 1))

    def take(self) -> None:
        self._level += 1

    def is_at_rest(self, now: float) -> bool:
        self._leak(now)
        return self._level == 0 and self.free_at <= now

    def _leak(self, now: float) -> None:
        # A hair is added, so that a wait that was computed is over when it has passed.
        self._level = max(0.0, self._level - (now - self._at) * self._rate.per_s - 1e-9)
        self._at = now


class Timer(Protocol):
    """Tells the time, and calls when some of it has passed."""

    def time(self) -> float:
        """Return the present in seconds since some moment."""

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back after `delay_s` seconds; return what calls that off."""


class LoopTimer(Timer):
    """The event loop's own time."""

    def time(self) -> float:
        return time.monotonic()

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Callable[[], None]:
        return asyncio.get_running_loop().call_later(delay_s, callback).cancel


class Governor:
    """Lets calls to a platform go at the platform's pace. `of_chat` tells a chat's own rate."""

    def __init__(
        self, *, bot: Rate, of_chat: Callable[[str], Rate], timer: Timer | None = None
    ) -> None:
        self._timer = timer or LoopTimer()
        self._bot = _Bucket(bot, self._timer.time())
        self._of_chat = of_chat
        self._spare = bot.burst / 2
        self._chats: dict[str, _Bucket] = {}
        self._line: deque[_Waiting] = deque()
        self._numbers = count()
        self._call_off: Callable[[], None] | None = None

    @property
    def waiting(self) -> int:
        """How many calls wait in line."""
        return len(self._line)

    def delay_s(self, chat: str) -> float:
        """Return about how long a call for this chat would wait; 0 when it would go at once."""
        now = self._timer.time()
        before = sum(each.chat == chat for each in self._line)
        return max(
            self._bot.wait_s(now, spare=len(self._line)),
            self._bucket(chat).wait_s(now, spare=before),
        )

    def is_held(self, chat: str) -> bool:
        """Whether the platform has asked for silence in a chat: not even a sign may be given."""
        return self._bucket(chat).free_at > self._timer.time()

    async def run(self, chat: str, call: Callable[[], Awaitable[T]]) -> T:
        """
        Make a call when it is its turn; when the platform asks for silence, again after that.

        `call` raises NotShownError with `wait_s` for that. Raises it too when the silence is to
        be longer than 30 s.
        """
        number, silent_s = next(self._numbers), 0.0
        while True:
            await self._turn(number, chat)
            try:
                return await call()
            except NotShownError as error:
                silent_s += error.wait_s
                if not error.wait_s:
                    raise
                self.hold(chat, error.wait_s)
                log.info("chat.held", chat=chat, wait_s=error.wait_s)
                if silent_s > LONGEST_HOLD_S:
                    raise

    async def run_now(self, chat: str, call: Callable[[], Awaitable[T]]) -> T:
        """
        Make a call that may as well be left out: only with room to spare for what matters.

        Raises NotShownError when there is none.
        """
        now = self._timer.time()
        bucket = self._bucket(chat)
        wait_s = max(
            self._bot.spare_wait_s(now, spare=self._spare), bucket.spare_wait_s(now, spare=1)
        )
        if wait_s or any(each.chat == chat for each in self._line):
            raise NotShownError("no room to spare", wait_s=wait_s)
        self._take(bucket)
        try:
            return await call()
        except NotShownError as error:
            if error.wait_s:
                self.hold(chat, error.wait_s)
            raise

    def hold(self, chat: str, wait_s: float) -> None:
        """Have nothing said in a chat for so long, because the platform asked for it."""
        bucket = self._bucket(chat)
        bucket.free_at = max(bucket.free_at, self._timer.time() + wait_s)

    async def _turn(self, number: int, chat: str) -> None:
        waiting = _Waiting(number, chat, asyncio.get_running_loop().create_future())
        insort(self._line, waiting, key=attrgetter("number"))
        self._let_go()
        try:
            await waiting.turn
        except asyncio.CancelledError:
            with contextlib.suppress(ValueError):
                self._line.remove(waiting)
            self._let_go()
            raise

    def _let_go(self) -> None:
        """Let everybody go who may, in the order of the line; look again when the next may."""
        if self._call_off is not None:
            self._call_off()
            self._call_off = None
        now = self._timer.time()
        waits: list[float] = []
        kept: list[_Waiting] = []
        while self._line:
            if bot_s := self._bot.wait_s(now):
                waits.append(bot_s)
                break
            waiting = self._line.popleft()
            if waiting.turn.done():
                continue
            bucket = self._bucket(waiting.chat)
            if chat_s := bucket.wait_s(now):
                waits.append(chat_s)
                kept.append(waiting)
            else:
                self._take(bucket)
                waiting.turn.set_result(None)
        self._line.extendleft(reversed(kept))
        if self._line:
            self._call_off = self._timer.call_later(min(waits), self._let_go)

    def _take(self, bucket: _Bucket) -> None:
        self._bot.take()
        bucket.take()

    def _bucket(self, chat: str) -> _Bucket:
        bucket = self._chats.get(chat)
        if bucket is None:
            now = self._timer.time()
            if len(self._chats) >= _FORGET_ABOVE:
                at_rest = [name for name, each in self._chats.items() if each.is_at_rest(now)]
                for name in at_rest:
                    del self._chats[name]
            bucket = self._chats[chat] = _Bucket(self._of_chat(chat), now)
        return bucket
