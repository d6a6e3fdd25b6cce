"""
Filling: a form goes on by one step: it is saved, and shown, asks for the next, or is started.

A step is saved and then shown. What is started is started first and its form removed after that:
should we die in between, the same update finds the job that it has started.
"""

import contextlib
from collections.abc import Callable, Sequence
from functools import partial

import attrs
import structlog

from adapters.chat import texts
from adapters.chat.cards import Card
from adapters.chat.menu import complete
from adapters.chat.showing import NOWHERE, Showing, Trace, leave, with_trace
from adapters.chat.starting import Rest, Starting
from adapters.chat.surface import ShownAt, Surface
from adapters.chat.updates import ChatUpdate
from adapters.chat.views.forms import (
    OPTIONS_A_PAGE,
    Question,
    answer_of,
    form_card,
    left_card,
    page_of,
    question_card,
)
from core.shared.errors import InputMissingError, InputRefusedError, ServiceError, StationError
from core.use_cases.fill_form import FillForm, request_of
from core.use_cases.quote import QuoteGeneration
from core.workflows.form import Form
from core.workflows.inputs import Input
from core.workflows.kinds import InputKind

Outcome = Card | Showing | Rest | None
"""What is left to be done when a turn is over."""

Step = Callable[[Form], Form]
"""A change of a form. Made anew when somebody else was faster."""

log = structlog.get_logger()


def same(form: Form) -> Form:
    """Change nothing."""
    return form


def found_in(wanted: Input, text: str) -> list[str]:
    """Return the options that a text means: the one of that name, else all that hold it."""
    exact = [each for each in wanted.options if each.lower() == text.strip().lower()]
    return exact[:1] or complete(wanted.options, text, most=len(wanted.options))


def narrowed(wanted: Input, text: str, found: Sequence[str]) -> Question:
    """Return the question among the options that a text left; among all, if it left none."""
    if not found:
        return Question(wanted=wanted, trouble=texts.no_option(text))
    more = len(found) > OPTIONS_A_PAGE
    hint = texts.some_options(OPTIONS_A_PAGE, len(found)) if more else ""
    return Question(wanted=wanted, found=found, hint=hint)


@attrs.frozen(kw_only=True)
class Turn:
    """One update of a form's person: what it is, where it is shown, and the form as it found it."""

    update: ChatUpdate
    surface: Surface
    form: Form

    @property
    def trace(self) -> Trace:
        """What was noted of the form."""
        return Trace.read(self.form.draft.shown_at)

    @property
    def is_repeat(self) -> bool:
        """Whether the form has been changed by this very update."""
        return self.trace.taken == self.update.id


