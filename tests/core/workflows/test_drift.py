"""What a changed workflow is told to have changed, and what becomes of what was kept for it."""

from collections.abc import Mapping

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.workflows.drift import ChangeKind, differences, migrate, names_now
from core.workflows.inputs import Input, InputValue
from core.workflows.kinds import InputKind, Role
from core.workflows.model import Workflow
from tests.builders import a_workflow, an_input

STEPS = an_input("steps", InputKind.INTEGER, default=20, minimum=1, maximum=100)
WIDTH = an_input("width", InputKind.INTEGER, default=512, minimum=64, maximum=2_048)
STYLE = an_input("style", InputKind.CHOICE, default="photo", options=("photo", "oil"))
TILE = an_input("tile", InputKind.BOOLEAN, default=False)
AMOUNT = an_input("amount", InputKind.NUMBER)
PICTURE = an_input("image", InputKind.IMAGE)
WORDS = an_input("words")


def of(*inputs: Input) -> Workflow:
    return a_workflow(inputs=inputs)


def told(old: Input, new: Input) -> list[tuple[str, str]]:
    return [(each.kind, each.sentence) for each in differences(of(old), of(new))]


def test_what_is_the_same_has_no_differences() -> None:
    assert differences(of(STEPS, WIDTH, STYLE), of(STYLE, STEPS, WIDTH)) == ()


def test_other_labels_and_other_words_are_no_difference() -> None:
    assert told(STEPS, attrs.evolve(STEPS, label="Quality", description="How long")) == []


def test_what_is_gone_and_what_is_new_are_told() -> None:
    changes = differences(of(STEPS, STYLE), of(STEPS, TILE, PICTURE))

    assert [(each.kind, each.name, each.new_name, each.sentence) for each in changes] == [
        (ChangeKind.GONE, "style", "", "“style” is gone"),
        (ChangeKind.NEW, "tile", "tile", "“tile” is new"),
        (ChangeKind.NEW, "image", "image", "“image” is new, and must be given"),
    ]


def test_an_input_of_another_name_and_one_role_was_renamed() -> None:
    new = attrs.evolve(STEPS, name="num_steps", label="Quality", role=Role.STEPS)

    assert told(STEPS, new) == [("renamed", "“steps” was renamed to “num_steps”")]


def test_an_input_of_another_name_and_one_label_was_renamed() -> None:
    old = attrs.evolve(AMOUNT, label="How much ")

    assert told(old, attrs.evolve(old, name="share", label="how MUCH")) == [
        ("renamed", "“amount” was renamed to “share”")
    ]


def test_what_was_renamed_and_changed_is_told_by_its_new_name() -> None:
    new = attrs.evolve(STEPS, name="num_steps", maximum=50, role=Role.STEPS)

    assert [sentence for _, sentence in told(STEPS, new)] == [
        "“steps” was renamed to “num_steps”",
        "“num_steps” now takes 1 to 50 (was 1 to 100)",
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # One gone could be either of two new ones, one new one either of two that are gone.
        ((PICTURE,), (attrs.evolve(PICTURE, name="a"), attrs.evolve(PICTURE, name="b"))),
        ((attrs.evolve(PICTURE, name="a"), attrs.evolve(PICTURE, name="b")), (PICTURE,)),
        ((AMOUNT,), (attrs.evolve(AMOUNT, name="share", label="Share"),)),
        ((AMOUNT,), (attrs.evolve(AMOUNT, name="share", kind=InputKind.INTEGER),)),
        (
            (attrs.evolve(WORDS, role=Role.PROMPT),),
            (attrs.evolve(WORDS, name="no", role=Role.NEGATIVE),),
        ),
    ],
    ids=["two-new", "two-gone", "nothing-in-common", "another-kind", "another-role"],
)
def test_what_is_not_clear_was_not_renamed(old: tuple[Input, ...], new: tuple[Input, ...]) -> None:
    names = names_now(of(*old), of(*new))

    assert names == {}


def test_a_label_goes_before_a_role() -> None:
    one, two = an_input("image_a", InputKind.IMAGE), an_input("image_b", InputKind.IMAGE)
    face = attrs.evolve(one, name="face", label=two.label)
    pose = attrs.evolve(two, name="pose", label="Pose")

    assert names_now(of(one, two), of(face, pose)) == {"image_b": "face", "image_a": "pose"}


