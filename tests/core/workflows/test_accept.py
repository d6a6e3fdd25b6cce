"""How a person's words become a workflow's inputs."""

from collections.abc import Mapping

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.shared.errors import InputRefusedError
from core.workflows.filling import accept
from core.workflows.inputs import MAX_TEXT_LENGTH, RANDOM_SEED, Input, InputValue
from core.workflows.kinds import InputKind
from core.workflows.model import Workflow
from tests.builders import a_workflow, an_input

FOX: Mapping[str, object] = {"prompt": "a red fox"}
STEPS = an_input("steps", InputKind.INTEGER, default=20, minimum=1, maximum=2_048)
STRENGTH = an_input("strength", InputKind.NUMBER, default=0.75, minimum=0, maximum=1)
HIRES = an_input("hires", InputKind.BOOLEAN, default=False)
STYLE = an_input("style", InputKind.CHOICE, default="Photo", options=("Photo", "Oil Paint"))
SEED = an_input("seed", InputKind.INTEGER, default=-1, minimum=0)
PICTURE = an_input("input_image", InputKind.IMAGE)

NOT_NUMBERS = [
    " ",
    "many",
    "1_000",
    "1,00",
    "1,000.5",
    "0,100",
    "1 000",
    "1\u00a0000",
    "0x10",
    "0b1",
    "0o7",
    "1e400",
    "nan",
    "NaN",
    "-nan",
    "inf",
    "-Infinity",
    "\uff15",  # a fullwidth 5
    "\u0665",  # an Arabic 5
    "\u00b2",  # a superscript 2
    "\u2167",  # a Roman VIII in one letter
    "\u00bd",  # a half in one letter
    "\u200b5",  # a blank without a width
    "\u22125",  # a minus that is no hyphen
    "5;drop",
    "5a",
    "--5",
    "+",
    ".",
    "None",
    "null",
    "true",
    "1" * 41,
    True,
    False,
    float("nan"),
    float("inf"),
    10**400,
    [5],
    {"value": 5},
    b"5",
]


def with_inputs(*inputs: Input) -> Workflow:
    return a_workflow(inputs=(an_input(), *inputs))


def refusal(workflow: Workflow, given: Mapping[str, object]) -> InputRefusedError:
    with pytest.raises(InputRefusedError) as raised:
        accept(workflow, given)
    return raised.value


def accepted(wanted: Input, value: object) -> InputValue:
    return accept(with_inputs(wanted), {**FOX, wanted.name: value})[wanted.name]


def test_what_nobody_gave_takes_its_default() -> None:
    workflow = with_inputs(STEPS, STRENGTH, HIRES, STYLE)

    assert accept(workflow, FOX) == {
        "prompt": "a red fox",
        "steps": 20,
        "strength": 0.75,
        "hires": False,
        "style": "Photo",
    }


@pytest.mark.parametrize("empty", ["", None])
@pytest.mark.parametrize("wanted", [STEPS, STRENGTH, HIRES, STYLE], ids=lambda each: each.name)
def test_an_empty_field_takes_its_default_as_well(wanted: Input, empty: str | None) -> None:
    assert accepted(wanted, empty) == wanted.default


def test_what_has_no_value_and_no_default_is_left_to_the_service() -> None:
    workflow = with_inputs(an_input("steps", InputKind.INTEGER), an_input("hires", HIRES.kind))

    assert accept(workflow, FOX) == FOX


def test_a_second_text_may_be_empty() -> None:
    workflow = with_inputs(an_input("negative"))

    assert accept(workflow, FOX) == {**FOX, "negative": ""}


@pytest.mark.parametrize("empty", [{}, {"prompt": ""}, {"prompt": "   "}, {"prompt": "\0"}])
def test_an_empty_prompt_is_refused_with_an_example(empty: Mapping[str, object]) -> None:
    error = refusal(a_workflow(), empty)

    assert error.name == "prompt"
    assert "/text2img a red fox in the snow" in error.user_message


def test_a_prompt_with_a_default_needs_no_words() -> None:
    workflow = a_workflow(inputs=(an_input(default="a landscape"),))

    assert accept(workflow, {}) == {"prompt": "a landscape"}


def test_a_text_that_only_happens_to_be_the_only_one_may_be_empty() -> None:
    workflow = a_workflow(inputs=(an_input("caption"),))

    assert accept(workflow, {}) == {}


def test_a_prompt_of_ten_thousand_characters_is_refused_with_the_limit() -> None:
    error = refusal(a_workflow(), {"prompt": "x" * 10_000})

    assert "4,000 characters, not 10,000" in error.user_message


