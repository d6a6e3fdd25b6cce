import attrs
import pytest

from adapters.chat.actions import CancelJob, RepeatJob, ShowInfo, TweakJob, UpscaleResult
from adapters.chat.cards import Card, Style, Tone, Weight
from adapters.chat.views.jobs import end_card, info_card, message_key, waiting_card
from core.generations.model import Job, JobState
from core.media.model import MediaRef
from core.points.model import Points
from core.points.receipts import Receipt
from core.use_cases.follow_run import FAILED, TOO_LONG
from tests.adapters.chat.talk import an_id
from tests.builders import a_job, a_media_ref, a_wish

JOB = an_id(1)
PICTURE = a_media_ref("fox.png", size_bytes=1_234_567, width=512, height=768)
CLIP = a_media_ref("fox.mp4", size_bytes=9_000, width=0, height=0)
MARKUP = "<b>*_fox_*</b> [link](tg://x) @everyone &amp; \N{FOX FACE}\n/cancel"


def job(
    state: JobState = JobState.WAITING,
    *,
    words: str = "a red fox",
    outputs: tuple[MediaRef, ...] = (),
    charged: int = 0,
    failure: str = "",
    cancel_requested: bool = False,
    run_s: float | None = None,
) -> Job:
    return a_job(
        JOB,
        state=state,
        wish=a_wish(words=words),
        outputs=outputs,
        charged=charged,
        failure=failure,
        cancel_requested=cancel_requested,
        run_s=run_s,
    )


def running(*, progress: float, live_status: str = "") -> Job:
    return attrs.evolve(job(JobState.RUNNING), progress=progress, live_status=live_status)


def labels(card: Card) -> list[str]:
    return [button.label for row in card.buttons for button in row]


def second_line(card: Card) -> str:
    return card.plain_text.splitlines()[1]


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (JobState.PREPARED, "Starting · at most 10 points, about 5 s"),
        (JobState.WAITING, "Starting · at most 10 points, about 5 s"),
        (JobState.SUBMITTING, "Queued · at most 10 points, about 5 s"),
        (JobState.SUBMITTED, "Queued · at most 10 points, about 5 s"),
        (JobState.RUNNING, "0% · at most 10 points, about 5 s"),
        (JobState.COLLECTING, "Finishing · at most 10 points, about 5 s"),
        (JobState.SETTLING, "Finishing · at most 10 points, about 5 s"),
    ],
)
def test_each_open_state_says_what_happens_and_what_it_will_cost(
    state: JobState, text: str
) -> None:
    card = waiting_card(job(state))

    assert card.plain_text == f"Text2Img  a red fox\n{text}"
    assert card.tone is Tone.WORKING


@pytest.mark.parametrize("state", [state for state in JobState if not state.is_end])
def test_what_has_not_been_sent_yet_can_be_undone_and_what_has_be_cancelled(
    state: JobState,
) -> None:
    (row,) = waiting_card(job(state)).buttons

    label = "Cancel" if state.at_service else "Undo"
    assert [(each.label, each.action, each.weight) for each in row] == [
        (label, CancelJob(JOB), Weight.DANGER)
    ]


@pytest.mark.parametrize(
    ("ahead", "text"),
    [
        (None, "Starting"),
        (0, "Starting"),
        (1, "Waiting for a free place: 1 ahead of you"),
        (12, "Waiting for a free place: 12 ahead of you"),
    ],
)
def test_a_waiting_job_says_how_many_are_before_it(ahead: int | None, text: str) -> None:
    card = waiting_card(job(), ahead=ahead)

    assert second_line(card) == f"{text} · at most 10 points, about 5 s"


@pytest.mark.parametrize(
    ("position", "text"), [(0, "Queued: you are next"), (3, "Queued: 3 ahead of you")]
)
def test_a_queued_job_says_its_place_at_the_service(position: int, text: str) -> None:
    queued = attrs.evolve(job(JobState.SUBMITTED), queue_position=position)

    assert second_line(waiting_card(queued)).startswith(f"{text} · ")


def test_a_running_job_shows_how_far_it_is_and_what_it_does() -> None:
    card = waiting_card(running(progress=0.426, live_status="KSampler"))

    assert second_line(card) == "43% · KSampler · at most 10 points, about 5 s"
    assert card.progress == 0.426


