"""The same question, asked by several at once, is asked once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import TypeVar, cast

import attrs

T = TypeVar("T")


@attrs.define(eq=False)
class _Shared:
    task: asyncio.Task[object]
    waiting: int = 0


class SharedCalls:
    """
    Gives everybody who asks the same question, while it is on its way, the one answer.

    Whoever leaves takes nothing from the others; when all have left, the question is cancelled.
    """

    def __init__(self, shared: Callable[[Hashable], None]) -> None:
        self._shared = shared
        self._under_way: dict[Hashable, _Shared] = {}

    async def ask(self, key: Hashable, question: Callable[[], Awaitable[T]]) -> T:
        """Return the answer of a question, which `key` tells from others."""
        found = self._under_way.get(key)
        if found is None:
            task: asyncio.Task[object] = asyncio.ensure_future(_asked(question))
            found = self._under_way[key] = _Shared(task)
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        else:
            self._shared(key)
        found.waiting += 1
        try:
            return cast("T", await asyncio.shield(found.task))
        finally:
            found.waiting -= 1
            if not found.waiting and not found.task.done():
                # A question that nobody waits for any more is not joined either.
                self._under_way.pop(key, None)
                found.task.cancel()


async def _asked(question: Callable[[], Awaitable[object]]) -> object:
    return await question()
