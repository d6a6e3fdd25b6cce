import attrs
import pytest

from adapters.chat.views.inputs import FACTS_LENGTH, facts_of
from core.workflows.inputs import Input
from core.workflows.kinds import InputKind
from tests.builders import an_input

LETTERS = tuple("abcdefghijklm")
FILES = tuple(f"checkpoints/of/a/very/long/folder/model_{each}.safetensors" for each in range(6))
CUT = "checkpoints/of/…l_{}.safetensors"
USUAL = FILES[-1]


def a_number(*, step: float, minimum: float | None = None, maximum: float | None = None) -> Input:
    number = an_input("cfg", InputKind.NUMBER, minimum=minimum, maximum=maximum)
    return attrs.evolve(number, step=step)


@pytest.mark.parametrize(
    ("wanted", "facts"),
    [
        (an_input(), "text, needed"),
        (an_input("negative"), "text"),
        (an_input("style", default="ink"), "text, usually ink"),
        (an_input("image", InputKind.IMAGE), "picture, needed"),
        (an_input("video", InputKind.FILE, default="fox.mp4"), "file, usually fox.mp4"),
        (an_input("hires", InputKind.BOOLEAN, default=False), "yes or no, usually no"),
        (an_input("hires", InputKind.BOOLEAN, default=True), "yes or no, usually yes"),
        (an_input("seed", InputKind.INTEGER, minimum=0), "whole number, another one each time"),
        (an_input("steps", InputKind.INTEGER, default=0), "whole number from 1 up, usually 0"),
        (
            an_input("width", InputKind.INTEGER, minimum=64, maximum=2048),
            "whole number 64 to 2,048",
        ),
        (a_number(step=0.05, minimum=0.5), "number from 0.5 up in steps of 0.05"),
        (a_number(step=1, maximum=20), "number up to 20 in steps of 1"),
        (attrs.evolve(an_input("batch", InputKind.INTEGER), step=1), "whole number from 1 up"),
        (an_input("style", InputKind.CHOICE, options=LETTERS[:2]), "one of a, b"),
        (
            an_input("style", InputKind.CHOICE, options=LETTERS, default="b"),
            "one of a, b, c, d, e, f, g, h, i, j, k, l, m, usually b",
        ),
        (
            an_input("style", InputKind.CHOICE, options=FILES, default=FILES[-1]),
            f"one of {CUT.format(0)}, {CUT.format(1)}, {CUT.format(2)} and 3 more, usually {USUAL}",
        ),
        (
            attrs.evolve(an_input("style"), description=" How it\n looks. "),
            "text. How it looks.",
        ),
    ],
)
def test_an_input_says_what_it_takes(wanted: Input, facts: str) -> None:
    assert facts_of(wanted) == facts


def test_what_an_input_says_is_not_without_end() -> None:
    facts = facts_of(attrs.evolve(an_input("style"), description="x" * 1_000))

    assert (len(facts), facts[-1]) == (FACTS_LENGTH, "\N{HORIZONTAL ELLIPSIS}")
