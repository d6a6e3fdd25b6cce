"""Putting a message right a little later, when that could not be done at once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from adapters.chat.surface import ChatClosedError, MessageGoneError, NotShownError
from adapters.chat.tasks import Tasks

AFTER_S = (0.5, 5.0)
"""When it is tried again: each pause after the one before."""

Edit = Callable[[], Awaitable[object]]

log = structlog.get_logger()


class Mending(Tasks):
    """Makes edits whose failure leaves something wrong to be seen; goes on in the background."""

    def __init__(self, *, bug: str, after_s: Sequence[float] = AFTER_S) -> None:
        super().__init__(bug=bug)
        self._after_s = after_s

    async def put_right(self, edit: Edit) -> None:
        """Make an edit, and make it again in the background when it fails."""
        if not await _is_over(edit):
            self.begin(self._later(edit))

    async def _later(self, edit: Edit) -> None:
        for pause_s in self._after_s:
            await asyncio.sleep(pause_s)
            if await _is_over(edit):
                return


async def _is_over(edit: Edit) -> bool:
    """Make the edit, and return whether nothing more could be done."""
    try:
        await edit()
    except NotShownError as error:
        log.info("chat.left_wrong", code=error.code, error=str(error))
        return isinstance(error, MessageGoneError | ChatClosedError)
    return True
