"""What becomes of the texts of a wish before they are sent."""

import attrs
import pytest

from core.shared.errors import InputRefusedError
from core.workflows.inputs import MAX_TEXT_LENGTH
from core.workflows.kinds import InputKind, Role
from core.workflows.wildcards import Lists
from tests.builders import a_workflow, an_input
from tests.core.workflows.fillings import (
    DRAW,
    LISTS,
    LORA,
    ONE_LORA,
    PIXEL,
    STEPS,
    TAGS,
    filled,
    refusal,
)

LONG = Lists(lines={"long": ("x" * 5_000,)}, names=("long",))


def test_t_67_what_was_typed_and_what_is_sent_are_kept_apart() -> None:
    found = filled("{a fox|a fox} in snow", {"negative": "{hands|hands}"})

    assert (found.words, found.inputs["prompt"]) == ("{a fox|a fox} in snow", "a fox in snow")
    assert (found.typed, found.inputs["negative"]) == ({"negative": "{hands|hands}"}, "hands")
    assert found.notes == ("{a fox|a fox} became a fox", "{hands|hands} became hands")


def test_the_same_seed_draws_the_same_wherever_it_comes_from() -> None:
    words = " ".join(["{a|b|c|d|e|f}"] * 6)

    drawn = filled(words, seed=99)
    told = filled(words, {"seed": 99}, seed=1)
    assert drawn.inputs == told.inputs
    assert drawn.inputs["prompt"] != filled(words, seed=98).inputs["prompt"]


def test_two_texts_draw_for_themselves() -> None:
    text = " ".join(["{a|b|c|d|e|f}"] * 6)

    inputs = filled(text, {"negative": text}).inputs
    assert inputs["prompt"] != inputs["negative"]


def test_lists_are_drawn_from_and_other_texts_are_left_alone() -> None:
    workflow = a_workflow(inputs=(an_input(), an_input("caption")))

    found = filled("__animals__", {"caption": "{a|b}"}, workflow=workflow, lists=LISTS)
    assert found.inputs["prompt"] in LISTS.lines["animals"]
    assert found.inputs["caption"] == "{a|b}"
    with pytest.raises(InputRefusedError, match="__animals__"):
        filled("__animal__", workflow=workflow, lists=LISTS)


@pytest.mark.parametrize("seed", range(20))
def test_t_69_a_prompt_is_drawn_again_until_something_is_left(seed: int) -> None:
    assert filled("{a fox||,}", seed=seed).inputs["prompt"] == "a fox"


def test_t_69_a_prompt_of_which_nothing_can_be_left_is_refused() -> None:
    error = refusal("{|,}")

    assert (error.code, error.name) == ("input.missing", "prompt")
    assert "Nothing is left of these words" in error.user_message


def test_what_was_drawn_may_not_be_too_long() -> None:
    assert "4,000 characters, not 5,000" in refusal("__long__", lists=LONG).user_message
    assert len(str(filled("x" * MAX_TEXT_LENGTH).inputs["prompt"])) == MAX_TEXT_LENGTH


def test_a_workflow_that_reads_tags_gets_them() -> None:
    found = filled("a pixel fox, ink", workflow=TAGS)

    assert found.words == "a pixel fox, ink"
    assert found.inputs["prompt"] == "a <lora:PixelArt:1> pixel fox, <lora:Ink:1> ink"
    assert found.typed == {}
    assert found.notes == (
        "“pixel” calls the LoRA PixelArt (1)",
        "“ink” calls the LoRA Ink (1)",
    )


def test_a_workflow_without_a_lora_calls_none() -> None:
    assert filled("a pixel:0.5 fox").inputs["prompt"] == "a pixel:0.5 fox"


def test_an_input_for_a_lora_gets_the_first_that_is_called() -> None:
    found = filled("a tagged pixel:0.5 fox, ink", workflow=ONE_LORA)

    assert found.inputs["prompt"] == "a tagged pixel fox, ink"
    assert found.inputs["lora_url"] == PIXEL.url
    assert found.typed == {"lora_url": ""}
    assert found.notes[-2:] == (
        "only PixelArt is used: this workflow takes one LoRA",
        "this workflow has its own weight for PixelArt",
    )


def test_a_lora_that_cannot_be_loaded_is_said() -> None:
    found = filled("a tagged fox", workflow=ONE_LORA)

    assert found.inputs["lora_url"] == LORA.default
    assert found.notes[-1] == "Tagged cannot be loaded by this workflow"


def test_a_lora_that_was_given_stays() -> None:
    found = filled("a pixel:0.5 fox", {"lora_url": "https://a.example/x"}, workflow=ONE_LORA)

    assert (found.inputs["prompt"], found.inputs["lora_url"]) == (
        "a pixel fox",
        "https://a.example/x",
    )
    assert found.notes == ()


@pytest.mark.parametrize("option", ["pixelart", "PixelArt.safetensors", PIXEL.url])
def test_a_choice_of_loras_takes_one_by_its_name(option: str) -> None:
    choice = an_input("lora_name", InputKind.CHOICE, default="none", options=("none", option))
    workflow = attrs.evolve(DRAW, inputs=(*DRAW.inputs, choice))

    found = filled("a pixel fox", workflow=workflow)
    assert found.inputs["lora_name"] == option
    assert found.notes == ("“pixel” calls the LoRA PixelArt (1)",)


def test_a_number_that_calls_itself_a_lora_is_none() -> None:
    odd = attrs.evolve(an_input("lora", InputKind.NUMBER), role=Role.LORA)

    assert filled("a pixel fox", workflow=a_workflow(inputs=(an_input(), odd))).notes == ()


def test_a_prompt_of_nothing_but_tags_is_refused() -> None:
    assert "Nothing is left" in refusal("<lora:PixelArt:1>", workflow=TAGS).user_message


def test_a_prompt_that_need_not_say_anything_calls_nothing() -> None:
    workflow = attrs.evolve(TAGS, inputs=(an_input("caption"), STEPS))

    assert filled("", workflow=workflow).inputs == {"steps": 20}
    assert filled("<lora:x:1>", workflow=workflow).inputs["caption"] == ""
