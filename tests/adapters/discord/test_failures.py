"""What is shown when a response to an interaction fails, or the connection ends in between."""

import asyncio
import contextlib

import pytest

from adapters.chat import texts
from adapters.chat.cards import Card
from adapters.chat.front import FrontRefusedError
from adapters.chat.surface import NotShownError, Surface
from adapters.chat.updates import ChatUpdate
from tests.adapters.discord.bench import ENDED, Bench, a_card
from tests.servers.discord_faults import Kind
from tests.servers.discord_server import Drop, DropAfter, Late, Person, Status, TooMany
from tests.until import until

SLOW_S = 0.3
THINKING = 5
PUBLIC = a_card("for all")
PRIVATE = a_card("for you", private=True)
SORRY = NotShownError("").user_message
CALLBACK = "POST /interactions/*/*/callback"
ORIGINAL = "PATCH /webhooks/*/*/messages/@original"
FOREVER = 99

once = pytest.mark.parametrize("kind", [Drop(), Status(404), TooMany(0.05, via=False)])


def told(person: Person) -> list[tuple[str, bool]]:
    """Return each message that a person sees of us, and whether it is for their eyes only."""
    return [(each.text, each.ephemeral) for each in person.messages]


async def ignored(_: str) -> None:
    """Be told that the bot is ready."""


async def is_waiting(bench: Bench, ann: Person) -> None:
    """Have a command heard whose answer never comes."""

    async def answer(update: ChatUpdate, surface: Surface) -> None:
        await asyncio.sleep(60)

    bench.conversation.answer = answer
    await ann.command("make", prompt="a red fox")
    await ann.see(lambda message: message.thinking)


@once
async def test_a_response_that_failed_is_made_once_more(
    bench: Bench, ann: Person, kind: Kind
) -> None:
    bench.conversation.says(PRIVATE)
    bench.server.faults.add(route=CALLBACK, kind=kind)

    await ann.command("points")

    await ann.see(lambda message: message.text == "for you")
    assert told(ann) == [("for you", True)]
    assert bench.called("POST", "/callback") == 2


@once
async def test_a_wait_that_could_not_be_shown_is_tried_once_more(
    bench: Bench, ann: Person, kind: Kind
) -> None:
    bench.conversation.says(PRIVATE, after_s=2 * SLOW_S)
    bench.server.faults.add(route=CALLBACK, kind=kind)

    asked = await ann.command("points")

    await ann.see(lambda message: message.text == "for you")
    assert (asked.answer_type, told(ann)) == (THINKING, [("for you", True)])


@once
async def test_a_card_in_place_of_a_wait_is_tried_once_more(
    bench: Bench, ann: Person, kind: Kind
) -> None:
    bench.conversation.says(PRIVATE, after_s=SLOW_S)
    bench.server.faults.add(route=ORIGINAL, kind=kind)

    await ann.command("points")

    await ann.see(lambda message: message.text == "for you")
    assert told(ann) == [("for you", True)]


@pytest.mark.parametrize(
    ("kind", "times"), [(Drop(), 2), (Status(404), FOREVER), (TooMany(30, via=False), 1)]
)
async def test_a_card_for_all_that_cannot_be_a_response_is_a_message_of_the_bot(
    bench: Bench, ann: Person, kind: Kind, times: int
) -> None:
    bench.conversation.says(PUBLIC)
    bench.server.faults.add(route=CALLBACK, kind=kind, times=times)

    await ann.command("make", prompt="a red fox")

    shown = await ann.see(lambda message: message.text == "for all")
    assert (shown.by_interaction, shown.ephemeral) == (None, False)
    await until(lambda: told(ann) == [("for all", False)])


async def test_a_private_card_that_cannot_be_a_response_is_said_where_nobody_else_reads(
    bench: Bench, ann: Person
) -> None:
    bench.conversation.says(PRIVATE)
    bench.server.faults.add(route=CALLBACK, kind=Drop(), times=2)

    await ann.in_dm().command("points")

    await ann.in_dm().see(lambda message: message.text == "for you")
    await until(lambda: [each.text for each in ann.in_dm().messages] == ["for you"])


@pytest.mark.parametrize(("route", "after_s"), [(CALLBACK, 0.0), (ORIGINAL, SLOW_S)])
async def test_who_cannot_be_shown_a_private_card_is_told_so_and_nothing_is_noted(
    bench: Bench, ann: Person, route: str, after_s: float
) -> None:
    async def answer(update: ChatUpdate, surface: Surface) -> None:
        await asyncio.sleep(after_s)
        with contextlib.suppress(NotShownError):
            await surface.send(update.reply_to, PRIVATE, key="k")

    bob = bench.server.person(name="bob")
    bench.conversation.answer = answer
    bench.server.faults.add(route=route, kind=Drop(), times=2)

    await ann.command("points")

    await ann.see(lambda message: message.text == SORRY)
    assert (told(ann), told(bob)) == ([(SORRY, True)], [])


async def test_the_card_of_a_press_whose_receipt_was_lost_is_shown_once(
    bench: Bench, ann: Person
) -> None:
    await bench.surface.send(bench.to, ENDED, key="job-1")
    bench.conversation.says(PUBLIC)
    bench.server.faults.add(route=CALLBACK, kind=DropAfter())

    await ann.press(ann.messages[0].id, "Again")

    await until(lambda: bench.called("PATCH", "/messages/@original") == 1)
    assert [each.text for each in ann.messages[1:]] == ["for all"]
    assert ann.messages[0].edits == 0


@pytest.mark.parametrize("card", [PUBLIC, PRIVATE])
@pytest.mark.parametrize("after_s", [0.0, SLOW_S])
async def test_a_card_that_is_being_shown_at_the_end_stays(
    idle: Bench, ann: Person, card: Card, after_s: float
) -> None:
    idle.conversation.says(card, after_s=after_s)
    async with idle.connected():
        idle.server.faults.add(route=CALLBACK if not after_s else ORIGINAL, kind=Late(30))
        await ann.command("points")
        await ann.see(lambda message: message.text.startswith("for "))

    assert told(ann) == [(card.spans[0].text, card.private)]


async def test_who_waits_when_discord_wants_no_more_of_us_is_told(idle: Bench, ann: Person) -> None:
    running = asyncio.create_task(idle.bot.run(ignored))
    await idle.server.connected()
    await is_waiting(idle, ann)

    idle.server.revoke_token()

    with pytest.raises(FrontRefusedError):
        await running
    assert told(ann) == [(texts.RESTARTING, True)]
