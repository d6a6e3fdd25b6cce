"""The cards of a person's points: what there is, what came and went, and why one job cost so."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import attrs

from adapters.chat import texts
from adapters.chat.actions import RunCommand, ShowEntries, ShowInfo
from adapters.chat.cards import Button, Card, Span, Style
from core.generations.model import Job
from core.points.model import Balance, Entry, Hold
from core.points.receipts import Receipt, hold_of, is_of_bought, kind_of
from core.shared.wording import shortened

LATEST = 5
"""Entries that `/points` shows."""

ROWS = 8
"""Entries on a page of older ones."""

SHOWN_HOLDS = 5

WORDS_LENGTH = 40
"""Characters of a prompt in a line."""

Jobs = Mapping[str, Job]
"""Jobs by their ids, which are those of their holds."""


@attrs.frozen(kw_only=True)
class Page:
    """Entries, newest first, with their jobs; `number` counts pages from 0."""

    entries: Sequence[Entry]
    jobs: Jobs
    number: int = 0
    has_older: bool = False


@attrs.frozen(kw_only=True)
class Statement:
    """A wallet at one moment: its balance, what is set aside, oldest first, and what was last."""

    balance: Balance
    capacity: int
    holds: Sequence[Hold]
    latest: Page


def points_card(statement: Statement, *, now: datetime) -> Card:
    """Return what a person has, when it refills, what is set aside, and what was lately."""
    balance, latest = statement.balance, statement.latest
    lines = [f"{texts.ALLOWANCE} {balance.allowance.amount:,} of {statement.capacity:,}"]
    if balance.bought.amount:
        lines.append(f"{texts.BOUGHT} {balance.bought.amount:,}")
    if refills := _refills(balance, now=now):
        lines.append(refills)
    if balance.held.amount:
        lines += [f"{texts.HELD} {balance.held.amount:,}", *_set_aside(statement)]
    spans = [Span(texts.balance(balance.available), Style.BOLD), *_quiet(lines)]
    if latest.entries:
        spans += [Span(f"\n{texts.LATELY}", Style.BOLD), *_rows(latest, now=now)]
    older = (Button(texts.OLDER, ShowEntries("0")),)
    return Card(spans=tuple(spans), buttons=(older,) if latest.has_older else (), private=True)


def entries_card(page: Page, *, now: datetime) -> Card:
    """Return a page of what is older than `/points` shows."""
    newer = RunCommand("points") if page.number == 0 else ShowEntries(str(page.number - 1))
    row = [Button(texts.NEWER, newer)]
    if page.has_older:
        row.append(Button(texts.OLDER, ShowEntries(str(page.number + 1))))
    rows = _rows(page, now=now) if page.entries else (Span(f"\n{texts.NO_ENTRIES}"),)
    heading = Span(texts.POINTS, Style.BOLD)
    return Card(spans=(heading, *rows), buttons=(tuple(row),), private=True)


def why_card(job: Job, entries: Sequence[Entry]) -> Card:
    """Return the way of a job's points, with what the price was made of."""
    began = job.created_at
    lines = [f"{began:%Y-%m-%d %H:%M} UTC: {texts.QUOTED} {texts.quoted(job.quote)}"]
    for each in entries:
        after_s = max(0.0, (each.at - began).total_seconds())
        lines.append(f"+{texts.seconds(after_s)}: {_said(each, {job.id: job})}")
    facts = [f"{name}: {value}" for name, value in _facts(job, Receipt.of(entries))]
    title = Span(job.wish.title, Style.BOLD)
    words = (Span(f"  {shortened(job.wish.words, WORDS_LENGTH)}"),) if job.wish.words else ()
    info = Button(texts.INFO, ShowInfo(job.id))
    return Card(
        spans=(title, *words, *_lines(lines), *_quiet(facts)), buttons=((info,),), private=True
    )


def _facts(job: Job, receipt: Receipt | None) -> Iterable[tuple[str, str]]:
    if receipt is not None:
        yield texts.CHARGED, str(receipt.charged)
        yield texts.RETURNED, str(receipt.returned)
    yield texts.STATE, job.state.value
    if job.run_s is not None:
        yield texts.RUN_TIME, texts.seconds(job.run_s)
    if job.quote.is_fixed:
        yield texts.RATE, texts.FIXED
    elif job.quote.points_per_s is not None:
        yield texts.RATE, texts.rate(job.quote.points_per_s)
    yield texts.WORKFLOW, f"/{job.wish.workflow}"
    if job.wish.version is not None:
        yield texts.VERSION, str(job.wish.version)


def _refills(balance: Balance, *, now: datetime) -> str:
    """Return when the allowance refills, and when it is full; "" while nothing is missing."""
    told = []
    if balance.next_refill_at is not None and balance.next_refill_at != balance.full_at:
        told.append(f"{texts.NEXT_REFILL_IN} {_wait(balance.next_refill_at, now=now)}")
    if balance.full_at is not None:
        told.append(f"{texts.FULL_IN} {_wait(balance.full_at, now=now)}")
    return ", ".join(told)


def _wait(at: datetime, *, now: datetime) -> str:
    return texts.seconds(max(0.0, (at - now).total_seconds()))


def _set_aside(statement: Statement) -> Iterable[str]:
    shown = statement.holds[:SHOWN_HOLDS]
    jobs = statement.latest.jobs
    yield from (f"  {each.points.amount:,} {_what(each.id, jobs)}" for each in shown)
    if len(statement.holds) > len(shown):
        yield f"  {texts.and_more(len(statement.holds) - len(shown))}"


def _rows(page: Page, *, now: datetime) -> tuple[Span, ...]:
    return _lines(
        f"{_said(each, page.jobs)}, {texts.ago((now - each.at).total_seconds())}"
        for each in page.entries
    )


def _said(entry: Entry, jobs: Jobs) -> str:
    kind = kind_of(entry)
    what = _what(hold_of(entry), jobs)
    return texts.entry(kind, entry.amount, what, is_bought=is_of_bought(entry))


def _what(hold: str | None, jobs: Jobs) -> str:
    job = jobs.get(hold or "")
    if job is None:
        return texts.SOMETHING
    words = shortened(" ".join(job.wish.words.split()), WORDS_LENGTH)
    return texts.named_job(job.wish.workflow, words)


def _lines(lines: Iterable[str]) -> tuple[Span, ...]:
    return tuple(Span(f"\n{each}") for each in lines)


def _quiet(lines: Iterable[str]) -> tuple[Span, ...]:
    return tuple(Span(f"\n{each}", Style.QUIET) for each in lines)
