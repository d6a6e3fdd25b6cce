"""Prefer: what a person, or a chat, wants a workflow to begin with is checked and kept."""

from collections.abc import Callable, Mapping

import attrs

from core.sessions.model import Preferences
from core.sessions.ports import PreferenceStore
from core.shared.errors import InputRefusedError, StoreTroubleError
from core.workflows.inputs import Input, InputValue
from core.workflows.model import Workflow
from core.workflows.naming import input_called, unknown_input

TRIES = 5
"""How often a change is tried that somebody else was faster than."""


class Prefer:
    """Keeps preferences. `owner` is `personal(account)` or `common(chat)` of the sessions."""

    def __init__(self, preferences: PreferenceStore) -> None:
        self._preferences = preferences

    async def of(self, owner: str, workflow: Workflow) -> Preferences:
        """Return what is saved for a workflow; empty ones where nothing is."""
        return await self._preferences.get(owner, workflow.key)

    async def all_of(self, owner: str) -> Mapping[str, Preferences]:
        """Return all that is saved for somebody, by the workflow's key."""
        return await self._preferences.of_owner(owner)

    async def save(
        self, owner: str, workflow: Workflow, given: Mapping[str, object]
    ) -> Preferences:
        """
        Save values beside those that were saved before, and return all.

        Raises InputRefusedError for a name that is no input, a file, and a value out of range.
        """
        values = dict(_checked(workflow, name, value) for name, value in given.items())

        def with_values(before: Preferences) -> Preferences:
            aside = {name: why for name, why in before.set_aside.items() if name not in values}
            return attrs.evolve(before, values={**before.values, **values}, set_aside=aside)

        return await self._change(owner, workflow.key, with_values)

    async def forget(self, owner: str, key: str) -> None:
        """Forget what is saved for a workflow, which may itself be gone, by its key."""
        await self._change(owner, key, lambda before: Preferences(version=before.version))

    async def _change(
        self, owner: str, key: str, change: Callable[[Preferences], Preferences]
    ) -> Preferences:
        for _ in range(TRIES):
            changed = change(await self._preferences.get(owner, key))
            if await self._preferences.save(owner, key, changed):
                return changed
        raise StoreTroubleError(f"preferences of {key} change all the time")


def _checked(workflow: Workflow, name: str, value: object) -> tuple[str, InputValue]:
    wanted = input_to_keep(workflow, name)
    return wanted.name, wanted.accept(value)


def input_to_keep(workflow: Workflow, name: str) -> Input:
    """Return the input of a name. Raises InputRefusedError when it is none, or a file."""
    wanted = input_called(workflow, name)
    if wanted is None:
        raise unknown_input(workflow, name)
    if wanted.kind.is_media:
        raise InputRefusedError(
            name, f"“{wanted.name}” is a file: please send it with the command, it is not saved."
        )
    return wanted
