"""What people see of their points, said from the books of a true container."""

from collections.abc import AsyncIterator

import pytest

from adapters.chat.actions import RunCommand, ShowEntries
from adapters.chat.cards import Card
from core.generations.model import JobState, RunStatus
from core.points.model import Grant, Points
from core.shared.ids import JobId, WalletId
from tests.adapters.chat.ends import courier
from tests.adapters.chat.talk import OPERATOR, Talk, a_talk
from tests.databases import migrated_sqlite, sqlite_url

__all__ = ["migrated_sqlite", "sqlite_url"]


@pytest.fixture(params=["memory", "sqlite"])
async def talk(request: pytest.FixtureRequest) -> AsyncIterator[Talk]:
    if request.param == "memory":
        made = a_talk()
        yield made
    else:
        made = a_talk(database_url=request.getfixturevalue("sqlite_url"))
        await made.container.database().open()
        yield made
        await made.container.database().close()
    made.container.images().close()


async def a_fox(talk: Talk, *, run_s: float | None = 4.0) -> JobId:
    """Have Ada's fox drawn, or fail without a run time, and its end delivered."""
    job = JobId("00000001" + "0" * 24)
    await talk.say("a red fox", id=job)
    await talk.advance(seconds=1)
    run = talk.gateway.runs[-1]
    if run_s is None:
        talk.gateway.set_status(run, RunStatus.FAILED)
    else:
        talk.gateway.finish(run, run_s=run_s)
    await talk.advance()
    await courier(talk).sweep()
    return job


async def give(talk: Talk, points: int) -> None:
    """Give Ada points."""
    wallet = WalletId(await talk.account())
    grant = Grant(ref=f"gift {points}", wallet=wallet, points=Points(points))
    await talk.container.ledger().grant(grant, now=talk.clock.now())


def labels(card: Card) -> list[str]:
    return [each.label for row in card.buttons for each in row]


async def test_a_result_its_code_and_the_books_say_the_same(talk: Talk) -> None:
    job = await a_fox(talk)
    shown = talk.last()
    await talk.say(f"/why {job[:8]}")

    assert shown.endswith("8 points · 4 s · 12 returned · /why 00000001")
    told = talk.last().splitlines()
    assert told[0] == "Text2Img  a red fox"
    assert [line.partition(": ")[2] for line in told[1:5]] == [
        "quoted at most 20 points, about 6 s",
        "20 set aside for text2img “a red fox”",
        "-8 text2img “a red fox”",
        "12 returned from text2img “a red fox”",
    ]
    assert told[5:] == [
        "charged: 8 points",
        "returned: 12 points",
        "state: succeeded",
        "run time: 4 s",
        "rate: 2 points a second",
        "workflow: /text2img",
    ]


async def test_a_refund_is_said_where_it_belongs(talk: Talk) -> None:
    await a_fox(talk, run_s=None)

    assert talk.last().endswith("\n20 returned · /why 00000001")


async def test_points_show_the_last_five_entries_and_lead_to_the_others(talk: Talk) -> None:
    await a_fox(talk)
    for points in range(1, 13):
        await give(talk, points)

    await talk.say("/points")
    newest = talk.cards()[-1]
    await talk.press(ShowEntries("0"), message="1")
    older = talk.cards()[-1]
    await talk.press(ShowEntries("1"), message="2")
    oldest = talk.cards()[-1]
    await talk.press(RunCommand("points"), message="3")

    pages = [
        newest.plain_text.partition("Lately\n")[2].splitlines(),
        older.plain_text.splitlines()[1:],
        oldest.plain_text.splitlines()[1:],
    ]
    assert [len(each) for each in pages] == [5, 8, 3]
    assert [labels(each) for each in (newest, older, oldest)] == [
        ["Older"],
        ["Newer", "Older"],
        ["Newer"],
    ]
    assert pages[2][-1].startswith("+370 allowance, ")
    signed = [line.split()[0] for page in pages for line in page if line[0] in "+-"]
    assert [int(each) for each in signed] == [*range(12, 0, -1), -8, 370]
    assert talk.last().startswith(f"You have {370 - 8 + 78} points\n")


async def test_open_holds_say_what_they_are_for(talk: Talk) -> None:
    await talk.say("a red fox")
    await talk.say("/points")

    assert "set aside for what is under way 20\n  20 text2img “a red fox”\n" in talk.last()


async def test_points_that_were_given_are_told(talk: Talk) -> None:
    await give(talk, 7)
    await talk.say("/points")

    assert "\n+7 bought or given, just now\n" in talk.last()


async def test_why_alone_is_about_the_newest(talk: Talk) -> None:
    await talk.has_job(state=JobState.WAITING)
    await talk.say("/why")

    assert "state: waiting" in talk.last()


async def test_nobody_but_operators_reads_why_somebody_else_paid(talk: Talk) -> None:
    job = await a_fox(talk)
    await talk.say(f"/why {job}", person="bob")
    await talk.say(f"/why {job}", person=OPERATOR)

    assert talk.last("bob").startswith("That one belongs to somebody else.")
    assert "charged: 8 points" in talk.last(OPERATOR)


async def test_a_code_of_several_or_of_nothing_is_refused(talk: Talk) -> None:
    await talk.has_job(1)
    await talk.has_job(2)
    await talk.say("/why 00000000")
    ambiguous = talk.last()
    await talk.say("/why fox")

    assert ambiguous.startswith("“00000000” is the code of more than one.")
    assert talk.last().startswith("Nothing has the code “fox”.")
