"""The cards that answer questions: help, status; and errors."""

from collections.abc import Sequence

import attrs

from adapters.chat import texts
from adapters.chat.actions import CancelJob, RunCommand, ShowWorkflow
from adapters.chat.cards import Button, Card, Span, Style, Tone, Weight
from adapters.chat.menu import COMMANDS
from core.generations.model import Job
from core.shared.errors import (
    NotEnoughPointsError,
    StationError,
    TooManyJobsError,
    UnknownWorkflowError,
)


def help_card() -> Card:
    """Return what can be done here."""
    spans: list[Span] = [Span(texts.WELCOME), Span("\n")]
    for command in COMMANDS:
        if command.on_the_page:
            spans += [
                Span(f"\n/{command.name}", Style.CODE),
                Span(f"  {command.summary}", Style.QUIET),
            ]
    spans.append(Span(f"\n\n{texts.HELP_IMAGE}", Style.QUIET))
    buttons = (_page_button(texts.WORKFLOWS, "workflows"), _page_button(texts.POINTS, "points"))
    return Card(spans=tuple(spans), buttons=(buttons,), private=True)


def _page_button(label: str, command: str) -> Button:
    return Button(label, RunCommand(command))


def status_card(jobs: Sequence[Job]) -> Card:
    """Return what is under way, with a way to stop each."""
    if not jobs:
        return text_card(texts.NOTHING_OPEN)
    spans: list[Span] = []
    for number, job in enumerate(jobs, start=1):
        progress = f", {job.progress:.0%}" if job.progress else ""
        spans += [
            Span(f"\n{number}. " if spans else f"{number}. "),
            Span(job.wish.title, Style.BOLD),
            Span(f"  {job.wish.words[:60]}"),
            Span(f" · {job.state.value}{progress}", Style.QUIET),
        ]
    buttons = tuple(
        (Button(f"{texts.CANCEL} {number}", CancelJob(job.id), Weight.DANGER),)
        for number, job in enumerate(jobs, start=1)
    )
    return Card(spans=tuple(spans), buttons=buttons, private=True)


def text_card(text: str) -> Card:
    """Return one sentence as a card."""
    return Card(spans=(Span(text),), private=True)


def error_card(error: StationError) -> Card:
    """Return what went wrong, in the error's own words, with a way on where there is one."""
    match error:
        case NotEnoughPointsError():
            way_on: tuple[Button, ...] = (_page_button(texts.POINTS, "points"),)
        case UnknownWorkflowError():
            way_on = (_page_button(texts.WORKFLOWS, "workflows"),)
        case TooManyJobsError():
            way_on = (_page_button(texts.STATUS, "status"),)
        case _:
            way_on = ()
    return Card(
        spans=(Span(error.user_message),),
        tone=Tone.BAD,
        buttons=(way_on,) if way_on else (),
        private=True,
    )


def unknown_workflow_card(error: UnknownWorkflowError, nearest: Sequence[str]) -> Card:
    """Return that there is no such workflow, with the way to those that are called nearly so."""
    pages = tuple(Button(f"/{name}", ShowWorkflow(name)) for name in nearest)
    card = error_card(error)
    return attrs.evolve(card, buttons=(pages, *card.buttons)) if pages else card


def bug_card(error_id: str) -> Card:
    """Return the apology for a fault of ours."""
    return Card(spans=(Span(texts.bug(error_id)),), tone=Tone.BAD, private=True)


def alert_card(text: str) -> Card:
    """Return what only an operator can put right."""
    return Card(spans=(Span(f"{texts.ALERT}: ", Style.BOLD), Span(text)), tone=Tone.BAD)
