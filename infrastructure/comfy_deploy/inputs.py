"""
A deployment's `input_types`, and what its graph tells besides, as inputs of ours.

A Lora, a checkpoint and a batch of images (a JSON list in a text) are texts: people type or
keep their addresses, nobody sends them as one file.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import attrs

from core.workflows.inputs import RANDOM_SEED, Input, InputValue, clean
from core.workflows.kinds import InputKind, Role, role_of
from infrastructure.comfy_deploy.errors import MARKER_INPUT
from infrastructure.comfy_deploy.graph import NO_FACTS, GraphFacts
from infrastructure.comfy_deploy.graph_inputs import options_of
from infrastructure.comfy_deploy.graph_nodes import EXTERNAL, MOST_CLASSES
from infrastructure.comfy_deploy.wire import Row, number, text

LARGEST_SEED = 4_294_967_295

_BY_CLASS: Mapping[str, InputKind] = {
    "Text": InputKind.TEXT,
    "TextAny": InputKind.TEXT,
    "TextSingleLine": InputKind.TEXT,
    "Image": InputKind.IMAGE,
    "ImageAlpha": InputKind.IMAGE,
    "ImageBatch": InputKind.TEXT,
    "Number": InputKind.NUMBER,
    "NumberInt": InputKind.INTEGER,
    "NumberSlider": InputKind.NUMBER,
    "NumberSliderInt": InputKind.INTEGER,
    "Boolean": InputKind.BOOLEAN,
    "Enum": InputKind.CHOICE,
    "Seed": InputKind.INTEGER,
    "Lora": InputKind.TEXT,
    "Checkpoint": InputKind.TEXT,
    "FaceModel": InputKind.TEXT,
    "Video": InputKind.FILE,
    "Vid": InputKind.FILE,
    "Audio": InputKind.FILE,
    "EXR": InputKind.FILE,
    "File": InputKind.FILE,
}
_BY_TYPE: Mapping[str, InputKind] = {
    "string": InputKind.TEXT,
    "integer": InputKind.INTEGER,
    "int": InputKind.INTEGER,
    "float": InputKind.NUMBER,
    "number": InputKind.NUMBER,
    "boolean": InputKind.BOOLEAN,
    "bool": InputKind.BOOLEAN,
    "enum": InputKind.CHOICE,
    "image": InputKind.IMAGE,
    "file": InputKind.FILE,
    "video": InputKind.FILE,
    "audio": InputKind.FILE,
}
_ROLES: Mapping[str, Role] = {
    "Seed": Role.SEED,
    "Lora": Role.LORA,
    "Checkpoint": Role.CHECKPOINT,
    "FaceModel": Role.FACE,
    "Image": Role.IMAGE,
    "ImageAlpha": Role.IMAGE,
    "ImageBatch": Role.IMAGE,
    "Video": Role.VIDEO,
    "Vid": Role.VIDEO,
    "Audio": Role.AUDIO,
}
_SOCKET_ONLY = "binary"
"""The type of an input that is only fed over a websocket, which we do not open."""

_WIDGETS_LIMIT = 2_147_483_647
"""What Number and NumberInt show as their range when the operator has set none."""

_WIDGETS_STEP = 0.01
"""By what Number moves when an arrow is clicked: no rule for what it takes."""


def inputs_of(input_types: Iterable[Row] | None, facts: GraphFacts = NO_FACTS) -> tuple[Input, ...]:
    """
    Return the inputs in the order of the graph. Nodes that share an `input_id` are one input.

    `input_types` is None where there is no list. What a list leaves out comes from the graph:
    whole inputs (Seed, FaceModel, Vid), and defaults such as the address of a Lora.
    """
    merged = _merged(_by_name(input_types or ()), _by_name(facts.inputs))
    found = tuple(_declared(name, each) for name, each in merged.items())
    roles = _roles(found, facts.roles)
    return tuple(_input(each, roles[each.name]) for each in found)


@attrs.frozen
class _Declared:
    """An input as its row declares it; `short` is its class, such as `NumberInt`."""

    name: str
    row: Row
    short: str
    kind: InputKind
    options: tuple[str, ...]


def _declared(name: str, each: Row) -> _Declared:
    short = text(each.get("class_type")).removeprefix(EXTERNAL)
    kind = _BY_CLASS.get(short)
    if kind is None:
        kind = _BY_TYPE.get(text(each.get("type")).strip().lower(), InputKind.TEXT)
    options = options_of(each.get("enum_options")) if kind is InputKind.CHOICE else ()
    if kind is InputKind.CHOICE and not options:
        kind = InputKind.TEXT
    return _Declared(name, each, short, kind, options)


def _by_name(rows: Iterable[Row]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for each in rows:
        name = text(each.get("input_id")).strip()
        if name and name != MARKER_INPUT and each.get("type") != _SOCKET_ONLY:
            found.setdefault(name, each)
    return found


def _merged(listed: dict[str, Row], drawn: dict[str, Row]) -> Mapping[str, Row]:
    """Return the rows of both, those that only the graph has behind what is before them there."""
    if not listed or not drawn:
        return listed or drawn
    names, at = list(listed), 0
    for name in drawn if drawn.keys() - listed.keys() else ():
        if name in listed:
            at = names.index(name) + 1
        else:
            names.insert(at, name)
            at += 1
    return {name: _filled(listed.get(name), drawn.get(name)) for name in names}


def _filled(listed: Row | None, drawn: Row | None) -> Row:
    """Return the list's row; the graph tells the defaults that have a field of their own."""
    if listed is None or drawn is None:
        return listed or drawn or {}
    default = drawn.get("default_value")
    if default is None or listed.get("default_value") is not None:
        return listed
    return {**listed, "default_value": default}


