"""The cards of the workflows: headings, a page of a list, one by itself, and after a reload."""

from collections import Counter
from collections.abc import Iterable, Sequence

import attrs

from adapters.chat import texts
from adapters.chat.actions import BrowseWorkflows, OpenForm, RunCommand, ShowWorkflow
from adapters.chat.cards import Button, Card, Span, Style
from adapters.chat.menu import RESERVED, call_of, named
from adapters.chat.views.inputs import facts_of
from core.points.pricing import Quote
from core.shared.wording import shortened
from core.workflows.inputs import Input
from core.workflows.kinds import InputKind
from core.workflows.model import Category, Workflow

ROWS = 8
"""Workflows on one page of a list."""

NAMES = 10
"""Names that a reload tells of each sort."""

COLUMNS = 2
"""Buttons beside each other: names are long, and telephones narrow."""

ABOUT_LENGTH = 140
"""Characters that a list shows of a description."""

DESCRIPTION_LENGTH = 600
INPUTS_LENGTH = 2_400
"""Characters about the inputs: with all else a page fits the 4,096 of one message."""

EXAMPLE_LENGTH = 300

EXAMPLES = {
    Category.TEXT_TO_IMAGE: "a red fox in the snow",
    Category.IMAGE_TO_IMAGE: "the same in winter",
    Category.UPSCALE: "sharp and clear",
    Category.VIDEO: "a red fox runs through the snow",
    Category.AUDIO: "rain on a tin roof",
    Category.TEXT: "what is in this picture?",
    Category.OTHER: "a red fox in the snow",
}


@attrs.frozen(kw_only=True)
class Page:
    """
    A page of a list. `what` is a category's heading, `?` and the words of a search, or "" for all.

    `number` counts from 0.
    """

    what: str = ""
    number: int = 0
    pages: int = 1
    rows: Sequence[tuple[Workflow, Quote]]

    @property
    def title(self) -> str:
        """What is above the list."""
        return f"“{self.what[1:]}”" if self.what.startswith("?") else self.what


def headings_card(workflows: Sequence[Workflow], notes: Iterable[str]) -> Card:
    """Return the categories that there are, with their numbers."""
    counts = Counter(each.category for each in workflows)
    spans = [Span(texts.counted(len(workflows), "workflow"), Style.BOLD)]
    for category in Category:
        if counts[category]:
            spans += [Span(f"\n{category}"), Span(f"  {counts[category]:,}", Style.QUIET)]
    spans += [Span(f"\n\n{texts.SEARCH_HINT}", Style.QUIET), Span("/workflows fox", Style.CODE)]
    buttons = [
        Button(category.capitalize(), BrowseWorkflows(f"{category}.0"))
        for category in Category
        if counts[category]
    ]
    return Card(spans=(*spans, *_quiet(notes)), buttons=in_rows(buttons), private=True)


def list_card(page: Page, notes: Iterable[str]) -> Card:
    """Return a page of workflows: what each does and costs, and the way to its own page."""
    spans: list[Span] = []
    if page.title:
        of = texts.page_of(page.number + 1, page.pages)
        spans += [Span(page.title, Style.BOLD), Span(f"  {of}" if page.pages > 1 else "")]
    for workflow, quote in page.rows:
        spans += [
            Span(f"\n{call_of(workflow)}" if spans else call_of(workflow), Style.CODE),
            Span(f"  {_about(workflow)} · {texts.quoted(quote)}"),
            *(Span(f" · {each}", Style.QUIET) for each in _remarks(workflow)),
        ]
    to_pages = [Button(each.name, ShowWorkflow(each.name)) for each, _ in page.rows]
    return Card(
        spans=(*(each for each in spans if each.text), *_quiet(notes)),
        buttons=(*in_rows(to_pages), *_ways_on(page)),
        private=True,
    )


def _about(workflow: Workflow) -> str:
    """Return one line: the title, unless the command says the same, and the description."""
    says_more = workflow.title.casefold() != workflow.name or not workflow.description
    told = filter(None, (workflow.title if says_more else "", workflow.description))
    return shortened(" ".join(": ".join(told).split()), ABOUT_LENGTH)


def _ways_on(page: Page) -> tuple[tuple[Button, ...], ...]:
    row = []
    if page.number > 0:
        row.append(Button(texts.BEFORE, BrowseWorkflows(f"{page.what}.{page.number - 1}")))
    if page.what:
        row.append(Button(texts.HEADINGS, BrowseWorkflows(".0")))
    if page.number + 1 < page.pages:
        row.append(Button(texts.AFTER, BrowseWorkflows(f"{page.what}.{page.number + 1}")))
    return (tuple(row),) if row else ()


def nothing_found_card(words: str, nearest: Sequence[str], notes: Iterable[str]) -> Card:
    """Return that a search was in vain, with the names that are nearest to it."""
    said = texts.NOTHING_FOUND.format(words=words) + (texts.MEANT_PERHAPS if nearest else "")
    buttons = [Button(f"/{name}", ShowWorkflow(name)) for name in nearest]
    buttons.append(Button(texts.HEADINGS, BrowseWorkflows(".0")))
    return Card(spans=(Span(said), *_quiet(notes)), buttons=in_rows(buttons), private=True)


