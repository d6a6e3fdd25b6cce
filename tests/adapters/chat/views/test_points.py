"""The cards of a person's points."""

from collections.abc import Sequence
from datetime import timedelta

import attrs
import pytest

from adapters.chat.actions import Action, RunCommand, ShowEntries, ShowInfo
from adapters.chat.cards import Card, Span, Style
from adapters.chat.views.points import Page, Statement, entries_card, points_card, why_card
from core.generations.model import Job, JobState
from core.points.allowance import AllowancePolicy
from core.points.books import Books, Split
from core.points.model import Balance, Entry, Hold, Points
from core.shared.ids import WalletId
from tests.adapters.chat.talk import an_id
from tests.builders import NOW, a_grant, a_hold, a_job, a_quote, a_wish

ADA = WalletId("ada")
JOB = an_id(1)
MARKUP = "<b>*_fox_*</b> @everyone"
LATER = NOW + timedelta(minutes=3)
SPLIT = Split(allowance=10, bought=10)


def a_fox(*, words: str = "a red fox", state: JobState = JobState.SUCCEEDED) -> Job:
    quote = attrs.evolve(a_quote(20), points_per_s=2.0)
    return a_job(JOB, wish=a_wish(words=words), state=state, quote=quote, run_s=5.5)


def the_entries() -> Sequence[Entry]:
    """Return a wallet's entries, newest first, with a hold of both kinds of points settled."""
    opened = Books.opened(ADA, AllowancePolicy(), now=NOW).granted(a_grant(points=50), now=NOW)
    held = opened.held(JOB, SPLIT, now=NOW)
    return held.settled(JOB, SPLIT, actual=Points(12), now=LATER).entries[::-1]


def a_page(*, number: int = 0, has_older: bool = False, words: str = "a red fox") -> Page:
    jobs = {str(JOB): a_fox(words=words)}
    return Page(entries=the_entries(), jobs=jobs, number=number, has_older=has_older)


def a_statement(
    *,
    held: int = 0,
    bought: int = 0,
    refill_in_s: float | None = None,
    full_in_s: float | None = None,
    holds: Sequence[Hold] = (),
    latest: Page | None = None,
) -> Statement:
    balance = Balance(
        allowance=Points(1_350 - held),
        bought=Points(bought),
        held=Points(held),
        next_refill_at=None if refill_in_s is None else NOW + timedelta(seconds=refill_in_s),
        full_at=None if full_in_s is None else NOW + timedelta(seconds=full_in_s),
    )
    return Statement(
        balance=balance, capacity=1_350, holds=holds, latest=latest or Page(entries=(), jobs={})
    )


def lines(card: Card) -> list[str]:
    return card.plain_text.splitlines()


def actions(card: Card) -> list[tuple[str, Action]]:
    return [(each.label, each.action) for row in card.buttons for each in row]


def test_full_points_show_what_there_is() -> None:
    card = points_card(a_statement(), now=NOW)

    assert card.plain_text == "You have 1,350 points\nallowance 1,350 of 1,350"
    assert (card.buttons, card.private) == ((), True)


def test_points_show_what_is_bought_set_aside_and_on_its_way() -> None:
    statement = a_statement(held=30, bought=2_000, refill_in_s=450, full_in_s=4_200)

    assert lines(points_card(statement, now=NOW)) == [
        "You have 3,320 points",
        "allowance 1,320 of 1,350",
        "bought 2,000",
        "next refill in 8 min, full in 1 h 10 min",
        "set aside for what is under way 30",
    ]


def test_the_last_refill_is_told_once() -> None:
    card = points_card(a_statement(refill_in_s=450, full_in_s=450), now=NOW)

    assert lines(card)[-1] == "full in 8 min"


def test_a_refill_that_is_due_is_not_in_the_past() -> None:
    card = points_card(a_statement(refill_in_s=-5, full_in_s=-5), now=NOW)

    assert lines(card)[-1] == "full in 0.0 s"


