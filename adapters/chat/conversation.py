"""
The conversation: one update in, cards out; one turn at a time for each person.

It knows no platform, and leaves to Dispatch what an update means. It never raises: whatever goes
wrong is a card. A turn is over as soon as what was asked is done and saved: showing it may wait
for a platform, and the person's next update must not.
"""

import asyncio
from collections.abc import Awaitable, Callable
from math import inf

import structlog

from adapters.chat.cards import Card
from adapters.chat.dispatch import Dispatch
from adapters.chat.forms import Outcome
from adapters.chat.showing import Showing
from adapters.chat.surface import ChatClosedError, NotShownError, Surface
from adapters.chat.turns import Turns
from adapters.chat.updates import ChatUpdate, UpdateHandler
from adapters.chat.views.pages import bug_card, error_card
from core.sessions.service import Accounts
from core.shared.errors import ServiceError, StationError

SHOWN_AGAIN_AFTER_S = (1.0, 3.0)
"""An answer has so many further tries; a job's end has the courier's, which are without number."""

LONGEST_WAIT_S = 60.0
"""A platform that wants a longer silence gets it, and no answer after it."""

log = structlog.get_logger()


class Conversation(UpdateHandler):
    """Has updates done, one after the other for each person, and shows the answers."""

    def __init__(
        self,
        *,
        accounts: Accounts,
        dispatch: Dispatch,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._accounts = accounts
        self._dispatch = dispatch
        self._sleep = sleep
        self._turns = Turns()

    async def handle(self, update: ChatUpdate, surface: Surface) -> None:
        async with self._turns.of(update.sender):
            outcome = await self._outcome(update, surface)
            # Begun within the turn, so that answers come in the order of the questions.
            telling = asyncio.create_task(self._tell(update, surface, outcome))
        await telling

    async def _outcome(self, update: ChatUpdate, surface: Surface) -> Outcome:
        try:
            return await self._answer(update, surface)
        except StationError as error:
            if isinstance(error, ServiceError):
                log.warning("chat.service_error", code=error.code, error=str(error))
            return error_card(error)
        except Exception:
            log.exception("chat.bug", error_id=_error_id(update))
            return bug_card(_error_id(update))

    async def _tell(self, update: ChatUpdate, surface: Surface, outcome: Outcome) -> None:
        if outcome is not None and not isinstance(outcome, Card | Showing):
            try:
                await outcome
            except Exception:
                log.exception("chat.bug", error_id=_error_id(update))
                outcome = bug_card(_error_id(update))
            else:
                return
        if outcome is not None:
            shown = Showing(card=outcome) if isinstance(outcome, Card) else outcome
            await self._show(update, surface, shown)

    async def _show(self, update: ChatUpdate, surface: Surface, shown: Showing) -> None:
        wait_s = 0.0
        for pause_s in (0.0, *SHOWN_AGAIN_AFTER_S):
            if pause_s:
                await self._sleep(max(pause_s, wait_s))
            try:
                await shown.on(surface, update)
            except StationError as error:
                log.warning("chat.not_shown", code=error.code, error=str(error))
                wait_s = _silence_s(error)
            except Exception:
                log.exception("chat.not_shown", error_id=update.id[:8])
                return
            else:
                return
            if wait_s > LONGEST_WAIT_S:
                return

    async def _answer(self, update: ChatUpdate, surface: Surface) -> Outcome:
        account = await self._accounts.of(update.sender)
        return await self._dispatch(update, account, surface)


def _silence_s(error: StationError) -> float:
    """Return how long to be silent after an error; without end when to try again is in vain."""
    if isinstance(error, NotShownError) and not isinstance(error, ChatClosedError):
        return error.wait_s
    return inf


def _error_id(update: ChatUpdate) -> str:
    """Return the number under which the log has what went wrong with an update."""
    return update.id[:8]
