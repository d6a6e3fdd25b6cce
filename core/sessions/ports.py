"""What the sessions need from the world."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from core.sessions.model import Account, Identity, Preferences, TranscriptMessage
from core.shared.ids import AccountId, ChatId


class AccountStore(Protocol):
    """Knows which account an identity belongs to."""

    async def account_for(self, identity: Identity, *, fresh: AccountId, now: datetime) -> Account:
        """
        Return the identity's account; on first contact, make it under the id `fresh`.

        Of many first contacts at once one makes the account (`is_new`), and all get the same.
        """

    async def find(self, identity: Identity) -> Account | None:
        """Return the identity's account; None, and make none, when we have never met."""

    async def get(self, account: AccountId) -> Account | None:
        """Return the account of this id, None when there is none."""


class Transcripts(Protocol):
    """Keeps the conversations of fronts without a server that keeps them: the page."""

    async def put(self, chat: ChatId, message: TranscriptMessage) -> TranscriptMessage:
        """
        Store a message, or replace the one of the same id; return it with its new `seq`.

        Within a chat every `seq` is larger than all before it, across processes.
        """

    async def since(self, chat: ChatId, seq: int, *, limit: int) -> Sequence[TranscriptMessage]:
        """Return the newest `limit` messages that changed after `seq`, ordered by `seq`."""


class PreferenceStore(Protocol):
    """
    Keeps what people and chats want workflows to begin with.

    `owner` is `personal(account)` or `common(chat)`, `workflow` a WorkflowKey as text. Each method
    is atomic, across processes too.
    """

    async def get(self, owner: str, workflow: str) -> Preferences:
        """Return what is saved; empty ones, of version 0, where nothing is."""

    async def save(self, owner: str, workflow: str, preferences: Preferences) -> bool:
        """
        Save over the version that was read; empty ones are forgotten.

        Returns False, and changes nothing, when somebody was faster.
        """

    async def of_owners(self, owners: Sequence[str], workflow: str) -> Sequence[Preferences]:
        """Return what each owner has saved for a workflow, as `get` does, by one question."""

    async def of_owner(self, owner: str) -> Mapping[str, Preferences]:
        """Return all that is saved for somebody, by workflow, in the order of the workflows."""

    async def of_workflow(self, workflow: str) -> Mapping[str, Preferences]:
        """Return all that is saved for a workflow, by owner, in the order of the owners."""