@pytest.mark.parametrize(
    ("old", "new", "kind", "sentence"),
    [
        (
            STEPS,
            attrs.evolve(STEPS, kind=InputKind.TEXT),
            "retyped",
            "“steps” is a text now (was a whole number)",
        ),
        (
            attrs.evolve(WORDS, role=Role.NEGATIVE),
            attrs.evolve(WORDS, role=Role.PROMPT),
            "retyped",
            "“words” means the prompt now (was the negative)",
        ),
        (
            WIDTH,
            attrs.evolve(WIDTH, maximum=1_024),
            "reranged",
            "“width” now takes 64 to 1,024 (was 64 to 2,048)",
        ),
        (
            WIDTH,
            attrs.evolve(WIDTH, step=8),
            "reranged",
            "“width” now takes 64 to 2,048 in steps of 8 (was 64 to 2,048)",
        ),
        (
            AMOUNT,
            attrs.evolve(AMOUNT, maximum=0.5),
            "reranged",
            "“amount” now takes up to 0.5 (was any number)",
        ),
        (
            AMOUNT,
            attrs.evolve(AMOUNT, minimum=0),
            "reranged",
            "“amount” now takes 0 and more (was any number)",
        ),
        (
            STYLE,
            attrs.evolve(STYLE, options=("photo", "ink", "line")),
            "options",
            "“style” now offers “ink”, “line” and now does not offer “oil”",
        ),
        (
            STYLE,
            attrs.evolve(STYLE, options=(*STYLE.options, *"abcdefg")),
            "options",
            "“style” now offers “a”, “b”, “c”, “d”, “e” and 2 more",
        ),
        (
            STEPS,
            attrs.evolve(STEPS, default=0),
            "default",
            "“steps” now begins with 0 (was 20)",
        ),
        (
            TILE,
            attrs.evolve(TILE, default=True),
            "default",
            "“tile” now begins with yes (was no)",
        ),
        (
            WORDS,
            attrs.evolve(WORDS, default="x" * 50),
            "default",
            f"“words” now begins with “{'x' * 39}…” (was nothing)",
        ),
        (
            PICTURE,
            attrs.evolve(PICTURE, required=False),
            "required",
            "“image” need not be given any more",
        ),
        (
            attrs.evolve(PICTURE, required=False),
            PICTURE,
            "required",
            "“image” must be given now",
        ),
    ],
)
def test_each_difference_is_one_sentence(old: Input, new: Input, kind: str, sentence: str) -> None:
    assert told(old, new) == [(kind, sentence)]


def test_an_empty_default_is_none() -> None:
    assert told(WORDS, attrs.evolve(WORDS, default="")) == []


def moved(
    values: Mapping[str, InputValue], old: Input, new: Input, *, files: bool = False
) -> tuple[Mapping[str, InputValue], list[str]]:
    done = migrate(values, of(old), of(new), files=files)
    return done.values, list(done.set_aside.values())


def test_values_follow_what_was_renamed() -> None:
    new = attrs.evolve(STEPS, name="num_steps", role=Role.STEPS)

    assert moved({"steps": 30}, STEPS, new) == ({"num_steps": 30}, [])
    assert moved({"num_steps": 30}, STEPS, new) == ({"num_steps": 30}, [])


def test_a_value_of_the_new_name_goes_before_one_that_follows() -> None:
    new = attrs.evolve(STEPS, name="num_steps", role=Role.STEPS)

    assert moved({"steps": 30, "num_steps": 40}, STEPS, new) == (
        {"num_steps": 40},
        ["/text2img has no input “steps” any more; it was 30."],
    )


@pytest.mark.parametrize("value", [0, False, 0.0, ""])
def test_nothing_and_no_survive(value: InputValue) -> None:
    kinds = {int: InputKind.INTEGER, bool: InputKind.BOOLEAN, float: InputKind.NUMBER}
    wanted = an_input("n", kinds.get(type(value), InputKind.TEXT))

    assert moved({"n": value}, wanted, attrs.evolve(wanted, default=7)) == ({"n": value}, [])


