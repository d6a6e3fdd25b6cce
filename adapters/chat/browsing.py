"""Browsing: what can be run, as lists, as a page for each workflow, and read anew."""

import re
from collections.abc import Sequence

import structlog

from adapters.chat import texts
from adapters.chat.actions import MAX_BYTES, BrowseWorkflows, encode
from adapters.chat.admins import Admins
from adapters.chat.cards import Card
from adapters.chat.menu import RESERVED
from adapters.chat.updates import ChatUpdate
from adapters.chat.views.catalogue import (
    ROWS,
    Page,
    Reloaded,
    headings_card,
    list_card,
    nothing_found_card,
    reloaded_card,
    workflow_card,
)
from adapters.chat.views.pages import help_card, text_card, unknown_workflow_card
from core.shared.errors import ServiceError, UnknownWorkflowError
from core.shared.ports import Clock
from core.use_cases.quote import QuoteGeneration
from core.workflows.model import Workflow
from core.workflows.service import Workflows
from core.workflows.snapshot import Snapshot, normal_name

SEARCH = "?"
SEARCH_LENGTH = 39
"""Characters of a search that go into a button."""

log = structlog.get_logger()


class Browsing:
    """Shows people the workflows that are offered to them."""

    def __init__(
        self, *, workflows: Workflows, quote: QuoteGeneration, admins: Admins, clock: Clock
    ) -> None:
        self._workflows = workflows
        self._quote = quote
        self._admins = admins
        self._clock = clock

    async def search(self, words: str, update: ChatUpdate) -> Card:
        """Return the workflows that words are said of; without words the first page of all."""
        what = searchable(words)
        return await self._list(f"{SEARCH}{what}" if what else "", 0, update)

    async def page(self, page: str, update: ChatUpdate) -> Card:
        """Return a page of a list by the name that BrowseWorkflows has for it."""
        what, _, number = page.rpartition(".")
        return await self._list(what, int(number), update)

    async def about(self, name: str, update: ChatUpdate) -> Card:
        """Return a workflow's own page, or the names that are nearest to an unknown one."""
        for_admin = self._admins.has(update.sender)
        try:
            workflow = await self._workflows.named(name.removeprefix("/"), for_admin=for_admin)
        except UnknownWorkflowError as error:
            if normal_name(name) in RESERVED:
                return help_card()
            offered = _offered(await self._workflows.snapshot(), for_admin=for_admin)
            names = {each.name for each in offered}
            return unknown_workflow_card(error, [each for each in error.nearest if each in names])
        problem = (await self._workflows.snapshot()).problem
        return workflow_card(workflow, await self._quote(workflow), problem)

    async def reload(self, update: ChatUpdate) -> Card:
        """Have everything read anew, for an operator. Raises OperatorsOnlyError."""
        self._admins.check(update.sender)
        try:
            before: Snapshot | None = await self._workflows.snapshot()
        except ServiceError:
            before = None
        began = self._clock.now()
        try:
            after = await self._workflows.reload()
        except ServiceError as error:
            log.warning("chat.service_error", code=error.code, error=str(error))
            return text_card(error.user_message + texts.STAYS)
        took_s = max(0.0, (self._clock.now() - began).total_seconds())
        return reloaded_card(_difference(before, after, took_s), _notes(after, for_admin=True))

    async def _list(self, what: str, number: int, update: ChatUpdate) -> Card:
        for_admin = self._admins.has(update.sender)
        snapshot = await self._workflows.snapshot()
        offered = _offered(snapshot, for_admin=for_admin)
        notes = _notes(snapshot, for_admin=for_admin)
        if not offered:
            return text_card("\n".join((texts.NO_WORKFLOWS, *notes)))
        found = _found(offered, what)
        if not found and what.startswith(SEARCH):
            near = snapshot.nearest(what[1:], for_admin=for_admin)
            return nothing_found_card(what[1:], near, notes)
        if not found or (not what and len(found) > ROWS):
            return headings_card(offered, notes)
        pages = -(-len(found) // ROWS)
        number = min(number, pages - 1)
        shown = found[number * ROWS :][:ROWS]
        rows = list(zip(shown, await self._quote.many(shown), strict=True))
        return list_card(Page(what=what, number=number, pages=pages, rows=rows), notes)


def searchable(words: str) -> str:
    """Return the beginning of a search that a button can hold, on any of its pages."""
    plain = re.sub(r"[:\x00-\x1f]", " ", words).encode(errors="ignore").decode()
    plain = " ".join(plain.split())[:SEARCH_LENGTH]
    while len(encode(BrowseWorkflows(f"{SEARCH}{plain}.999")).encode()) > MAX_BYTES:
        plain = plain[:-1]
    return plain.strip()


def _offered(snapshot: Snapshot, *, for_admin: bool) -> list[Workflow]:
    return [each for each in snapshot.workflows if each.is_listed_for(for_admin=for_admin)]


def _found(offered: Sequence[Workflow], what: str) -> list[Workflow]:
    """Return what a list is of; of a search, those first whose names have the words."""
    if what.startswith(SEARCH):
        words = what[1:].casefold().split()
        found = [each for each in offered if all(word in _said_of(each) for word in words)]
        return sorted(found, key=lambda each: not all(word in each.name for word in words))
    return [each for each in offered if what in ("", each.category)]


def _said_of(workflow: Workflow) -> str:
    told = (workflow.name, workflow.title, workflow.description, workflow.category)
    return "\n".join((*told, *workflow.aliases)).casefold()


def _notes(snapshot: Snapshot, *, for_admin: bool) -> list[str]:
    """Return what is to be said of the whole: that it is old, and to operators what is wrong."""
    notes = [snapshot.problem] if snapshot.problem else []
    warnings, collisions = len(snapshot.warnings), len(snapshot.collisions)
    if for_admin and (warnings or collisions):
        notes.append(texts.to_check(warnings, collisions))
    return notes


def _difference(before: Snapshot | None, after: Snapshot, took_s: float) -> Reloaded:
    old = {each.key: each for each in before.workflows} if before is not None else {}
    new = {each.key: each for each in after.workflows}
    return Reloaded(
        count=len(new),
        took_s=took_s,
        new=[each.name for key, each in new.items() if key not in old],
        gone=[each.name for key, each in old.items() if key not in new],
        changed=[each.name for key, each in new.items() if key in old and old[key] != each],
    )
