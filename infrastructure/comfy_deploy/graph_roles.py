"""What an input is to its workflow, told by what its node is wired to."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from core.workflows.kinds import InputKind, Role, role_of
from infrastructure.comfy_deploy.graph_nodes import MOST_CLASSES, Traits

Wire = tuple[str, str]
"""The node that takes a value, and the field where."""

MOST_STEPS = 200
"""Wires that are followed from one input, so that no graph takes for ever."""

MEDIA = frozenset({"Image", "ImageAlpha", "Video", "Vid", "EXR"})
_SIZES = {"width": Role.WIDTH, "height": Role.HEIGHT}
_FIELDS: Mapping[str, Role] = {
    "seed": Role.SEED,
    "noise_seed": Role.SEED,
    "steps": Role.STEPS,
    "num_steps": Role.STEPS,
    "num_inference_steps": Role.STEPS,
    "cfg": Role.CFG,
    "cfg_scale": Role.CFG,
    "guidance": Role.CFG,
    "guidance_scale": Role.CFG,
    "denoise": Role.STRENGTH,
    "denoise_strength": Role.STRENGTH,
    "denoising_strength": Role.STRENGTH,
    "batch_size": Role.BATCH,
    "num_images": Role.BATCH,
    "lora": Role.LORA,
    "lora_name": Role.LORA,
    "lora_url": Role.LORA,
    "ckpt_name": Role.CHECKPOINT,
    "base_ckpt_name": Role.CHECKPOINT,
    "unet_name": Role.CHECKPOINT,
}
_SHORT_NEGATIVES = frozenset({"neg", "neg_prompt"})
_SHORT_POSITIVES = frozenset({"pos", "pos_prompt"})
_SENTENCES = frozenset({"prompt", "text_prompt", "user_prompt"})


def role_by_wires(
    node: str, name: str, *, wires: Mapping[str, Sequence[Wire]], nodes: Mapping[str, Traits]
) -> Role | None:
    """Return what the input called `name` at this node is; None when no wire tells."""
    short = nodes[node].external
    found = tuple(dict.fromkeys(_meanings(node, wires, nodes)))
    if short in MEDIA:
        return Role.MASK if found == (Role.MASK,) else None
    if Role.PROMPT in found:
        return Role.PROMPT
    if Role.WIDTH in found and Role.HEIGHT in found:
        return None  # One number for both sides is neither.
    known = [each for each in found if isinstance(each, Role) and each is not Role.MASK]
    if known:
        return known[0]
    # It guides a sampler, and nothing tells whether towards or away: then its name may.
    return (role_of(name, InputKind.TEXT) or Role.PROMPT) if _GUIDES in found else None


_GUIDES = "guides"
_OTHER = "other"
_Meaning = Role | str
"""A role, or one of the two words above."""


def _meanings(
    start: str, wires: Mapping[str, Sequence[Wire]], nodes: Mapping[str, Traits]
) -> Iterator[_Meaning]:
    """Yield what the nodes at the ends of the wires do with the value, each node once."""
    waiting, seen = [start], {start}
    for _ in range(MOST_STEPS):
        if not waiting:
            return
        for taker, field in wires.get(waiting.pop(), ()):
            traits = nodes[taker]
            meaning = _meaning(field.lower(), traits)
            if meaning is not None:
                yield meaning
            if _goes_on(meaning, field, traits) and taker not in seen:
                seen.add(taker)
                waiting.append(taker)


@lru_cache(maxsize=MOST_CLASSES)
def _meaning(field: str, traits: Traits) -> _Meaning | None:
    """Return what a field does with a value; None for nothing that counts."""
    role = _FIELDS.get(field) or _guided(field) or _sized(field, traits)
    if role is not None:
        return role
    if traits.makes_mask or "mask" in field:
        return Role.MASK
    if traits.encodes or field in _SENTENCES:
        return _GUIDES
    return None if traits.passes or traits.saves or traits.shows else _OTHER


def _guided(field: str) -> Role | None:
    if "negative" in field or field in _SHORT_NEGATIVES:
        return Role.NEGATIVE
    return Role.PROMPT if "positive" in field or field in _SHORT_POSITIVES else None


def _sized(field: str, traits: Traits) -> Role | None:
    if traits.repeats and field == "amount":
        return Role.BATCH
    return _SIZES.get(field) if traits.sizes else None


def _goes_on(meaning: _Meaning | None, field: str, traits: Traits) -> bool:
    if isinstance(meaning, Role) or traits.forgets:
        return False
    return traits.passes or traits.encodes or "cond" in field
