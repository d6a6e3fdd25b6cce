"""The preferences in a dictionary."""

import itertools
from collections.abc import Mapping, Sequence

import attrs

from core.sessions.model import Preferences
from core.sessions.ports import PreferenceStore


class InMemoryPreferences(PreferenceStore):
    """Keeps what people and chats want workflows to begin with, while one process lives."""

    def __init__(self) -> None:
        self._saved: dict[tuple[str, str], Preferences] = {}
        # Of the whole store: what was forgotten and saved anew never has an old version again.
        self._versions = itertools.count(1)

    async def get(self, owner: str, workflow: str) -> Preferences:
        return self._saved.get((owner, workflow), Preferences())

    async def save(self, owner: str, workflow: str, preferences: Preferences) -> bool:
        there = await self.get(owner, workflow)
        if there.version != preferences.version:
            return False
        if preferences.values or preferences.set_aside:
            version = next(self._versions)
            self._saved[owner, workflow] = attrs.evolve(preferences, version=version)
        else:
            self._saved.pop((owner, workflow), None)
        return True

    async def of_owners(self, owners: Sequence[str], workflow: str) -> Sequence[Preferences]:
        return [await self.get(owner, workflow) for owner in owners]

    async def of_owner(self, owner: str) -> Mapping[str, Preferences]:
        return {key: self._saved[who, key] for who, key in sorted(self._saved) if who == owner}

    async def of_workflow(self, workflow: str) -> Mapping[str, Preferences]:
        return {who: self._saved[who, key] for who, key in sorted(self._saved) if key == workflow}
