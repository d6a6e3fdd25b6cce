"""How commands and presses are acknowledged and answered."""

import asyncio

import pytest

from adapters.chat import texts
from adapters.chat.surface import ChatClosedError, Surface
from adapters.chat.updates import ChatUpdate
from tests.adapters.discord.bench import ENDED, TOKEN, WAITING, Bench, a_card
from tests.servers.discord_clients import post_buttons
from tests.servers.discord_server import DropAfter, Person, Status
from tests.until import until

SLOW_S = 0.3
MESSAGE, THINKING, NO_MESSAGE = 4, 5, 6
PUBLIC = a_card("for all")
PRIVATE = a_card("for you", private=True)
CALLBACK = "POST /interactions/*/*/callback"


async def test_a_quick_card_is_the_acknowledgement(bench: Bench, ann: Person) -> None:
    bench.conversation.says(PUBLIC)

    asked = await ann.command("make", prompt="a red fox")

    shown = await ann.see(lambda message: message.text == "for all")
    assert (asked.answer_type, shown.ephemeral, shown.by_interaction) == (MESSAGE, False, asked.id)
    assert (bench.called("POST", "/callback"), bench.called("POST", "/webhooks/")) == (1, 0)
    update = await bench.conversation.heard()
    assert (update.text, update.sender.platform) == ("/make a red fox", "discord")
    assert update.sender.user_id == str(ann.id)
    assert update.reply_to == f"discord:{ann.channel.id}:{asked.id}"


async def test_a_slow_answer_is_deferred_and_takes_the_place(bench: Bench, ann: Person) -> None:
    bench.conversation.says(PUBLIC, after_s=SLOW_S)

    asked = await ann.command("make", prompt="a red fox")

    await ann.see(lambda message: message.thinking)
    await ann.see(lambda message: message.text == "for all")
    (shown,) = ann.messages
    assert (asked.answer_type, shown.thinking, shown.ephemeral) == (THINKING, False, False)


async def test_a_private_answer_is_for_one_person(bench: Bench, ann: Person) -> None:
    bob = bench.server.person(name="bob")
    bench.conversation.says(PRIVATE)

    await ann.command("points")

    shown = await ann.see(lambda message: message.text == "for you")
    assert shown.ephemeral
    assert bob.messages == []


@pytest.mark.parametrize("ephemeral", [True, False])
async def test_a_slow_answer_to_a_private_command_is_as_private_as_its_card(
    bench: Bench, ann: Person, *, ephemeral: bool
) -> None:
    bench.conversation.says(PRIVATE if ephemeral else PUBLIC, after_s=SLOW_S)

    await ann.command("points")

    thinking = await ann.see(lambda message: message.thinking)
    shown = await ann.see(lambda message: message.text.startswith("for "))
    assert (thinking.ephemeral, shown.ephemeral) == (True, ephemeral)
    assert len(ann.messages) == 1


async def test_a_private_card_after_a_public_wait_stays_private(bench: Bench, ann: Person) -> None:
    bob = bench.server.person(name="bob")
    bench.conversation.says(PRIVATE, after_s=SLOW_S)

    await ann.command("make", prompt="a red fox")

    shown = await ann.see(lambda message: message.text == "for you")
    assert shown.ephemeral
    assert bob.messages == []


async def test_further_cards_follow(bench: Bench, ann: Person) -> None:
    bench.conversation.says(PUBLIC, PRIVATE)

    await ann.command("make", prompt="a red fox")

    await ann.see(lambda message: message.text == "for you")
    assert [(each.text, each.ephemeral) for each in ann.messages] == [
        ("for all", False),
        ("for you", True),
    ]


async def test_a_card_that_comes_long_after_the_first_follows_too(
    bench: Bench, ann: Person
) -> None:
    bench.conversation.says(PUBLIC)
    asked = await ann.command("make", prompt="a red fox")
    await ann.see(lambda message: message.text == "for all")
    update = await bench.conversation.heard()

    await asyncio.sleep(SLOW_S)
    await bench.surface.send(update.reply_to, a_card("later"), key="later")

    later = await ann.see(lambda message: message.text == "later")
    assert (later.by_interaction, asked.answer_type) == (asked.id, MESSAGE)


