"""A form: what is in it was accepted by the inputs of its workflow, also when that changes."""

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.shared.errors import InputRefusedError
from core.shared.ids import ChatId, DraftId
from core.workflows.drafts import DRAFT_LIVES, Draft
from core.workflows.form import Form
from core.workflows.inputs import Input
from core.workflows.kinds import InputKind
from tests.builders import ADA, NOW, a_workflow, an_input

PICTURE = an_input("image", InputKind.IMAGE)
MASK = an_input("mask", InputKind.IMAGE)
WIDTH = an_input("width", InputKind.INTEGER, default=512, minimum=64, maximum=2048)
CFG = an_input("cfg", InputKind.NUMBER, default=7.0, minimum=0, maximum=30)
SEED = an_input("seed", InputKind.INTEGER, default=-1)
HIRES = an_input("hires", InputKind.BOOLEAN, default=True)
SAMPLER = an_input("sampler", InputKind.CHOICE, default="euler", options=("euler", "ddim"))
NEGATIVE = an_input("negative")
ALL = (an_input(), PICTURE, MASK, WIDTH, CFG, SEED, HIRES, SAMPLER, NEGATIVE)


def a_form(*inputs: Input, asking: str = "") -> Form:
    workflow = a_workflow("paint", inputs=inputs or ALL)
    draft = Draft(
        id=DraftId("1" * 32),
        account=ADA,
        chat=ChatId("web:ada"),
        workflow=workflow.name,
        key=workflow.key,
        asking=asking,
        expires_at=NOW + DRAFT_LIVES,
    )
    return Form(draft=draft, workflow=workflow)


def changed(form: Form, *inputs: Input) -> Form:
    """Return the form as it is after its workflow has got other inputs."""
    return Form.of(form.draft, attrs.evolve(form.workflow, inputs=inputs))


def test_t_87_a_number_from_a_form_stays_a_number() -> None:
    form = a_form().with_all({"width": "768", "cfg": " 4.5 ", "hires": "no", "sampler": "DDIM"})

    assert form.draft.values == {"width": 768, "cfg": 4.5, "hires": False, "sampler": "ddim"}
    assert [type(each) for each in form.draft.values.values()] == [int, float, bool, str]


def test_zero_and_no_are_values() -> None:
    form = a_form().with_all({"cfg": 0, "hires": False, "seed": 0})

    assert form.draft.values == {"cfg": 0, "hires": False, "seed": 0}
    assert form.is_changed(HIRES)


def test_a_value_that_is_not_taken_changes_nothing() -> None:
    with pytest.raises(InputRefusedError, match="outside"):
        a_form().with_value(WIDTH, "9000")


def test_a_name_that_is_no_input_is_refused_with_those_that_are() -> None:
    with pytest.raises(InputRefusedError, match="Did you mean “width”"):
        a_form().with_all({"widht": 5})


def test_a_form_can_go_back_to_the_workflow_s_own() -> None:
    form = a_form().with_all({"width": 768, "image": "fox.png", "prompt": "a fox"})
    for name in ("width", "image", "prompt"):
        form = form.with_all({name: None})

    assert form == a_form()


def test_what_is_needed_and_not_there_is_missing_in_the_order_of_the_inputs() -> None:
    form, missing = a_form(), []
    while form.missing is not None:
        missing.append(form.missing.name)
        form = form.with_value(form.missing, "something")

    assert missing == ["prompt", "image", "mask"]


def test_only_what_differs_is_worth_keeping_and_neither_words_nor_seed_nor_files() -> None:
    form = a_form().with_all(
        {"prompt": "a fox", "seed": 7, "image": "fox.png", "width": 512, "cfg": 3, "negative": "x"}
    )

    assert form.worth_keeping() == {"cfg": 3, "negative": "x"}


