"""How a call that is safe to repeat is repeated."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina

from infrastructure.comfy_deploy.answers import AnswerError, CallError, NoAnswerError
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
    last: CallError | None = None
    clock = asyncio.get_running_loop().time
    ends_at = clock() + for_s

    def again(error: Exception) -> bool | float:
        if not is_passing(error):
            return False
        wish_s = min(_wish(error), RETRY_AFTER_CAP_S)
        return wish_s < ends_at - clock() and (wish_s or True)

    try:
        async with asyncio.timeout(max(for_s, attempt_s)):
            async for attempt in stamina.retry_context(
                on=again,
                attempts=attempts,
                timeout=for_s,
                wait_initial=FIRST_PAUSE_S,
                wait_max=LONGEST_PAUSE_S,
                wait_jitter=JITTER_S,
            ):
                with attempt:
                    if attempt.num > 1:
                        on_repeat()
                    try:
                        return await once()
                    except CallError as error:
                        last = error
                        raise
    except TimeoutError:
        raise last or NoAnswerError(f"nothing usable within {for_s:g} s") from None
    raise AssertionError("stamina returns or raises")


def _wish(error: Exception) -> float:
    """Return how long the service asks us to wait, in seconds; 0 when it does not say."""
    wish_s = error.retry_after_s if isinstance(error, AnswerError) else None
    return wish_s or 0.0
