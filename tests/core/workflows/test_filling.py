"""What people give and have saved becomes what the API takes, in one place."""

from collections.abc import Mapping

import pytest

from core.shared.errors import InputMissingError, InputRefusedError
from core.workflows.filling import Filled
from core.workflows.inputs import InputValue
from core.workflows.kinds import InputKind
from core.workflows.model import Workflow
from tests.builders import a_workflow, an_input
from tests.core.workflows.fillings import DEFAULTS, DRAW, STEPS, filled, refusal


def test_words_alone_are_completed_with_the_defaults() -> None:
    assert filled() == Filled(inputs=DEFAULTS, words="a fox")


def test_what_was_given_goes_before_what_was_saved_and_that_before_the_chats() -> None:
    found = filled(
        values={"steps": "5"},
        saved={"steps": 6, "strength": 0.5},
        common={"steps": 7, "strength": 0.25, "style": "Oil"},
    )

    assert found.inputs == {**DEFAULTS, "steps": 5, "strength": 0.5, "style": "Oil"}
    assert found.notes == ()


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_field_takes_what_was_saved(empty: str | None) -> None:
    assert filled(values={"steps": empty}, saved={"steps": 6}).inputs["steps"] == 6


def test_an_empty_text_is_a_text() -> None:
    assert filled(values={"negative": ""}, saved={"negative": "hands"}).inputs["negative"] == ""


def test_a_saved_prompt_is_for_whoever_says_nothing() -> None:
    assert filled("", saved={"prompt": "a cat"}).words == "a cat"
    assert filled("a fox", saved={"prompt": "a cat"}).words == "a fox"


@pytest.mark.parametrize(
    ("values", "taken"),
    [
        ({"strength": 0}, {"strength": 0.0}),
        ({"strength": "0"}, {"strength": 0.0}),
        ({"hires": False}, {"hires": False}),
        ({"hires": "no"}, {"hires": False}),
        ({"noise_seed": 0}, {"noise_seed": 0}),
        ({"noise_seed": "0"}, {"noise_seed": 0}),
    ],
)
def test_t_64_zero_and_no_are_values(
    values: Mapping[str, object], taken: Mapping[str, InputValue]
) -> None:
    assert filled(values=values).inputs == {**DEFAULTS, **taken}
    assert filled(saved=taken).inputs == {**DEFAULTS, **taken}


def test_t_87_numbers_are_sent_as_numbers_however_they_were_given() -> None:
    inputs = filled(
        values={"steps": "5", "strength": "0.5", "hires": "yes"}, saved={"width": "640"}
    ).inputs

    types = {name: type(inputs[name]) for name in ("steps", "strength", "hires", "width")}
    assert types == {"steps": int, "strength": float, "hires": bool, "width": int}


def test_a_value_may_be_named_by_its_role() -> None:
    assert filled(values={"seed": 5, "Width": 640}).inputs["noise_seed"] == 5


@pytest.mark.parametrize("given", [{}, {"seed": -1}, {"noise_seed": "-1"}, {"seed": ""}])
def test_a_seed_that_nobody_gave_is_drawn_and_noted(given: Mapping[str, object]) -> None:
    assert filled(values=given, seed=123).inputs["noise_seed"] == 123


def test_a_seed_is_drawn_within_its_limits() -> None:
    seed = an_input("seed", InputKind.INTEGER, minimum=5, maximum=6)
    huge = an_input("seed", InputKind.INTEGER, minimum=9, maximum=8)

    found = {
        filled(workflow=a_workflow(inputs=(an_input(), seed)), seed=number).inputs["seed"]
        for number in range(9)
    }
    assert found == {5, 6}
    assert filled(workflow=a_workflow(inputs=(an_input(), huge))).inputs["seed"] == 9


def test_what_was_fitted_to_its_step_is_said() -> None:
    found = filled(values={"width": 770})

    assert found.inputs["width"] == 768
    assert found.notes == ("width: 770 became 768, it goes in steps of 8",)
    assert filled(values={"width": "768.0"}, saved={"steps": 6}).notes == ()


def test_what_was_saved_and_is_not_taken_any_more_is_left_out_and_said() -> None:
    found = filled(
        saved={"steps": 90, "gone": 1, "style": "Oil"}, common={"width": 640, "hires": "red"}
    )

    assert found.inputs == {**DEFAULTS, "style": "Oil", "width": 640}
    assert found.notes == (
        "The chat's saved “hires” is left out: “hires” is a switch: please say yes or no.",
        "Your saved “steps” is left out: “steps” takes a number from 1 to 50, and 90 is outside.",
        "Your saved “gone” is left out: /text2img does not take it any more.",
    )


