"""What the cards of a job say of its price and its time."""

import attrs
import pytest

from adapters.chat import texts
from adapters.chat.views.jobs import info_card, waiting_card
from core.generations.model import Job, JobState
from core.points.model import Points
from core.points.pricing import Quote, quoted
from tests.adapters.chat.talk import an_id
from tests.builders import a_job

COLD = quoted(1.5, median_s=5.0, p90_s=8.0, cold_s=40.0)
FIXED = quoted(1.5, median_s=5.0, p90_s=8.0, fixed_price=5)
UNFIXED = attrs.evolve(FIXED, is_fixed=False)


def a_quoted_job(quote: Quote, state: JobState = JobState.WAITING, *, charged: int = 0) -> Job:
    return a_job(an_id(1), state=state, quote=quote, charged=charged)


@pytest.mark.parametrize(
    "state", [JobState.PREPARED, JobState.WAITING, JobState.SUBMITTING, JobState.SUBMITTED]
)
def test_a_job_that_has_not_begun_says_that_a_cold_machine_takes_longer(state: JobState) -> None:
    shown = waiting_card(a_quoted_job(COLD, state)).plain_text

    assert shown.endswith(
        " · at most 12 points, about 5 s, and some 40 s more to start a cold machine"
    )


@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.COLLECTING, JobState.SETTLING])
def test_a_job_that_runs_has_a_warm_machine(state: JobState) -> None:
    shown = waiting_card(a_quoted_job(COLD, state)).plain_text

    assert shown.endswith(" · at most 12 points, about 5 s")


def test_a_fixed_price_is_not_said_to_be_the_most() -> None:
    assert waiting_card(a_quoted_job(FIXED)).plain_text.endswith("Starting · 5 points, about 5 s")


@pytest.mark.parametrize(
    ("quote", "charged", "said"),
    [
        (FIXED, 5, "5 points"),
        (FIXED, 0, "0 points of 5 points"),
        (UNFIXED, 5, "5 points of at most 5 points"),
        (COLD, 7, "7 points of at most 12 points"),
    ],
)
def test_info_says_what_was_paid_of_the_quote(quote: Quote, charged: int, said: str) -> None:
    ended = a_quoted_job(quote, JobState.SUCCEEDED, charged=charged)

    assert info_card(ended).plain_text.splitlines()[-1] == f"price: {said}"


def test_a_fixed_price_with_a_cold_machine_says_both() -> None:
    said = texts.quoted(attrs.evolve(FIXED, cold_s=120.0, points=Points(1)))

    assert said == "1 point, about 5 s, and some 2 min more to start a cold machine"
