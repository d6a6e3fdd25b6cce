"""
What a person typed for a workflow: words, and values such as `width=512` or `--width 512`.

Values are `name=value`, `name:value`, `--name value`, `--name=value`; a switch may stand alone. The
name is an input's name, its label or its role, and `--"any name"` has blanks and signs as well.
Beside these there are `--ar 16:9`, `--portrait`, `--landscape`, `--square`, and for what shall not
be seen `--no this, that` or a second line.
"""

import re
from collections.abc import Mapping

import attrs

from core.shared.errors import InputRefusedError
from core.workflows.inputs import Input, clean
from core.workflows.kinds import InputKind, Role
from core.workflows.model import Workflow
from core.workflows.naming import input_called, nearest_inputs, unknown_input
from core.workflows.sizes import ASPECTS, shape_of, size_for

SHAPES = ("ar", "aspect")
"""The names after which a shape is told."""

SLIP = 0.8
"""How alike to an input's name another must be to be taken for a slip of the finger: `widht`."""

NOT_THIS = "no"
"""The name after which follows what shall not be seen."""

_QUOTED = r"""
      "(?P<double>[^"]*)" | [\u201c\u201e](?P<curly>[^\u201c\u201d\u201e]*)[\u201c\u201d]
"""
_MARK = re.compile(
    r"""
    (?:^|(?<=\s))
    (?: (?P<dash>--|[\u2013\u2014])(?:(?P<dashed>\w+(?:-\w+)*)|"(?P<odd>[^"\n]+)")
            (?P<tie>[=:](?=\S)|=|(?=\s|$))
      | (?P<named>\w+(?:-\w+)*)(?P<sign>=|:(?=\S)(?!//)) )
    """,
    re.VERBOSE,
)
"""Where a value may begin. Phones write a long dash for two, and curly quotes."""

_VALUE = re.compile(rf"(?: {_QUOTED} | '(?P<single>[^']*)' | (?P<bare>\S*) )", re.VERBOSE)
_NAMED = re.compile(r"(?:--|[\u2013\u2014])[^\W\d]")
_SPEECH = re.compile(rf"(?:^|(?<=[\s(\[{{])) (?: {_QUOTED} )", re.VERBOSE)
_OPENING, _CLOSING = "({[<", ")}]>"
_AROUND = " \t\r\n,"
_BEGIN, _END = "\0<", "\0>"
"""Around what shall not be seen, until all else is taken out. A NUL is in no text that is read."""

_NOT_SEEN = re.compile(rf"{_BEGIN}([^\0\n]*)(?:{_END})?")


@attrs.frozen(kw_only=True)
class Typed:
    """What was typed: `words` for the prompt, and `values` by the names of the inputs."""

    words: str = ""
    values: Mapping[str, str] = attrs.field(factory=dict)


def read(text: str, workflow: Workflow) -> Typed:
    """
    Return what was typed after a command, taken apart. Values are as typed: not yet checked.

    `name=value` and `name:value` count only for names of the workflow, since people write such
    things in prompts too; `--name` always means an input. Raises InputRefusedError for one that is
    none, for a slip such as `widht=`, for a file, for a name without a value and for a shape that
    cannot be.
    """
    return _Reading(clean(text), workflow).taken_apart()


