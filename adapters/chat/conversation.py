"""
The conversation: one update in, cards out; one turn at a time for each person.

It knows every command by name and no platform. It never raises: whatever goes wrong is a card. A
turn is over as soon as what was asked is done and saved: showing it may wait for a platform, and
the person's next update must not.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from math import inf
from typing import assert_never

import structlog

from adapters.chat import texts
from adapters.chat.actions import (
    CancelJob,
    RepeatJob,
    RunCommand,
    ShowInfo,
    UpscaleResult,
    decode,
)
from adapters.chat.answers import QUESTIONS, Answers
from adapters.chat.cards import Card
from adapters.chat.commands import take_apart
from adapters.chat.making import Making, Rest
from adapters.chat.stopping import Stopping
from adapters.chat.surface import ChatClosedError, NotShownError, Surface
from adapters.chat.turns import Turns
from adapters.chat.updates import ChatUpdate, UpdateHandler
from adapters.chat.views.pages import bug_card, error_card, text_card
from core.sessions.model import Account
from core.sessions.service import Accounts
from core.shared.errors import ServiceError, StationError
from core.shared.ports import Clock, SeenOnce

A_DAY_S = 86_400.0
DOUBLE_PRESS_S = 1.5
"""The same button of the same message within this time is one press."""

SHOWN_AGAIN_AFTER_S = (1.0, 3.0)
"""An answer has so many further tries; a job's end has the courier's, which are without number."""

LONGEST_WAIT_S = 60.0
"""A platform that wants a longer silence gets it, and no answer after it."""

log = structlog.get_logger()


class Conversation(UpdateHandler):
    """Decides what an update means, and has it done."""

    def __init__(
        self,
        *,
        accounts: Accounts,
        making: Making,
        stopping: Stopping,
        answers: Answers,
        seen: SeenOnce,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._accounts = accounts
        self._making = making
        self._stopping = stopping
        self._answers = answers
        self._seen = seen
        self._clock = clock
        self._sleep = sleep
        self._turns = Turns()

    async def handle(self, update: ChatUpdate, surface: Surface) -> None:
        async with self._turns.of(update.sender):
            outcome = await self._outcome(update, surface)
            # Begun within the turn, so that answers come in the order of the questions.
            telling = asyncio.create_task(self._tell(update, surface, outcome))
        await telling

    async def _outcome(self, update: ChatUpdate, surface: Surface) -> Card | Rest | None:
        try:
            return await self._answer(update, surface)
        except StationError as error:
            if isinstance(error, ServiceError):
                log.warning("chat.service_error", code=error.code, error=str(error))
            return error_card(error)
        except Exception:
            log.exception("chat.bug", error_id=_error_id(update))
            return bug_card(_error_id(update))

    async def _tell(
        self, update: ChatUpdate, surface: Surface, outcome: Card | Rest | None
    ) -> None:
        if outcome is not None and not isinstance(outcome, Card):
            try:
                await outcome
            except Exception:
                log.exception("chat.bug", error_id=_error_id(update))
                outcome = bug_card(_error_id(update))
            else:
                return
        if outcome is not None:
            await self._show(update, surface, outcome)

    async def _show(self, update: ChatUpdate, surface: Surface, card: Card) -> None:
        wait_s = 0.0
        for pause_s in (0.0, *SHOWN_AGAIN_AFTER_S):
            if pause_s:
                await self._sleep(max(pause_s, wait_s))
            try:
                await surface.send(update.reply_to, card, key=f"answer-{update.id}")
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

    async def _answer(self, update: ChatUpdate, surface: Surface) -> Card | Rest | None:
        if update.trouble is not None:
            raise update.trouble
        account = await self._accounts.of(update.sender)
        if update.action is not None:
            return await self._press(update, account, surface)
        typed = take_apart(update.text)
        if typed.command is None and typed.rest.startswith("/"):
            return await self._answers.to("help", account)  # a slip: nobody draws a slash
        if typed.command is None:
            return await self._sentence(update, account, surface)
        return await self._command(update, account, surface, name=typed.command, rest=typed.rest)

    async def _sentence(
        self, update: ChatUpdate, account: Account, surface: Surface
    ) -> Card | Rest | None:
        if not update.text.strip() and not update.images:
            return text_card(texts.EMPTY)
        return await self._making.from_sentence(update, account, surface)

    async def _command(
        self, update: ChatUpdate, account: Account, surface: Surface, *, name: str, rest: str
    ) -> Card | Rest | None:
        if name in QUESTIONS:
            return await self._answers.to(name, account)
        if name == "cancel":
            # The same update again must not cancel the next job.
            if not await self._seen.first_time(
                f"update:{update.id}", now=self._clock.now(), within_s=A_DAY_S
            ):
                return None
            return await self._stopping.by_command(account, rest)
        return await self._making.from_command(update, account, surface, name=name, rest=rest)

    async def _press(
        self, update: ChatUpdate, account: Account, surface: Surface
    ) -> Card | Rest | None:
        action = decode(update.action or "")
        pressed = "\n".join((account.id, update.message, update.action or ""))
        key = f"press:{hashlib.sha256(pressed.encode(errors='replace')).hexdigest()}"
        now = self._clock.now()
        if not await self._seen.first_time(key, now=now, within_s=DOUBLE_PRESS_S):
            return None
        match action:
            case CancelJob(job):
                return await self._stopping.by_button(account, job)
            case RepeatJob(job):
                return await self._making.again(update, account, surface, job=job)
            case UpscaleResult(job):
                return await self._making.upscale(update, account, surface, job=job)
            case ShowInfo(job):
                return await self._answers.info(job, account)
            case RunCommand(command):
                return await self._command(update, account, surface, name=command, rest="")
            case _:
                assert_never(action)


def _silence_s(error: StationError) -> float:
    """Return how long to be silent after an error; without end when to try again is in vain."""
    if isinstance(error, NotShownError) and not isinstance(error, ChatClosedError):
        return error.wait_s
    return inf


def _error_id(update: ChatUpdate) -> str:
    """Return the number under which the log has what went wrong with an update."""
    return update.id[:8]