async def test_a_command_that_needs_no_card_is_noted(bench: Bench, ann: Person) -> None:
    await ann.command("cancel", which="all")

    shown = await ann.see(lambda message: True)
    assert (shown.text, shown.ephemeral) == (texts.NOTED, True)
    assert (await bench.conversation.heard()).text == "/cancel all"


async def test_a_slow_command_that_needs_no_card_leaves_nothing(bench: Bench, ann: Person) -> None:
    bench.conversation.says(after_s=SLOW_S)

    await ann.command("cancel")

    await ann.see(lambda message: message.thinking)
    await until(lambda: ann.messages == [])


@pytest.mark.parametrize("wait_s", [0.0, SLOW_S])
async def test_a_press_that_needs_no_card_is_acknowledged(
    bench: Bench, ann: Person, wait_s: float
) -> None:
    await bench.surface.send(bench.to, WAITING, key="job-1")
    bench.conversation.says(after_s=wait_s)

    pressed = await ann.press(ann.messages[0].id, "Cancel")

    await until(lambda: pressed.answer_type == NO_MESSAGE)
    assert len(ann.messages) == 1
    update = await bench.conversation.heard()
    assert (update.action, update.text) == (f"1:cancel:{'a' * 32}", "")
    assert update.message == str(ann.messages[0].id)


@pytest.mark.parametrize(("wait_s", "answer"), [(0.0, MESSAGE), (SLOW_S, NO_MESSAGE)])
async def test_the_card_of_a_press_is_a_message_of_its_own(
    bench: Bench, ann: Person, wait_s: float, answer: int
) -> None:
    await bench.surface.send(bench.to, ENDED, key="job-1")
    bench.conversation.says(PUBLIC, after_s=wait_s)

    pressed = await ann.press(ann.messages[0].id, "Again")

    await ann.see(lambda message: message.text == "for all")
    assert pressed.answer_type == answer
    assert [each.edits for each in ann.messages] == [0, 0]


async def test_buttons_work_after_a_restart_and_those_of_another_version_are_answered(
    idle: Bench, ann: Person
) -> None:
    async with idle.connected():
        await idle.surface.send(idle.to, ENDED, key="job-1")
    idle.conversation.says(PRIVATE)
    message = ann.messages[0].id
    channel = idle.server.channel.id
    old = await post_buttons(idle.server, channel, "9:what:is this", token=TOKEN)

    async with idle.connected():
        await ann.press(message, "Again")
        await idle.conversation.heard()
        await ann.press(old, "9:what:is this")
        pressed = await idle.conversation.heard(2)
        await until(lambda: len(ann.messages) == 4)

    assert pressed.action == "9:what:is this"
    assert ann.failed == []


async def test_a_command_of_an_older_list_is_answered(bench: Bench, ann: Person) -> None:
    bench.server.commands["help"]["name"] = "draw"
    bench.conversation.says(PRIVATE)

    await ann.command("draw")

    await ann.see(lambda message: message.text == "for you")
    assert (await bench.conversation.heard()).text == "/draw"


async def test_an_answer_that_comes_too_late_is_a_message(bench: Bench, ann: Person) -> None:
    bench.server.timing(ack_within_s=0.0)
    bench.conversation.says(PUBLIC)

    asked = await ann.command("make", prompt="a red fox")

    shown = await ann.see(lambda message: message.text == "for all")
    assert (asked.answer_type, shown.by_interaction) == (None, None)


async def test_an_answer_after_the_token_has_ended_is_a_message(bench: Bench, ann: Person) -> None:
    bench.server.timing(token_lives_s=0.1)
    bench.conversation.says(PUBLIC, after_s=SLOW_S)

    await ann.command("make", prompt="a red fox")

    shown = await ann.see(lambda message: message.text == "for all")
    assert shown.by_interaction is None


async def test_an_answer_whose_receipt_was_lost_is_shown_once(bench: Bench, ann: Person) -> None:
    bench.conversation.says(PUBLIC)
    bench.server.faults.add(route=CALLBACK, kind=DropAfter())

    asked = await ann.command("make", prompt="a red fox")

    await until(lambda: bench.called("PATCH", "/messages/@original") == 1)
    await until(lambda: len(ann.messages) == 1)
    assert (ann.messages[0].text, asked.answer_type) == ("for all", MESSAGE)