@pytest.mark.parametrize(
    ("value", "old", "new", "why"),
    [
        (
            1_500,
            WIDTH,
            attrs.evolve(WIDTH, maximum=1_024),
            "“width” takes a number from 64 to 1,024, and 1,500 is outside.",
        ),
        (
            "oil",
            STYLE,
            attrs.evolve(STYLE, options=("photo",)),
            "“style” can be photo: please pick one of them.",
        ),
        ("oil", STYLE, TILE, "/text2img has no input “style” any more; it was “oil”."),
        (
            True,
            TILE,
            attrs.evolve(TILE, kind=InputKind.TEXT),
            "“tile” is a text now; it was yes.",
        ),
        (
            1,
            AMOUNT,
            attrs.evolve(AMOUNT, kind=InputKind.BOOLEAN),
            "“amount” is a switch now; it was 1.",
        ),
        (
            0.5,
            AMOUNT,
            attrs.evolve(AMOUNT, kind=InputKind.TEXT),
            "“amount” is a text now; it was 0.5.",
        ),
        (
            "5f0c.png",
            attrs.evolve(PICTURE, name="look"),
            an_input("look"),
            "“look” means something else now; it was “5f0c.png”.",
        ),
        (
            "blurry",
            attrs.evolve(WORDS, role=Role.NEGATIVE),
            attrs.evolve(WORDS, role=Role.PROMPT),
            "“words” means something else now; it was “blurry”.",
        ),
    ],
)
def test_what_is_not_taken_any_more_is_set_aside_with_the_reason(
    value: InputValue, old: Input, new: Input, why: str
) -> None:
    kept, reasons = moved({old.name: value}, old, new)

    assert (kept, reasons) == ({}, [why])


@pytest.mark.parametrize(
    ("value", "kind", "kept"),
    [
        ("30", InputKind.INTEGER, 30),
        (30, InputKind.NUMBER, 30.0),
        (30.0, InputKind.INTEGER, 30),
        ("yes", InputKind.BOOLEAN, True),
        (1, InputKind.CHOICE, "1"),
    ],
)
def test_t_87_a_value_becomes_what_its_input_is_now(
    value: InputValue, kind: InputKind, kept: InputValue
) -> None:
    new = an_input("n", kind, options=("1", "2"))

    values, reasons = moved({"n": value}, an_input("n"), new)

    assert (values, reasons) == ({"n": kept}, [])
    assert type(values["n"]) is type(kept)


def test_files_go_to_inputs_for_files_alone() -> None:
    old, new = of(PICTURE, WORDS), of(an_input("image"), attrs.evolve(WORDS, name="words"))

    assert migrate({"image": "5f0c.png"}, old, old, files=True).values == {"image": "5f0c.png"}
    assert migrate({"image": "5f0c.png"}, old, new, files=True).set_aside == {
        "image": "“image” means something else now; it was a file."
    }
    assert migrate({"words": "5f0c.png"}, old, old, files=True).values == {}


names = st.sampled_from(["a", "b", "prompt", "seed", "width", "Steps", "image"])
limits = st.none() | st.integers(-10, 10) | st.floats(-10, 10)
given_values = st.one_of(
    st.booleans(), st.integers(-20, 20), st.floats(-20, 20), st.text("abyesno01 ", max_size=4)
)
inputs = st.builds(
    Input,
    name=names,
    kind=st.sampled_from(InputKind),
    label=st.sampled_from(["", "A", "a", "B"]),
    default=st.none() | given_values,
    minimum=limits,
    maximum=limits,
    step=st.none() | st.sampled_from([0.05, 1, 8]),
    options=st.lists(st.sampled_from(["a", "b", "1", "yes"]), unique=True).map(tuple),
)
workflows = st.lists(inputs, unique_by=lambda each: each.name).map(lambda many: of(*many))
kept_values = st.dictionaries(names, given_values)


@given(values=kept_values, old=workflows, new=workflows, files=st.booleans())
def test_nothing_is_lost_and_what_is_kept_is_taken(
    *, values: dict[str, InputValue], old: Workflow, new: Workflow, files: bool
) -> None:
    done = migrate(values, old, new, files=files)

    now = {each.name: each for each in new.inputs}
    assert all(now[name].accept(value) == value for name, value in done.values.items())
    assert set(done.set_aside) <= set(values)
    assert len(done.values) + len(done.set_aside) == len(values)
    assert all(each.endswith(".") for each in done.set_aside.values())


@given(kept_values, workflows, workflows)
def test_migrating_twice_is_migrating_once(
    values: dict[str, InputValue], old: Workflow, new: Workflow
) -> None:
    once = migrate(values, old, new).values

    again = migrate(once, old, new)

    assert again.values == once
    assert again.set_aside == {}


@given(workflows, workflows)
def test_a_workflow_differs_from_itself_in_nothing_and_each_name_has_one_new_one(
    old: Workflow, new: Workflow
) -> None:
    assert differences(old, old) == ()
    found = names_now(old, new)
    assert set(found) <= {each.name for each in old.inputs}
    assert len(set(found.values())) == len(found)
    assert set(found.values()) <= {each.name for each in new.inputs}
    told_of = [each.name for each in differences(old, new) if each.kind is ChangeKind.GONE]
    assert set(told_of) == {each.name for each in old.inputs} - set(found)
