"""A form's cards fit every platform, and its buttons say what they set."""

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.chat import texts
from adapters.chat.actions import MAX_BYTES, PressForm, encode
from adapters.chat.cards import Button, Card, Span
from adapters.chat.fit import Limits, fit
from adapters.chat.updates import Hears
from adapters.chat.views.forms import Question, check_of, form_card, limits_of, question_card
from core.shared.ids import ChatId, DraftId
from core.workflows.drafts import DRAFT_LIVES, Draft
from core.workflows.form import Form
from core.workflows.inputs import Input
from core.workflows.kinds import InputKind, Role
from tests.builders import ADA, NOW, a_quote, a_workflow, an_input

MOST_BUTTONS, MOST_ROWS, MOST_IN_A_ROW = 25, 5, 5
WIDTH = an_input("width", InputKind.INTEGER, default=512)


def marked_up(span: Span) -> int:
    """Return how long a span is where a `_` is written as two characters."""
    return len(span.text) + span.text.count("_")


NARROWEST = Limits(
    text=1_984,
    caption=1_024,
    width=marked_up,
    rows=MOST_ROWS,
    columns=MOST_IN_A_ROW,
    label=64,
    files=10,
    file_bytes=1,
)
"""The least of every platform."""


def a_form(*inputs: Input) -> Form:
    workflow = a_workflow("paint", inputs=inputs)
    draft = Draft(
        id=DraftId("f" * 32),
        account=ADA,
        chat=ChatId("web:ada"),
        workflow=workflow.name,
        key=workflow.key,
        expires_at=NOW + DRAFT_LIVES,
    )
    return Form(draft=draft, workflow=workflow)


def buttons(card: Card) -> list[Button]:
    return [each for row in card.buttons for each in row]


def labels(card: Card) -> list[str]:
    return [each.label for each in buttons(card)]


@pytest.mark.parametrize(
    ("low", "high", "step", "said"),
    [
        (64, 2048, 8, "64 to 2,048, in steps of 8"),
        (0, 1, 0.05, "0 to 1, in steps of 0.05"),
        (1, None, 1, "from 1 up"),
        (None, 30, None, "up to 30"),
        (None, None, 8, "in steps of 8"),
        (None, None, None, ""),
    ],
)
def test_a_range_is_said_as_people_say_it(
    low: float | None, high: float | None, step: float | None, said: str
) -> None:
    wanted = an_input("amount", InputKind.NUMBER, minimum=low, maximum=high)

    assert limits_of(attrs.evolve(wanted, step=step)) == said


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (an_input(), "What do you want to see?"),
        (an_input("negative"), "Please write the text for “Negative”."),
        (an_input("amount", InputKind.NUMBER), "Please write the new Amount."),
        (
            an_input("seed", InputKind.INTEGER),
            "Please write the new Seed: a whole number, or -1 for another one each time.",
        ),
        (an_input("hires", InputKind.BOOLEAN), "Please choose the Hires."),
        (an_input("video", InputKind.FILE), "“Video” takes a result of yours."),
    ],
)
def test_a_question_says_what_is_wanted(wanted: Input, said: str) -> None:
    form = a_form(an_input(), wanted) if wanted.name != "prompt" else a_form(wanted)

    assert question_card(form, Question(wanted=wanted)).plain_text == f"Paint\n{said}"


def test_a_question_has_the_input_s_own_words_too() -> None:
    wanted = attrs.evolve(an_input(), description="Short sentences work best.")

    card = question_card(a_form(wanted), Question(wanted=wanted))

    assert card.plain_text.endswith("Short sentences work best.")


def test_a_switch_is_asked_for_with_yes_and_no() -> None:
    wanted = an_input("hires", InputKind.BOOLEAN)

    card = question_card(a_form(wanted), Question(wanted=wanted))

    assert labels(card) == ["yes", "no", "Cancel"]


@pytest.mark.parametrize("hears", Hears)
def test_what_has_a_button_for_each_answer_needs_no_words_about_it(hears: Hears) -> None:
    wanted = an_input("hires", InputKind.BOOLEAN)

    card = question_card(a_form(wanted), Question(wanted=wanted, hears=hears))

    assert card.plain_text == "Paint\nPlease choose the Hires."


