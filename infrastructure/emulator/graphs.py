"""What a ComfyUI API graph is made of: the inputs that it offers, and the nodes that work."""

import json
from collections.abc import Mapping

import attrs

EXTERNAL = "ComfyUIDeployExternal"
_WEBSOCKET_INPUT = "ComfyDeployWebscoketImageInput"
_TYPES = {
    "Text": "string",
    "TextAny": "string",
    "TextSingleLine": "string",
    "Image": "string",
    "ImageAlpha": "string",
    "ImageBatch": "string",
    "Number": "float",
    "NumberInt": "integer",
    "NumberSlider": "float",
    "NumberSliderInt": "integer",
    "Boolean": "boolean",
    "Enum": "string",
    "Lora": "string",
    "Checkpoint": "string",
    "Video": "string",
    "Audio": "string",
    "EXR": "string",
    "File": "string",
}
_REPORTED_OUTPUTS = ("ComfyDeployStdOutputImage", "ComfyDeployStdOutputAny")
_SAMPLERS = ("KSampler", "SamplerCustom")
_SAVING = ("Save", "ComfyDeployOutput", "Preview", "VHS_")
_USUAL_WEIGHT = 0.7
_WEIGHTS = {"CheckpointLoaderSimple": 1.5, "UpscaleModelLoader": 1.5, "ImageUpscaleWithModel": 4.0}


class BrokenEnumError(Exception):
    """The options of an Enum are no JSON list of strings; every list it is in fails over it."""


@attrs.frozen(kw_only=True)
class ExternalInput:
    """One input that a workflow offers, as its `ComfyUIDeployExternal...` node declares it."""

    kind: str
    input_id: str
    label: str
    description: str
    default: str | float | None = None
    least: float | None = None
    most: float | None = None
    step: float | None = None
    options: str | None = None
    """The choices of an Enum, as the JSON text that its node holds."""

    @property
    def class_type(self) -> str:
        """The node's class."""
        return f"{EXTERNAL}{self.kind}"

    @property
    def is_reported(self) -> bool:
        """Whether `input_types` has it; seeds, face models and paths are left out there."""
        return self.kind in _TYPES

    def as_input_type(self) -> dict[str, object]:
        """Return the row of `input_types`. Raises BrokenEnumError."""
        return _input_type(
            type=_TYPES[self.kind],
            class_type=self.class_type,
            input_id=self.input_id,
            default_value=self.default,
            min_value=self.least,
            max_value=self.most,
            display_name=self.label,
            description=self.description,
            enum_options=self._choices(),
            step=self.step,
        )

    def as_node(self) -> dict[str, object]:
        """Return the node of the graph."""
        fields = {
            "input_id": self.input_id,
            "display_name": self.label,
            "description": self.description,
            "default_value": self.default,
            "min_value": self.least,
            "max_value": self.most,
            "step": self.step,
            "options": self.options,
        }
        return {
            "inputs": {name: value for name, value in fields.items() if value is not None},
            "class_type": self.class_type,
            "_meta": {"title": f"External {self.kind} (ComfyUI Deploy)"},
        }

    def _choices(self) -> list[str] | None:
        if self.kind != "Enum":
            return None
        try:
            found = json.loads(self.options or "")
        except ValueError:
            raise BrokenEnumError(self.input_id) from None
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise BrokenEnumError(self.input_id)
        return found


@attrs.frozen(kw_only=True)
class WorkNode:
    """A node that works: its weight is in units of `node_s`, sampling adds the steps."""

    class_type: str
    weight: float
    takes: Mapping[str, str] = attrs.Factory(dict)
    """Its wires: field name to the input or the class it is wired to."""
    samples: bool = False


def inputs_of(graph: Mapping[str, object]) -> tuple[ExternalInput, ...]:
    """Return the inputs that a graph offers, in its order."""
    return tuple(
        _external(kind.removeprefix(EXTERNAL), fields)
        for kind, fields in map(_parts, graph.values())
        if kind.startswith(EXTERNAL) and isinstance(fields.get("input_id"), str)
    )


def nodes_of(graph: Mapping[str, object]) -> tuple[WorkNode, ...]:
    """Return the nodes of a graph that work, in its order."""
    kinds = [kind for kind, _ in map(_parts, graph.values())]
    return tuple(
        WorkNode(
            class_type=kind,
            weight=_WEIGHTS.get(kind, _USUAL_WEIGHT),
            samples=kind.startswith(_SAMPLERS),
        )
        for kind in kinds
        if kind and not kind.startswith(EXTERNAL)
    )


def saving_node_of(graph: Mapping[str, object]) -> str:
    """Return the id of the node that puts the result out: the last that saves, or the last."""
    saving = [number for number, node in graph.items() if _parts(node)[0].startswith(_SAVING)]
    return (saving or list(graph) or ["1"])[-1]


def websocket_inputs_of(graph: Mapping[str, object]) -> list[dict[str, object]]:
    """Return the rows of `input_types` for pictures that come by websocket."""
    return [
        _input_type(type="binary", class_type=kind, input_id=fields.get("input_id"))
        for kind, fields in map(_parts, graph.values())
        if kind == _WEBSOCKET_INPUT
    ]


def output_types_of(drawing: object) -> list[dict[str, object]]:
    """Return the rows of `output_types`, which come from the drawing: named outputs alone."""
    nodes = drawing.get("nodes") if isinstance(drawing, dict) else None
    return [
        {"class_type": node["type"], "output_id": node["widgets_values"][0]}
        for node in (nodes if isinstance(nodes, list) else [])
        if isinstance(node, dict)
        and node.get("type") in _REPORTED_OUTPUTS
        and isinstance(node.get("widgets_values"), list)
        and node["widgets_values"]
    ]


def _input_type(**given: object) -> dict[str, object]:
    empty: dict[str, object] = {
        "type": None,
        "class_type": None,
        "input_id": None,
        "default_value": None,
        "min_value": None,
        "max_value": None,
        "display_name": "",
        "description": "",
        "enum_options": None,
        "step": None,
    }
    return empty | given


def _external(kind: str, fields: Mapping[str, object]) -> ExternalInput:
    default, options = fields.get("default_value"), fields.get("options")
    return ExternalInput(
        kind=kind,
        input_id=str(fields["input_id"]),
        label=str(fields.get("display_name") or ""),
        description=str(fields.get("description") or ""),
        default=default if isinstance(default, str | int | float) else None,
        least=_number(fields.get("min_value")),
        most=_number(fields.get("max_value")),
        step=_number(fields.get("step")),
        options=options if isinstance(options, str) else None,
    )


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _parts(node: object) -> tuple[str, Mapping[str, object]]:
    if not isinstance(node, dict):
        return "", {}
    kind, fields = node.get("class_type"), node.get("inputs")
    return (kind if isinstance(kind, str) else ""), (fields if isinstance(fields, dict) else {})
