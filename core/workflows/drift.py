"""Drift: what differs between a workflow of then and of now, and what becomes of kept values."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum

import attrs

from core.shared.errors import SHOWN_NAME_LENGTH, InputRefusedError
from core.shared.wording import listed, number, shortened
from core.workflows.inputs import Input, InputValue
from core.workflows.kinds import InputKind
from core.workflows.model import Workflow

MOST_LISTED = 5
"""Choices that one sentence lists."""


class ChangeKind(StrEnum):
    """In which way an input is not what it was."""

    GONE = "gone"
    NEW = "new"
    RENAMED = "renamed"
    RETYPED = "retyped"
    RERANGED = "reranged"
    OPTIONS = "options"
    DEFAULT = "default"
    REQUIRED = "required"


@attrs.frozen
class Change:
    """
    One difference of an input, by the name that it had; a new one by the name that it has.

    `sentence` is for the operator, without a full stop. `new_name` is what it is called now, ""
    for one that is gone.
    """

    kind: ChangeKind
    name: str
    sentence: str
    new_name: str = ""


@attrs.frozen
class Migrated:
    """
    What became of values: those that are kept, by the names of now, each as its input takes it.

    `set_aside` has the others by the name that they were kept under, with the reason.
    """

    values: Mapping[str, InputValue]
    set_aside: Mapping[str, str]


def differences(old: Workflow, new: Workflow) -> tuple[Change, ...]:
    """Return what differs in a workflow's inputs, in the order that they had, new ones last."""
    names = names_now(old, new)
    now = {each.name: each for each in new.inputs}
    changes: list[Change] = []
    for each in old.inputs:
        name = names.get(each.name)
        if name is None:
            sentence = f"{shown(each.name)} is gone"
            changes.append(Change(ChangeKind.GONE, each.name, sentence))
        else:
            changes.extend(_differences(each, now[name]))
    known = set(names.values())
    for each in new.inputs:
        if each.name not in known:
            must = ", and must be given" if each.required else ""
            sentence = f"{shown(each.name)} is new{must}"
            changes.append(Change(ChangeKind.NEW, each.name, sentence, each.name))
    return tuple(changes)


def names_now(old: Workflow, new: Workflow) -> dict[str, str]:
    """
    Return what each input is called now, by the name that it had; those that are gone are not in.

    One that is gone and a new one of its kind are the same when they have one label or, failing
    that, one role, and no other does.
    """
    now, then = {each.name for each in new.inputs}, {each.name for each in old.inputs}
    names = {name: name for name in then & now}
    gone = [each for each in old.inputs if each.name not in now]
    fresh = [each for each in new.inputs if each.name not in then]
    for mark in (_label, _role):
        pairs = _pairs(gone, fresh, mark)
        names.update(pairs)
        gone = [each for each in gone if each.name not in pairs]
        fresh = [each for each in fresh if each.name not in pairs.values()]
    return names


def migrate(
    values: Mapping[str, InputValue], old: Workflow, new: Workflow, *, files: bool = False
) -> Migrated:
    """
    Return what a workflow of now takes of values that were kept for it as it was.

    With `files` the values are ids of files: no other input takes them, and files take no others.
    What is migrated already stays as it is.
    """
    names = names_now(old, new)
    then = {each.name: each for each in old.inputs}
    now = {each.name: each for each in new.inputs}
    kept: dict[str, InputValue] = {}
    set_aside: dict[str, str] = {}
    # What has a name of now was kept for the workflow of now: it goes before what follows a rename.
    for name in sorted(values, key=lambda name: name not in now):
        value, wanted = values[name], now.get(names.get(name, name))
        was = "a file" if files else _shown_value(value)
        try:
            if wanted is None or wanted.name in kept:
                raise _left(name, was, f"/{new.name} has no input {shown(name)} any more")
            if wanted.kind.is_media != files or _means_another(then.get(name), wanted):
                raise _left(name, was, f"{shown(wanted.name)} means something else now")
            kept[wanted.name] = _taken(wanted, value)
        except InputRefusedError as error:
            set_aside[name] = error.problem
    return Migrated(kept, set_aside)


def _taken(wanted: Input, value: InputValue) -> InputValue:
    """Return a value as an input takes it, if it is of that sort. Raises InputRefusedError."""
    is_switch = isinstance(value, bool)
    is_number = not is_switch and isinstance(value, int | float)
    # Nearly everything has a text, and a switch reads 1 as yes: neither is what anybody meant.
    is_other_sort = (
        is_switch != (wanted.kind is InputKind.BOOLEAN) and not isinstance(value, str)
    ) or (is_number and wanted.kind is InputKind.TEXT)
    if is_other_sort:
        why = f"{shown(wanted.name)} is {_KINDS[wanted.kind]} now"
        raise _left(wanted.name, _shown_value(value), why)
    return wanted.accept(value)