def test_an_option_without_a_name_has_a_button_too_and_one_that_is_there_twice_has_one() -> None:
    wanted = an_input("style", InputKind.CHOICE, options=("oil", "", "oil"))

    card = question_card(a_form(wanted), Question(wanted=wanted))

    assert labels(card) == ["oil", "nothing", "Cancel"]


def test_a_file_of_the_workflow_s_own_is_told_from_the_person_s() -> None:
    own = an_input("image", InputKind.IMAGE, default="https://files.example/own.png")
    form = a_form(own)

    assert "Image: its own" in form_card(form, a_quote()).plain_text
    theirs = form.with_value(own, "fox.png")
    assert "Image: yours" in form_card(theirs, a_quote()).plain_text


def test_a_long_text_is_shortened_in_the_list_and_more_so_on_its_button() -> None:
    form = a_form(an_input()).with_words("fox " * 500)
    card = form_card(form, a_quote())

    assert len(card.plain_text) < 250
    assert max(map(len, labels(card))) < 40


def test_a_fixed_price_is_no_most() -> None:
    fixed = attrs.evolve(a_quote(5), is_fixed=True)

    assert "Run · 5" in labels(form_card(a_form(an_input()), fixed))


def test_the_button_of_another_input_or_option_has_another_number() -> None:
    style = an_input("style", InputKind.CHOICE, options=("oil", "ink"))
    checks = {check_of(WIDTH), check_of(style), check_of(style, "oil"), check_of(style, "ink")}

    assert len(checks) == 4


def test_an_input_that_is_no_more_has_a_button_that_nobody_takes_for_another() -> None:
    card = question_card(a_form(an_input()), Question(wanted=WIDTH, hears=Hears.NOTHING))

    assert buttons(card)[0].action == PressForm(DraftId("f" * 32), f"ask.0.{check_of(WIDTH)}")


NAMES = st.text(min_size=1, max_size=60)
KINDS = st.sampled_from(InputKind)


@st.composite
def forms(draw: st.DrawFn) -> Form:
    """Return a form of any inputs; some of them are a width and a height."""
    count = draw(st.integers(0, 60))
    inputs = [
        Input(
            name=f"{number} {draw(NAMES)}",
            kind=draw(KINDS),
            options=tuple(draw(st.lists(NAMES, min_size=1, max_size=60, unique=True))),
            role=draw(st.sampled_from([None, Role.WIDTH, Role.HEIGHT])),
        )
        for number in range(count)
    ]
    return a_form(*inputs)


@given(form=forms(), page=st.integers(0, 9), is_whole=st.booleans())
@settings(deadline=None, max_examples=40)
def test_every_card_of_a_form_fits_every_platform(*, form: Form, page: int, is_whole: bool) -> None:
    cards = [form_card(form, a_quote(), page=page)]
    cards += [
        question_card(form, Question(wanted=each, page=page, has_result=True, is_whole=is_whole))
        for each in form.workflow.inputs
    ]

    for card in cards:
        assert len(card.buttons) <= MOST_ROWS
        assert all(1 <= len(row) <= MOST_IN_A_ROW for row in card.buttons)
        assert len(buttons(card)) <= MOST_BUTTONS
        assert all(len(encode(each.action).encode()) <= MAX_BYTES for each in buttons(card))
        data = [encode(each.action) for each in buttons(card)]
        assert len(set(data)) == len(data)
    assert texts.CLOSE in labels(cards[0])


LONG = [f"{'folder/' * 20}model_{number}" for number in range(12)]


def test_what_went_wrong_is_said_however_much_there_is_in_a_form() -> None:
    names = [f"a_rather_long_name_{number}_of_it" for number in range(20)]
    many = [an_input(name, default="_x" * 500) for name in names]

    card = form_card(a_form(*many), a_quote(), trouble="That is too large.")

    assert fit(card, NARROWEST).plain_text.endswith("\nThat is too large.")


def test_options_that_differ_at_the_end_alone_are_told_apart() -> None:
    wanted = an_input("model", InputKind.CHOICE, options=tuple(LONG))

    card = question_card(a_form(wanted), Question(wanted=wanted))

    shown = labels(fit(card, NARROWEST))[:8]
    assert [each[-7:] for each in shown] == [f"model_{number}" for number in range(8)]
