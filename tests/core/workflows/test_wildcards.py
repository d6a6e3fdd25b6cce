"""Parts of a text are drawn, the same for the same seed."""

import contextlib
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.shared.errors import InputRefusedError
from core.workflows.wildcards import NO_LISTS, Lists, drawn, lists_for, lists_in, mixed
from infrastructure.memory.word_lists import InMemoryWildcards

LISTS = Lists(
    lines={
        "animals": ("a fox", "a cat", "an owl"),
        "scenes": ("__animals__ in {snow|rain}", "__animals__ at night"),
        "empty": (),
        "loop": ("__loop__",),
        "flood": (" ".join(["__flood_2__"] * 30),),
        "flood_2": (" ".join(["__animals__"] * 30),),
        "long": ("x" * 900,),
    },
    names=("animals", "scenes", "empty", "loop", "flood", "flood_2", "long"),
)


def draw(text: str, seed: int = 7) -> str:
    return drawn("prompt", text, seed=seed, lists=LISTS).text


def refusal(text: str, lists: Lists = LISTS) -> InputRefusedError:
    with pytest.raises(InputRefusedError) as raised:
        drawn("prompt", text, seed=1, lists=lists)
    return raised.value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a red fox",
        "{prompt}",
        '{"a": {"b": [1, 2]}, "c": "d"}',
        "a { fox",
        "a } fox",
        "a | fox",
        "{a|b",
        "a|b}",
        "}{",
        "{{{",
        "\N{FOX FACE} {} ()",
        "snake_case and __ and ____",
        "¯\\_(ツ)_/¯ a \\| b",
        "(fox:1.2) [cat] <owl>",
    ],
)
def test_what_is_no_part_to_draw_stays(text: str) -> None:
    assert drawn("prompt", text, seed=1).text == text
    assert drawn("prompt", text, seed=1).notes == ()


def test_one_of_several_is_taken_and_each_as_often_as_the_others() -> None:
    counted = Counter(draw("{red|blue|}", seed) for seed in range(3_000))

    assert set(counted) == {"red", "blue", ""}
    assert all(900 < each < 1_100 for each in counted.values())


def test_the_same_seed_draws_the_same_and_another_differs() -> None:
    text = " ".join(["{a|b|c|d|e|f|g|h}"] * 8)

    assert draw(text, 5) == draw(text, 5)
    assert len({draw(text, seed) for seed in range(50)}) == 50


def test_places_are_drawn_for_themselves() -> None:
    pairs = Counter(draw("{a|b}{a|b}", seed) for seed in range(2_000))

    assert set(pairs) == {"aa", "ab", "ba", "bb"}
    assert all(400 < each < 600 for each in pairs.values())


def test_mixing_is_the_same_everywhere() -> None:
    assert mixed(0, 0) == 12_489_560_693_144_743_404
    assert all(0 <= mixed(seed, 3) < 2**64 for seed in (-1, 0, 2**63, 2**200))


def test_choices_lie_in_each_other() -> None:
    found = {draw("a {red {fox|cat}|{blue|green} owl}", seed) for seed in range(99)}

    assert found == {"a red fox", "a red cat", "a blue owl", "a green owl"}


def test_braces_without_a_choice_hold_some_that_have() -> None:
    assert draw('{"a": "{x|x}"}') == '{"a": "x"}'
    assert draw("{a {x|x}") == "{a x"
    assert draw("{a|{x|x}") == "{a|x"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"\{a|b\}", "{a|b}"),
        (r"{\{|\{}", "{"),
        (r"{a\|b|a\|b}", "a|b"),
        (r"\__animals__", "__animals__"),
    ],
)
def test_a_backslash_makes_plain_text(text: str, plain: str) -> None:
    assert draw(text) == plain


