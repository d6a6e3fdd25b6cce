"""What an update means: a press, a command, an answer that we asked for, or a sentence."""

import hashlib
from typing import assert_never

from adapters.chat import texts
from adapters.chat.actions import (
    BrowseWorkflows,
    CancelJob,
    ForgetPreferences,
    JobAction,
    OpenForm,
    PageAction,
    PressForm,
    RepeatJob,
    RunCommand,
    ShowEntries,
    ShowInfo,
    ShowWorkflow,
    TweakJob,
    UpscaleResult,
    decode,
)
from adapters.chat.answers import QUESTIONS, Answers
from adapters.chat.browsing import Browsing
from adapters.chat.cards import Card
from adapters.chat.commands import take_apart
from adapters.chat.forms import Outcome
from adapters.chat.making import Making
from adapters.chat.settings import Settings
from adapters.chat.stopping import Stopping
from adapters.chat.surface import Surface
from adapters.chat.updates import ChatUpdate
from adapters.chat.views.pages import text_card
from core.sessions.model import Account
from core.shared.ports import Clock, SeenOnce

A_DAY_S = 86_400.0
DOUBLE_PRESS_S = 1.5
"""The same button of the same message within this time is one press."""


class Dispatch:
    """Knows every command and button by name, and who does it."""

    def __init__(
        self,
        *,
        making: Making,
        stopping: Stopping,
        answers: Answers,
        browsing: Browsing,
        settings: Settings,
        seen: SeenOnce,
        clock: Clock,
    ) -> None:
        self._making = making
        self._stopping = stopping
        self._answers = answers
        self._browsing = browsing
        self._settings = settings
        self._seen = seen
        self._clock = clock

    async def __call__(self, update: ChatUpdate, account: Account, surface: Surface) -> Outcome:
        """Have done what an update asks for. Raises StationError."""
        if update.is_answer and await self._making.forms.asked(update, account) is None:
            return None  # people in a group talk, and we asked nobody
        if update.trouble is not None:
            raise update.trouble
        if update.action is not None:
            return await self._press(update, account, surface)
        typed = take_apart(update.text)
        if typed.command is not None:
            return await self._command(
                update, account, surface, name=typed.command, rest=typed.rest
            )
        if typed.rest.startswith("/"):
            return await self._answers.to("help", account)  # a slip: nobody draws a slash
        return await self._sentence(update, account, surface)

    async def _sentence(self, update: ChatUpdate, account: Account, surface: Surface) -> Outcome:
        asked = await self._making.forms.asked(update, account)
        if asked is not None:
            return await self._making.forms.answer(update, surface, asked)
        if not update.text.strip() and not update.images:
            return text_card(texts.EMPTY)
        return await self._making.from_sentence(update, account, surface)

    async def _command(
        self, update: ChatUpdate, account: Account, surface: Surface, *, name: str, rest: str
    ) -> Outcome:
        answer = await self._asked(update, account, name=name, rest=rest)
        if answer is not None:
            return answer
        match name:
            case "cancel":
                return await self._cancel(update, account, rest)
            case "why":
                return await self._answers.why(rest, update, account)
            case "run":
                return await self._run(update, account, surface, rest=rest)
            case _:
                return await self._making.from_command(
                    update, account, surface, name=name, rest=rest
                )

    async def _asked(
        self, update: ChatUpdate, account: Account, *, name: str, rest: str
    ) -> Card | None:
        """Answer a command that makes nothing; None for one that does."""
        match name:
            case "help" if rest:
                return await self._browsing.about(rest, update)
            case "workflows":
                return await self._browsing.search(rest, update)
            case "reload":
                return await self._browsing.reload(update)
            case "settings":
                return await self._settings.to(rest, update, account)
            case _ if name in QUESTIONS:
                return await self._answers.to(name, account)
            case _:
                return None

    async def _run(
        self, update: ChatUpdate, account: Account, surface: Surface, *, rest: str
    ) -> Outcome:
        if not rest:
            return await self._browsing.search("", update)
        name, *words = rest.split(maxsplit=1)
        return await self._making.by_name(
            update, account, surface, name=name.removeprefix("/"), rest="".join(words)
        )

    async def _cancel(self, update: ChatUpdate, account: Account, rest: str) -> Outcome:
        # The same update again must not cancel the next job.
        key = f"update:{update.id}"
        if not await self._seen.first_time(key, now=self._clock.now(), within_s=A_DAY_S):
            return None
        closed = await self._making.forms.close(update, account)
        if closed is not None and not rest:
            return closed
        # What is stopped says so on cards of its own.
        stopped = await self._stopping.by_command(account, rest)
        return closed or stopped

    async def _press(self, update: ChatUpdate, account: Account, surface: Surface) -> Outcome:
        action = decode(update.action or "")
        pressed = "\n".join((account.id, update.message, update.action or "", update.text))
        key = f"press:{hashlib.sha256(pressed.encode(errors='replace')).hexdigest()}"
        now = self._clock.now()
        if not await self._seen.first_time(key, now=now, within_s=DOUBLE_PRESS_S):
            return None
        if isinstance(action, JobAction):
            return await self._on_job(update, account, surface, action=action)
        if isinstance(action, ShowEntries):
            return await self._answers.entries(int(action.page), account)
        return await self._on_page(update, account, surface, action=action)

    async def _on_job(
        self, update: ChatUpdate, account: Account, surface: Surface, *, action: JobAction
    ) -> Outcome:
        match action:
            case CancelJob(job):
                return await self._stopping.by_button(account, job)
            case RepeatJob(job):
                return await self._making.again(update, account, surface, job=job)
            case UpscaleResult(job):
                return await self._making.upscale(update, account, surface, job=job)
            case TweakJob(job):
                return await self._making.forms.tweak(update, account, surface, job=job)
            case ShowInfo(job):
                return await self._answers.info(job, account)
            case _:
                assert_never(action)

    async def _on_page(
        self, update: ChatUpdate, account: Account, surface: Surface, *, action: PageAction
    ) -> Outcome:
        forms = self._making.forms
        match action:
            case RunCommand(command):
                return await self._command(update, account, surface, name=command, rest="")
            case BrowseWorkflows(page):
                return await self._browsing.page(page, update)
            case ShowWorkflow(name):
                return await self._browsing.about(name, update)
            case ForgetPreferences(name):
                return await self._settings.forget(name, update, account)
            case OpenForm(name):
                return await self._making.example(update, account, surface, name=name)
            case PressForm(draft, what):
                return await forms.press(update, account, surface, draft=draft, what=what)
            case _:
                assert_never(action)
