"""Settings: what workflows begin with, for a person and for everybody in a chat."""

from collections.abc import Mapping, Sequence

import attrs

from adapters.chat import texts
from adapters.chat.admins import Admins
from adapters.chat.cards import Card
from adapters.chat.surface import chat_of
from adapters.chat.updates import ChatUpdate, Hears
from adapters.chat.views.preferences import Saved, all_settings_card, handle_of, settings_card
from core.sessions.model import Account, Preferences, common, personal
from core.shared.errors import InputRefusedError
from core.use_cases.prefer import Prefer, input_to_keep
from core.workflows.model import Workflow
from core.workflows.service import Workflows
from core.workflows.snapshot import Snapshot
from core.workflows.typed import read

CHAT = "chat"
"""The word for what everybody in the chat begins with."""

CLEAR = ("clear", "forget", "reset")


@attrs.frozen(kw_only=True)
class _Asker:
    """Who asks, and whose preferences are theirs and their chat's."""

    update: ChatUpdate
    for_admin: bool
    mine: str
    common: str

    @property
    def is_alone(self) -> bool:
        """Whether the chat is the person's own."""
        return self.update.hears is Hears.ALL


class Settings:
    """Shows, saves and forgets preferences."""

    def __init__(self, *, prefer: Prefer, workflows: Workflows, admins: Admins) -> None:
        self._prefer = prefer
        self._workflows = workflows
        self._admins = admins

    async def to(self, rest: str, update: ChatUpdate, account: Account) -> Card:
        """
        Answer `[chat] [NAME [input=value ... | clear]]`; what is not given is shown.

        Raises UnknownWorkflowError, InputRefusedError, and OperatorsOnlyError for changes of what
        is common to others.
        """
        asker = self._asker(update, account)
        first, rest = _first_of(rest)
        is_common = first.lower() == CHAT
        name, what = _first_of(rest) if is_common else (first, rest)
        if not name:
            return await self._all(asker)
        workflow = await self._workflows.meant_by(
            name.removeprefix("/"), with_image=False, for_admin=asker.for_admin
        )
        if not what:
            return await self._one(asker, workflow)
        if is_common and not asker.is_alone:
            self._admins.check(update.sender)
        owner = asker.common if is_common else asker.mine
        if what.lower() in CLEAR:
            await self._prefer.forget(owner, workflow.key)
            return await self._one(asker, workflow, done=texts.FORGOTTEN)
        await self._prefer.save(owner, workflow, _given(what, workflow))
        return await self._one(asker, workflow, done=texts.SAVED)

    async def forget(self, handle: str, update: ChatUpdate, account: Account) -> Card:
        """Forget a person's own by a button; a workflow that is gone is known by its key."""
        asker = self._asker(update, account)
        workflow = (await self._workflows.snapshot()).find(handle)
        if workflow is not None and workflow.is_for(for_admin=asker.for_admin):
            await self._prefer.forget(asker.mine, workflow.key)
            return await self._one(asker, workflow, done=texts.FORGOTTEN)
        for key in await self._prefer.all_of(asker.mine):
            if handle_of(key) == handle or (workflow is not None and key == workflow.key):
                await self._prefer.forget(asker.mine, key)
        return await self._all(asker)

    def _asker(self, update: ChatUpdate, account: Account) -> _Asker:
        return _Asker(
            update=update,
            for_admin=self._admins.has(update.sender),
            mine=personal(account.id),
            common=common(chat_of(update.reply_to)),
        )

    async def _all(self, asker: _Asker) -> Card:
        snapshot = await self._workflows.snapshot()
        mine = await self._prefer.all_of(asker.mine)
        others = await self._prefer.all_of(asker.common)
        return all_settings_card(_saved(mine, snapshot), _saved(others, snapshot))

    async def _one(self, asker: _Asker, workflow: Workflow, *, done: str = "") -> Card:
        mine, others = [
            Saved(
                key=workflow.key,
                workflow=workflow,
                preferences=await self._prefer.of(owner, workflow),
            )
            for owner in (asker.mine, asker.common)
        ]
        return settings_card(mine, others, workflow, done=done)


def _first_of(text: str) -> tuple[str, str]:
    """Return the first word, and what follows it."""
    first, *rest = text.split(maxsplit=1) or [""]
    return first, "".join(rest).strip()


def _given(what: str, workflow: Workflow) -> Mapping[str, str]:
    """Return values by input name. Raises InputRefusedError for whatever else was written."""
    typed = read(what, workflow)
    for word in typed.words.split():
        name, sign, _ = word.partition("=")
        if sign and name:
            input_to_keep(workflow, name)
        raise InputRefusedError(word, texts.no_setting(word))
    return typed.values


def _saved(found: Mapping[str, Preferences], snapshot: Snapshot) -> Sequence[Saved]:
    return [
        Saved(key=key, workflow=snapshot.find(key), preferences=preferences)
        for key, preferences in found.items()
    ]
