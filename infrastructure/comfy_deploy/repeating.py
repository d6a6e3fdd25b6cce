"""How a call that is safe to repeat is repeated."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import attrs
import stamina

from infrastructure.comfy_deploy.answers import AnswerError, CallError
from infrastructure.comfy_deploy.errors import is_passing

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 3.0
JITTER_S = 0.5
RETRY_AFTER_CAP_S = 10.0
"""A longer wish of theirs is shortened to this: whoever asked us is waiting too."""

_T = TypeVar("_T")


async def repeated(
    once: Callable[[], Awaitable[_T]],
    *,
    for_s: float,
    attempt_s: float,
    attempts: int = 10,
    on_repeat: Callable[[], None] = lambda: None,
) -> _T:
    """
    Call until it works, with growing pauses, for `for_s` seconds or as long as an attempt may take.

    `on_repeat` hears of each further attempt. Raises the first CallError that a repeat cannot
    help, else the last one.
    """
    began_s = asyncio.get_running_loop().time()
    try:
        # Nearly every call ends here: the machinery below costs more than the call itself.
        return await once()
    except CallError as error:
        if not is_passing(error):
            raise
        first = error

    async def once_more() -> _T:
        on_repeat()
        return await once()

    limits = _Limits(began_s + for_s, began_s + max(for_s, attempt_s), attempts)
    return await _again(once_more, first, limits)


@attrs.frozen
class _Limits:
    """When no further attempt begins, and when even one under way ends; by the loop's time."""

    begins_until_s: float
    ends_at_s: float
    attempts: int


async def _again(once: Callable[[], Awaitable[_T]], first: CallError, limits: _Limits) -> _T:
    clock, last = asyncio.get_running_loop().time, first
    left_s = limits.begins_until_s - clock()
    if left_s <= 0:
        raise first

    def may_help(error: Exception) -> bool | float:
        if not is_passing(error):
            return False
        wish_s = min(_wish(error), RETRY_AFTER_CAP_S)
        return wish_s < limits.begins_until_s - clock() and (wish_s or True)

    try:
        async with asyncio.timeout_at(limits.ends_at_s):
            async for attempt in stamina.retry_context(
                on=may_help,
                attempts=limits.attempts,
                timeout=left_s,
                wait_initial=FIRST_PAUSE_S,
                wait_max=LONGEST_PAUSE_S,
                wait_jitter=JITTER_S,
            ):
                with attempt:
                    if attempt.num == 1:
                        raise first  # so that the first pause is like the others
                    try:
                        return await once()
                    except CallError as error:
                        last = error
                        raise
    except TimeoutError:
        raise last from None
    raise AssertionError("stamina returns or raises")


def _wish(error: Exception) -> float:
    """Return how long the service asks us to wait, in seconds; 0 when it does not say."""
    wish_s = error.retry_after_s if isinstance(error, AnswerError) else None
    return wish_s or 0.0
