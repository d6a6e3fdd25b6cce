import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.chat.commands import Typed, take_apart

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


@given(ANYTHING)
@settings(deadline=None)
def test_whatever_is_typed_is_taken_apart(text: str) -> None:
    typed = take_apart(text)

    assert typed.command is None or typed.command == typed.command.lower() != ""
    assert typed.rest == typed.rest.strip()
