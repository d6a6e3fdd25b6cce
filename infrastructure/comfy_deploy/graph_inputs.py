"""External nodes of a graph as rows of the form of `input_types`."""

from collections.abc import Mapping

import orjson

from infrastructure.comfy_deploy.graph_nodes import EXTERNAL
from infrastructure.comfy_deploy.wire import Row, text

_TYPES: Mapping[str, str] = {
    "Number": "float",
    "NumberSlider": "float",
    "NumberInt": "integer",
    "NumberSliderInt": "integer",
    "Seed": "integer",
    "Boolean": "boolean",
}
_DEFAULT_FIELDS: Mapping[str, str] = {
    "ImageBatch": "images",
    "Lora": "lora_url",
    "FaceModel": "face_model_url",
    "Audio": "audio_file",
    "EXR": "exr_file",
    "File": "file_url",
}
"""
Where a class keeps what it does without a value.

`default_value_url` of pictures and films is none of them: the editor puts there what the operator
last looked at, and a person who forgot to send a picture would pay for that one.
"""

_ENUM = f"{EXTERNAL}Enum"


def external_row(short: str, fields: Row) -> Row:
    """Return the row of an external node of this short class (`NumberInt`), as the list has it."""
    default = fields.get(_DEFAULT_FIELDS.get(short, "default_value"))
    return {
        "type": _TYPES.get(short, "string"),
        "class_type": EXTERNAL + short,
        "input_id": fields.get("input_id"),
        # An empty list of pictures, or a wire to another node, is no default of ours.
        "default_value": None if isinstance(default, list) or default == "[]" else default,
        "min_value": fields.get("min_value"),
        "max_value": fields.get("max_value"),
        "display_name": fields.get("display_name"),
        "description": fields.get("description"),
        "enum_options": fields.get("options") if short == "Enum" else None,
        "step": fields.get("step"),
    }


def options_of(value: object) -> tuple[str, ...]:
    """Return the choices of a list, or of a JSON list in a text; what is no text counts as one."""
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return ()
    if not isinstance(value, list):
        return ()
    words = (str(each) for each in value if isinstance(each, str | int | float))
    return tuple(dict.fromkeys(word for word in words if word))


def problem_of(row: Row) -> str:
    """Return what is wrong with an external node, for the operator; "" for nothing."""
    if row.get("class_type") != _ENUM or _is_list_of_texts(row.get("enum_options")):
        return ""
    name = text(row.get("input_id"))
    return (
        f"The choices of the input “{name}” are not a JSON list of texts, such as "
        '["one", "two"]: ComfyUI Deploy lists none of its deployments until they are.'
    )


def _is_list_of_texts(options: object) -> bool:
    try:
        found = orjson.loads(text(options))
    except orjson.JSONDecodeError:
        return False
    return isinstance(found, list) and all(isinstance(each, str) for each in found)
