import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.chat.commands import Typed, split_values, take_apart
from core.shared.errors import InputRefusedError

NAMES = ("prompt", "width", "seed")
ANYTHING = st.text() | st.from_regex(r"(/?(--)?\w*[= @]\s*[\"']?[\w ]*[\"']?\s*){1,4}")


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("a red fox", Typed(None, "a red fox")),
        ("  a red fox\n", Typed(None, "a red fox")),
        ("", Typed(None, "")),
        ("/make a red fox", Typed("make", "a red fox")),
        ("/make", Typed("make", "")),
        ("  /make   a red fox ", Typed("make", "a red fox")),
        ("/MAKE A Red Fox", Typed("make", "A Red Fox")),
        ("/make@station_bot a red fox", Typed("make", "a red fox")),
        ("/make@station_bot", Typed("make", "")),
        ("/make\na red fox\nin the snow", Typed("make", "a red fox\nin the snow")),
        ("/make\N{NO-BREAK SPACE}a red fox", Typed("make", "a red fox")),
        ("/größe \N{FOX FACE}", Typed("größe", "\N{FOX FACE}")),
        ("/super-resolution 2", Typed("super-resolution", "2")),
        ("draw a /make", Typed(None, "draw a /make")),
        ("/pictures/ada/fox.png", Typed(None, "/pictures/ada/fox.png")),
        ("//", Typed(None, "//")),
        ("/" + "a" * 65, Typed(None, "/" + "a" * 65)),
    ],
)
def test_a_message_is_taken_apart(text: str, typed: Typed) -> None:
    assert take_apart(text) == typed


@pytest.mark.parametrize(
    ("rest", "words", "values"),
    [
        ("a red fox", "a red fox", {}),
        ("a red fox width=512", "a red fox", {"width": "512"}),
        ("width=512 a red fox", "a red fox", {"width": "512"}),
        ("a red width=512 fox", "a red fox", {"width": "512"}),
        ("a red fox --width 512", "a red fox", {"width": "512"}),
        ("a red fox --width=512", "a red fox", {"width": "512"}),
        ("a red fox\n--width\n512", "a red fox", {"width": "512"}),
        ("a red fox seed=-1 width=512", "a red fox", {"seed": "-1", "width": "512"}),
        ("--seed -1", "", {"seed": "-1"}),
        ('prompt="a red fox" width=512', "", {"prompt": "a red fox", "width": "512"}),
        ("prompt='a \"red\" fox'", "", {"prompt": 'a "red" fox'}),
        ("prompt=\"a 'red'\"", "", {"prompt": "a 'red'"}),
        ('prompt="a --width 9 width=8"', "", {"prompt": "a --width 9 width=8"}),
        ('prompt=""', "", {"prompt": ""}),
        ('width="512', "", {"width": '"512'}),
        ("width=512 width=1024", "", {"width": "1024"}),
        ("prompt=\N{FOX FACE} größe", "größe", {"prompt": "\N{FOX FACE}"}),
        ("where a=b and c=d", "where a=b and c=d", {}),
        ("fox Width=512", "fox", {"width": "512"}),
        ("fox \N{EM DASH}width 512", "fox", {"width": "512"}),
        (
            "prompt=\N{LEFT DOUBLE QUOTATION MARK}a fox\N{RIGHT DOUBLE QUOTATION MARK}",
            "",
            {"prompt": "a fox"},
        ),
        ("awidth=512", "awidth=512", {}),
        ("a = b, width = 512", "a = b, width = 512", {}),
        ("well--width 512", "well--width 512", {}),
        ("fox -- snow --", "fox -- snow --", {}),
        ("two  blanks", "two  blanks", {}),
    ],
)
def test_values_are_told_from_words(rest: str, words: str, values: dict[str, str]) -> None:
    assert split_values(rest, NAMES) == (words, values)


def test_a_dashed_name_that_is_no_input_is_refused_with_those_that_are() -> None:
    with pytest.raises(InputRefusedError) as refused:
        split_values("a red fox --hight 512", NAMES)

    assert refused.value.user_message == (
        "There is no input “hight” here, only: prompt, width, seed."
    )


def test_where_nothing_can_be_set_that_is_said() -> None:
    with pytest.raises(InputRefusedError, match="only: nothing"):
        split_values("--width 512", ())


def test_a_name_is_said_back_shortened() -> None:
    with pytest.raises(InputRefusedError) as refused:
        split_values(f"--{'x' * 5_000} 512", NAMES)

    assert len(refused.value.user_message) < 100


@given(ANYTHING)
@settings(deadline=None)
def test_whatever_is_typed_is_taken_apart(text: str) -> None:
    typed = take_apart(text)

    assert typed.command is None or typed.command == typed.command.lower() != ""
    assert typed.rest == typed.rest.strip()


@pytest.mark.parametrize("rest", ["fox --width", "fox width=", "width= fox", "--width= fox"])
def test_a_name_without_a_value_is_not_drawn_but_asked_for(rest: str) -> None:
    with pytest.raises(InputRefusedError, match="width=VALUE"):
        split_values(rest, ["width"])


@given(ANYTHING, st.lists(st.sampled_from(NAMES), unique=True))
@settings(deadline=None)
def test_whatever_is_typed_nothing_but_a_refusal_comes_of_it(rest: str, names: list[str]) -> None:
    try:
        words, values = split_values(rest, names)
    except InputRefusedError:
        assert "--" in rest
    else:
        assert set(values) <= set(names)
        assert words == words.strip()


@given(ANYTHING.filter(lambda text: "--" not in text))
@settings(deadline=None)
def test_words_stay_as_they_are_where_nothing_can_be_set(rest: str) -> None:
    assert split_values(rest, ()) == (rest.strip(), {})


@given(st.text(alphabet=st.characters(exclude_characters='"')))
@settings(deadline=None)
def test_a_quoted_value_comes_out_as_it_went_in(value: str) -> None:
    assert split_values(f'a fox prompt="{value}"', NAMES) == ("a fox", {"prompt": value})
