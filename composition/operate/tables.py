"""How the operator's commands print: tables of 100 columns for people, one line of JSON else."""

import json
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import attrs
import click

WIDTH = 100
"""Columns that a table may take."""
GAP = "  "
NARROWEST = 6
"""Columns below which nothing is cut: it would tell nothing any more."""
MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400

Json = Mapping[str, object]


@attrs.frozen
class Column:
    """One column of a table; a `soft` one may be cut so that the table fits."""

    head: str
    soft: bool = attrs.field(default=False, kw_only=True)
    is_number: bool = attrs.field(default=False, kw_only=True)


def say(text: str, *, err: bool = False) -> None:
    """Print a text of one or more lines, without what a terminal would obey."""
    click.echo("\n".join(map(harmless, text.splitlines())), err=err)


def say_json(value: object) -> None:
    """
    Print one value on one line. Moments become ISO 8601 in UTC.

    What a terminal would obey is written as JSON's escapes, so that nothing is lost.
    """
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    click.echo("".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text))


def say_rows(rows: Sequence[Json], *, as_json: bool, empty: str, text: str) -> None:
    """Print a list: as JSON, else its table `text`; an empty one is explained on stderr."""
    if not rows:
        click.echo(empty, err=True)
    if as_json:
        say_json(rows)
    elif rows:
        say(text)


def table(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> str:
    """Return the rows under their heads, no wider than WIDTH."""
    cells = [[column.head for column in columns], *([clean(each) for each in row] for row in rows)]
    widths = _fitting([max(map(width, each)) for each in zip(*cells, strict=True)], columns)
    return "\n".join(_line(row, widths, columns) for row in cells)


def card(fields: Iterable[tuple[str, str | None]]) -> str:
    """Return one thing, a field a line; what is unknown or empty is left out."""
    told = [(name, value) for name, value in fields if value]
    left = max((len(name) for name, _ in told), default=0) + len(GAP)
    lines: list[str] = []
    for name, value in told:
        parts = [part for line in value.splitlines() for part in _wrapped(line, WIDTH - left)]
        heads = [name, *[""] * len(parts)]
        lines += [
            f"{head:<{left}}{part}".rstrip() for head, part in zip(heads, parts, strict=False)
        ]
    return "\n".join(lines)


def iso(moment: datetime | None) -> str | None:
    """Return a moment as `2026-01-31T12:00:00.000Z`."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ago(moment: datetime | None, now: datetime) -> str:
    """Return how long ago it was, in the largest unit that tells something."""
    if moment is None:
        return ""
    seconds = max(0, int((now - moment).total_seconds()))
    for unit_s, unit in ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "min")):
        if seconds >= unit_s:
            return f"{seconds // unit_s} {unit} ago"
    return f"{seconds} s ago"


def when(moment: datetime | None, now: datetime) -> str:
    """Return a moment to the second, and how long ago it was."""
    if moment is None:
        return ""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC ({ago(moment, now)})"


def seconds(count: float | None) -> str:
    """Return a duration, given in seconds."""
    if count is None:
        return ""
    return f"{count:.1f} s" if count < MINUTE_S else f"{int(count) // 60} min {int(count) % 60} s"


def shown(value: object) -> str:
    """Return a value of any kind as people read it."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else str(value)


def clean(text: str) -> str:
    """Return a text in one line, without what a terminal would obey."""
    return harmless(" ".join(text.split()))


def harmless(line: str) -> str:
    """Return a line with a "?" for each character that a terminal would obey; blanks stay."""
    return "".join(each if each.isprintable() else "?" for each in line.expandtabs())


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(
        0 if unicodedata.combining(each) else 1 + (unicodedata.east_asian_width(each) in "WF")
        for each in text
    )


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON")


def _fitting(widths: list[int], columns: Sequence[Column]) -> list[int]:
    """Return the widths with the widest of the soft columns cut until all fit."""
    soft = [at for at, column in enumerate(columns) if column.soft]
    room = WIDTH - len(GAP) * (len(columns) - 1)
    while sum(widths) > room and soft:
        widest = max(soft, key=lambda at: widths[at])
        if widths[widest] <= NARROWEST:
            break
        widths[widest] -= 1
    return widths


def _line(cells: Sequence[str], widths: Sequence[int], columns: Sequence[Column]) -> str:
    made = []
    for text, columns_wide, column in zip(cells, widths, columns, strict=True):
        kept = _cut(text, columns_wide)
        blanks = " " * (columns_wide - width(kept))
        made.append(blanks + kept if column.is_number else kept + blanks)
    return GAP.join(made).rstrip()


def _cut(text: str, columns_wide: int) -> str:
    if width(text) <= columns_wide:
        return text
    while width(text) >= columns_wide:
        text = text[:-1]
    return f"{text}…"


def _wrapped(line: str, columns_wide: int) -> list[str]:
    """Return a line broken between words; an address stays whole, for it is to be copied."""
    return textwrap.wrap(
        clean(line), columns_wide, break_long_words=False, break_on_hyphens=False
    ) or [""]