def workflow_card(workflow: Workflow, quote: Quote, problem: str = "") -> Card:
    """
    Return a workflow's own page: what it does, takes and costs, and an example of it.

    `problem` is why what is known of it may be old.
    """
    lines = [texts.quoted(quote), *_remarks(workflow), *_where(workflow)]
    if problem:
        lines.append(problem)
    if workflow.name in RESERVED:
        lines.append(texts.RESERVED_NAME)
    if workflow.aliases:
        lines.append(texts.ALSO_CALLED + ", ".join(f"/{each}" for each in workflow.aliases[:NAMES]))
    makes = ", ".join(workflow.outputs)
    sort = f"  {workflow.category}{f' · {texts.MAKES}{makes}' if makes else ''}"
    spans = [
        Span(shortened(workflow.title, ABOUT_LENGTH), Style.BOLD),
        Span("  "),
        Span(call_of(workflow), Style.CODE),
        Span(sort, Style.QUIET),
    ]
    if workflow.description:
        spans.append(Span(f"\n{shortened(workflow.description, DESCRIPTION_LENGTH)}"))
    spans += [Span("\n"), *_quiet(lines)]
    spans += [Span(f"\n\n{texts.TRY_WITH} "), Span(example_of(workflow), Style.CODE)]
    if any(each.required for each in workflow.media_inputs):
        spans.append(Span(f"\n{texts.SEND_A_PICTURE}", Style.QUIET))
    # Last: where they are too many for a platform's message, they are what is cut.
    spans += _inputs(workflow)
    row = (
        Button(texts.TRY_IT, OpenForm(workflow.name)),
        Button(texts.WORKFLOWS, RunCommand("workflows")),
    )
    return Card(spans=tuple(spans), buttons=(row,), private=True)


def _inputs(workflow: Workflow) -> list[Span]:
    """Return a line for each input, as long as there is room; the others by their names."""
    if not workflow.inputs:
        return [Span(f"\n\n{texts.NO_INPUTS}", Style.QUIET)]
    spans, room = [Span(f"\n\n{texts.INPUTS}", Style.BOLD)], INPUTS_LENGTH
    for number, each in enumerate(workflow.inputs):
        name, facts = f"\n{shortened(each.name, ABOUT_LENGTH)}", f"  {facts_of(each)}"
        room -= len(name) + len(facts)
        if room < 0:
            left = workflow.inputs[number:]
            names = ", ".join(one.name for one in left)
            more = f"\n{texts.and_more(len(left))}: {names}"
            return [*spans, Span(shortened(more, EXAMPLE_LENGTH), Style.QUIET)]
        spans += [Span(name, Style.CODE), Span(facts, Style.QUIET)]
    return spans


def _where(workflow: Workflow) -> list[str]:
    at = workflow.runs_on
    lines = [texts.place(at.environment, at.version, workflow.gpu or "")]
    if len(workflow.deployments) > 1:
        lines.append(workflow.route)
    return [each for each in lines if each]


def _remarks(workflow: Workflow) -> list[str]:
    machine = workflow.runs_on.machine
    remarks = [] if machine is None or machine.is_ready else [texts.not_ready(machine.status)]
    return [*remarks, texts.FOR_OPERATORS] if workflow.for_admins else remarks


def example_of(workflow: Workflow) -> str:
    """Return a command that can be sent as it is: the operator's example, or one of ours."""
    words = workflow.example
    if not words:
        told = EXAMPLES[workflow.category] if workflow.prompt is not None else ""
        words = " ".join(filter(None, (told, _value_of(workflow))))
    return shortened(f"{call_of(workflow)} {words}".rstrip(), EXAMPLE_LENGTH)


def _value_of(workflow: Workflow) -> str:
    """Return how one of the numbers is given, with its own value; "" where there is none."""

    def is_usual(each: Input) -> bool:
        has_value = isinstance(each.default, int | float) and each.kind is not InputKind.BOOLEAN
        return has_value and each.kind.is_numeric and not each.is_seed

    found = next(filter(is_usual, workflow.inputs), None)
    return "" if found is None else f"{named(found.name)} {found.default}"


@attrs.frozen(kw_only=True)
class Reloaded:
    """What a reading brought: the names of what is new, gone and changed, and seconds it took."""

    count: int
    took_s: float
    new: Sequence[str] = ()
    gone: Sequence[str] = ()
    changed: Sequence[str] = ()


def reloaded_card(found: Reloaded, notes: Iterable[str]) -> Card:
    """Return what a reading brought."""
    sorts = (("new", found.new), ("gone", found.gone), ("changed", found.changed))
    spans = [Span(texts.reloaded(found.count, found.took_s))]
    for sort, names in sorts:
        if names:
            listed = ", ".join(f"/{each}" for each in names[:NAMES])
            more = f" {texts.and_more(len(names) - NAMES)}" if len(names) > NAMES else ""
            spans += [Span(f"\n{sort}: ", Style.QUIET), Span(f"{listed}{more}")]
    if len(spans) == 1:
        spans.append(Span(f"\n{texts.UNCHANGED}", Style.QUIET))
    row = (Button(texts.WORKFLOWS, RunCommand("workflows")),)
    return Card(spans=(*spans, *_quiet(notes)), buttons=(row,), private=True)


def in_rows(buttons: Sequence[Button]) -> tuple[tuple[Button, ...], ...]:
    """Return buttons in rows that a telephone can show."""
    return tuple(tuple(buttons[at : at + COLUMNS]) for at in range(0, len(buttons), COLUMNS))


def _quiet(lines: Iterable[str]) -> tuple[Span, ...]:
    return tuple(Span(f"\n{line}", Style.QUIET) for line in lines)
