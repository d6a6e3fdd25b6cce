"""What an operator says about a workflow in a note."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chat import menu
from core.workflows.directives import KEYS, NOTHING_SAID, RESERVED, Directives, read_note
from core.workflows.model import Category
from tests.architecture.tree import ROOT


def said(text: str) -> Directives:
    """Return what a note without a mistake says."""
    note = read_note(text)
    assert note.problems == ()
    return note.directives


def test_a_note_says_everything_in_one_line_and_its_words_stay() -> None:
    note = read_note(
        "Draws foxes.\n\n"
        '@stationthis command=Red-Fox aliases="fox, Vixen,fox" title="A red fox" price=5 hidden=yes'
        ' admins-only=on delivery=file example="a fox in the snow" category=text-to-image\n\n'
        "In any weather."
    )

    assert note.text == "Draws foxes.\n\nIn any weather."
    assert note.problems == ()
    assert note.directives == Directives(
        command="red_fox",
        aliases=("fox", "vixen"),
        title="A red fox",
        price=5,
        hidden=True,
        admins_only=True,
        as_files=True,
        example="a fox in the snow",
        category=Category.TEXT_TO_IMAGE,
    )


def test_lines_add_up() -> None:
    note = "@stationthis command=fox\n@StationThis title='A fox'\r\n> `@stationthis hidden`"

    assert said(note) == Directives(command="fox", title="A fox", hidden=True)
    assert read_note(note).text == ""


@pytest.mark.parametrize(
    ("written", "directives"),
    [
        ("price=1000000", Directives(price=1_000_000)),
        ("price=x2", Directives(price_factor=2)),
        ("price=X0.5", Directives(price_factor=0.5)),
        ("alias=fox", Directives(aliases=("fox",))),
        ("delivery=chat", NOTHING_SAID),
        ("hidden=no", NOTHING_SAID),
        ("ADMINS_ONLY", Directives(admins_only=True)),
        ("category=upscale", Directives(category=Category.UPSCALE)),
        ('category="Image to image"', Directives(category=Category.IMAGE_TO_IMAGE)),
        ("title=“A red fox”", Directives(title="A red fox")),
        ("title = Fox's", Directives(title="Fox's")),
    ],
)
def test_a_value_may_be_written_in_several_ways(written: str, directives: Directives) -> None:
    assert said(f"@stationthis {written}") == directives


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("price=cheap", "says price=cheap: a price is whole points from 1 to 1,000,000"),
        ("price=0", "says price=0: a price"),
        ("price=1000001", "says price=1000001: a price"),
        ("price=-5", "says price=-5: a price"),
        ("price=x0", "says price=x0: a price"),
        ("price=x1001", "says price=x1001: a price"),
        ("price=٣", "says price=٣: a price"),
        ("command=", "says command=: a command has letters"),
        ("command=狐", "says command=狐: a command has letters"),
        ("command=Help", "says command=Help: /help is a command of its own"),
        ("aliases=fox,run", "says aliases=fox,run: /run is a command of its own"),
        ('aliases=" , "', "says aliases=,: names are wanted"),
        ("hidden=perhaps", "says hidden=perhaps: yes or no is wanted"),
        ("admins-only=", "says admins-only=: yes or no is wanted"),
        ("delivery=pigeon", "says delivery=pigeon: results go out as delivery=file"),
        ("category=poems", "says category=poems: the categories are text-to-image, "),
        ('title=""', "says title=: 1 to 80 characters"),
        (f"title={'x' * 81}", "1 to 80 characters"),
        (f"example={'x' * 301}", "1 to 300 characters"),
        ("colour=red", "says colour=red: there is no colour, only admins-only, aliases,"),
        ("fox", "says fox: after @stationthis there are only words like"),
        ("", "says @stationthis: after @stationthis"),
    ],
)
def test_what_cannot_be_read_is_a_problem_and_says_nothing(written: str, problem: str) -> None:
    note = read_note(f"Foxes.\n@stationthis {written}")

    assert note.directives == NOTHING_SAID
    assert note.text == "Foxes."
    assert len(note.problems) == 1
    assert problem in note.problems[0]
    assert note.problems[0].startswith("The note of this workflow says ")
    assert note.problems[0].endswith(".")


def test_a_mistake_takes_nothing_from_the_rest() -> None:
    note = read_note("@stationthis price=cheap command=fox")

    assert note.directives == Directives(command="fox")
    assert len(note.problems) == 1


def test_of_two_that_differ_the_later_counts_and_the_operator_is_told() -> None:
    note = read_note("@stationthis command=fox price=5\n@stationthis command=vixen price=x2")

    assert note.directives == Directives(command="vixen", price_factor=2)
    assert note.problems[0] == (
        "The note of this workflow says command more than once, and not the same: "
        "the last, command=vixen, counts."
    )
    assert len(note.problems) == 2
    assert read_note("@stationthis alias=fox\n@stationthis aliases=Fox").problems == ()


def test_a_price_takes_the_place_of_a_factor() -> None:
    assert read_note("@stationthis price=x2 price=5").directives == Directives(price=5)


def test_names_that_are_taken_are_the_callers_to_say() -> None:
    note = read_note("@stationthis command=help aliases=fox", reserved={"fox"})

    assert note.directives == Directives(command="help")
    assert len(note.problems) == 1


def test_every_command_of_the_conversation_is_taken() -> None:
    assert menu.RESERVED <= RESERVED


def test_the_page_for_operators_names_every_directive_and_its_example_is_right() -> None:
    page = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    section = page.partition("## Notes of a workflow")[2].partition("\n## ")[0]
    example = section.split("```")[1]

    assert said(example).command == "fox"
    assert [key for key in KEYS if f"| `{key}` | `{key}" not in section] == []


@pytest.mark.parametrize(
    "text", ["Ask @stationthis for more.", "@stationthisbot price=5", "@stationthis-x price=5", ""]
)
def test_only_a_line_that_begins_with_the_mark_is_one(text: str) -> None:
    assert read_note(text).text == text
    assert said(text) == NOTHING_SAID


@given(st.text())
def test_any_text_without_directives_comes_back_stripped(text: str) -> None:
    plain = text.replace("@", "")

    assert read_note(plain).text == plain.strip()
    assert said(plain) == NOTHING_SAID


WORDS = st.sampled_from(
    ["@stationthis", "command", "price", "=", '"', "'", "“", " ", "\n", "x", "5", "fox", ",", "@"]
)


@given(st.lists(st.one_of(WORDS, st.text(max_size=3))).map("".join))
def test_any_text_is_read_without_an_exception(text: str) -> None:
    note = read_note(text)

    assert all(problem.endswith(".") for problem in note.problems)
    assert note.directives.command not in RESERVED
    assert len(note.text) <= len(text)


@pytest.mark.parametrize("text", ["@stationthis " + "a" * 50_000, "@stationthis a" + " " * 50_000])
def test_a_long_line_is_read_in_no_time(text: str) -> None:
    assert read_note(text).problems