def test_a_list_gives_a_line_which_may_hold_others() -> None:
    assert {draw("__animals__", seed) for seed in range(50)} == set(LISTS.lines["animals"])
    assert {draw("__Animals__", seed) for seed in range(50)} == set(LISTS.lines["animals"])
    assert {draw("see __scenes__!", seed) for seed in range(200)} == {
        f"see {animal} {where}!"
        for animal in LISTS.lines["animals"]
        for where in ("in snow", "in rain", "at night")
    }


def test_what_became_of_a_part_is_told() -> None:
    found = drawn("prompt", "a {red|red} fox, __long__ {|}", seed=1, lists=LISTS)

    assert found.notes == (
        "{red|red} became red",
        f"__long__ became {'x' * 39}\N{HORIZONTAL ELLIPSIS}",
        "{|} became nothing",
    )


def test_of_many_parts_some_are_told() -> None:
    notes = drawn("prompt", "{a|a}" * 9, seed=1).notes

    assert notes == (*["{a|a} became a"] * 4, "More was drawn: Info shows it.")


def test_a_list_that_there_is_not_is_refused_with_those_that_are_near() -> None:
    error = refusal("a __animal__")

    assert error.name == "prompt"
    assert "no list of words called “animal”. Did you mean __animals__?" in error.user_message
    assert "Did you mean __animals__ or __scenes__ or __empty__?" in refusal("__q__").user_message
    assert "There are no lists yet." in refusal("a __animal__", NO_LISTS).user_message
    assert "called “empty”" in refusal("__empty__").user_message
    assert len(refusal(f"__{'x' * 3_000}__").user_message) < 300


@pytest.mark.parametrize(
    "text", ["__loop__", "__flood__", "__long__ " * 10, "{" * 31, "{a|a}" * 301]
)
def test_what_would_grow_without_end_is_refused(text: str) -> None:
    assert "draws too much" in refusal(text).user_message


def test_choices_may_lie_deep() -> None:
    assert draw("{a|" * 29 + "{a|a}" + "|a}" * 29) == "a"


def test_a_text_tells_which_lists_it_needs() -> None:
    assert lists_in(r"__A__ \__b__ {__c_1__|__d-e__} __ f __") == {"a", "c_1", "d-e"}


async def test_lists_are_looked_for_with_all_that_they_lead_to() -> None:
    wildcards = InMemoryWildcards(
        {"scenes": ["__animals__", "__nowhere__"], "animals": ["__scenes__"], "other": ["x"]}
    )

    lists = await lists_for(["a __scenes__", "plain"], wildcards)

    assert set(lists.lines) == {"scenes", "animals"}
    assert lists.names == ["animals", "other", "scenes"]
    assert await lists_for(["plain"], wildcards) is NO_LISTS


async def test_nobody_leads_us_through_lists_for_ever() -> None:
    chain = {f"l{number}": [f"__l{number + 1}__"] for number in range(500)}

    lists = await lists_for(["__l0__"], InMemoryWildcards(chain))

    assert len(lists.lines) == 100


TEXTS = st.text() | st.text(alphabet="{}|\\_ab ") | st.text(alphabet="{|}ab", max_size=300)


@given(TEXTS, st.integers(0, 2**32), st.lists(TEXTS, max_size=3))
@settings(deadline=None)
def test_whatever_is_written_is_drawn_alike_or_refused(
    text: str, seed: int, lines: list[str]
) -> None:
    lists = Lists(lines={"a": lines, "b": ["__a__"]}, names=("a", "b"))
    with contextlib.suppress(InputRefusedError):
        once = drawn("prompt", text, seed=seed, lists=lists)
        assert once == drawn("prompt", text, seed=seed, lists=lists)
        assert len(once.text) <= 8_001 + len(text)


@given(st.lists(st.from_regex(r"[a-z ]{0,9}", fullmatch=True), min_size=2), st.integers(0, 2**32))
def test_a_choice_is_always_one_of_its_own(choices: list[str], seed: int) -> None:
    assert draw("{" + "|".join(choices) + "}", seed) in choices
