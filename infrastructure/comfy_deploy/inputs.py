"""
A deployment's `input_types` as inputs of ours.

A Lora, a checkpoint and a batch of images (a JSON list in a text) are texts: people type or
keep their addresses, nobody sends them as one file.
"""

from collections.abc import Iterable, Mapping

import orjson

from core.workflows.model import Input, InputKind, InputValue
from infrastructure.comfy_deploy.errors import MARKER_INPUT
from infrastructure.comfy_deploy.wire import Row, number, text

_PREFIX = "ComfyUIDeployExternal"
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
_SOCKET_ONLY = "binary"
"""The type of an input that is only fed over a websocket, which we do not open."""


def inputs_of(input_types: Iterable[Row]) -> tuple[Input, ...]:
    """Return the inputs in the order of the graph. Nodes that share an `input_id` are one input."""
    found: dict[str, Input] = {}
    for each in input_types:
        name = text(each.get("input_id")).strip()
        if name and name != MARKER_INPUT and each.get("type") != _SOCKET_ONLY:
            found.setdefault(name, _input(name, each))
    return tuple(found.values())


def _input(name: str, each: Row) -> Input:
    options = _options(each.get("enum_options"))
    kind = _kind(each)
    if kind is InputKind.CHOICE and not options:
        kind = InputKind.TEXT
    minimum, maximum = number(each.get("min_value")), number(each.get("max_value"))
    if minimum is not None and maximum is not None and minimum > maximum:
        minimum = maximum = None
    numeric = kind in (InputKind.INTEGER, InputKind.NUMBER)
    return Input(
        name=name,
        kind=kind,
        label=text(each.get("display_name")).strip(),
        description=text(each.get("description")).strip(),
        default=_default(each.get("default_value"), kind, options),
        minimum=minimum if numeric else None,
        maximum=maximum if numeric else None,
        options=options if kind is InputKind.CHOICE else (),
    )


def _kind(each: Row) -> InputKind:
    known = _BY_CLASS.get(text(each.get("class_type")).removeprefix(_PREFIX))
    return known or _BY_TYPE.get(text(each.get("type")).strip().lower(), InputKind.TEXT)


def _options(value: object) -> tuple[str, ...]:
    """Return the options of a list, or of a JSON list in a text."""
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return ()
    if not isinstance(value, list):
        return ()
    words = (str(each) for each in value if isinstance(each, str | int | float))
    return tuple(dict.fromkeys(word for word in words if word))


def _default(value: object, kind: InputKind, options: tuple[str, ...]) -> InputValue | None:
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