@pytest.mark.parametrize(
    ("asking", "text", "pictures", "words", "media", "values"),
    [
        ("prompt", " a red fox ", (), "a red fox", {}, {}),
        ("prompt", "a fox --width 768", (), "a fox", {}, {"width": 768}),
        ("prompt", "a fox", ("1.png",), "a fox", {"image": "1.png"}, {}),
        ("image", "", ("1.png",), "", {"image": "1.png"}, {}),
        ("image", "make it blue", ("1.png",), "make it blue", {"image": "1.png"}, {}),
        ("mask", "", ("1.png",), "", {"mask": "1.png"}, {}),
        ("mask", "", ("1.png", "2.png"), "", {"mask": "1.png", "image": "2.png"}, {}),
        ("width", "768", (), "", {}, {"width": 768}),
        ("negative", "hands", (), "", {}, {"negative": "hands"}),
        ("", "whatever", (), "", {}, {}),
    ],
)
def test_an_answer_goes_to_what_was_asked_for(
    asking: str,
    text: str,
    pictures: tuple[str, ...],
    words: str,
    media: dict[str, str],
    values: dict[str, object],
) -> None:
    draft = a_form(asking=asking).answered(text, pictures).draft

    assert (draft.words, draft.media, draft.values) == (words, media, values)


@pytest.mark.parametrize(
    ("asking", "text", "pictures", "problem"),
    [
        ("image", "a fox", (), "This has to be a picture, not a text."),
        ("width", "", ("1.png",), "This has to be a text."),
        ("width", "  ", (), "This has to be a text."),
        ("width", "wide", (), "takes a whole number"),
        ("image", "", ("1.png", "2.png", "3.png"), "This takes 2 pictures, not 3."),
        ("prompt", "a fox --hight 5", (), "has no input “hight”"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(
    asking: str, text: str, pictures: tuple[str, ...], problem: str
) -> None:
    with pytest.raises(InputRefusedError, match=problem):
        a_form(asking=asking).answered(text, pictures)


def test_a_file_that_is_no_picture_is_no_text_either() -> None:
    form = a_form(an_input("video", InputKind.FILE), asking="video")

    with pytest.raises(InputRefusedError, match="This has to be a file"):
        form.answered("a video")


def test_pictures_for_a_workflow_that_takes_none_are_refused() -> None:
    with pytest.raises(InputRefusedError, match="This takes no picture, not 1"):
        a_form(an_input()).with_pictures(["1.png"])


def test_a_second_picture_takes_the_place_of_the_first_where_it_is_asked_for() -> None:
    form = a_form(asking="image").with_all({"image": "1.png"}).answered("", ["2.png"])

    assert form.draft.media == {"image": "2.png"}


def test_the_words_beside_a_picture_do_not_replace_a_prompt() -> None:
    form = a_form(asking="image").with_words("a fox").answered("here it is", ["1.png"])

    assert form.draft.words == "a fox"


def test_what_a_changed_workflow_does_not_take_is_set_aside_and_said() -> None:
    form = a_form(asking="cfg").with_all({"width": 2048, "cfg": 3, "image": "fox.png"})

    after = changed(form.with_words("a fox"), an_input(), attrs.evolve(WIDTH, maximum=1024))

    assert (after.draft.values, after.draft.media, after.draft.words) == ({}, {}, "a fox")
    assert after.draft.notes == (
        "“width” takes a number from 64 to 1,024, and 2,048 is outside. It is left out.",
        "/paint has no input “cfg”. It takes: prompt, width. It is left out.",
        "/paint has no input “image”. It takes: prompt, width. It is left out.",
    )
    assert after.asked is None


def test_the_words_go_with_the_prompt() -> None:
    form = changed(a_form().with_words("a fox"), WIDTH)

    assert form.draft.words == ""


def test_a_note_of_before_stays_before_those_of_now() -> None:
    form = changed(a_form().with_note("Before.").with_all({"cfg": 3}), an_input())

    assert [each.split()[0] for each in form.draft.notes] == ["Before.", "/paint"]


def test_what_was_saved_and_is_not_taken_is_left_out() -> None:
    form = a_form().with_taken({"width": 9000, "steps": 3, "cfg": 3})

    assert form.draft.values == {"cfg": 3}


VALUES = st.one_of(st.integers(), st.floats(), st.booleans(), st.text(max_size=8))


@given(st.dictionaries(st.sampled_from([each.name for each in ALL]), VALUES))
@settings(deadline=None)
def test_whatever_is_given_a_form_holds_only_what_its_inputs_take(
    values: dict[str, object],
) -> None:
    form = a_form().with_taken(values)
    inputs = {each.name: each for each in ALL}

    for name, value in (*form.draft.values.items(), *form.draft.media.items()):
        assert inputs[name].accept(value) == value
    assert Form.of(form.draft, form.workflow) == form
