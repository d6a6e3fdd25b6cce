"""What an input takes, in a few words."""

from collections.abc import Sequence

from adapters.chat import texts
from adapters.chat.views.wording import both_ends
from core.shared.wording import number, shortened
from core.workflows.inputs import Input
from core.workflows.kinds import InputKind

CHOICES_LENGTH = 120
"""Characters of choices that are named; of the others the number is."""

CHOICE_LENGTH = 32

USUAL_LENGTH = 60
FACTS_LENGTH = 240
"""Characters about one input."""

KINDS = {
    InputKind.TEXT: "text",
    InputKind.INTEGER: "whole number",
    InputKind.NUMBER: "number",
    InputKind.BOOLEAN: "yes or no",
    InputKind.CHOICE: "one of",
    InputKind.IMAGE: "picture",
    InputKind.FILE: "file",
}


def facts_of(wanted: Input) -> str:
    """Return an input's kind, range, step, choices and own value, and what it is for."""
    needed = texts.NEEDED_INPUT if wanted.required else ""
    told = (f"{KINDS[wanted.kind]}{_limits(wanted)}", _usual(wanted), needed)
    facts = ", ".join(filter(None, told))
    about = " ".join(wanted.description.split())
    return shortened(f"{facts}. {about}" if about else facts, FACTS_LENGTH)


def _limits(wanted: Input) -> str:
    if wanted.kind is InputKind.CHOICE:
        return f" {_choices(wanted.options)}"
    if not wanted.kind.is_numeric or wanted.is_seed:
        return ""
    low, high = number(wanted.least), number(wanted.maximum)
    limits = texts.between(low, high)
    is_every = wanted.step in (None, 0) or (wanted.kind is InputKind.INTEGER and wanted.step == 1)
    step = "" if is_every else texts.IN_STEPS.format(step=number(wanted.step))
    return "".join(f" {each}" for each in (limits, step) if each)


def _choices(options: Sequence[str]) -> str:
    """Return as many as there is room for: a few short ones, or the first of long ones."""
    named: list[str] = []
    for each in (both_ends(option, CHOICE_LENGTH) for option in options):
        if named and len(", ".join((*named, each))) > CHOICES_LENGTH:
            break
        named.append(each)
    more = len(options) - len(named)
    return f"{', '.join(named)} {texts.and_more(more)}" if more else ", ".join(named)


def _usual(wanted: Input) -> str:
    """Return what an input is when nobody says anything."""
    if wanted.is_seed:
        return texts.NEW_EACH_TIME
    if wanted.default in (None, ""):
        return ""
    if isinstance(wanted.default, bool):
        return f"usually {texts.YES if wanted.default else texts.NO}"
    return f"usually {cut(wanted, str(wanted.default), USUAL_LENGTH)}"


def cut(wanted: Input, text: str, length: int) -> str:
    """Return a value of an input in so many characters at most."""
    return (both_ends if wanted.kind is InputKind.CHOICE else shortened)(text, length)
