"""What a person types after a command is taken apart into words and values."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.shared.errors import InputRefusedError
from core.workflows.kinds import InputKind
from core.workflows.model import Workflow
from core.workflows.typed import Typed, read
from tests.builders import a_workflow, an_input

NUMBER = InputKind.INTEGER
DRAW = a_workflow(
    inputs=(
        an_input(),
        an_input("width", NUMBER),
        an_input("height", NUMBER),
        an_input("noise_seed", NUMBER),
        an_input("hires", InputKind.BOOLEAN),
        an_input("style", InputKind.CHOICE, options=("Photo", "Oil")),
        an_input("caption"),
        an_input("input_image", InputKind.IMAGE),
    )
)
DARK = a_workflow(inputs=(*DRAW.inputs, an_input("negative")))
WORDS_ONLY = a_workflow(inputs=(an_input(),))


def refusal(text: str, workflow: Workflow = DRAW) -> InputRefusedError:
    with pytest.raises(InputRefusedError) as raised:
        read(text, workflow)
    return raised.value


@pytest.mark.parametrize(
    ("text", "words", "values"),
    [
        ("a red fox", "a red fox", {}),
        ("a red fox width=512", "a red fox", {"width": "512"}),
        ("width=512 a red fox", "a red fox", {"width": "512"}),
        ("a red width=512 fox", "a red fox", {"width": "512"}),
        ("a fox, width=512, height=640;", "a fox,", {"width": "512", "height": "640"}),
        ("a red fox --width 512", "a red fox", {"width": "512"}),
        ("a red fox --width=512", "a red fox", {"width": "512"}),
        ("a red fox --width:512", "a red fox", {"width": "512"}),
        ("a red fox\n--width\n512", "a red fox", {"width": "512"}),
        ("a fox --seed -1 width=512", "a fox", {"noise_seed": "-1", "width": "512"}),
        ("fox Width=512", "fox", {"width": "512"}),
        ("fox --Noise-Seed 5", "fox", {"noise_seed": "5"}),
        ("fox seed=0", "fox", {"noise_seed": "0"}),
        ("fox \N{EM DASH}width 512", "fox", {"width": "512"}),
        ("width=512 width=1024", "", {"width": "1024"}),
        ('prompt="a red fox" width=512', "", {"prompt": "a red fox", "width": "512"}),
        ("prompt='a \"red\" fox'", "", {"prompt": 'a "red" fox'}),
        ('prompt="a --width 9 width=8"', "", {"prompt": "a --width 9 width=8"}),
        ("prompt=“a fox”", "", {"prompt": "a fox"}),
        ("prompt=„a fox“", "", {"prompt": "a fox"}),
        ('prompt=""', "", {"prompt": ""}),
        ('caption="512', "", {"caption": '"512'}),
        ("caption=a,b; fox", "fox", {"caption": "a,b;"}),
        ("--caption --", "", {"caption": "--"}),
        ("where a=b and c=d", "where a=b and c=d", {}),
        ("input_image=fox.png", "input_image=fox.png", {}),
        ("bandwidth=512", "bandwidth=512", {}),
        ("größe=512 ñ=5", "größe=512 ñ=5", {}),
        ("a = b, width = 512", "a = b, width = 512", {}),
        ("well--width 512", "well--width 512", {}),
        ("fox -- snow --", "fox -- snow --", {}),
        ("fox \N{EM DASH} snow", "fox \N{EM DASH} snow", {}),
        ("fox \N{EM DASH}snow all around", "fox \N{EM DASH}snow all around", {}),
        ("two  blanks", "two  blanks", {}),
        ("fox --hires", "fox", {"hires": "yes"}),
        ("--hires a fox", "a fox", {"hires": "yes"}),
        ("--hires off a fox", "a fox", {"hires": "off"}),
        ('--hires "no" a fox', "a fox", {"hires": "no"}),
        ("--hires=maybe", "", {"hires": "maybe"}),
        ("--hires --width 5", "", {"hires": "yes", "width": "5"}),
        ("a fox\nin the snow", "a fox\nin the snow", {}),
    ],
)
def test_values_are_told_from_words(text: str, words: str, values: dict[str, str]) -> None:
    assert read(text, DRAW) == Typed(words=words, values=values)


@pytest.mark.parametrize(
    ("text", "words", "values"),
    [
        ("fox width:512", "fox", {"width": "512"}),
        ("fox style:Oil", "fox", {"style": "Oil"}),
        ("fox seed:7, snow", "fox snow", {"noise_seed": "7"}),
        ("a sign: width: 512", "a sign: width: 512", {}),
        ("(a fox of width:1.2)", "(a fox of width:1.2)", {}),
        ("(fox:1.2) width:512", "(fox:1.2)", {"width": "512"}),
        ("{wide|of width:9}", "{wide|of width:9}", {}),
        ("prompt:fox", "prompt:fox", {}),
        ("style://oil https://a.example/b", "style://oil https://a.example/b", {}),
        ("at 10:30, cat:1.2", "at 10:30, cat:1.2", {}),
        ("input_image:fox.png", "input_image:fox.png", {}),
    ],
)
def test_a_colon_gives_a_value_only_where_nothing_else_can_be_meant(
    text: str, words: str, values: dict[str, str]
) -> None:
    assert read(text, DRAW) == Typed(words=words, values=values)


@pytest.mark.parametrize(
    "text",
    ['a sign that says "width=5 --no"', "a sign (“--hight 5”)", 'say "style:Oil" and "seed=7"'],
)
def test_what_is_in_quotes_stays(text: str) -> None:
    assert read(text, DRAW) == Typed(words=text)


def test_a_name_is_also_a_label_or_a_role() -> None:
    workflow = a_workflow(inputs=(an_input(), an_input("image_width", NUMBER)))

    assert read("--image-width 5", workflow).values == {"image_width": "5"}
    assert read("--width 5", workflow).values == {"image_width": "5"}
    assert read("fox IMAGE_WIDTH=5", workflow).values == {"image_width": "5"}


@pytest.mark.parametrize(
    ("text", "width", "height"),
    [
        ("--ar 16:9", "1368", "768"),
        ("--ar=3:2", "1256", "840"),
        ("--aspect 3x2", "1256", "840"),
        ("--ar portrait", "840", "1256"),
        ("--portrait", "840", "1256"),
        ("--landscape", "1256", "840"),
        ("--square", "1024", "1024"),
        ("--ar 2:1 --width 512", "512", "256"),
        ("--ar 2:1 height=512", "1024", "512"),
        ("--square width=512 height=640", "512", "640"),
        ("--square width=wide", "wide", "1024"),
        ("--portrait --square", "1024", "1024"),
    ],
)
def test_a_shape_becomes_a_size(text: str, width: str, height: str) -> None:
    assert read(f"a fox {text}", DRAW) == Typed(
        words="a fox", values={"width": width, "height": height}
    )


def test_a_flag_takes_no_word_after_it() -> None:
    assert read("--portrait a fox", DRAW).words == "a fox"


def test_an_input_goes_before_a_shape_of_its_name() -> None:
    square = a_workflow(inputs=(an_input(), an_input("square", InputKind.BOOLEAN)))

    assert read("--square", square).values == {"square": "yes"}


@pytest.mark.parametrize(
    ("text", "words", "negative"),
    [
        ("a fox --no hands, text", "a fox", "hands, text"),
        ("a fox --no hands --width 5", "a fox", "hands"),
        ("--no hands --hires a fox", "a fox", "hands"),
        ("a fox --no hands width=5 or feet", "a fox", "hands or feet"),
        ('a fox --no "bad hands" at night', "a fox at night", "bad hands"),
        ("a fox --no=hands at night", "a fox at night", "hands"),
        ("a fox --negative bad hands --width 5", "a fox", "bad hands"),
        ('--negative "bad hands" a fox', "a fox", "bad hands"),
        ("negative=hands a fox", "a fox", "hands"),
        ("a fox\nbad hands\n\ntext,", "a fox", "bad hands, text"),
        ("a fox --no hands\ntext", "a fox", "hands, text"),
        ("a fox negative=feet --no hands\ntext", "a fox", "feet, hands, text"),
        ("a fox --no hands --no feet", "a fox", "hands, feet"),
    ],
)
def test_what_shall_not_be_seen_becomes_the_negative(text: str, words: str, negative: str) -> None:
    typed = read(text, DARK)

    assert (typed.words, typed.values["negative"]) == (words, negative)


def test_without_a_negative_that_is_said() -> None:
    assert "cannot be told what to leave out" in refusal("a fox --no hands").user_message


@pytest.mark.parametrize("text", ["a fox --no", "a fox --no --width 5", "--no , \na fox"])
def test_leaving_out_nothing_is_asked_about(text: str) -> None:
    assert "--no hands, text" in refusal(text, DARK).user_message


@pytest.mark.parametrize(
    "text", ["fox --width", "fox width=", "width= fox", "--width= fox", "--width --hires"]
)
def test_a_name_without_a_value_is_not_drawn_but_asked_for(text: str) -> None:
    assert "width=VALUE" in refusal(text).user_message


@pytest.mark.parametrize("dash", ["--", "\N{EM DASH}"])
def test_a_dashed_name_that_is_no_input_is_refused_with_those_that_are(dash: str) -> None:
    error = refusal(f"a red fox {dash}widht 512")

    assert error.name == "widht"
    assert "no input “widht”. Did you mean “width”? It takes: prompt, width," in error.user_message


@pytest.mark.parametrize("slip", ["widht=512", "Heigth=512", "a red fox, hihres=yes"])
def test_a_slip_of_the_finger_is_told_before_it_is_drawn(slip: str) -> None:
    assert "Did you mean “" in refusal(slip).user_message


def test_where_nothing_can_be_set_that_is_said() -> None:
    error = refusal("--width 512", a_workflow(inputs=()))

    assert error.user_message == "/text2img has no input “width”. It takes: nothing."


def test_a_name_is_said_back_shortened() -> None:
    assert len(refusal(f"--{'x' * 5_000} 512").user_message) < 250


def test_of_many_inputs_some_are_listed() -> None:
    many = a_workflow(inputs=tuple(an_input(f"text_{number}") for number in range(30)))

    assert "text_19 and 10 more." in refusal("--colour red", many).user_message


def test_a_file_is_not_typed() -> None:
    error = refusal("a fox --image fox.png")

    assert error.name == "input_image"
    assert "please send it together" in error.user_message


@pytest.mark.parametrize("shape", ["wide", "0:1", "1:0", "9:1", "1:9", "", "1:1:1", "\u0661:1"])
def test_what_is_no_shape_is_refused_with_those_that_are(shape: str) -> None:
    assert "is no shape: please write 16:9" in refusal(f"a fox --ar {shape}").user_message


def test_a_workflow_without_a_size_takes_no_shape() -> None:
    assert "a size of its own" in refusal("--square", WORDS_ONLY).user_message


def test_what_nobody_types_is_not_read() -> None:
    assert read("a \0fox\ud800 \0< --width 5", DRAW) == Typed(
        words="a fox <", values={"width": "5"}
    )


ANYTHING = st.text() | st.from_regex(
    r"((--|\u2014)?(width|no|ar|hires|negative|x)?[= :\n]\s*[\"'“(]?[\w :]*[\"'”)]?\s*){1,5}"
)


@given(ANYTHING, st.sampled_from([DRAW, DARK, WORDS_ONLY, a_workflow(inputs=())]))
@settings(deadline=None)
def test_whatever_is_typed_nothing_but_a_refusal_comes_of_it(text: str, workflow: Workflow) -> None:
    with contextlib.suppress(InputRefusedError):
        typed = read(text, workflow)
        assert set(typed.values) <= {each.name for each in workflow.inputs}
        assert typed.words == typed.words.strip()
        assert "\0" not in typed.words
        assert read(text, workflow) == typed


@given(st.text(alphabet=st.characters(exclude_characters="-=:\u2013\u2014\0", codec="utf-8")))
@settings(deadline=None)
def test_words_without_a_mark_stay_as_they_are(text: str) -> None:
    assert read(text, DRAW) == Typed(words=text.strip())


@given(st.text(alphabet=st.characters(exclude_characters='"\0', codec="utf-8")))
@settings(deadline=None)
def test_a_quoted_value_comes_out_as_it_went_in(value: str) -> None:
    assert read(f'a fox prompt="{value}"', DRAW) == Typed(words="a fox", values={"prompt": value})


@pytest.mark.parametrize(
    ("text", "words", "values"),
    [
        ("--2nd_text ink a fox", "a fox", {"2nd_text": "ink"}),
        ("a fox 2nd_text=ink", "a fox", {"2nd_text": "ink"}),
        ("a fox at 5:30, 2nd:1", "a fox at 5:30, 2nd:1", {}),
        ("a fox 5=6", "a fox", {"5": "6"}),
        ("a fox --5 6", "a fox", {"5": "6"}),
        ("a fox --6 7 --", "a fox --6 7 --", {}),
        ('a fox --"画像 大" ink', "a fox", {"画像 大": "ink"}),
        ('a fox --"画像 大"="dark ink"', "a fox", {"画像 大": "dark ink"}),
    ],
)
def test_a_name_may_begin_with_a_digit_or_be_in_marks(
    text: str, words: str, values: dict[str, str]
) -> None:
    odd = ("2nd_text", "5", "画像 大")
    workflow = a_workflow(inputs=(an_input(), *(an_input(each, default="") for each in odd)))

    assert read(text, workflow) == Typed(words=words, values=values)


@pytest.mark.parametrize("text", ["a fox --2nd_text 5", 'a fox --"what is that" 5'])
def test_a_name_of_any_sort_that_is_no_input_is_refused(text: str) -> None:
    assert "has no input" in refusal(text).problem
