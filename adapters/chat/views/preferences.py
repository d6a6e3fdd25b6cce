"""The cards of preferences: what workflows begin with, for a person and in a chat."""

from collections.abc import Mapping, Sequence

import attrs

from adapters.chat import texts
from adapters.chat.actions import ForgetPreferences, ShowWorkflow
from adapters.chat.cards import Button, Card, Span, Style
from adapters.chat.menu import call_of
from adapters.chat.views.catalogue import in_rows
from core.sessions.model import Preferences
from core.shared.wording import shortened
from core.workflows.inputs import InputValue
from core.workflows.model import Workflow
from core.workflows.snapshot import normal_name

VALUE_LENGTH = 120
"""Characters that are shown of one value."""

SHOWN = 20
"""Workflows that one card tells of."""


@attrs.frozen(kw_only=True)
class Saved:
    """What is saved for one workflow. `workflow` is None for one that is gone."""

    key: str
    workflow: Workflow | None
    preferences: Preferences

    @property
    def is_empty(self) -> bool:
        """Whether nothing is saved at all."""
        return not (self.preferences.values or self.preferences.set_aside)

    @property
    def button(self) -> Button:
        """Forgets it: a workflow that is gone is named by its key."""
        if self.workflow is None:
            return Button(f"{texts.FORGET} {self.key[:8]}", ForgetPreferences(handle_of(self.key)))
        name = self.workflow.name
        return Button(f"{texts.FORGET} {name}", ForgetPreferences(name))


def handle_of(key: str) -> str:
    """Return a workflow's key as a button can hold it."""
    return normal_name(key) or "_"


def all_settings_card(mine: Sequence[Saved], common: Sequence[Saved]) -> Card:
    """Return all that a person has saved, and what is common to everybody in this chat."""
    spans = [Span(texts.SETTINGS_TITLE, Style.BOLD)]
    for saved in mine[:SHOWN]:
        spans += _entry(saved)
    if not (mine or common):
        spans.append(Span(f"\n{texts.SETTINGS_NONE}"))
    if len(mine) > SHOWN:
        spans.append(Span(f"\n{texts.and_more(len(mine) - SHOWN)}", Style.QUIET))
    for saved in common[:SHOWN]:
        spans += [*_entry(saved), Span(f"  ({texts.SETTINGS_HERE})", Style.QUIET)]
    spans += _hint("/settings text2img width=512")
    buttons = in_rows([each.button for each in mine[:SHOWN]])
    return Card(spans=tuple(spans), buttons=buttons, private=True)


def settings_card(mine: Saved, common: Saved, workflow: Workflow, *, done: str = "") -> Card:
    """Return what one workflow begins with; `done` says what was changed just now."""
    spans = [Span(f"{done} ")] if done else []
    spans += [Span(workflow.title, Style.BOLD), Span("  "), Span(call_of(workflow), Style.CODE)]
    spans += _values(mine.preferences)
    if not common.is_empty:
        spans += [Span(f"\n{texts.SETTINGS_HERE}:", Style.QUIET), *_values(common.preferences)]
    if mine.is_empty and common.is_empty:
        spans.append(Span(f"\n{texts.SETTINGS_OWN}"))
    spans += _hint(f"/settings {workflow.name} {_sample(workflow)}")
    buttons = [] if mine.is_empty else [mine.button]
    buttons.append(Button(texts.INPUTS, ShowWorkflow(workflow.name)))
    return Card(spans=tuple(spans), buttons=in_rows(buttons), private=True)


def _entry(saved: Saved) -> list[Span]:
    if saved.workflow is None:
        name = Span(f"\n{texts.SETTINGS_GONE} ({saved.key[:8]})")
    else:
        name = Span(f"\n{call_of(saved.workflow)}", Style.CODE)
    return [name, *_values(saved.preferences, between="  ")]


def _values(preferences: Preferences, *, between: str = "\n") -> list[Span]:
    spans = [
        Span(f"{between}{name}={shortened(_typed(value), VALUE_LENGTH)}")
        for name, value in preferences.values.items()
    ]
    spans += [
        Span(f"\n{name}: {texts.SET_ASIDE} ({why.rstrip('.')})", Style.QUIET)
        for name, why in preferences.set_aside.items()
    ]
    return spans


def _typed(value: InputValue) -> str:
    """Return a value as a person would type it."""
    if isinstance(value, bool):
        return texts.YES if value else texts.NO
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _hint(example: str) -> list[Span]:
    return [Span(f"\n\n{texts.SETTINGS_HINT}", Style.QUIET), Span(example, Style.CODE)]


def _sample(workflow: Workflow) -> str:
    """Return one input as it is set; one that has a value of its own before all others."""
    known: Mapping[bool, str] = {
        each.default not in (None, ""): f"{each.name}={_typed(each.default or '')}"
        for each in reversed(workflow.inputs)
        if not (each.kind.is_media or each.is_seed)
    }
    return known.get(True) or "input=value"