def _input(found: _Declared, role: Role | None) -> Input:
    each, kind = found.row, found.kind
    default = _default(each.get("default_value"), kind, found.options)
    minimum = maximum = step = None
    if kind.is_numeric:
        minimum, maximum = _limits(found)
        step = _step(found)
        if not _is_within(default, minimum, maximum, role=role):
            default = RANDOM_SEED if found.short == "Seed" else None
    return Input(
        name=found.name,
        kind=kind,
        label=clean(text(each.get("display_name"))),
        description=clean(text(each.get("description"))),
        default=default,
        minimum=minimum,
        maximum=maximum,
        step=step,
        options=found.options,
        role=role,
    )


def _roles(found: Iterable[_Declared], wired: Mapping[str, Role]) -> Mapping[str, Role | None]:
    """Return the role of each input; of several with a role for one, the likeliest has it."""
    roles: dict[str, Role | None] = {}
    best: dict[Role, tuple[int, str]] = {}
    for each in found:
        role, goodness = _role(
            each.name, each.kind, short=each.short, by_wires=wired.get(each.name)
        )
        roles[each.name] = role
        if role is None or not goodness:
            continue
        better = best.get(role)
        if better is not None and better[0] >= goodness:
            roles[each.name] = None
            continue
        best[role] = (goodness, each.name)
        if better is not None:
            roles[better[1]] = None
    return roles


# Names and classes are the same in many workflows, and thousands are read at once.
@lru_cache(maxsize=MOST_CLASSES)
def _role(
    name: str, kind: InputKind, *, short: str, by_wires: Role | None
) -> tuple[Role | None, int]:
    """Return the role that an input may have, and how likely: 0 if there may be many of it."""
    by_name = role_of(name, kind)
    if by_wires is not None and not by_wires.suits(kind):
        by_wires = None
    role = by_wires or _ROLES.get(short) or by_name
    if role is None or not role.is_one:
        return role, 0
    # Wires tell more than a name. But of several texts that guide the picture, people mean the
    # one that is called the prompt.
    by_its_name = (3 if role is Role.PROMPT else 1) if by_name is role else 0
    return role, 1 + by_its_name + (2 if by_wires is not None else 0)


def _limits(found: _Declared) -> tuple[float | None, float | None]:
    if found.short == "Seed":
        # It says 1, but 0 is a seed like any other, and makes a picture of its own.
        return 0, LARGEST_SEED
    minimum, maximum = number(found.row.get("min_value")), number(found.row.get("max_value"))
    if minimum is None or maximum is None:
        return minimum, maximum
    no_range = minimum > maximum or (minimum == -_WIDGETS_LIMIT and maximum == _WIDGETS_LIMIT)
    return (None, None) if no_range else (minimum, maximum)


def _step(found: _Declared) -> float | None:
    """Return the step if it is a rule: one of 1 says nothing of whole numbers."""
    step = number(found.row.get("step"))
    if step is None or step <= 0 or found.short == "Seed":
        return None
    if found.kind is InputKind.INTEGER:
        return step if step.is_integer() and step > 1 else None
    return None if found.short == "Number" and step == _WIDGETS_STEP else step


def _is_within(
    value: InputValue | None, minimum: float | None, maximum: float | None, *, role: Role | None
) -> bool:
    if not isinstance(value, int | float):
        return False
    if role is Role.SEED and value == RANDOM_SEED:
        return True
    return (minimum is None or value >= minimum) and (maximum is None or value <= maximum)


def _default(value: object, kind: InputKind, options: Sequence[str]) -> InputValue | None:
    """Return the default; None for one that the input cannot take: the graph's own counts then."""
    match kind:
        case InputKind.INTEGER:
            found = number(value)
            return int(found) if found is not None and found.is_integer() else None
        case InputKind.NUMBER:
            return number(value)
        case InputKind.BOOLEAN:
            return _boolean(value)
        case InputKind.CHOICE:
            return value if isinstance(value, str) and value in options else None
        case InputKind.IMAGE | InputKind.FILE:
            # Else it is a wire to another node, or a name in the machine's own folder.
            url = text(value)
            return url if url.startswith(("http://", "https://")) else None
        case InputKind.TEXT:
            return text(value).replace("\0", "")


def _boolean(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(text(value).strip().lower())
