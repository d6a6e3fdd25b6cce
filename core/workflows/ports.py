"""What the workflows need from the world."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import attrs

from core.shared.ids import AccountId, ChatId, DraftId, WorkflowKey
from core.workflows.drafts import Draft
from core.workflows.lora import Lora
from core.workflows.model import Workflow
from core.workflows.snapshot import Snapshot


class WorkflowCatalogue(Protocol):
    """Knows which workflows can be run. ComfyUI Deploy is the only source of truth."""

    async def current(self) -> Snapshot:
        """
        Return what is known: at most as old as the catalogue's time to live, as a rule.

        An older one says why (`problem`): the service does not answer. Raises ServiceError when
        nothing is known yet and the service does not answer.
        """

    async def reload(self) -> Snapshot:
        """Read everything anew, now. Raises ServiceError, and keeps what was known."""


@attrs.frozen(kw_only=True)
class RunTime:
    """
    How long one successful run took, in seconds: `run_s` to work, `wait_s` before that.

    None for what nobody told. `wait_s` is from the submit to the start: a queue, a cold machine.
    """

    ended_at: datetime
    run_s: float
    wait_s: float | None = None
    gpu: str | None = None
    was_cold: bool | None = None


class RunHistory(Protocol):
    """Knows how long runs took."""

    async def recent(self, workflow: Workflow, *, limit: int) -> Sequence[RunTime]:
        """Return the newest `limit` successes, newest first. Raises StoreTroubleError."""


class DraftStore(Protocol):
    """Keeps what people have begun to fill in. Each method is atomic, across processes too."""

    async def add(self, draft: Draft) -> None:
        """Save a new draft. The same id again changes nothing."""

    async def get(self, draft: DraftId, *, now: datetime) -> Draft | None:
        """Return a draft, or None when it is gone or has expired."""

    async def save(self, draft: Draft) -> Draft | None:
        """
        Save a draft over the version that it was read at; return it with the next version.

        Returns None, and changes nothing, when somebody was faster or it was removed.
        """

    async def asking(self, account: AccountId, chat: ChatId, *, now: datetime) -> Draft | None:
        """Return the person's newest draft that waits for an answer in this chat."""

    async def of_workflow(self, workflow: WorkflowKey, *, now: datetime) -> Sequence[Draft]:
        """Return everybody's drafts of a workflow that have not expired, oldest first."""

    async def remove(self, draft: DraftId) -> bool:
        """Forget a draft; whether it was there. Of many callers at once one is told True."""

    async def forget_expired(self, *, now: datetime) -> int:
        """Forget what has expired; return how many."""


class Wildcards(Protocol):
    """The operator's lists of words, by name."""

    async def lines(self, name: str) -> Sequence[str] | None:
        """Return the lines of a list in their order, without empty ones; None for no such list."""

    async def names(self) -> Sequence[str]:
        """Return the names of all lists, in their order."""


class LoraLibrary(Protocol):
    """The operator's LoRA files, with the words that call them."""

    async def all(self) -> Sequence[Lora]:
        """Return every one, in the order of the operator's list."""
