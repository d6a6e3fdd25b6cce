"""What an input takes, in a few words."""

from adapters.chat import texts
from core.workflows.inputs import Input
from core.workflows.kinds import InputKind

CHOICES = 10
"""Choices that are named; of the others the number is."""

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
    whole = f"{facts}. {about}" if about else facts
    return whole if len(whole) <= FACTS_LENGTH else f"{whole[: FACTS_LENGTH - 1]}\u2026"


def _limits(wanted: Input) -> str:
    if wanted.kind is InputKind.CHOICE:
        more = len(wanted.options) - CHOICES
        listed = ", ".join(wanted.options[:CHOICES])
        return f" {listed} {texts.and_more(more)}" if more > 0 else f" {listed}"
    if not wanted.kind.is_numeric or wanted.is_seed:
        return ""
    low, high = (_number(each) for each in (wanted.minimum, wanted.maximum))
    limits = texts.between(low, high)
    is_every = wanted.step in (None, 0) or (wanted.kind is InputKind.INTEGER and wanted.step == 1)
    step = "" if is_every else texts.IN_STEPS.format(step=_number(wanted.step))
    return "".join(f" {each}" for each in (limits, step) if each)


def _number(number: float | None) -> str:
    if number is None:
        return ""
    return f"{int(number):,}" if float(number).is_integer() else f"{number:g}"


def _usual(wanted: Input) -> str:
    """Return what an input is when nobody says anything."""
    if wanted.is_seed:
        return texts.NEW_EACH_TIME
    if wanted.default in (None, ""):
        return ""
    if isinstance(wanted.default, bool):
        return f"usually {texts.YES if wanted.default else texts.NO}"
    return f"usually {wanted.default}"
