"""Whatever is given is refused by name, or sent as the workflow lists it."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given as drawn_from
from hypothesis import settings
from hypothesis import strategies as st

from core.shared.errors import InputRefusedError
from core.workflows.filling import Filled, Given, fill
from core.workflows.inputs import Input, InputValue
from core.workflows.kinds import InputKind
from core.workflows.model import Workflow
from core.workflows.typed import read
from tests.builders import a_workflow
from tests.core.workflows.fillings import (
    DEFAULTS,
    DRAW,
    LISTS,
    LORAS,
    ONE_LORA,
    SEED,
    TAGS,
    filled,
)

BAD_INPUTS = Path(__file__).parent / "data" / "bad_inputs.json"
VECTORS = json.loads(BAD_INPUTS.read_text(encoding="ascii"))
TEXTS: list[str] = [
    *VECTORS["amounts"]["bad"],
    *VECTORS["urls_bad"],
    *VECTORS["filenames_bad_or_rename"],
    *VECTORS["texts_echo_safely"],
]


@pytest.mark.parametrize(
    "name", ["prompt", "negative", "width", "strength", "hires", "style", "seed"]
)
def test_whatever_is_bad_elsewhere_is_refused_by_name_or_sent_as_it_should_be(name: str) -> None:
    for bad in TEXTS:
        found = tried(Given(words="a fox", values={name: bad}))
        if found is not None:
            assert found.inputs.keys() == DEFAULTS.keys()
            assert all(is_right(each, found.inputs[each.name]) for each in DRAW.inputs)


def tried(given: Given, workflow: Workflow = DRAW, *, seed: int = SEED) -> Filled | None:
    """Fill in what is given; None for a refusal, which is one that helps."""
    refused = None
    try:
        return fill(workflow, given, seed=seed, lists=LISTS, loras=LORAS)
    except InputRefusedError as error:
        refused = error
    assert refused.name or refused.user_message
    return None


def is_right(wanted: Input, value: InputValue) -> bool:
    """Whether a value has its input's type and may be sent."""
    if wanted.kind is InputKind.TEXT:
        text = str(value)
        return not any(each == "\0" or "\ud800" <= each <= "\udfff" for each in text)
    types = {InputKind.INTEGER: int, InputKind.NUMBER: float, InputKind.BOOLEAN: bool}
    return type(value) is types.get(wanted.kind, str)


NAMES = st.sampled_from([*DEFAULTS, "seed", "gone", "", "negative_prompt"]) | st.text(max_size=5)
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
SCALARS = st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
WORDS = (
    st.text() | st.text(alphabet="{}|_ ,ab<>:loraPixelArt!.0") | st.just("{a|__animals__} pixel!")
)


@drawn_from(
    words=WORDS,
    values=st.dictionaries(NAMES, VALUES, max_size=3),
    saved=st.dictionaries(NAMES, SCALARS, max_size=3),
    common=st.dictionaries(NAMES, SCALARS, max_size=3),
    workflow=st.sampled_from([DRAW, TAGS, ONE_LORA, a_workflow(inputs=())]),
    seed=st.integers(0, 2**31 - 1),
)
@settings(deadline=None)
def test_whatever_is_given_is_refused_by_name_or_sent_as_the_workflow_lists_it(
    words: str,
    values: Mapping[str, object],
    saved: Mapping[str, InputValue],
    common: Mapping[str, InputValue],
    workflow: Workflow,
    seed: int,
) -> None:
    given = Given(words=words, values=values, saved=saved, common=common)
    found = tried(given, workflow, seed=seed)

    assert found == tried(given, workflow, seed=seed)
    if found is not None:
        assert found.inputs.keys() <= {each.name for each in workflow.inputs}
        assert all(is_right(each, found.inputs[each.name]) for each in workflow.inputs)


def made_of(
    text: str, saved: Mapping[str, InputValue], workflow: Workflow
) -> Filled | InputRefusedError:
    """Return what becomes of a text that was typed."""
    try:
        typed = read(text, workflow)
        return filled(typed.words, typed.values, workflow=workflow, saved=saved, lists=LISTS)
    except InputRefusedError as error:
        return error


PIECES = st.sampled_from(
    (
        *("a red fox", "pixel!", "ink:0.5", "<lora:PixelArt:0.5>", "__animals__", "__nothing__"),
        *("{red|blue}", "{", "|}", "--width 500", "steps=0", "steps:5", "--hires", "--seed -1"),
        *("--strength", "0", '"', "--no hands", "\n", "--ar 16:9", "--square", "--dog 5", "dog=5"),
        *("style=oil", "--style Water", "negative='x y'", "\0", "\ud800", "\N{EM DASH}width 64"),
    )
)


@drawn_from(
    text=st.lists(PIECES | st.text(max_size=10), max_size=8).map(" ".join),
    saved=st.dictionaries(NAMES, SCALARS, max_size=3),
    workflow=st.sampled_from([DRAW, TAGS, ONE_LORA, a_workflow(inputs=())]),
)
@settings(deadline=None)
def test_any_text_gives_checked_inputs_or_a_refusal_with_a_name(
    text: str, saved: Mapping[str, InputValue], workflow: Workflow
) -> None:
    found = made_of(text, saved, workflow)

    if isinstance(found, InputRefusedError):
        assert found.name
        assert found.user_message
        return
    known = {each.name: each for each in workflow.inputs}
    assert found.inputs.keys() <= known.keys()
    for name, value in found.inputs.items():
        assert known[name].accept(value) == value
        assert is_right(known[name], value)


@drawn_from(
    saved=st.dictionaries(NAMES, SCALARS, max_size=6), common=st.dictionaries(NAMES, SCALARS)
)
@settings(deadline=None)
def test_what_was_saved_is_never_an_error(
    saved: Mapping[str, InputValue], common: Mapping[str, InputValue]
) -> None:
    # A text that was saved is a text to draw from, too, and may be refused as such.
    harmless = {"negative": "hands", "prompt": "a fox"}
    found = filled(saved={**saved, **harmless}, common={**common, **harmless})

    assert found.inputs.keys() == DEFAULTS.keys()
