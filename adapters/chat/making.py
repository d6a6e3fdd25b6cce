"""
Making: from what a person says, or a result's button, to a request for a generation.

A request that lacks something becomes a form, which asks for it.
"""

from adapters.chat.admins import Admins
from adapters.chat.forms import Forms, Outcome
from adapters.chat.surface import Surface, chat_of
from adapters.chat.updates import ChatUpdate
from core.sessions.model import Account
from core.shared.ids import JobId
from core.use_cases.go_on import GoOn
from core.use_cases.start_generation import Request
from core.workflows.model import Workflow
from core.workflows.service import Workflows
from core.workflows.typed import read


class Making:
    """Knows every way to a generation; `forms` are those that take more than one step."""

    def __init__(self, *, workflows: Workflows, go_on: GoOn, forms: Forms, admins: Admins) -> None:
        self._workflows = workflows
        self._admins = admins
        self._go_on = go_on
        self.forms = forms

    async def from_sentence(
        self, update: ChatUpdate, account: Account, surface: Surface
    ) -> Outcome:
        """Make what a bare sentence, with or without a picture, asks for."""
        workflow = await self._workflows.for_sentence(
            with_image=bool(update.images), for_admin=self._admins.has(update.sender)
        )
        typed = update.text.strip()
        return await self._from_words(update, account, surface, workflow=workflow, typed=typed)

    async def from_command(
        self, update: ChatUpdate, account: Account, surface: Surface, *, name: str, rest: str
    ) -> Outcome:
        """Make what `/name words input=value` asks for; `/make` leaves the choice to us."""
        workflow = await self._workflows.meant_by(
            name, with_image=bool(update.images), for_admin=self._admins.has(update.sender)
        )
        return await self._from_words(update, account, surface, workflow=workflow, typed=rest)

    async def by_name(
        self, update: ChatUpdate, account: Account, surface: Surface, *, name: str, rest: str
    ) -> Outcome:
        """Make what `/run name words` asks for: of this name, though it be a command of ours."""
        for_admin = self._admins.has(update.sender)
        workflow = await self._workflows.named(name, for_admin=for_admin)
        return await self._from_words(update, account, surface, workflow=workflow, typed=rest)

    async def example(
        self, update: ChatUpdate, account: Account, surface: Surface, *, name: str
    ) -> Outcome:
        """Open a workflow's form with the words of its example."""
        workflow = await self._workflows.named(name, for_admin=self._admins.has(update.sender))
        return await self.forms.example(update, account, surface, workflow=workflow)

    async def again(
        self, update: ChatUpdate, account: Account, surface: Surface, *, job: JobId
    ) -> Outcome:
        """Make the same once more, with a new seed."""
        chat = chat_of(update.reply_to)
        request = await self._go_on.again(job, account.id, reply_to=update.reply_to, chat=chat)
        return await self.forms.make(update, surface, request)

    async def upscale(
        self, update: ChatUpdate, account: Account, surface: Surface, *, job: JobId
    ) -> Outcome:
        """Make a result's picture larger."""
        request = await self._go_on.upscale(job, account.id, reply_to=update.reply_to)
        return await self.forms.make(update, surface, request)

    async def _from_words(
        self,
        update: ChatUpdate,
        account: Account,
        surface: Surface,
        *,
        workflow: Workflow,
        typed: str,
    ) -> Outcome:
        given = read(typed, workflow)
        images = [each.id for each in update.images]
        named = dict(zip(update.image_inputs, images, strict=False))
        request = Request(
            account=account.id,
            workflow=workflow,
            chat=chat_of(update.reply_to),
            words=given.words,
            inputs=given.values,
            images=tuple(images[len(named) :]),
            media=named,
            reply_to=update.reply_to,
        )
        return await self.forms.make(update, surface, request)
