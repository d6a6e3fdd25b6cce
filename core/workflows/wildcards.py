r"""
Wildcards: parts of a text that are drawn, the same for the same seed.

`{red|blue}` is one of the two, and may hold others; `__name__` is a line of the operator's list of
that name, which may hold both. Written `\{`, `\}`, `\|` and `\__` they are plain text, as are
braces without a `|` and braces that are not closed.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from core.shared.errors import SHOWN_NAME_LENGTH, InputRefusedError
from core.shared.wording import shortened
from core.workflows.inputs import MAX_TEXT_LENGTH
from core.workflows.ports import Wildcards

MOST_DEPTH = 100
"""How deep choices and lists may lie in each other."""

MOST_BRACES = 30
"""How many braces of one text may be open at once, whatever they mean."""

MOST_DRAWN = 300
"""How many parts of one text may be drawn."""

MOST_LISTS = 100
"""How many lists are looked for on account of one text."""

MOST_NOTES = 4
SHOWN = 40
"""Characters of a part that a note tells."""

NEAR = 0.5
"""How alike a name must be to be offered, from 0 to 1."""

_TOKEN = re.compile(r"\\(?P<plain>[{}|]|__)|(?P<brace>[{}|])|__(?P<list>[^\W_]+(?:[_-][^\W_]+)*)__")
_MASK = 2**64 - 1


@attrs.frozen(kw_only=True)
class Lists:
    """The operator's lists that a text needs: `lines` by name, and the `names` of all of them."""

    lines: Mapping[str, Sequence[str]] = attrs.field(factory=dict)
    names: Sequence[str] = ()


NO_LISTS = Lists()


@attrs.frozen(kw_only=True)
class Drawn:
    """A text with its parts drawn, and `notes` that say what became of them."""

    text: str
    notes: tuple[str, ...] = ()


