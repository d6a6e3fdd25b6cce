"""What sort of value an input takes, and what it means to the picture."""

import re
from collections.abc import Mapping
from enum import StrEnum


class InputKind(StrEnum):
    """What sort of value an input takes."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    IMAGE = "image"
    FILE = "file"

    @property
    def is_media(self) -> bool:
        """Whether the value is a file that a person sends."""
        return self in (InputKind.IMAGE, InputKind.FILE)

    @property
    def is_numeric(self) -> bool:
        """Whether the value is a number."""
        return self in (InputKind.INTEGER, InputKind.NUMBER)


class Role(StrEnum):
    """What an input is to its workflow, whatever its name: people say `--seed` to any of them."""

    PROMPT = "prompt"
    NEGATIVE = "negative"
    IMAGE = "image"
    MASK = "mask"
    VIDEO = "video"
    AUDIO = "audio"
    SEED = "seed"
    WIDTH = "width"
    HEIGHT = "height"
    STEPS = "steps"
    CFG = "cfg"
    STRENGTH = "strength"
    BATCH = "batch"
    LORA = "lora"
    CHECKPOINT = "checkpoint"
    FACE = "face"

    def suits(self, kind: InputKind) -> bool:
        """Whether an input of this kind can have this role."""
        return kind in _KINDS[self]

    @property
    def is_one(self) -> bool:
        """
        Whether a workflow has at most one input of this role.

        There may be several pictures, LoRA files or seeds: each of those counts for itself.
        """
        return self not in _MANY


_TEXTS = frozenset({InputKind.TEXT})
_NUMBERS = frozenset({InputKind.INTEGER, InputKind.NUMBER})
_MODELS = frozenset({InputKind.TEXT, InputKind.CHOICE})
_KINDS: Mapping[Role, frozenset[InputKind]] = {
    Role.PROMPT: _TEXTS,
    Role.NEGATIVE: _TEXTS,
    # A batch of pictures is a text: a list of their addresses.
    Role.IMAGE: frozenset({InputKind.IMAGE, InputKind.FILE, InputKind.TEXT}),
    Role.MASK: frozenset({InputKind.IMAGE, InputKind.FILE}),
    Role.VIDEO: frozenset({InputKind.FILE}),
    Role.AUDIO: frozenset({InputKind.FILE}),
    Role.SEED: frozenset({InputKind.INTEGER}),
    Role.WIDTH: _NUMBERS,
    Role.HEIGHT: _NUMBERS,
    Role.STEPS: _NUMBERS,
    Role.CFG: _NUMBERS,
    Role.STRENGTH: _NUMBERS,
    Role.BATCH: _NUMBERS,
    Role.LORA: _MODELS,
    Role.CHECKPOINT: _MODELS,
    Role.FACE: _TEXTS,
}
_MANY = frozenset({Role.IMAGE, Role.MASK, Role.VIDEO, Role.AUDIO, Role.SEED, Role.LORA, Role.FACE})
_NAMED: Mapping[Role, frozenset[str]] = {
    Role.NEGATIVE: frozenset({"negative", "negative_prompt", "negative_text", "neg", "neg_prompt"}),
    Role.PROMPT: frozenset({"prompt", "positive", "positive_prompt", "text_prompt", "text"}),
    Role.SEED: frozenset({"seed", "noise_seed"}),
    Role.WIDTH: frozenset({"width", "image_width"}),
    Role.HEIGHT: frozenset({"height", "image_height"}),
    Role.STEPS: frozenset({"steps", "num_inference_steps", "sampling_steps"}),
    Role.CFG: frozenset({"cfg", "cfg_scale", "guidance", "guidance_scale"}),
    Role.STRENGTH: frozenset({"strength", "denoise", "denoise_strength", "denoising_strength"}),
    Role.BATCH: frozenset({"batch", "batch_size", "num_images", "images"}),
    Role.MASK: frozenset({"mask", "mask_image"}),
    Role.VIDEO: frozenset({"video", "init_video", "source_video"}),
    Role.AUDIO: frozenset({"audio", "sound", "music", "voice"}),
    Role.LORA: frozenset({"lora", "lora_name", "lora_url"}),
    Role.CHECKPOINT: frozenset({"checkpoint", "ckpt", "ckpt_name", "model"}),
}
_BY_NAME: Mapping[str, Role] = {name: role for role, names in _NAMED.items() for name in names}


def role_of(name: str, kind: InputKind) -> Role | None:
    """Return what an input of this name and kind is; None for one that has no role of ours."""
    plain = re.sub(r"[\s-]+", "_", name.strip().lower()).removeprefix("input_")
    role = _BY_NAME.get(plain)
    if role is not None and role.suits(kind):
        return role
    return Role.IMAGE if kind is InputKind.IMAGE else None
