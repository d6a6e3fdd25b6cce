"""Words of a prompt call LoRA files."""

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.workflows.lora import Called, Lora, call_loras, fits

PIXEL = Lora(name="PixelArt", triggers=("pixel", "pixel art"), base_model="SDXL", weight=0.8)
INK = Lora(name="Ink", triggers=("ink wash", "a+b (c)"), base_model="SDXL")
FLAT = Lora(name="Flat", triggers=("pixel",), base_model="SDXL")
FLUX = Lora(name="Glow", triggers=("glow",), base_model="FLUX")
ANY = Lora(name="Any", triggers=("anywhere",))
SLIDER = Lora(name="Slider", triggers=("slide",), weight=-1.0)
OFF = Lora(name="Off", triggers=("off",), weight=0.0)
LORAS = (PIXEL, INK, FLAT, FLUX, ANY, SLIDER, OFF)


def call(prompt: str) -> Called:
    return call_loras(prompt, LORAS, base_model="SDXL")


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("a red fox", "a red fox"),
        ("ink wash fox", "<lora:Ink:1> ink wash fox"),
        ("a Pixel fox", "a <lora:PixelArt:0.8> Pixel fox"),
        ("PIXEL  ART fox", "<lora:PixelArt:0.8> PIXEL  ART fox"),
        ("pixel art and pixel", "<lora:PixelArt:0.8> pixel art and pixel"),
        ("pixels, subpixel, pixel-like", "pixels, subpixel, pixel-like"),
        ("an a+b (c) fox", "an <lora:Ink:1> a+b (c) fox"),
        ("a glow anywhere", "a glow <lora:Any:1> anywhere"),
        ("slide", "<lora:Slider:-1> slide"),
        ("off", "off"),
    ],
)
def test_a_trigger_calls_its_lora_once(prompt: str, text: str) -> None:
    assert call(prompt).text == text


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("pixel:0.7 fox", "<lora:PixelArt:0.7> pixel fox"),
        ("pixel:.4 fox", "<lora:PixelArt:0.4> pixel fox"),
        ("a fox, pixel:0.75.", "a fox, <lora:PixelArt:0.75> pixel."),
        ("pixel:1, fox", "<lora:PixelArt:1> pixel, fox"),
        ("pixel:+1.5 fox", "<lora:PixelArt:1.5> pixel fox"),
        ("pixel:-0.5 fox", "<lora:PixelArt:-0.5> pixel fox"),
        ("pixel:9 fox", "<lora:PixelArt:2> pixel fox"),
        ("pixel:0 fox", "pixel fox"),
        ("pixel:0.0 fox, pixel", "pixel fox, <lora:PixelArt:0.8> pixel"),
        ("pixel and pixel:0.5", "<lora:PixelArt:0.8> pixel and pixel"),
        ("pixel:0.75abc", "<lora:PixelArt:0.8> pixel:0.75abc"),
        ("pixel:16:9", "<lora:PixelArt:0.8> pixel:16:9"),
        ("pixel: fox", "<lora:PixelArt:0.8> pixel: fox"),
        ("(pixel:1.2) fox", "(<lora:PixelArt:0.8> pixel:1.2) fox"),
        ("(a pixel:1.2) fox", "(a <lora:PixelArt:0.8> pixel:1.2) fox"),
        ("(fox) pixel:1.2)", "(fox) <lora:PixelArt:1.2> pixel)"),
        ("(off:1.2)", "(off:1.2)"),
    ],
)
def test_t_67_a_number_after_a_trigger_is_its_weight(prompt: str, text: str) -> None:
    assert call(prompt).text == text


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("pixel! fox", "<lora:PixelArt:1> pixel fox"),
        ("pixel!!, fox", "<lora:PixelArt:1.2> pixel, fox"),
        ("pixel. fox", "<lora:PixelArt:0.6> pixel fox"),
        ("pixel.... fox", "pixel fox"),
        ("pixel......... fox", "pixel fox"),
        ("pixel!!!!!!!!! fox", "<lora:PixelArt:2> pixel fox"),
        ("slide! fox", "<lora:Slider:-0.8> slide fox"),
        ("(pixel!) fox", "(<lora:PixelArt:1> pixel) fox"),
        ("a fox in pixel.", "a fox in <lora:PixelArt:0.8> pixel."),
        ("a fox in pixel!", "a fox in <lora:PixelArt:0.8> pixel!"),
        ('a "fox in pixel."', 'a "fox in <lora:PixelArt:0.8> pixel."'),
        ("pixel. The fox", "<lora:PixelArt:0.8> pixel. The fox"),
        ("pixel! Über", "<lora:PixelArt:0.8> pixel! Über"),
        ("pixel! über", "<lora:PixelArt:1> pixel über"),
        ("pixel.\nfox", "<lora:PixelArt:0.8> pixel.\nfox"),
        ("pixel.art", "<lora:PixelArt:0.8> pixel.art"),
        ("pixel:0.5! fox", "<lora:PixelArt:0.5> pixel! fox"),
        ("fox! ink wash", "fox! <lora:Ink:1> ink wash"),
    ],
)
def test_marks_weigh_a_trigger_but_not_where_a_sentence_ends(prompt: str, text: str) -> None:
    assert call(prompt).text == text