def mixed(seed: int, place: int) -> int:
    """Return 64 bits that look random: the same for the same seed and place (splitmix64)."""
    mix = (seed * 0x9E3779B97F4A7C15 + (place + 1) * 0xD1342543DE82EF95) & _MASK
    mix = ((mix ^ (mix >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mix = ((mix ^ (mix >> 27)) * 0x94D049BB133111EB) & _MASK
    return mix ^ (mix >> 31)


def drawn(name: str, text: str, *, seed: int, lists: Lists = NO_LISTS) -> Drawn:
    """
    Return a text for the input `name` with its parts drawn.

    Raises InputRefusedError for a list that there is not, or none of whose lines are there, and
    for a text that would grow without end.
    """
    if _TOKEN.search(text) is None:
        return Drawn(text=text)
    drawing = _Drawing(name, seed, lists)
    parts = drawing.parts(text)
    words = "".join(drawing.said(parts))
    return Drawn(text=words, notes=tuple(drawing.notes))


def lists_in(text: str) -> set[str]:
    """Return the names of the lists that a text draws from, in lower case."""
    return {each["list"].lower() for each in _TOKEN.finditer(text) if each["list"]}


async def lists_for(texts: Iterable[str], wildcards: Wildcards) -> Lists:
    """Return every list that these texts lead to; those that there are not are left out."""
    lines: dict[str, Sequence[str]] = {}
    wanted = sorted(set().union(*map(lists_in, texts)))
    if not wanted:
        return NO_LISTS
    seen = set(wanted)
    for _ in range(MOST_LISTS):
        if not wanted:
            break
        name = wanted.pop()
        found = await wildcards.lines(name)
        if found is not None:
            lines[name] = found
            more = set().union(*map(lists_in, found)) - seen
            seen |= more
            wanted += sorted(more)
    return Lists(lines=lines, names=await wildcards.names())


@attrs.frozen
class _List:
    """A line of a list of this name."""

    name: str


@attrs.frozen
class _Choice:
    """One of several; `source` is how it was written."""

    choices: "tuple[_Parts, ...]"
    source: str


_Part = str | _List | _Choice
_Parts = tuple[_Part, ...]


@attrs.define
class _Open:
    """A brace that is not closed yet: where it stands, and what it holds up to now."""

    start: int
    choices: list[list[_Part]] = attrs.field(factory=lambda: [[]])

    def as_text(self, end: str) -> list[_Part]:
        """Return it as it was written, since it is no choice; `end` is what closes it."""
        parts: list[_Part] = ["{"]
        for number, each in enumerate(self.choices):
            parts += (["|"] if number else []) + each
        return [*parts, end]


class _Drawing:
    """One text being drawn: the parts are counted, so that each is drawn for itself."""

    def __init__(self, name: str, seed: int, lists: Lists) -> None:
        self._name = name
        self._seed = seed
        self._lists = lists
        self._count = 0
        self._length = 0
        self.notes: list[str] = []

    def parts(self, text: str) -> _Parts:
        """Return what a text is made of. What is not meant as a part stays text."""
        open_ones = [_Open(-1)]
        at = 0
        for token in _TOKEN.finditer(text):
            open_ones[-1].choices[-1].append(text[at : token.start()])
            at = token.end()
            if token["brace"]:
                self._brace(open_ones, text, token)
            else:
                part = _List(token["list"].lower()) if token["list"] else _plain(token, open_ones)
                open_ones[-1].choices[-1].append(part)
        open_ones[-1].choices[-1].append(text[at:])
        while len(open_ones) > 1:
            left = open_ones.pop()
            open_ones[-1].choices[-1] += left.as_text("")
        return tuple(open_ones[0].choices[0])

    def _brace(self, open_ones: list[_Open], text: str, token: re.Match[str]) -> None:
        if token["brace"] == "{":
            if len(open_ones) > MOST_BRACES:
                raise self._too_much()
            open_ones.append(_Open(token.start()))
        elif len(open_ones) == 1:
            open_ones[0].choices[0].append(token[0])
        elif token["brace"] == "|":
            open_ones[-1].choices.append([])
        else:
            closed = open_ones.pop()
            source = text[closed.start : token.end()]
            choices = tuple(map(tuple, closed.choices))
            is_choice = len(choices) > 1
            part = [_Choice(choices, source)] if is_choice else closed.as_text("}")
            open_ones[-1].choices[-1] += part

    def said(self, parts: _Parts, depth: int = 0) -> Iterator[str]:
        """Yield the pieces of the drawn text."""
        for part in parts:
            if isinstance(part, str):
                self._length += len(part)
                yield part
            else:
                drawn_text = "".join(self.said(self._one_of(part, depth), depth + 1))
                if not depth:
                    self._note(part, drawn_text)
                yield drawn_text
            if self._length > MAX_TEXT_LENGTH * 2:
                raise self._too_much()

    def _one_of(self, part: _List | _Choice, depth: int) -> _Parts:
        self._count += 1
        if depth > MOST_DEPTH or self._count > MOST_DRAWN:
            raise self._too_much()
        number = mixed(self._seed, self._count)
        if isinstance(part, _Choice):
            return part.choices[number * len(part.choices) >> 64]
        lines = self._lists.lines.get(part.name)
        if not lines:
            raise self._unknown(part.name)
        return self.parts(lines[number * len(lines) >> 64])

    def _note(self, part: _List | _Choice, became: str) -> None:
        if len(self.notes) == MOST_NOTES:
            self.notes.append("More was drawn: Info shows it.")
        elif len(self.notes) < MOST_NOTES:
            source = part.source if isinstance(part, _Choice) else f"__{part.name}__"
            self.notes.append(f"{_short(source)} became {_short(became.strip()) or 'nothing'}")

    def _unknown(self, name: str) -> InputRefusedError:
        names = list(self._lists.names)
        near = difflib.get_close_matches(name, names, n=3, cutoff=NEAR) or names[:3]
        offered = " or ".join(f"__{each}__" for each in near)
        way_on = f"Did you mean {offered}?" if offered else "There are no lists yet."
        return InputRefusedError(
            self._name,
            f"There is no list of words called “{name[:SHOWN_NAME_LENGTH]}”. {way_on} "
            "A backslash before the __ makes it plain text.",
        )

    def _too_much(self) -> InputRefusedError:
        return InputRefusedError(
            self._name,
            f"“{self._name}” draws too much: please use fewer {{a|b}} and lists, or shorter ones.",
        )


def _plain(token: re.Match[str], open_ones: Sequence[_Open]) -> str:
    """Return what was written with a backslash: a `|` needs none outside of braces."""
    return token[0] if token["plain"] == "|" and len(open_ones) == 1 else token["plain"]


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return shortened(plain, SHOWN)
