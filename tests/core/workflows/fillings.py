"""A workflow of every kind of input, filled in with what a test is about."""

from collections.abc import Mapping, Sequence

import attrs
import pytest

from core.shared.errors import InputRefusedError
from core.workflows.filling import Filled, Given, fill
from core.workflows.inputs import InputValue
from core.workflows.kinds import InputKind
from core.workflows.lora import Lora
from core.workflows.model import Workflow
from core.workflows.wildcards import NO_LISTS, Lists
from tests.builders import a_workflow, an_input

SEED = 7
WIDTH = attrs.evolve(
    an_input("width", InputKind.INTEGER, default=512, minimum=64, maximum=2_048), step=8
)
STEPS = an_input("steps", InputKind.INTEGER, default=20, minimum=1, maximum=50)
STRENGTH = an_input("strength", InputKind.NUMBER, default=0.75, minimum=0, maximum=1)
HIRES = an_input("hires", InputKind.BOOLEAN, default=True)
STYLE = an_input("style", InputKind.CHOICE, default="Photo", options=("Photo", "Oil"))
NEGATIVE = an_input("negative")
NOISE = an_input("noise_seed", InputKind.INTEGER, default=-1)
LORA = an_input("lora_url", default="https://a.example/default.safetensors")
DRAW = a_workflow(inputs=(an_input(), NEGATIVE, WIDTH, STEPS, STRENGTH, HIRES, STYLE, NOISE))
DEFAULTS: Mapping[str, InputValue] = {
    "prompt": "a fox",
    "negative": "",
    "width": 512,
    "steps": 20,
    "strength": 0.75,
    "hires": True,
    "style": "Photo",
    "noise_seed": SEED,
}
TAGS = attrs.evolve(DRAW, reads_lora_tags=True)
ONE_LORA = attrs.evolve(DRAW, inputs=(*DRAW.inputs, LORA))
PIXEL = Lora(name="PixelArt", triggers=("pixel",), url="https://a.example/pixel.safetensors")
INK = Lora(name="Ink", triggers=("ink",), url="https://a.example/ink.safetensors")
TAGGED_ONLY = Lora(name="Tagged", triggers=("tagged",))
LORAS = (PIXEL, INK, TAGGED_ONLY)
LISTS = Lists(lines={"animals": ("a fox", "a cat")}, names=("animals",))


def filled(
    words: str = "a fox",
    values: Mapping[str, object] | None = None,
    *,
    workflow: Workflow = DRAW,
    saved: Mapping[str, InputValue] | None = None,
    common: Mapping[str, InputValue] | None = None,
    images: Sequence[str] = (),
    media: Mapping[str, str] | None = None,
    seed: int = SEED,
    lists: Lists = NO_LISTS,
) -> Filled:
    given = Given(
        words=words,
        values=values or {},
        saved=saved or {},
        common=common or {},
        images=images,
        media=media or {},
    )
    return fill(workflow, given, seed=seed, lists=lists, loras=LORAS)


def refusal(
    words: str = "a fox",
    values: Mapping[str, object] | None = None,
    workflow: Workflow = DRAW,
    *,
    lists: Lists = NO_LISTS,
) -> InputRefusedError:
    with pytest.raises(InputRefusedError) as raised:
        filled(words, values, workflow=workflow, lists=lists)
    return raised.value
