"""What the sessions need from the world."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from core.sessions.model import Account, Identity, TranscriptMessage
from core.shared.ids import AccountId, ChatId


class AccountStore(Protocol):
    """Knows which account an identity belongs to."""

    async def account_for(self, identity: Identity, *, fresh: AccountId, now: datetime) -> Account:
        """
        Return the identity's account; on first contact, make it under the id `fresh`.

        Of many first contacts at once one makes the account (`is_new`), and all get the same.
        """


class Transcripts(Protocol):
    """Keeps the conversations of fronts without a server that keeps them: the page."""

    async def put(self, chat: ChatId, message: TranscriptMessage) -> TranscriptMessage:
        """
        Store a message, or replace the one of the same id; return it with its new `seq`.

        Within a chat every `seq` is larger than all before it, across processes.
        """

    async def since(self, chat: ChatId, seq: int, *, limit: int) -> Sequence[TranscriptMessage]:
        """Return the newest `limit` messages that changed after `seq`, ordered by `seq`."""
