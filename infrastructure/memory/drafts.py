"""The drafts in a dictionary."""

from collections.abc import Sequence
from datetime import datetime

import attrs

from core.shared.ids import AccountId, ChatId, DraftId, WorkflowKey
from core.workflows.drafts import Draft
from core.workflows.ports import DraftStore


class InMemoryDrafts(DraftStore):
    """Keeps what people have begun to fill in while one process lives."""

    def __init__(self) -> None:
        self._drafts: dict[DraftId, Draft] = {}

    async def add(self, draft: Draft) -> None:
        self._drafts.setdefault(draft.id, draft)

    async def get(self, draft: DraftId, *, now: datetime) -> Draft | None:
        found = self._drafts.get(draft)
        return None if found is None or found.expires_at <= now else found

    async def save(self, draft: Draft) -> Draft | None:
        found = self._drafts.get(draft.id)
        if found is None or found.version != draft.version:
            return None
        saved = attrs.evolve(draft, version=draft.version + 1)
        self._drafts[draft.id] = saved
        return saved

    async def asking(self, account: AccountId, chat: ChatId, *, now: datetime) -> Draft | None:
        asking = [
            each
            for each in self._living(now)
            if each.asking and (each.account, each.chat) == (account, chat)
        ]
        return asking[-1] if asking else None

    async def of_workflow(self, workflow: WorkflowKey, *, now: datetime) -> Sequence[Draft]:
        return [each for each in self._living(now) if each.key == workflow]

    async def remove(self, draft: DraftId) -> bool:
        return self._drafts.pop(draft, None) is not None

    async def forget_expired(self, *, now: datetime) -> int:
        expired = [key for key, each in self._drafts.items() if each.expires_at <= now]
        for key in expired:
            del self._drafts[key]
        return len(expired)

    def _living(self, now: datetime) -> list[Draft]:
        """Return what has not expired, the one that was touched last at the end."""
        living = [each for each in self._drafts.values() if each.expires_at > now]
        return sorted(living, key=lambda each: (each.expires_at, each.id))
