"""A draft: what a person has begun to fill in, before it is a wish."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import attrs

from core.shared.ids import AccountId, ChatId, DraftId, JobId, WorkflowKey, WorkflowName
from core.workflows.inputs import InputValue

DRAFT_LIVES = timedelta(minutes=15)
"""From the last thing that its owner did with it."""


@attrs.frozen(kw_only=True)
class Draft:
    """
    A form that is being filled in. Only its owner may answer.

    `values` are checked, by input name; `media` are ids of our own files by input name. `asking`
    names the input whose answer is the owner's next message in `chat`; "" asks nothing. `notes`
    say what was set aside because the workflow has changed. `reply_to` and `shown_at` are text
    that only adapters read.
    """

    id: DraftId
    account: AccountId
    chat: ChatId
    workflow: WorkflowName
    key: WorkflowKey
    words: str = ""
    values: Mapping[str, InputValue] = attrs.field(factory=dict)
    media: Mapping[str, str] = attrs.field(factory=dict)
    asking: str = ""
    parent: JobId | None = None
    notes: tuple[str, ...] = ()
    reply_to: str = ""
    shown_at: str = ""
    expires_at: datetime
    version: int = 0

    def kept_alive(self, now: datetime) -> "Draft":
        """Return the draft with its full time before it."""
        return attrs.evolve(self, expires_at=now + DRAFT_LIVES)