@pytest.mark.parametrize(
    ("prompt", "text", "weight"),
    [
        ("<lora:PixelArt:0.5> fox", "<lora:PixelArt:0.5> fox", 0.5),
        ("<lora:pixelart.safetensors:1> fox", "<lora:PixelArt:1> fox", 1.0),
        ("<lora:PixelArt> fox", "<lora:PixelArt:0.8> fox", 0.8),
        ("<lora:PixelArt:0.5:0.7> fox", "<lora:PixelArt:0.5> fox", 0.5),
        ("<lora:PixelArt:much> fox", "<lora:PixelArt:0.8> fox", 0.8),
        ("pixel fox <lora:PixelArt:1>", "pixel fox <lora:PixelArt:1>", 1.0),
        ("<lora:PixelArt:1> a <lora:pixelart:2> fox", "<lora:PixelArt:1> a fox", 1.0),
    ],
)
def test_a_tag_is_kept_and_is_the_only_one(prompt: str, text: str, weight: float) -> None:
    called = call(prompt)

    assert (called.text, called.loras) == (text, ((PIXEL, weight),))


@pytest.mark.parametrize(
    ("tag", "why"),
    [
        ("<lora:Glow:1>", "the LoRA “Glow” is not for SDXL: it is left out"),
        ("<lora:Nobody:1>", "the LoRA “Nobody” is not known here: it is left out"),
    ],
)
def test_a_tag_that_may_not_be_there_is_taken_out_and_said(tag: str, why: str) -> None:
    called = call(f"a {tag} fox")

    assert (called.text, called.loras, called.notes) == ("a fox", (), (why,))


def test_of_two_with_one_trigger_the_first_is_called_and_it_is_said() -> None:
    called = call("a pixel fox")

    assert called.loras == ((PIXEL, 0.8),)
    assert called.notes == ("“pixel” calls the LoRA PixelArt (0.8), and not Flat",)


def test_the_plain_text_has_neither_tags_nor_weights() -> None:
    called = call("a pixel:0.5 fox, <lora:Ink:1> ink wash")

    assert called.plain == "a pixel fox, ink wash"
    assert called.loras == ((PIXEL, 0.5), (INK, 1.0))
    assert called.notes == ("“pixel” calls the LoRA PixelArt (0.5), and not Flat",)


def test_notes_are_not_repeated_and_not_without_end() -> None:
    assert len(call("<lora:x:1> <lora:x:1>").notes) == 1
    assert len(call(" ".join(f"<lora:x{number}:1>" for number in range(20))).notes) == 6


@pytest.mark.parametrize(
    ("base_model", "taken"),
    [
        ("SDXL", {"SD1.5", "SDXL", "Illustrious", ""}),
        ("sd 1.5", {"SD1.5", ""}),
        ("FLUX", {"FLUX", "FLUX.1-dev", ""}),
        ("FLUX.1-dev", {"FLUX", "FLUX.1-dev", ""}),
        ("KONTEXT", {"KONTEXT", "FLUX", "FLUX.1-dev", ""}),
        ("Pony", {"Pony", ""}),
        ("", {""}),
    ],
)
def test_a_lora_is_for_its_family_of_models(base_model: str, taken: set[str]) -> None:
    families = ("SD1.5", "SDXL", "Illustrious", "FLUX", "FLUX.1-dev", "KONTEXT", "Pony", "")

    assert {each for each in families if fits(Lora(name="x", base_model=each), base_model)} == taken


def test_a_tag_without_a_family_to_fit_is_said_to_be_for_others() -> None:
    called = call_loras("<lora:Glow:1> fox", LORAS, base_model="")

    assert called.notes == ("the LoRA “Glow” is not for this workflow: it is left out",)


def test_of_two_with_one_name_the_first_counts() -> None:
    other = attrs.evolve(PIXEL, triggers=("other",), weight=0.1)

    assert call_loras("other", (PIXEL, other), base_model="SDXL").loras == ((PIXEL, 0.1),)


def test_t_68_the_same_prompt_calls_the_same_each_time() -> None:
    prompts = ["a pixel fox", "pixel", "no", "pixel art, ink wash"]

    once = [call(each) for each in prompts]

    assert [call(each) for each in prompts] == once
    assert [call(each) for each in reversed(prompts)] == once[::-1]


def test_a_letter_that_only_looks_alike_calls_nothing() -> None:
    lora = Lora(name="S", triggers=("s",))

    assert call_loras("s \u017f", (lora,), base_model="").text == "<lora:S:1> s \u017f"


def test_triggers_may_be_empty() -> None:
    assert call_loras("a fox", (Lora(name="x", triggers=("", " ")),), base_model="").text == "a fox"


PROMPTS = st.text() | st.from_regex(
    r"((pixel|ink wash|off|slide|<lora:(Ink|x)(:1)?>|\(|\))[:.!]?[.!0-9]{0,3}[ ,\n)]?){0,6}"
)


@given(
    PROMPTS,
    st.lists(
        st.builds(
            Lora,
            name=st.text("ab.-", min_size=1),
            triggers=st.tuples(st.text(max_size=3), st.sampled_from(["a", "pixel", "[", "a b"])),
            weight=st.floats(-2, 2),
        ),
        max_size=4,
    ),
)
@settings(deadline=None)
def test_whatever_is_written_each_lora_is_called_at_most_once(
    prompt: str, loras: list[Lora]
) -> None:
    called = call_loras(prompt, (*LORAS, *loras), base_model="SDXL")

    names = [lora.name.lower() for lora, _ in called.loras]
    assert len(names) == len(set(names))
    assert all(-2 <= weight <= 2 for _, weight in called.loras)
    assert all(called.text.count(f"<lora:{lora.name}:") == 1 for lora, _ in called.loras)
    assert call_loras(prompt, (*LORAS, *loras), base_model="SDXL") == called
