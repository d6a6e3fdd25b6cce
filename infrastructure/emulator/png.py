"""Writes pictures as ComfyUI does: PNG files that carry their graph."""

import io
import json
from collections.abc import Mapping

from PIL import Image, PngImagePlugin

# Level 1 is fast; these pictures are smooth, so higher levels gain little.
_COMPRESSION = 2


def as_png(image: Image.Image, graph: Mapping[str, object], inputs: Mapping[str, object]) -> bytes:
    """Return the file, with the graph and the inputs it ran with in a text chunk `prompt`."""
    filled = {number: _filled(node, inputs) for number, node in graph.items()}
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("prompt", json.dumps(filled))
    file = io.BytesIO()
    image.save(file, "PNG", pnginfo=chunks, compress_level=_COMPRESSION)
    return file.getvalue()


def _filled(node: object, inputs: Mapping[str, object]) -> object:
    if not isinstance(node, dict) or not isinstance(node.get("inputs"), dict):
        return node
    fields = dict(node["inputs"])
    name = fields.get("input_id")
    if isinstance(name, str) and name in inputs:
        fields["default_value"] = inputs[name]
    return node | {"inputs": fields}