def test_what_was_saved_is_not_looked_at_where_something_is_given() -> None:
    assert filled(values={"steps": 5}, saved={"steps": 90}).notes == ()


def test_a_saved_file_is_left_out() -> None:
    workflow = a_workflow(inputs=(an_input(), an_input("image", InputKind.IMAGE, default="u")))

    assert filled(workflow=workflow, saved={"image": "x.png"}).inputs["image"] == "u"


def test_notes_are_not_without_end() -> None:
    assert len(filled(saved={f"gone_{number}": 1 for number in range(50)}).notes) == 8


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"stepz": 5}, "no input “stepz”. Did you mean “steps” or “style”? It takes: prompt, "),
        ({"steps": 90}, "“steps” takes a number from 1 to 50, and 90 is outside."),
        ({"style": "Ink"}, "“style” can be Photo, Oil: please pick one"),
        ({"hires": "perhaps"}, "“hires” is a switch"),
    ],
)
def test_what_a_person_gives_and_is_not_taken_is_refused(
    values: Mapping[str, object], said: str
) -> None:
    assert said in refusal(values=values).user_message


def test_a_file_is_not_given_as_a_value() -> None:
    workflow = a_workflow(inputs=(an_input("image", InputKind.IMAGE),))

    assert "send it along" in refusal("", {"image": "fox.png"}, workflow).user_message


def test_words_beside_a_prompt_that_was_given_by_name_are_left_out_and_that_is_said() -> None:
    found = filled("a fox", {"prompt": "a cat"})

    assert (found.words, found.inputs["prompt"]) == ("a cat", "a cat")
    assert found.notes == ("“prompt” was given by name: the other words are left out.",)


def test_words_are_refused_where_there_is_no_prompt() -> None:
    workflow = a_workflow(inputs=(STEPS,))

    assert "takes no words, only: steps." in refusal(workflow=workflow).user_message


@pytest.mark.parametrize("words", ["", " ", ",", "\0"])
def test_t_69_a_prompt_that_says_nothing_is_asked_for(words: str) -> None:
    with pytest.raises(InputMissingError, match="say what you want to see"):
        filled(words)


PICTURES = a_workflow(
    inputs=(
        an_input("mask", InputKind.IMAGE),
        an_input("style_image", InputKind.IMAGE, default="https://a.example/style.png"),
        an_input("input_image", InputKind.IMAGE),
        an_input("sound", InputKind.FILE, default="https://a.example/a.mp3"),
    )
)


def test_a_picture_goes_to_what_it_is_needed_for_and_last_to_a_mask() -> None:
    found = filled("", workflow=PICTURES, images=("1", "2", "3"))

    assert found.inputs == {
        "mask": "3",
        "style_image": "2",
        "input_image": "1",
        "sound": "https://a.example/a.mp3",
    }
    assert found.media_inputs == ("mask", "style_image", "input_image")


def test_a_picture_that_is_named_goes_where_it_is_meant() -> None:
    found = filled("", workflow=PICTURES, images=("1",), media={"mask": "m", "sound": "s"})

    assert (found.inputs["mask"], found.inputs["input_image"]) == ("m", "1")
    assert found.media_inputs == ("mask", "input_image", "sound")


@pytest.mark.parametrize("name", ["prompt", "nowhere"])
def test_a_file_for_what_takes_none_is_refused(name: str) -> None:
    with pytest.raises(InputRefusedError, match="takes no file"):
        filled(media={name: "x.png"})


@pytest.mark.parametrize(
    ("workflow", "images", "said"),
    [(DRAW, ("1",), "no picture, not 1"), (PICTURES, tuple("12345"), "3 pictures, not 5")],
)
def test_too_many_pictures_are_refused(
    workflow: Workflow, images: tuple[str, ...], said: str
) -> None:
    with pytest.raises(InputRefusedError, match=said):
        filled("a fox" if workflow is DRAW else "", workflow=workflow, images=images)


def test_what_is_wrong_with_a_saved_text_is_told_with_where_it_is_saved() -> None:
    with pytest.raises(InputRefusedError) as saved:
        filled(saved={"negative": "__nolist__"})
    typed = refusal(values={"negative": "__nolist__"})

    assert saved.value.problem.endswith("is saved: /settings text2img shows it, and forgets it.")
    assert "/settings" not in typed.problem


def test_a_saved_prompt_of_which_nothing_is_left_is_asked_for() -> None:
    with pytest.raises(InputMissingError):
        filled("", saved={"prompt": "{|}"})
