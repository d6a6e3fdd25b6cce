"""Who is talking to us, where, and what was said."""

from collections.abc import Mapping
from datetime import datetime

import attrs
from attrs.validators import matches_re, max_len, min_len

from core.shared.ids import AccountId, ChatId


@attrs.frozen
class Identity:
    """A person as one platform knows them: `telegram:7`, `web:8d1f...`."""

    platform: str = attrs.field(validator=matches_re(r"[a-z]{1,16}"))
    user_id: str = attrs.field(validator=[min_len(1), max_len(128)])

    def __str__(self) -> str:
        return f"{self.platform}:{self.user_id}"


@attrs.frozen(kw_only=True)
class Account:
    """One person. `is_new` is True for the one call that made the account."""

    id: AccountId
    created_at: datetime
    is_new: bool = False


@attrs.frozen(kw_only=True)
class TranscriptMessage:
    """
    One message of a chat, as it stands now.

    `body` is text that only adapters read. `seq` rises with every change in the chat, and is 0
    before the message is stored.
    """

    id: str
    body: str
    at: datetime
    seq: int = 0


@attrs.frozen(kw_only=True)
class Preferences:
    """
    What somebody wants a workflow to begin with, by input name.

    `set_aside` are those that the workflow does not take any more, with the reason: they are never
    sent, and shown to whoever saved them. `version` is 0 before they are stored.
    """

    values: Mapping[str, str | int | float | bool] = attrs.field(factory=dict)
    set_aside: Mapping[str, str] = attrs.field(factory=dict)
    version: int = 0


def personal(account: AccountId) -> str:
    """Return whose the preferences are that a person takes to every chat."""
    return f"account:{account}"


def common(chat: ChatId) -> str:
    """Return whose the preferences are that everybody in a chat begins with."""
    return f"chat:{chat}"