class _Reading:
    """One text as it is gone through, from mark to mark."""

    def __init__(self, text: str, workflow: Workflow) -> None:
        self._text = text
        self._workflow = workflow
        self._at = 0
        self._words: list[str] = []
        self._values: dict[str, str] = {}
        self._not_seen: list[str] = []
        self._shape: float | None = None
        self._negative = next(
            (each for each in workflow.inputs if each.role is Role.NEGATIVE), None
        )

    def taken_apart(self) -> Typed:
        """Return the words and the values."""
        speech = [each.span() for each in _SPEECH.finditer(self._text)]
        for mark in _MARK.finditer(self._text):
            in_speech = any(start <= mark.start() < end for start, end in speech)
            if mark.start() >= self._at and not in_speech:
                self._take(mark)
        words = "".join((*self._words, self._text[self._at :]))
        words = self._without_not_seen(words)
        words = re.sub(r"[ \t]{2,}", " ", words).strip() if self._at else words
        words = self._without_negative(words)
        if self._shape is not None:
            self._take_size(self._shape)
        return Typed(words=words, values=self._values)

    def _take(self, mark: re.Match[str]) -> None:
        name = mark["dashed"] or mark["odd"] or mark["named"]
        found = input_called(self._workflow, name)
        if mark["named"]:
            if found is not None and self._is_meant(found, mark):
                self._take_value(mark, found)
            elif found is None and mark["sign"] == "=" and self._is_slip(name):
                raise unknown_input(self._workflow, name)
        elif found is not None:
            self._take_dashed(mark, found)
        elif name.isdigit():
            return  # `--5` is a name only where an input has it
        elif not self._is_of_ours(mark, name.lower()) and (
            mark["dash"] == "--" or nearest_inputs(self._workflow, name)
        ):
            # A long dash before a word may be just that.
            raise unknown_input(self._workflow, name)

    def _is_slip(self, name: str) -> bool:
        """Whether a name is so near to an input's that a picture without it would be in vain."""
        return bool(nearest_inputs(self._workflow, name.lower(), near=SLIP))

    def _is_meant(self, found: Input, mark: re.Match[str]) -> bool:
        """Whether `name=value` or `name:value` in the midst of words is meant as a value."""
        if mark["sign"] == "=":
            return not found.kind.is_media
        before = self._text[: mark.start()]
        depth = sum(map(before.count, _OPENING)) - sum(map(before.count, _CLOSING))
        is_name = not mark["named"][0].isdigit()  # `1:30` is a time
        return is_name and depth <= 0 and not found.kind.is_media and found != self._workflow.prompt

    def _take_dashed(self, mark: re.Match[str], found: Input) -> None:
        quoted, _, _ = self._value_at(mark)
        if found.kind.is_media:
            raise InputRefusedError(
                found.name, f"“{found.name}” is a file: please send it together with the command."
            )
        if found.role is Role.NEGATIVE and not mark["tie"] and quoted is None:
            self._pass(mark, _BEGIN)
        else:
            self._take_value(mark, found)

    def _take_value(self, mark: re.Match[str], found: Input) -> None:
        quoted, bare, end = self._value_at(mark)
        put = _END if mark["dash"] else ""
        is_alone = mark["dash"] is not None and not mark["tie"]
        if found.kind is InputKind.BOOLEAN and is_alone and not _says(found, quoted or bare):
            self._values[found.name] = "yes"
            self._pass(mark, put)
            return
        if quoted is None and (not bare or (is_alone and _NAMED.match(bare))):
            raise InputRefusedError(
                found.name, f"“{found.name}” is given no value: please write {found.name}=VALUE."
            )
        if found.kind is not InputKind.TEXT:
            bare = bare.rstrip(",;")
        self._values[found.name] = bare if quoted is None else quoted
        self._pass(mark, put, end=end)

    def _value_at(self, mark: re.Match[str]) -> tuple[str | None, str, int]:
        """Return the value after a mark, quoted or bare, and where it ends."""
        start = mark.end()
        if mark["dash"] and not mark["tie"]:
            start += len(self._text[start:]) - len(self._text[start:].lstrip())
        found = _VALUE.match(self._text, start)
        if found is None or found["bare"] is not None:
            return None, found["bare"] if found else "", found.end() if found else start
        given = found.group("double", "curly", "single")
        return next(each for each in given if each is not None), "", found.end()

    def _is_of_ours(self, mark: re.Match[str], name: str) -> bool:
        """Take what is said of shapes and of what shall not be seen; whether it was that."""
        if name in ASPECTS:
            self._shape = ASPECTS[name]
            self._pass(mark, _END)
        elif name in SHAPES:
            quoted, bare, end = self._value_at(mark)
            self._shape = shape_of(self._workflow, quoted or bare)
            self._pass(mark, _END, end=end)
        elif name == NOT_THIS:
            self._take_not_seen(mark)
        else:
            return False
        return True

    def _pass(self, mark: re.Match[str], put: str, *, end: int | None = None) -> None:
        self._words += (self._text[self._at : mark.start()], put)
        self._at = mark.end() if end is None else end

    def _take_not_seen(self, mark: re.Match[str]) -> None:
        quoted, bare, end = self._value_at(mark)
        if self._negative is None:
            raise InputRefusedError(
                NOT_THIS,
                f"/{self._workflow.name} cannot be told what to leave out: "
                "please say what you want to see.",
            )
        if mark["tie"] or quoted is not None:
            self._not_seen.append(bare if quoted is None else quoted)
            self._pass(mark, _END, end=end)
        else:
            self._pass(mark, _BEGIN)

    def _without_not_seen(self, words: str) -> str:
        """Return the words without what follows `--no`, which is noted."""
        self._not_seen += (" ".join(each.split()) for each in _NOT_SEEN.findall(words))
        if not all(each.strip(_AROUND) for each in self._not_seen):
            raise InputRefusedError(
                NOT_THIS, "“--no” is given no words: please write --no hands, text."
            )
        return _NOT_SEEN.sub(" ", words).replace(_END, "")

    def _without_negative(self, words: str) -> str:
        """Return the first line, where the others can be told as what shall not be seen."""
        if self._negative is None:
            return words
        first, _, rest = words.partition("\n")
        told = (self._values.get(self._negative.name, ""), *self._not_seen, *rest.splitlines())
        joined = ", ".join(each.strip(_AROUND) for each in told if each.strip(_AROUND))
        if joined:
            self._values[self._negative.name] = joined
        return first.strip()

    def _take_size(self, shape: float) -> None:
        """Complete the size by its shape; a side that was given by name stays."""
        sides: dict[Role | None, Input] = {each.role: each for each in self._workflow.inputs}
        given = {
            role: _number(self._values.get(sides[role].name))
            for role in (Role.WIDTH, Role.HEIGHT)
            if role in sides
        }
        size = size_for(
            self._workflow, shape, width=given.get(Role.WIDTH), height=given.get(Role.HEIGHT)
        )
        for name, side in size.items():
            self._values.setdefault(name, f"{side:.10g}")


def _says(switch: Input, word: str) -> bool:
    """Whether a word turns a switch on or off."""
    try:
        switch.accept(word)
    except InputRefusedError:
        return False
    return True


def _number(text: str | None) -> float | None:
    """Return a side that was typed, or None for what will be refused when it is checked."""
    if text is None or re.fullmatch(r"\d{1,6}(?:\.\d{1,6})?", text) is None:
        return None
    return float(text) or None
