"""The public models that the service lists, and those that a search finds."""

from infrastructure.emulator.graphs import EXTERNAL

_SIZES = ("square_hd", "square", "portrait_4_3", "portrait_16_9", "landscape_4_3", "landscape_16_9")
_HOME = "https://models.invalid"


def _input(
    input_id: str,
    kind: str,
    *,
    default: object = None,
    limits: tuple[float | None, float | None] = (None, None),
    choices: tuple[str, ...] = (),
) -> dict[str, object]:
    return {
        "input_id": input_id,
        "class_type": EXTERNAL + kind,
        "required": default is None,
        "default_value": default,
        "min_value": limits[0],
        "max_value": limits[1],
        "display_name": None,
        "description": None,
        "enum_values": list(choices) or None,
    }


_PROMPT = _input("prompt", "Text")
_SIZE = _input("image_size", "Enum", default="square_hd", choices=_SIZES)
_SEED = _input("seed", "Seed", limits=(0, 2147483647))


def _model(
    model_id: str, name: str, cost: float, inputs: list[dict[str, object]]
) -> dict[str, object]:
    return {
        "id": model_id,
        "name": name,
        "is_comfyui": False,
        "preview_image": f"{_HOME}/{model_id}.png",
        "inputs": inputs,
        "outputs": [],
        "tags": [model_id.partition("-")[0], "image"],
        "fal_id": f"fal-ai/{model_id}",
        "cost_per_megapixel": cost,
    }


MODELS = (
    _model("flux-dev", "Flux (Dev)", 0.025, [_PROMPT, _SIZE, _SEED]),
    _model("flux-schnell", "Flux (Schnell)", 0.003, [_PROMPT, _SIZE]),
)


def _found(provider: str, name: str, kind: str, folder: str) -> dict[str, object]:
    filename = name.replace(" ", "_").lower() + ".safetensors"
    return {
        "name": name,
        "type": kind,
        "provider": provider,
        "filename": filename,
        "save_path": folder,
        "size": 6_938_040_682,
        "download_url": f"{_HOME}/{provider}/{filename}",
        "reference_url": f"{_HOME}/{provider}",
    }


_CATALOGUE = (
    _found("comfyui", "SD XL Base 1.0", "checkpoint", "checkpoints"),
    _found("comfyui", "RealESRGAN x4", "upscale", "upscale_models"),
    _found("civitai", "Ink Wash XL", "lora", "loras"),
    _found("huggingface", "SD XL Refiner 1.0", "checkpoint", "checkpoints"),
)


def search(query: str, provider: str) -> list[dict[str, object]]:
    """Return the models whose names have the text; the provider may be "all"."""
    return [
        one
        for one in _CATALOGUE
        if query.lower() in str(one["name"]).lower() and provider in ("all", one["provider"])
    ]
