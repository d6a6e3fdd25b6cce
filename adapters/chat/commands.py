"""What a person typed: a command, and what follows it."""

import re

import attrs

_COMMAND = re.compile(r"/([^\s@/]{1,64})(?:@\w+)?(?:\s+|$)")


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