@pytest.mark.parametrize("state", [JobState.SUBMITTED, JobState.COLLECTING])
def test_only_a_running_job_has_progress(state: JobState) -> None:
    assert waiting_card(attrs.evolve(job(state), progress=0.9)).progress == 0


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.RUNNING])
def test_a_job_that_is_being_cancelled_says_so_and_has_no_button(state: JobState) -> None:
    card = waiting_card(job(state, cancel_requested=True), ahead=3)

    assert (card.plain_text, card.buttons) == ("Text2Img  a red fox\nCancelling…", ())


def test_a_success_shows_its_picture_its_price_and_the_ways_on() -> None:
    done = job(JobState.SUCCEEDED, outputs=(PICTURE,), charged=8, run_s=3.6)

    card = end_card(done, can_upscale=True)

    assert card.plain_text == "Text2Img  a red fox\n8 points · 4 s"
    assert (card.tone, card.media, card.progress) == (Tone.GOOD, (PICTURE,), None)
    assert [(each.label, each.action) for each in card.buttons[0]] == [
        ("Again", RepeatJob(JOB)),
        ("Tweak", TweakJob(JOB)),
        ("Upscale", UpscaleResult(JOB)),
        ("Info", ShowInfo(JOB)),
    ]


@pytest.mark.parametrize("as_files", [True, False])
def test_a_success_goes_out_as_files_where_its_workflow_says_so(*, as_files: bool) -> None:
    done = job(JobState.SUCCEEDED, outputs=(PICTURE,))
    done = attrs.evolve(done, wish=attrs.evolve(done.wish, as_files=as_files))

    assert end_card(done, can_upscale=True).as_files is as_files


def test_a_success_of_unknown_length_shows_its_price_alone() -> None:
    done = job(JobState.SUCCEEDED, outputs=(PICTURE,), charged=1)

    assert second_line(end_card(done, can_upscale=True)) == "1 point"


@pytest.mark.parametrize(("outputs", "has_workflow"), [((PICTURE,), 0), ((CLIP,), 1), ((), 1)])
def test_only_pictures_are_upscaled_and_only_where_a_workflow_does_it(
    outputs: tuple[MediaRef, ...], has_workflow: int
) -> None:
    card = end_card(job(JobState.SUCCEEDED, outputs=outputs), can_upscale=bool(has_workflow))

    assert labels(card) == ["Again", "Tweak", "Info"]


def test_texts_that_a_run_made_are_shown_shortened() -> None:
    done = attrs.evolve(job(JobState.SUCCEEDED), texts=("a fox, sitting", "x" * 2_000))

    lines = end_card(done, can_upscale=False).plain_text.splitlines()

    assert lines[1:] == ["a fox, sitting", "x" * 1_499 + "…", "0 points"]


@pytest.mark.parametrize(
    ("state", "failure"), [(JobState.FAILED, FAILED), (JobState.TIMED_OUT, TOO_LONG)]
)
def test_a_failure_says_why_and_offers_another_try(state: JobState, failure: str) -> None:
    card = end_card(job(state, failure=failure), can_upscale=True)

    assert card.plain_text == f"Text2Img  a red fox\n{failure}"
    assert (card.tone, labels(card)) == (Tone.BAD, ["Try again"])
    assert card.buttons[0][0].action == RepeatJob(JOB)


@pytest.mark.parametrize(
    ("charged", "text"),
    [
        (0, "Cancelled. You were not charged."),
        (1, "Cancelled. You paid 1 point for the time that it ran."),
        (7, "Cancelled. You paid 7 points for the time that it ran."),
    ],
)
def test_a_cancelled_job_says_what_it_cost(charged: int, text: str) -> None:
    card = end_card(job(JobState.CANCELLED, charged=charged), can_upscale=True)

    assert (second_line(card), card.tone, labels(card)) == (text, Tone.PLAIN, ["Again"])


RECEIPT = Receipt(charged=Points(8), returned=Points(2))
FREE = Receipt(charged=Points(0), returned=Points(10))