def test_a_prompt_as_long_as_allowed_is_taken_whole() -> None:
    longest = "ü" * MAX_TEXT_LENGTH

    assert accept(a_workflow(), {"prompt": f" {longest}\n"})["prompt"] == longest


def test_a_nul_is_stripped_from_texts() -> None:
    assert accept(a_workflow(), {"prompt": "a \0red\0 fox"})["prompt"] == "a red fox"


@pytest.mark.parametrize("text", ["'; DROP TABLE jobs;--", "{prompt}", "<b>@everyone</b>", "🦊"])
def test_a_prompt_is_passed_on_as_it_is(text: str) -> None:
    assert accept(a_workflow(), {"prompt": text})["prompt"] == text


def test_a_name_that_is_no_input_is_refused_with_those_that_are() -> None:
    error = refusal(with_inputs(STEPS), {**FOX, "stepz": 5})

    assert error.name == "stepz"
    assert error.user_message == (
        "/text2img has no input “stepz”. Did you mean “steps”? It takes: prompt, steps."
    )


def test_a_long_name_is_not_said_back_whole_and_a_workflow_may_take_nothing() -> None:
    error = refusal(a_workflow(inputs=()), {"x" * 5_000: 1})

    assert len(error.user_message) < 100
    assert "It takes: nothing." in error.user_message


@pytest.mark.parametrize("wanted", [STEPS, STRENGTH], ids=lambda each: each.name)
@pytest.mark.parametrize("value", NOT_NUMBERS, ids=lambda value: ascii(value)[:20])
def test_what_is_not_a_number_is_refused(wanted: Input, value: object) -> None:
    error = refusal(with_inputs(wanted), {**FOX, wanted.name: value})

    assert error.name == wanted.name
    assert "please give one" in error.user_message


def test_a_number_that_python_would_not_even_spell_is_refused() -> None:
    refusal(with_inputs(STEPS), {**FOX, "steps": -(10**5_000)})


@pytest.mark.parametrize(
    ("value", "number"),
    [("5", 5), (" 5\n", 5), ("+5", 5), ("005", 5), ("5.0", 5), ("1e3", 1_000), (7, 7), (8.0, 8)],
)
def test_a_whole_number_may_be_spelled_in_many_ways(value: object, number: int) -> None:
    taken = accepted(STEPS, value)

    assert (taken, type(taken)) == (number, int)


@pytest.mark.parametrize("value", ["1.5", 1.5, "1e-1", "9007199254740993", 2**53])
def test_what_is_not_exactly_a_whole_number_is_refused(value: object) -> None:
    error = refusal(with_inputs(an_input("frames", InputKind.INTEGER)), {**FOX, "frames": value})

    assert error.user_message == "“frames” takes a whole number: please give one."


@pytest.mark.parametrize(("value", "number"), [("0", 0.0), (0, 0.0), (".5", 0.5), ("1", 1.0)])
def test_a_number_may_be_broken_and_zero(value: object, number: float) -> None:
    taken = accepted(STRENGTH, value)

    assert (taken, type(taken)) == (number, float)


@pytest.mark.parametrize("value", ["0", "-1", 2_049, "1e9"])
def test_a_number_out_of_range_is_refused_with_the_range(value: object) -> None:
    error = refusal(with_inputs(STEPS), {**FOX, "steps": value})

    assert "from 1 to 2,048, and " in error.user_message


@pytest.mark.parametrize(
    ("minimum", "maximum", "value", "said"),
    [
        (0.5, None, 0, "from 0.5 up"),
        (None, 1, 2, "up to 1"),
        (-1, 0.25, 1, "from -1 to 0.25"),
    ],
)
def test_a_range_may_be_open(
    minimum: float | None, maximum: float | None, value: float, said: str
) -> None:
    wanted = an_input("strength", InputKind.NUMBER, minimum=minimum, maximum=maximum)

    assert said in refusal(with_inputs(wanted), {**FOX, "strength": value}).user_message
    assert said in refusal(with_inputs(wanted), {**FOX, "strength": "x"}).user_message


@pytest.mark.parametrize(
    ("value", "taken"),
    [(True, True), (False, False)]
    + [(word, True) for word in ("yes", "TRUE", " on ", "1", 1)]
    + [(word, False) for word in ("no", "False", "off", "0", 0)],
)
def test_a_switch_takes_the_usual_words(value: object, *, taken: bool) -> None:
    assert accepted(HIRES, value) is taken


