"""
Forms: what a generation lacks is asked for, and what it is made of can be looked through first.

A question is answered by its person's next message or by its buttons, a whole form by its buttons.
The same update once more changes nothing.
"""

from adapters.chat import texts
from adapters.chat.cards import Card
from adapters.chat.filling import Filling, Outcome, Turn
from adapters.chat.pressing import Pressing
from adapters.chat.starting import Starting
from adapters.chat.surface import Surface, chat_of
from adapters.chat.updates import ChatUpdate
from adapters.chat.views.pages import text_card
from core.sessions.model import Account
from core.shared.errors import InputMissingError, InputRefusedError
from core.shared.ids import DraftId, JobId
from core.use_cases.fill_form import FillForm, FormGoneError
from core.use_cases.go_on import GoOn
from core.use_cases.quote import QuoteGeneration
from core.use_cases.start_generation import Request
from core.workflows.form import Form
from core.workflows.model import Workflow
from core.workflows.typed import Typed, read

__all__ = ["Forms", "Outcome"]


class Forms:
    """Opens forms, and takes what people write and press for them."""

    def __init__(
        self,
        *,
        fill: FillForm,
        starting: Starting,
        quote: QuoteGeneration,
        go_on: GoOn,
    ) -> None:
        self._fill = fill
        self._starting = starting
        self._go_on = go_on
        self._filling = Filling(fill=fill, starting=starting, quote=quote)
        self._pressing = Pressing(fill=fill, filling=self._filling)

    async def make(self, update: ChatUpdate, surface: Surface, request: Request) -> Outcome:
        """Start what is asked for, or ask for what it lacks."""
        try:
            return await self._starting(update, surface, request)
        except InputMissingError as error:
            empty = await self._fill.prepared(DraftId(update.id), request)
            wanted = empty.input(error.name)
            if wanted is None or not await self._filling.can_ask(empty, wanted):
                raise
        form = await self._fill.open(empty.asking(wanted))
        return await self._filling.ask(Turn(update=update, surface=surface, form=form), wanted)

    async def asked(self, update: ChatUpdate, account: Account) -> Form | None:
        """Return the form that waits for this person's answer in this chat."""
        return await self._fill.asked(account.id, chat_of(update.reply_to))

    async def answer(self, update: ChatUpdate, surface: Surface, form: Form) -> Outcome:
        """Take a message of the form's person as the answer to what it asks for."""
        turn = Turn(update=update, surface=surface, form=form)
        wanted = form.asked
        if turn.is_repeat or wanted is None:
            return await self._filling.again(turn)
        pictures = [each.id for each in update.images]
        return await self._filling.answer(turn, wanted, text=update.text, pictures=pictures)

    async def press(
        self, update: ChatUpdate, account: Account, surface: Surface, *, draft: DraftId, what: str
    ) -> Outcome:
        """Do what a button means; None when it has started its job before."""
        try:
            form = await self._fill.owned(draft, account.id)
        except FormGoneError:
            if await self._fill.has_started(JobId(update.id)):
                return None
            raise
        return await self._pressing(Turn(update=update, surface=surface, form=form), what)

    async def tweak(
        self, update: ChatUpdate, account: Account, surface: Surface, *, job: JobId
    ) -> Outcome:
        """Open what a job was made of. Raises StaleButtonError and NotYoursError."""
        begun = await self._go_on.start_of(job, account.id)
        request = Request(
            account=account.id,
            workflow=begun.workflow,
            chat=chat_of(update.reply_to),
            words=begun.words,
            inputs=begun.values,
            media=begun.media,
            parent=job,
            reply_to=update.reply_to,
            notes=begun.notes,
        )
        return await self._open(update, surface, request)

    async def example(
        self, update: ChatUpdate, account: Account, surface: Surface, *, workflow: Workflow
    ) -> Outcome:
        """Open a workflow with its example, which may give values beside the words."""
        typed = _example_of(workflow)
        request = Request(
            account=account.id,
            workflow=workflow,
            chat=chat_of(update.reply_to),
            words=typed.words,
            inputs=typed.values,
            reply_to=update.reply_to,
        )
        return await self._open(update, surface, request)

    async def close(self, update: ChatUpdate, account: Account) -> Card | None:
        """Close the form that waits for an answer here; None when there is none."""
        form = await self.asked(update, account)
        if form is None or not await self._fill.remove(form):
            return None
        return text_card(f"{form.workflow.title}: {texts.FORM_CLOSED}")

    async def _open(self, update: ChatUpdate, surface: Surface, request: Request) -> Outcome:
        prepared = await self._fill.prepared(DraftId(update.id), request)
        form = await self._fill.open(prepared)
        return await self._filling.show(Turn(update=update, surface=surface, form=form))


def _example_of(workflow: Workflow) -> Typed:
    """Return an example as it is read; an operator's mistake in it is words like any other."""
    try:
        return read(workflow.example, workflow)
    except InputRefusedError:
        return Typed(words=workflow.example)