@pytest.mark.parametrize(
    ("state", "receipt", "lines"),
    [
        (JobState.SUCCEEDED, RECEIPT, ["8 points · 4 s · 2 returned · /why 00000000"]),
        (
            JobState.SUCCEEDED,
            attrs.evolve(RECEIPT, returned=Points(0)),
            ["8 points · 4 s · /why 00000000"],
        ),
        (JobState.FAILED, FREE, ["It broke.", "10 returned · /why 00000000"]),
        (JobState.TIMED_OUT, FREE, ["It broke.", "10 returned · /why 00000000"]),
        (
            JobState.CANCELLED,
            FREE,
            ["Cancelled. You were not charged.", "10 returned · /why 00000000"],
        ),
        (
            JobState.CANCELLED,
            RECEIPT,
            [
                "Cancelled. You paid 8 points for the time that it ran.",
                "2 returned · /why 00000000",
            ],
        ),
    ],
)
def test_every_end_says_what_the_books_say_of_it(
    state: JobState, receipt: Receipt, lines: list[str]
) -> None:
    done = job(state, charged=99, failure="It broke.", run_s=3.6)

    card = end_card(done, can_upscale=False, receipt=receipt)

    assert card.plain_text.splitlines()[1:] == lines


def test_info_tells_everything_that_makes_it_again() -> None:
    wish = a_wish(
        inputs={
            "prompt": "a red fox",
            "negative": "",
            "image": "5f0c.png",
            "seed": 7,
            "hd": False,
            "cfg": 0,
        },
        media_inputs=("image",),
    )
    done = a_job(
        JOB, state=JobState.SUCCEEDED, wish=wish, outputs=(PICTURE, CLIP), charged=8, run_s=3.6
    )

    card = info_card(done)

    assert card.plain_text.splitlines() == [
        "Text2Img",
        "workflow: /text2img",
        "prompt: a red fox",
        "seed: 7",
        "hd: False",
        "cfg: 0",
        "result 1: 512 x 768, 1,235 kB",
        "run time: 4 s",
        "price: 8 points of at most 10 points",
    ]
    assert [(each.label, each.action) for each in card.buttons[0]] == [("Again", RepeatJob(JOB))]


def test_info_tells_the_version_that_it_was_made_with() -> None:
    done = a_job(JOB, state=JobState.SUCCEEDED, wish=attrs.evolve(a_wish(), version=3))

    assert info_card(done).plain_text.splitlines()[1:3] == ["workflow: /text2img", "version: 3"]


def test_info_of_an_open_job_tells_what_is_known() -> None:
    assert info_card(job()).plain_text.splitlines()[-1] == "price: 0 points of at most 10 points"


def test_a_long_prompt_is_shortened_on_its_cards_and_longer_under_info() -> None:
    long = job(JobState.SUCCEEDED, words="fox " * 500)

    assert end_card(long, can_upscale=False).spans[1].text == "  " + ("fox " * 50)[:199] + "…"
    assert info_card(long).spans[4].text == ("fox " * 375)[:1_499] + "…"


def test_a_prompt_that_just_fits_is_shown_whole() -> None:
    assert waiting_card(job(words="f" * 200)).spans[1].text == "  " + "f" * 200


def test_a_job_without_words_shows_its_title_alone() -> None:
    assert waiting_card(job(words="")).plain_text.splitlines()[0] == "Text2Img"


@pytest.mark.parametrize("state", list(JobState))
def test_what_a_person_wrote_is_text_and_never_markup(state: JobState) -> None:
    written = attrs.evolve(job(state, words=MARKUP, failure=MARKUP), texts=(MARKUP,))

    card = end_card(written, can_upscale=False) if state.is_end else waiting_card(written)

    assert card.spans[1] == attrs.evolve(card.spans[1], text=f"  {MARKUP}", style=Style.PLAIN)
    assert [span.text for span in info_card(written).spans if "fox" in span.text] == [MARKUP]


def test_a_job_has_one_message_from_its_waiting_card_to_its_end() -> None:
    ended = attrs.evolve(job(JobState.SUCCEEDED), charged=Points(3))

    assert message_key(job()) == message_key(ended) == f"job-{JOB}"


def test_a_waiting_job_tells_two_things_that_were_made_of_its_wish() -> None:
    noted = job()
    wish = attrs.evolve(noted.wish, notes=("width: 770 became 768", "y" * 999, "a third"))

    spans = waiting_card(attrs.evolve(noted, wish=wish)).spans

    assert [each.text for each in spans[2:-1]] == [
        "\nwidth: 770 became 768",
        f"\n{'y' * 199}\N{HORIZONTAL ELLIPSIS}",
    ]
    assert all(each.style is Style.QUIET for each in spans[2:])