def _left(name: str, was: str, why: str) -> InputRefusedError:
    return InputRefusedError(name, f"{why}; it was {was}.")


def _means_another(old: Input | None, new: Input) -> bool:
    """Whether a value for an input of then has no sense for one of now, though it may fit."""
    if old is None:
        return False
    has_other_role = None not in (old.role, new.role) and old.role is not new.role
    return has_other_role or old.kind.is_media is not new.kind.is_media


_Mark = Callable[[Input], str | None]


def _label(each: Input) -> str | None:
    return each.label.strip().casefold() or None


def _role(each: Input) -> str | None:
    return each.role


def _pairs(gone: Sequence[Input], fresh: Sequence[Input], mark: _Mark) -> dict[str, str]:
    """Return the new names by the old ones, of inputs of one kind that alone have one mark."""
    pairs: dict[str, str] = {}
    for each in gone:
        then, now = (
            [other for other in many if other.kind is each.kind and mark(other) == mark(each)]
            for many in (gone, fresh)
        )
        is_clear = mark(each) is not None and len(then) == len(now) == 1
        if is_clear and not _means_another(each, now[0]):
            pairs[each.name] = now[0].name
    return pairs


def _differences(old: Input, new: Input) -> Iterator[Change]:
    """Yield what differs between one input of then and of now."""
    if new.name != old.name:
        sentence = f"{shown(old.name)} was renamed to {shown(new.name)}"
        yield Change(ChangeKind.RENAMED, old.name, sentence, new.name)
    another = _other_sense(old, new)
    if another:
        yield Change(
            ChangeKind.RETYPED, old.name, f"{shown(new.name)} {another}", new_name=new.name
        )
    if new.kind is old.kind:
        for kind, told in _other_details(old, new):
            yield Change(kind, old.name, f"{shown(new.name)} {told}", new.name)


def _other_sense(old: Input, new: Input) -> str:
    """Return what else an input is now than it was, "" when it is the same."""
    if new.kind is not old.kind:
        return f"is {_KINDS[new.kind]} now (was {_KINDS[old.kind]})"
    return f"means the {new.role} now (was the {old.role})" if _means_another(old, new) else ""


def _other_details(old: Input, new: Input) -> Iterator[tuple[ChangeKind, str]]:
    """Yield what else differs between inputs of one kind."""
    if new.kind.is_numeric and _limits(new) != _limits(old):
        yield ChangeKind.RERANGED, f"now takes {_range(new)} (was {_range(old)})"
    if new.kind is InputKind.CHOICE and set(new.options) != set(old.options):
        yield ChangeKind.OPTIONS, _choices(old.options, new.options)
    if _default(new) != _default(old):
        now, then = _shown_value(_default(new)), _shown_value(_default(old))
        yield ChangeKind.DEFAULT, f"now begins with {now} (was {then})"
    if new.required is not old.required:
        need = "must be given now" if new.required else "need not be given any more"
        yield ChangeKind.REQUIRED, need


def _default(each: Input) -> InputValue | None:
    return None if each.default == "" else each.default


def _limits(each: Input) -> tuple[float | None, float | None, float | None]:
    return each.minimum, each.maximum, each.step


def _range(each: Input) -> str:
    """Return what numbers an input takes: `64 to 2,048 in steps of 8`."""
    least, most = each.least, each.maximum
    if least is None:
        limits = "any number" if most is None else f"up to {number(most)}"
    else:
        limits = f"{number(least)} and more" if most is None else f"{number(least)} to "
        limits += "" if most is None else number(most)
    return limits if not each.step else f"{limits} in steps of {number(each.step)}"


def _choices(old: Sequence[str], new: Sequence[str]) -> str:
    # There may be thousands: looking for each of them in a row would hold up everybody.
    now, then = frozenset(new), frozenset(old)
    came = [each for each in new if each not in then]
    went = [each for each in old if each not in now]
    told = (("offers", came), ("does not offer", went))
    return " and ".join(
        f"now {verb} {listed(tuple(map(shown, names)), most=MOST_LISTED)}"
        for verb, names in told
        if names
    )


def shown(name: str) -> str:
    """Return a name, or the beginning of a long one, as sentences for people have it."""
    return f"“{shortened(name, SHOWN_NAME_LENGTH)}”"


def _shown_value(value: InputValue | None) -> str:
    """Return a value as people write it: yes, 2,048, “a fox”."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(value) if isinstance(value, int | float) else shown(str(value))


_KINDS: Mapping[InputKind, str] = {
    InputKind.TEXT: "a text",
    InputKind.INTEGER: "a whole number",
    InputKind.NUMBER: "a number",
    InputKind.BOOLEAN: "a switch",
    InputKind.CHOICE: "a choice",
    InputKind.IMAGE: "a picture",
    InputKind.FILE: "a file",
}