class Filling:
    """Takes forms one step on."""

    def __init__(self, *, fill: FillForm, starting: Starting, quote: QuoteGeneration) -> None:
        self._fill = fill
        self._starting = starting
        self._quote = quote

    async def answer(
        self, turn: Turn, wanted: Input, *, text: str, pictures: Sequence[str] = ()
    ) -> Outcome:
        """Take what a person wrote or sent for an input; what does not fit is asked for anew."""
        if wanted.kind is InputKind.CHOICE and text.strip() and not pictures:
            found = found_in(wanted, text)
            if len(found) != 1:
                return await self.ask(turn, wanted, question=narrowed(wanted, text, found))
            text = found[0]

        def step(form: Form) -> Form:
            return form.asking(wanted).answered(text, pictures)

        try:
            step(turn.form)
        except InputRefusedError as error:
            question = Question(wanted=wanted, trouble=error.user_message)
            return await self.ask(turn, wanted, question=question)
        return await self.go_on(turn, step, wanted=wanted)

    async def go_on(self, turn: Turn, step: Step, *, wanted: Input) -> Outcome:
        """Take a value: a whole form is shown again, else the next is asked for, or it starts."""
        if turn.trace.is_whole:
            return await self.show(turn, step, page=page_of(turn.form, wanted))
        return await self.start(turn, step, wanted=wanted)

    async def start(self, turn: Turn, step: Step = same, *, wanted: Input | None = None) -> Outcome:
        """
        Start what a form asks for; what is missing is asked for instead.

        When that cannot be done now, the form stays, and says why.
        """
        form = step(turn.form)
        try:
            here = attrs.evolve(request_of(form), reply_to=turn.update.reply_to)
            rest = await self._starting(turn.update, turn.surface, here)
        except InputMissingError as error:
            missing = form.input(error.name)
            if missing is None or not await self.can_ask(form, missing):
                return await self.show(turn, step, trouble=error.user_message)
            return await self.ask(turn, missing, step)
        except StationError as error:
            if isinstance(error, ServiceError):
                log.warning("chat.service_error", code=error.code, error=str(error))
            return await self.show(turn, step, trouble=error.user_message)
        with contextlib.suppress(StationError):  # it ends by itself; the job is there
            await self._fill.remove(form)
        said = texts.FORM_STARTED if wanted is None else answer_of(form, wanted)
        return self._started(turn, form, rest, said=said)

    async def ask(
        self, turn: Turn, wanted: Input, step: Step = same, *, question: Question | None = None
    ) -> Showing:
        """Save a step, and ask for an input."""
        whole = turn.trace.is_whole
        form = await self._saved(turn, lambda each: step(each).asking(wanted), is_whole=whole)
        question = attrs.evolve(
            question or Question(wanted=wanted),
            is_whole=whole,
            has_result=await self._fill.last_result(form.draft.account, wanted) is not None,
            hears=turn.update.hears,
        )
        return self._showing(turn, form, question_card(form, question))

    async def show(
        self, turn: Turn, step: Step = same, *, page: int = 0, trouble: str = ""
    ) -> Showing:
        """Save a step, and show the whole form."""
        form = await self._saved(turn, lambda each: step(each).asking(None), is_whole=True)
        quote = await self._quote(form.workflow)
        return self._showing(turn, form, form_card(form, quote, page=page, trouble=trouble))

    async def can_ask(self, form: Form, wanted: Input) -> bool:
        """Whether a person could answer: files other than pictures come from results alone."""
        if wanted.kind is not InputKind.FILE:
            return True
        return await self._fill.last_result(form.draft.account, wanted) is not None

    async def again(self, turn: Turn) -> Outcome:
        """Do nothing, and show it once more."""
        if turn.form.asked is not None:
            return await self.ask(turn, turn.form.asked)
        return await self.show(turn)

    async def _saved(self, turn: Turn, step: Step, *, is_whole: bool) -> Form:
        def noted(form: Form) -> Form:
            return with_trace(step(form), is_whole=is_whole, taken=turn.update.id)

        return await self._fill.change(turn.form, noted)

    def _showing(self, turn: Turn, form: Form, card: Card) -> Showing:
        """Return the card in the place of the one that was pressed, or below what was written."""
        place, asked = turn.trace.place, turn.form.asked
        is_pressed = turn.update.action is not None
        leaves = place and not is_pressed and not turn.is_repeat
        is_answered = asked is not None and form.given(asked) is not None
        said = answer_of(form, asked) if asked and is_answered else texts.FORM_LEFT
        return Showing(
            card=card,
            place=place if is_pressed else NOWHERE,
            noted=partial(self._note, form),
            left=(place, left_card(form, said)) if leaves else None,
        )

    async def _note(self, form: Form, shown: ShownAt) -> None:
        # It may have been closed meanwhile; and what is not noted is shown anew next time.
        with contextlib.suppress(StationError):
            await self._fill.change(form, lambda each: with_trace(each, place=shown), is_told=False)

    def _started(self, turn: Turn, form: Form, rest: Rest | None, *, said: str) -> Rest:
        async def shown() -> None:
            if rest is not None:
                await rest
            if turn.trace.place:
                card = left_card(form, said)
                await leave(turn.surface, turn.update.reply_to, place=turn.trace.place, card=card)

        return shown()
