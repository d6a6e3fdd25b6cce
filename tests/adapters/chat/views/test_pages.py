import attrs
import pytest

from adapters.chat import texts
from adapters.chat.actions import CancelJob, RunCommand, ShowWorkflow
from adapters.chat.cards import Card, Span, Style, Tone, Weight
from adapters.chat.views.pages import (
    alert_card,
    bug_card,
    error_card,
    help_card,
    status_card,
    text_card,
    unknown_workflow_card,
)
from core.generations.model import JobState
from core.shared.errors import (
    InputRefusedError,
    MediaRefusedError,
    NotEnoughPointsError,
    NotYoursError,
    ServiceBusyError,
    ServiceRefusedError,
    ServiceTroubleError,
    StaleButtonError,
    StationError,
    TooManyJobsError,
    UnknownWorkflowError,
)
from tests.adapters.chat.talk import an_id
from tests.builders import a_job, a_wish

MARKUP = "<b>*_fox_*</b> [link](tg://x) @everyone"


def buttons(card: Card) -> list[tuple[str, object]]:
    return [(button.label, button.action) for row in card.buttons for button in row]


def test_help_shows_every_command() -> None:
    card = help_card()

    assert card.plain_text.splitlines() == [
        texts.WELCOME,
        "",
        "/make  a picture from words: /make a red fox in the snow width=512",
        "/run  any workflow by its name: /run upscale",
        "/workflows  everything I can run, and what it costs: /workflows fox",
        "/points  what you have, and when it refills",
        "/why  what one cost and why, by its code: /why 5f0c1a2b",
        "/status  what is under way",
        "/cancel  stop the newest one, or /cancel all",
        "/settings  what your workflows begin with: /settings text2img width=512",
        "/help  how to use me, or a workflow: /help text2img",
        "",
        "Send a picture with a sentence to change it; add a command to say how: /upscale.",
    ]
    assert buttons(card) == [
        ("Workflows", RunCommand("workflows")),
        ("Points", RunCommand("points")),
    ]


def test_status_shows_each_job_with_a_way_to_stop_it() -> None:
    running = a_job(an_id(1), state=JobState.RUNNING, wish=a_wish(words="fox " * 100))
    jobs = [attrs.evolve(running, progress=0.42), a_job(an_id(2), state=JobState.WAITING)]

    card = status_card(jobs)

    assert card.plain_text.splitlines() == [
        f"1. Text2Img  {'fox ' * 15} · running, 42%",
        "2. Text2Img  a red fox in the snow · waiting",
    ]
    assert buttons(card) == [("Cancel 1", CancelJob(an_id(1))), ("Cancel 2", CancelJob(an_id(2)))]
    assert {row[0].weight for row in card.buttons} == {Weight.DANGER}


def test_status_without_jobs_says_how_to_begin() -> None:
    card = status_card([])

    assert (card.plain_text, card.buttons) == (
        "Nothing is under way. Write what you want to see.",
        (),
    )


@pytest.mark.parametrize(
    ("error", "label", "command"),
    [
        (NotEnoughPointsError(needed=20, available=5, wait_s=None), "Points", "points"),
        (UnknownWorkflowError("mkae", ("make",)), "Workflows", "workflows"),
        (TooManyJobsError(6), "Status", "status"),
    ],
)
def test_an_error_with_a_way_on_has_a_button_for_it(
    error: StationError, label: str, command: str
) -> None:
    card = error_card(error)

    assert (card.plain_text, card.tone) == (error.user_message, Tone.BAD)
    assert buttons(card) == [(label, RunCommand(command))]


@pytest.mark.parametrize(
    "error",
    [
        InputRefusedError("width", "“width” takes a whole number: please give one."),
        MediaRefusedError("That is no picture. Please send a PNG or a JPEG."),
        NotYoursError("job 1 is not of bob"),
        StaleButtonError("no job 1"),
        ServiceBusyError("the log's words"),
        ServiceRefusedError("the log's words"),
        ServiceTroubleError("the log's words"),
    ],
)
def test_an_error_says_its_own_sentence_and_nothing_of_the_log(error: StationError) -> None:
    card = error_card(error)

    assert (card.spans, card.tone, card.buttons) == ((Span(error.user_message),), Tone.BAD, ())
    assert "the log's words" not in card.plain_text


def test_nearly_a_name_has_a_button_for_each_workflow_that_may_be_meant() -> None:
    error = UnknownWorkflowError("fxo", ("fox", "box"))

    card = unknown_workflow_card(error, error.nearest)

    assert buttons(card) == [
        ("/fox", ShowWorkflow("fox")),
        ("/box", ShowWorkflow("box")),
        ("Workflows", RunCommand("workflows")),
    ]
    assert unknown_workflow_card(error, []) == error_card(error)


def test_a_bug_says_its_number_and_promises_nothing_that_we_do_not_know() -> None:
    card = bug_card("5f0c1a2b")

    assert card.plain_text == (
        "Something broke on our side. Please try again; /status shows what is under way. "
        "(Our note of it: 5f0c1a2b.)"
    )
    assert card.tone is Tone.BAD


@pytest.mark.parametrize(
    "card",
    [
        help_card(),
        unknown_workflow_card(UnknownWorkflowError("fxo", ("fox",)), ["fox"]),
        status_card([]),
        status_card([a_job(an_id(1))]),
        text_card("Noted."),
        error_card(TooManyJobsError(6)),
        bug_card("5f0c1a2b"),
    ],
)
def test_what_only_the_person_asked_for_is_for_their_eyes(card: Card) -> None:
    assert card.private


def test_an_operator_s_matter_is_for_all_operators() -> None:
    card = alert_card("the key is refused")

    assert card.spans == (Span("For the operator: ", Style.BOLD), Span("the key is refused"))
    assert (card.tone, card.private) == (Tone.BAD, False)


def test_what_a_person_wrote_is_text_and_never_markup() -> None:
    status = status_card([a_job(an_id(1), wish=a_wish(words=MARKUP))])
    unknown = error_card(UnknownWorkflowError(MARKUP[:20], ()))

    assert Span(f"  {MARKUP}", Style.PLAIN) in status.spans
    assert MARKUP[:20] in unknown.plain_text
    assert text_card(MARKUP).spans == (Span(MARKUP, Style.PLAIN),)
