"""
Directives: what an operator writes about a workflow into a note of its graph.

A line of them begins with `@stationthis` and has any number of `key=value`, the values with blanks
in quotes: `@stationthis command=fox title="A red fox" price=5`. docs/operating.md lists the keys.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping

import attrs

from core.shared.ids import WorkflowName
from core.workflows.model import Category
from core.workflows.snapshot import normal_name

RESERVED = frozenset(
    {"start", "make", "run", "workflows", "points", "status", "cancel", "settings", "help"}
    | {"why", "reload"}
)
"""The commands of the conversation itself, which no workflow can have."""

MOST_POINTS = 1_000_000
LARGEST_FACTOR = 1_000.0
LONGEST_TITLE = 80
"""Characters of a title, which stands on buttons and in lists."""
LONGEST_EXAMPLE = 300

_MARK = re.compile(r"^[ \t>*`-]*@stationthis(?![\w-])(.*)$", re.IGNORECASE | re.MULTILINE)
"""Also as a quote, a row of a list or code, as notes in Markdown have it."""
_WORD = re.compile(
    r"""(?P<key>[\w-]+)\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|“(?P<curly>[^”]*)”"""
    r"""|(?P<bare>[^\s"'“”]\S*)|(?P<none>))|(?P<stray>\S+)"""
)
_YES = frozenset({"yes", "true", "on", "1"})
_NO = frozenset({"no", "false", "off", "0"})


@attrs.frozen(kw_only=True)
class Directives:
    """What a note says of its workflow; an empty field is one of which it says nothing."""

    command: str = ""
    """A name as `normal_name` writes it."""
    aliases: tuple[str, ...] = ()
    title: str = ""
    price: int | None = None
    """Whole points, whatever the run takes: 1 to 1,000,000."""
    price_factor: float | None = None
    hidden: bool = False
    admins_only: bool = False
    as_files: bool = False
    example: str = ""
    category: Category | None = None


NOTHING_SAID = Directives()


@attrs.frozen(kw_only=True)
class Note:
    """A note without its lines of directives, what these say, and what is wrong with them."""

    text: str = ""
    directives: Directives = NOTHING_SAID
    problems: tuple[str, ...] = ()
    """Whole sentences for the operator."""


class _BadValueError(Exception):
    """What a value should be."""


_Reader = Callable[[Directives, str, Collection[str]], Directives]
"""Returns what is said with one value more, which may be none of the reserved names."""


def read_note(text: str, *, reserved: Collection[str] = RESERVED) -> Note:
    """
    Return what a note says. A text without directives comes back stripped. Never raises.

    A directive that cannot be read is left out and is a problem; of two of one key the later holds.
    `reserved` are names that no workflow may have as its command.
    """
    said, seen = NOTHING_SAID, set[str]()
    problems: list[str] = []
    for key, value in _said(text):
        try:
            more = _reader(key)(said, value, reserved)
        except _BadValueError as wrong:
            shown = f"{key}={value}" if key else value
            problems.append(f"The note of this workflow says {shown}: {wrong}.")
            continue
        if key in seen and more != said:
            problems.append(
                f"The note of this workflow says {key} more than once, and not the same: "
                f"the last, {key}={value}, counts."
            )
        said = more
        seen.add(key)
    return Note(text=_without_directives(text), directives=said, problems=tuple(problems))


def _without_directives(text: str) -> str:
    rest, lines = _MARK.subn("", text)
    return (re.sub(r"\n\s*\n", "\n\n", rest) if lines else text).strip()


def _said(text: str) -> Iterator[tuple[str, str]]:
    """Yield keys and values as they are written; the key is "" where a word has none."""
    for line in _MARK.findall(text):
        found = False
        for match in _WORD.finditer(line.rstrip("` \t\r")):
            found = True
            stray = match["stray"]
            if stray is None:
                yield _key(match["key"]), _value(match)
            elif _key(stray) in _FLAGS:
                yield _key(stray), "yes"
            else:
                yield "", stray
        if not found:
            yield "", "@stationthis"


def _key(word: str) -> str:
    key = word.lower().replace("_", "-")
    return "aliases" if key == "alias" else key


def _value(match: re.Match[str]) -> str:
    parts = (match[group] for group in ("double", "single", "curly", "bare", "none"))
    return next(part for part in parts if part is not None).strip()


def _reader(key: str) -> _Reader:
    if not key:
        raise _BadValueError(
            "after @stationthis there are only words like command=fox, and values with blanks "
            'are in quotes, such as title="A red fox"'
        )
    if key not in _READERS:
        raise _BadValueError(f"there is no {key}, only {', '.join(KEYS)}")
    return _READERS[key]


def _command(said: Directives, value: str, reserved: Collection[str]) -> Directives:
    return attrs.evolve(said, command=_name(value, reserved))


def _aliases(said: Directives, value: str, reserved: Collection[str]) -> Directives:
    names = [_name(each, reserved) for each in value.split(",") if each.strip()]
    if not names:
        raise _BadValueError("names are wanted, with commas between, such as aliases=fox,vixen")
    return attrs.evolve(said, aliases=tuple(dict.fromkeys(names)))


def _name(value: str, reserved: Collection[str]) -> WorkflowName:
    name = normal_name(value)
    if not name:
        raise _BadValueError("a command has letters a to z, digits and _, such as command=fox")
    if name in reserved:
        raise _BadValueError(f"/{name} is a command of its own already; please choose another name")
    return name


def _title(said: Directives, value: str, _: Collection[str]) -> Directives:
    return attrs.evolve(said, title=_words(value, LONGEST_TITLE, 'title="A red fox"'))


def _example(said: Directives, value: str, _: Collection[str]) -> Directives:
    return attrs.evolve(said, example=_words(value, LONGEST_EXAMPLE, 'example="a fox in the snow"'))


def _words(value: str, most: int, example: str) -> str:
    if not value or len(value) > most:
        raise _BadValueError(f"1 to {most} characters are wanted, such as {example}")
    return value


def _price(said: Directives, value: str, _: Collection[str]) -> Directives:
    factor = re.fullmatch(r"[xX]([0-9]{1,9}(?:\.[0-9]{1,9})?)", value)
    if factor and 0 < float(factor[1]) <= LARGEST_FACTOR:
        return attrs.evolve(said, price=None, price_factor=float(factor[1]))
    if re.fullmatch(r"[0-9]{1,7}", value) and 1 <= int(value) <= MOST_POINTS:
        return attrs.evolve(said, price=int(value), price_factor=None)
    raise _BadValueError(
        f"a price is whole points from 1 to {MOST_POINTS:,} (written price=5), or a factor up to "
        f"{LARGEST_FACTOR:,.0f} on what the time costs (price=x2 or price=x0.5)"
    )


def _hidden(said: Directives, value: str, _: Collection[str]) -> Directives:
    return attrs.evolve(said, hidden=_flag(value))


def _admins_only(said: Directives, value: str, _: Collection[str]) -> Directives:
    return attrs.evolve(said, admins_only=_flag(value))


def _flag(value: str) -> bool:
    if value.lower() not in _YES | _NO:
        raise _BadValueError("yes or no is wanted")
    return value.lower() in _YES


def _delivery(said: Directives, value: str, _: Collection[str]) -> Directives:
    if value.lower() not in ("file", "chat"):
        raise _BadValueError("results go out as delivery=file, untouched, or as delivery=chat")
    return attrs.evolve(said, as_files=value.lower() == "file")


def _category(said: Directives, value: str, _: Collection[str]) -> Directives:
    found = next((each for each in Category if normal_name(each) == normal_name(value)), None)
    if found is None:
        known = ", ".join(each.replace(" ", "-") for each in Category)
        raise _BadValueError(f"the categories are {known}")
    return attrs.evolve(said, category=found)


_READERS: Mapping[str, _Reader] = {
    "command": _command,
    "aliases": _aliases,
    "title": _title,
    "price": _price,
    "hidden": _hidden,
    "admins-only": _admins_only,
    "delivery": _delivery,
    "example": _example,
    "category": _category,
}
_FLAGS = frozenset({"hidden", "admins-only"})
KEYS = tuple(sorted(_READERS))
"""What can be said; `alias` is the same as `aliases`."""
