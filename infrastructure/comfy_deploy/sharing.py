"""The same question, asked by several at once, is asked once."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Hashable
from typing import TypeVar, cast

T = TypeVar("T")


class _LeftError(Exception):
    """Whoever had asked for all has gone without an answer."""


class SharedCalls:
    """
    Gives everybody who asks the same question, while it is on its way, the one answer.

    The first to ask asks for all; when that one is cancelled, so is the question, and the next of
    those who wait asks it anew.
    """

    def __init__(self, shared: Callable[[Hashable], None]) -> None:
        self._shared = shared
        self._under_way: dict[Hashable, asyncio.Future[object]] = {}

    async def ask(self, key: Hashable, question: Callable[[], Awaitable[T]]) -> T:
        """Return the answer of a question, which `key` tells from others."""
        while (asked := self._under_way.get(key)) is not None:
            self._shared(key)
            try:
                return cast("T", await asyncio.shield(asked))
            except _LeftError:
                continue
        return await self._ask_for_all(key, question)

    async def _ask_for_all(self, key: Hashable, question: Callable[[], Awaitable[T]]) -> T:
        # A future, and no task: nearly always nobody else asks, and a task costs as much as a call.
        answer: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._under_way[key] = answer
        try:
            found = await question()
            answer.set_result(found)
            return found
        finally:
            del self._under_way[key]
            if not answer.done():
                answer.set_exception(_told(sys.exception()))
                answer.exception()  # or asyncio complains when nobody else was waiting


def _told(failure: BaseException | None) -> BaseException:
    if failure is None or isinstance(failure, asyncio.CancelledError):
        return _LeftError()
    return failure