def test_each_open_hold_says_what_it_is_for() -> None:
    holds = [a_hold(JOB, points=20), *(a_hold(f"job-{n}", points=n) for n in range(2, 8))]
    page = Page(entries=(), jobs={JOB: a_fox(words="fox " * 20)})

    card = points_card(a_statement(held=47, holds=holds, latest=page), now=NOW)

    assert lines(card)[-7:] == [
        "set aside for what is under way 47",
        f"  20 text2img “{('fox ' * 10)[:39]}…”",
        "  2 something",
        "  3 something",
        "  4 something",
        "  5 something",
        "  and 2 more",
    ]


def test_the_last_entries_are_said_in_words() -> None:
    card = points_card(a_statement(latest=a_page(has_older=True)), now=LATER)

    assert lines(card)[2:] == [
        "Lately",
        "8 returned from text2img “a red fox” (bought), just now",
        "-12 text2img “a red fox”, just now",
        "10 set aside for text2img “a red fox” (bought), 3 min ago",
        "10 set aside for text2img “a red fox”, 3 min ago",
        "+50 bought or given, 3 min ago",
        "+370 allowance, 3 min ago",
    ]
    assert actions(card) == [("Older", ShowEntries("0"))]


@pytest.mark.parametrize(
    ("number", "has_older", "ways"),
    [
        (0, False, [("Newer", RunCommand("points"))]),
        (0, True, [("Newer", RunCommand("points")), ("Older", ShowEntries("1"))]),
        (3, True, [("Newer", ShowEntries("2")), ("Older", ShowEntries("4"))]),
    ],
)
def test_a_page_of_entries_leads_to_those_beside_it(
    number: int, ways: list[tuple[str, Action]], *, has_older: bool
) -> None:
    card = entries_card(a_page(number=number, has_older=has_older), now=LATER)

    assert lines(card)[0] == "Points"
    assert lines(card)[-1] == "+370 allowance, 3 min ago"
    assert (actions(card), card.private) == (ways, True)


def test_a_page_beyond_the_oldest_says_so() -> None:
    card = entries_card(Page(entries=(), jobs={}, number=9), now=NOW)

    assert lines(card) == ["Points", "There is nothing older."]


def test_why_tells_a_job_s_way_through_the_books() -> None:
    job = a_fox()
    job = attrs.evolve(job, wish=attrs.evolve(job.wish, version=4))

    card = why_card(job, the_entries()[:4][::-1])

    assert lines(card) == [
        "Text2Img  a red fox",
        f"{NOW:%Y-%m-%d %H:%M} UTC: quoted at most 20 points, about 5 s",
        "+0.0 s: 10 set aside for text2img “a red fox”",
        "+0.0 s: 10 set aside for text2img “a red fox” (bought)",
        "+3 min: -12 text2img “a red fox”",
        "+3 min: 8 returned from text2img “a red fox” (bought)",
        "charged: 12 points",
        "returned: 8 points",
        "state: succeeded",
        "run time: 6 s",
        "rate: 2 points a second",
        "workflow: /text2img",
        "version: 4",
    ]
    assert (actions(card), card.private) == ([("Info", ShowInfo(JOB))], True)


def test_why_tells_that_a_price_is_fixed() -> None:
    job = a_fox()
    job = attrs.evolve(job, quote=attrs.evolve(job.quote, is_fixed=True))

    assert "rate: a fixed price" in lines(why_card(job, ()))


def test_why_tells_nothing_that_is_not_known() -> None:
    job = attrs.evolve(a_fox(words="", state=JobState.WAITING), quote=a_quote(20), run_s=None)

    assert lines(why_card(job, ())) == [
        "Text2Img",
        f"{NOW:%Y-%m-%d %H:%M} UTC: quoted at most 20 points, about 5 s",
        "state: waiting",
        "workflow: /text2img",
    ]


def test_what_a_person_wrote_is_text_and_never_markup() -> None:
    why = why_card(a_fox(words=MARKUP), the_entries()[:4])
    page = entries_card(a_page(words=MARKUP), now=LATER)

    assert Span(f"  {MARKUP}", Style.PLAIN) in why.spans
    assert all(each.style is Style.PLAIN for each in page.spans if MARKUP in each.text)