async def test_a_private_card_stays_private_when_the_receipt_of_its_wait_was_lost(
    bench: Bench, ann: Person
) -> None:
    bob = bench.server.person(name="bob")
    bench.conversation.says(PRIVATE, after_s=SLOW_S)
    bench.server.faults.add(route=CALLBACK, kind=DropAfter())

    asked = await ann.command("make", prompt="a red fox")

    shown = await ann.see(lambda message: message.text == "for you")
    assert (asked.answer_type, shown.ephemeral, bob.messages) == (THINKING, True, [])


async def test_a_wait_that_was_deleted_meanwhile_is_no_reason_for_silence(
    bench: Bench, ann: Person
) -> None:
    bench.conversation.says(PUBLIC, after_s=SLOW_S + 0.3)

    await ann.command("make", prompt="a red fox")
    thinking = await ann.see(lambda message: message.thinking)
    ann.delete(thinking.id)

    await ann.see(lambda message: message.text == "for all")


async def test_trouble_with_an_acknowledgement_is_not_the_answers_trouble(
    bench: Bench, ann: Person
) -> None:
    bench.server.faults.add(route=CALLBACK, kind=Status(400), times=2)
    bench.conversation.says(PUBLIC, after_s=SLOW_S)

    asked = await ann.command("make", prompt="a red fox")

    await ann.see(lambda message: message.text == "for all")
    assert asked.answer_type == MESSAGE


async def test_after_a_restart_the_channel_itself_is_answered(idle: Bench, ann: Person) -> None:
    async with idle.connected():
        await ann.command("make", prompt="a red fox")
        update = await idle.conversation.heard()

    async with idle.connected():
        shown_at = await idle.surface.send(update.reply_to, PUBLIC, key="k")

    shown = await ann.see(lambda message: message.text == "for all")
    assert shown_at == f"{ann.channel.id}/{shown.id}"
    assert (shown.by_interaction, shown.reply_to) == (None, None)


async def test_what_is_over_is_forgotten(bench: Bench, ann: Person) -> None:
    interactions = bench.surface.interactions
    await ann.command("make", prompt="a red fox")
    first = await bench.conversation.heard()
    opened = interactions.get(first.reply_to)
    assert opened is not None

    opened.until = -1.0
    await ann.command("make", prompt="another")
    second = await bench.conversation.heard(2)

    assert interactions.get(first.reply_to) is None
    assert interactions.get(second.reply_to) is not None
    assert len(interactions) == 1


async def test_a_private_answer_that_is_too_late_is_not_said_to_all(
    bench: Bench, ann: Person
) -> None:
    bench.server.timing(ack_within_s=0.0)
    refused: list[ChatClosedError] = []

    async def answer(update: ChatUpdate, surface: Surface) -> None:
        for _ in range(2):
            try:
                await surface.send(update.reply_to, PRIVATE, key="k")
            except ChatClosedError as error:
                refused.append(error)

    bench.conversation.answer = answer
    await ann.command("points")
    await bench.conversation.heard()
    await until(lambda: len(refused) == 2)

    assert [each.text for each in ann.messages] == []


async def test_a_private_answer_that_is_too_late_is_said_where_nobody_else_reads(
    bench: Bench, ann: Person
) -> None:
    bench.server.timing(ack_within_s=0.0)
    bench.conversation.says(PRIVATE)

    await ann.in_dm().command("points")

    await ann.in_dm().see(lambda message: message.text == "for you")


async def test_who_waits_at_the_end_is_told_to_say_it_again(idle: Bench, ann: Person) -> None:
    async def answer(update: ChatUpdate, surface: Surface) -> None:
        await asyncio.sleep(60)

    idle.conversation.answer = answer
    async with idle.connected():
        await ann.command("make", prompt="a red fox")
        await ann.see(lambda message: message.thinking)

    assert [(each.text, each.ephemeral) for each in ann.messages] == [(texts.RESTARTING, True)]