@pytest.mark.parametrize("value", ["maybe", "2", 2, "nope", "  "])
def test_a_switch_takes_nothing_else(value: object) -> None:
    error = refusal(with_inputs(HIRES), {**FOX, "hires": value})

    assert "please say yes or no" in error.user_message


@pytest.mark.parametrize("value", ["Oil Paint", "oil paint", " OIL PAINT "])
def test_a_choice_is_taken_in_any_case_and_passed_on_as_the_service_spells_it(value: str) -> None:
    assert accepted(STYLE, value) == "Oil Paint"


@pytest.mark.parametrize("value", ["oil", "Photo, Oil Paint", "0", 0])
def test_a_choice_that_is_not_there_is_refused_with_those_that_are(value: object) -> None:
    error = refusal(with_inputs(STYLE), {**FOX, "style": value})

    assert "can be Photo, Oil Paint: please pick one" in error.user_message


@pytest.mark.parametrize("value", [0, "0"])
def test_t_64_a_seed_of_zero_is_kept(value: object) -> None:
    assert accepted(SEED, value) == 0


@pytest.mark.parametrize("value", [None, "", -1, "-1"])
def test_no_seed_is_one_to_be_drawn_though_its_range_begins_at_zero(value: object) -> None:
    assert accepted(SEED, value) == RANDOM_SEED


def test_a_seed_has_its_range_and_its_kind() -> None:
    refusal(with_inputs(SEED), {**FOX, "seed": -2})

    assert not an_input("seed", InputKind.TEXT).is_seed
    assert an_input("Noise_Seed", InputKind.INTEGER).is_seed


def test_t_64_a_strength_of_zero_is_kept() -> None:
    assert accepted(STRENGTH, 0) == 0


def test_a_missing_picture_is_asked_for() -> None:
    error = refusal(with_inputs(PICTURE), FOX)

    assert error.name == "input_image"
    assert "needs a picture" in error.user_message


def test_a_missing_file_is_asked_for_by_its_name() -> None:
    error = refusal(with_inputs(an_input("voice", InputKind.FILE)), FOX)

    assert "needs a file for “voice”" in error.user_message


def test_a_picture_is_passed_on_by_its_id() -> None:
    assert accepted(PICTURE, "5f0c.png") == "5f0c.png"


def test_a_workflow_knows_its_prompt_and_its_media() -> None:
    voice = an_input("voice", InputKind.FILE)
    workflow = a_workflow(inputs=(an_input("negative"), PICTURE, an_input("Text"), voice))

    assert workflow.prompt == an_input("Text")
    assert workflow.media_inputs == (PICTURE, voice)
    assert a_workflow(inputs=(an_input("caption"), STEPS)).prompt == an_input("caption")
    assert a_workflow(inputs=(STEPS,)).prompt is None


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(max_size=20)
)


@given(values=st.fixed_dictionaries(dict.fromkeys(("prompt", "steps", "strength"), ANYTHING)))
def test_whatever_is_given_is_refused_or_within_its_range(
    values: dict[str, object],
) -> None:
    workflow = with_inputs(STEPS, STRENGTH)

    try:
        taken = accept(workflow, values)
    except InputRefusedError:
        return

    assert 1 <= int(taken["steps"]) <= 2_048
    assert 0 <= float(taken["strength"]) <= 1
    assert str(taken["prompt"]).strip()


@pytest.mark.parametrize(("default", "sent"), [("20", 20), ("many", None)])
def test_t_87_a_default_that_is_a_number_in_a_text_is_sent_as_a_number(
    default: str, sent: int | None
) -> None:
    workflow = with_inputs(an_input("frames", InputKind.INTEGER, default=default))

    assert accept(workflow, FOX).get("frames") == sent


@pytest.mark.parametrize("nothing", [",", " , ,\n,", ",,,"])
def test_t_69_a_prompt_of_commas_is_no_prompt(nothing: str) -> None:
    assert refusal(a_workflow(), {"prompt": nothing}).code == "input.missing"


def test_another_input_that_must_be_given_is_asked_for() -> None:
    wanted = attrs.evolve(an_input("frames", InputKind.INTEGER), required=True)

    error = refusal(with_inputs(wanted), FOX)

    assert (error.code, error.name) == ("input.missing", "frames")
    assert error.user_message == "/text2img needs a value for “frames”."


def test_a_file_that_need_not_be_given_is_left_to_the_service() -> None:
    assert accept(with_inputs(attrs.evolve(PICTURE, required=False)), FOX) == FOX
