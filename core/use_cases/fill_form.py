"""FillForm: a form is opened, filled in and kept, until it becomes a request for a generation."""

from collections.abc import Callable, Mapping

import attrs

from core.generations.ports import JobStore
from core.media.model import MediaKind, MediaRef
from core.sessions.model import common, personal
from core.sessions.ports import PreferenceStore
from core.shared.errors import NotYoursError, StaleButtonError, StoreTroubleError
from core.shared.ids import AccountId, ChatId, DraftId, JobId
from core.shared.ports import Clock
from core.use_cases.start_generation import Request
from core.workflows.drafts import DRAFT_LIVES, Draft
from core.workflows.form import Form
from core.workflows.inputs import Input, InputValue
from core.workflows.kinds import InputKind, Role
from core.workflows.ports import DraftStore
from core.workflows.service import Workflows

LOOKED_AT = 20
"""Among so many of a person's newest jobs a result is looked for that a form can take."""

TRIES = 5
"""How often a change is tried that somebody else was faster than."""


_MADE_FOR = {Role.VIDEO: MediaKind.VIDEO, Role.AUDIO: MediaKind.AUDIO}


class FormGoneError(StaleButtonError):
    """A form that was closed, has become a generation, or was left alone for too long."""

    code = "form.gone"

    @property
    def user_message(self) -> str:
        minutes = int(DRAFT_LIVES.total_seconds() // 60)
        return (
            f"This form is closed: it was run, or closed, or left alone for {minutes} minutes. "
            "Please begin again with the workflow's command, or with Tweak on a result."
        )


def takes(wanted: Input, kind: MediaKind) -> bool:
    """Whether an input takes files of this kind."""
    if wanted.kind is InputKind.IMAGE:
        return kind is MediaKind.IMAGE
    made_for = None if wanted.role is None else _MADE_FOR.get(wanted.role)
    return wanted.kind is InputKind.FILE and kind is (made_for or kind)


def request_of(form: Form) -> Request:
    """Return what a form asks for."""
    draft = form.draft
    return Request(
        account=draft.account,
        workflow=form.workflow,
        chat=draft.chat,
        words=draft.words,
        inputs=draft.values,
        media=draft.media,
        parent=draft.parent,
        reply_to=draft.reply_to,
        notes=draft.notes,
        is_complete=True,
    )


class FillForm:
    """Keeps the forms. Every change is saved over the version that it was made from."""

    def __init__(
        self,
        *,
        drafts: DraftStore,
        preferences: PreferenceStore,
        workflows: Workflows,
        jobs: JobStore,
        clock: Clock,
    ) -> None:
        self._drafts = drafts
        self._preferences = preferences
        self._workflows = workflows
        self._jobs = jobs
        self._clock = clock

    async def prepared(self, draft: DraftId, request: Request) -> Form:
        """Return a form with what was given so far. Raises InputRefusedError."""
        empty = Draft(
            id=draft,
            account=request.account,
            chat=request.chat,
            workflow=request.workflow.name,
            key=request.workflow.key,
            parent=request.parent,
            notes=request.notes,
            reply_to=request.reply_to,
            expires_at=self._clock.now() + DRAFT_LIVES,
        )
        form = Form(draft=empty, workflow=request.workflow).with_words(request.words)
        form = form.with_all({**request.media, **request.inputs})
        return form.with_pictures(request.images)

    async def open(self, form: Form) -> Form:
        """
        Open a form that is prepared; one that is open already is returned as it stands.

        It begins with what the chat and the person have saved, too.
        """
        form = await self._with_saved(form)
        await self._alone(form.draft)
        await self._drafts.add(form.draft)
        return await self.owned(form.draft.id, form.draft.account)

    async def asked(self, account: AccountId, chat: ChatId) -> Form | None:
        """Return the form that waits for a person's answer in a chat."""
        draft = await self._drafts.asking(account, chat, now=self._clock.now())
        return None if draft is None else await self._form_of(draft)

    async def owned(self, draft: DraftId, account: AccountId) -> Form:
        """Return a person's form as today's workflow takes it. Raises FormGone, NotYoursError."""
        found = await self._drafts.get(draft, now=self._clock.now())
        if found is None:
            raise FormGoneError(f"no draft {draft}")
        if found.account != account:
            raise NotYoursError(f"draft {draft} is not of {account}")
        return await self._form_of(found)

    async def change(
        self, form: Form, change: Callable[[Form], Form], *, is_told: bool = True
    ) -> Form:
        """
        Change a form, whoever else does so meanwhile, and keep it for its full time again.

        Where it is told, its notes are returned and not kept: they are to be shown once.
        Raises FormGoneError.
        """
        for _ in range(TRIES):
            changed = change(form)
            await self._alone(changed.draft)
            notes = changed.draft.notes
            kept = attrs.evolve(changed.draft, notes=() if is_told else notes)
            saved = await self._drafts.save(kept.kept_alive(self._clock.now()))
            if saved is not None:
                return attrs.evolve(changed, draft=attrs.evolve(saved, notes=notes))
            form = await self.owned(form.draft.id, form.draft.account)
        raise FormGoneError(f"draft {form.draft.id} changes all the time")

    async def remove(self, form: Form) -> bool:
        """Close a form; whether it was open."""
        return await self._drafts.remove(form.draft.id)

    async def has_started(self, job: JobId) -> bool:
        """Whether there is a job of this id: the form that it came from is closed."""
        return await self._jobs.get(job) is not None

    async def last_result(self, account: AccountId, wanted: Input) -> MediaRef | None:
        """Return a person's newest result that an input can take."""
        if not wanted.kind.is_media:
            return None
        jobs = await self._jobs.recent_of(account, limit=LOOKED_AT)
        results = (each for job in jobs for each in job.outputs)
        return next((each for each in results if takes(wanted, each.kind)), None)

    async def keep(self, form: Form) -> Mapping[str, InputValue]:
        """
        Save what differs from the workflow as what its person begins with; return that.

        A prompt and a seed that were saved before stay as they are.
        """
        owner, key = personal(form.draft.account), form.workflow.key
        values = form.worth_keeping()
        for _ in range(TRIES):
            before = await self._preferences.get(owner, key)
            others = {name: each for name, each in before.values.items() if form.is_own(name)}
            aside = {name: why for name, why in before.set_aside.items() if name not in values}
            after = attrs.evolve(before, values={**others, **values}, set_aside=aside)
            if await self._preferences.save(owner, key, after):
                return values
        raise StoreTroubleError(f"preferences of {key} change all the time")

    async def _alone(self, draft: Draft) -> None:
        """See to it that one that asks is alone in its chat: another one asks no more."""
        if draft.asking:
            other = await self._drafts.asking(draft.account, draft.chat, now=self._clock.now())
            if other is not None and other.id != draft.id:
                # Should somebody be faster, that one was answered just now.
                await self._drafts.save(attrs.evolve(other, asking=""))

    async def _form_of(self, draft: Draft) -> Form:
        snapshot = await self._workflows.snapshot()
        workflow = snapshot.find(draft.key) or snapshot.find(draft.workflow)
        if workflow is None:
            await self._drafts.remove(draft.id)
            workflow = await self._workflows.named(draft.workflow)  # raises, with what is near
        return Form.of(draft, workflow)

    async def _with_saved(self, form: Form) -> Form:
        """Return the form with what is saved for all that it has no value for; a person's last."""
        begun = form
        for owner in (common(form.draft.chat), personal(form.draft.account)):
            saved = await self._preferences.get(owner, form.workflow.key)
            form = form.with_taken(saved.values)
        return form.with_words(begun.draft.words or form.draft.words).with_all(
            {**begun.draft.values, **begun.draft.media}
        )
