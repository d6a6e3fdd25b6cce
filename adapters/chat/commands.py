"""What a person typed: a command, words, and values such as `width=512` or `--width 512`."""

import re
from collections.abc import Collection

import attrs

from core.shared.errors import InputRefusedError

_COMMAND = re.compile(r"/([^\s@/]{1,64})(?:@\w+)?(?:\s+|$)")
_VALUE = re.compile(
    r"""
    (?:^|(?<=\s))
    (?: (?:--|[\u2013\u2014])(?P<dashed>[^\W\d]\w*)(?:=|\s+|$) | (?P<named>[^\W\d]\w*)= )
    (?: "(?P<double>[^"]*)" | \u201c(?P<curly>[^\u201d]*)\u201d
      | '(?P<single>[^']*)' | (?P<bare>\S*) )
    """,
    re.VERBOSE,
)
"""
Dashed and named together, so that a quoted value may hold what looks like another. Phones write
a long dash for two, and curly quotes.
"""


@attrs.frozen
class Typed:
    """A message taken apart: `command` is None for a bare sentence."""

    command: str | None
    rest: str


def take_apart(text: str) -> Typed:
    """Return the command at the beginning of a message, in lower case, and what follows it."""
    stripped = text.strip()
    found = _COMMAND.match(stripped)
    if found is None:
        return Typed(None, stripped)
    return Typed(found.group(1).lower(), stripped[found.end() :].strip())


def split_values(rest: str, names: Collection[str]) -> tuple[str, dict[str, str]]:
    """
    Return the words, and the values given for inputs.

    `name=value` counts only for a name of the workflow, since people write `a=b` in prompts too;
    `--name value` always means an input. Raises InputRefusedError for one that is none.
    """
    values: dict[str, str] = {}
    by_lower_case = {name.lower(): name for name in names}

    def take(found: re.Match[str]) -> str:
        typed = found["dashed"] or found["named"]
        name = typed if typed in names else by_lower_case.get(typed.lower(), typed)
        if name not in names:
            if found["dashed"]:
                takes = ", ".join(names) or "nothing"
                raise InputRefusedError(
                    name, f"There is no input “{name[:40]}” here, only: {takes}."
                )
            return found[0]
        if found["bare"] == "":
            raise InputRefusedError(name, f"“{name}” is given no value: please write {name}=VALUE.")
        given = (found["double"], found["curly"], found["single"], found["bare"])
        values[name] = next(each for each in given if each is not None)
        return ""

    words = _VALUE.sub(take, rest)
    return (re.sub(r"[ \t]{2,}", " ", words) if values else words).strip(), values
