"""Messages that change or go, answers to buttons, reactions, who may be written to."""

from collections.abc import AsyncIterator

import pytest

from tests.servers.telegram_client import (
    ANN,
    GROUP,
    Bench,
    HandClock,
    a_bench,
    keyboard,
    picture,
)
from tests.servers.telegram_flood import FloodLimits
from tests.servers.telegram_server import TelegramServer

NOT_MODIFIED = (
    "400 Bad Request: message is not modified: specified new message content and reply markup are "
    "exactly the same as a current content and reply markup of the message"
)
TOO_OLD = "400 Bad Request: query is too old and response timeout expired or query ID is invalid"


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    server = TelegramServer(limits=FloodLimits.none(), clock=HandClock())
    async with a_bench(server) as running:
        yield running
        assert running.server.violations == []


async def test_an_edit_changes_the_text_and_takes_away_a_keyboard_it_does_not_name(
    bench: Bench,
) -> None:
    message_id = await bench.bot.send("Old", reply_markup=keyboard(["Go"]))

    await bench.bot.done("editMessageText", chat_id=ANN, message_id=message_id, text="New")

    (shown,) = bench.ann.messages
    assert (shown.text, shown.buttons, shown.edits) == ("New", [], 1)


async def test_an_edit_to_the_same_is_refused(bench: Bench) -> None:
    message_id = await bench.bot.send(
        "<b>Same</b>", parse_mode="HTML", reply_markup=keyboard(["a"])
    )
    same = {"text": "<b>Same</b> ", "parse_mode": "HTML", "reply_markup": keyboard(["a"])}

    words = await bench.bot.words("editMessageText", chat_id=ANN, message_id=message_id, **same)
    await bench.bot.done(
        "editMessageText",
        chat_id=ANN,
        message_id=message_id,
        text="Same",
        **{key: same[key] for key in ("parse_mode", "reply_markup")},
    )

    assert words == NOT_MODIFIED
    assert bench.ann.messages[0].edits == 1


async def test_a_caption_can_be_edited_and_a_text_of_a_photo_cannot(bench: Bench) -> None:
    sent = await bench.bot.done("sendPhoto", chat_id=ANN, photo=picture(), caption="Old")
    at = {"chat_id": ANN, "message_id": sent["message_id"]}

    words = await bench.bot.words("editMessageText", **at, text="New")
    await bench.bot.done("editMessageCaption", **at, caption="New")
    same = await bench.bot.words("editMessageCaption", **at, caption="New")

    assert words == "400 Bad Request: there is no text in the message to edit"
    assert same == NOT_MODIFIED
    assert bench.ann.messages[0].text == "New"


async def test_a_text_has_no_caption_to_edit(bench: Bench) -> None:
    message_id = await bench.bot.send()

    words = await bench.bot.words(
        "editMessageCaption", chat_id=ANN, message_id=message_id, caption="New"
    )

    assert words == "400 Bad Request: there is no caption in the message to edit"


async def test_a_text_can_become_a_photo(bench: Bench) -> None:
    message_id = await bench.bot.send("Working")
    media = {"type": "photo", "media": "attach://done", "caption": "Done"}

    await bench.bot.done(
        "editMessageMedia", chat_id=ANN, message_id=message_id, media=media, done=picture()
    )

    (shown,) = bench.ann.messages
    assert (shown.id, shown.text, shown.media[0].data) == (message_id, "Done", picture())


async def test_the_same_file_by_its_id_is_no_change_and_a_new_upload_is(bench: Bench) -> None:
    sent = await bench.bot.done("sendPhoto", chat_id=ANN, photo=picture())
    at = {"chat_id": ANN, "message_id": sent["message_id"]}
    by_id = {"type": "photo", "media": sent["photo"][-1]["file_id"]}
    anew = {"type": "photo", "media": "attach://again"}

    words = await bench.bot.words("editMessageMedia", **at, media=by_id)
    await bench.bot.done("editMessageMedia", **at, media=anew, again=picture())

    assert words == NOT_MODIFIED
    assert bench.ann.messages[0].edits == 1


async def test_a_keyboard_can_be_changed_alone(bench: Bench) -> None:
    message_id = await bench.bot.send("Stay", reply_markup=keyboard(["a"]))
    at = {"chat_id": ANN, "message_id": message_id}

    await bench.bot.done("editMessageReplyMarkup", **at, reply_markup=keyboard(["b", "c"]))
    words = await bench.bot.words("editMessageReplyMarkup", **at, reply_markup=keyboard(["b", "c"]))

    assert words == NOT_MODIFIED
    assert bench.ann.messages[0].labels == ["b", "c"]
    assert bench.ann.messages[0].text == "Stay"


async def test_a_message_that_is_gone_can_be_neither_edited_nor_deleted(bench: Bench) -> None:
    message_id = await bench.bot.send()
    at = {"chat_id": ANN, "message_id": message_id}

    bench.ann.delete(message_id)

    edited = await bench.bot.words("editMessageText", **at, text="New")
    deleted = await bench.bot.words("deleteMessage", **at)
    assert edited == "400 Bad Request: message to edit not found"
    assert deleted == "400 Bad Request: message to delete not found"


async def test_a_persons_message_cannot_be_edited(bench: Bench) -> None:
    said = await bench.ann.say("Mine")

    words = await bench.bot.words("editMessageText", chat_id=ANN, message_id=said, text="Yours")

    assert words == "400 Bad Request: message can't be edited"


async def test_an_edit_names_its_message(bench: Bench) -> None:
    words = await bench.bot.words("editMessageText", chat_id=ANN, text="Which?")

    assert words == "400 Bad Request: message identifier is not specified"


async def test_the_bot_deletes_its_message(bench: Bench) -> None:
    message_id = await bench.bot.send()

    await bench.bot.done("deleteMessage", chat_id=ANN, message_id=message_id)

    assert bench.ann.messages == []


async def test_in_a_group_the_bot_deletes_nothing_of_others(bench: Bench) -> None:
    group = bench.server.group(chat_id=GROUP, title="Us", members=[bench.ann])
    said = await bench.ann.in_group(group).say("/stay")

    words = await bench.bot.words("deleteMessage", chat_id=GROUP, message_id=said)

    assert words == "400 Bad Request: message can't be deleted"


async def test_a_press_is_answered_once(bench: Bench) -> None:
    message_id = await bench.bot.send(reply_markup=keyboard(["Go"]))
    (query_id,) = await bench.ann.press(message_id, "Go")
    answer = {"callback_query_id": query_id, "text": "On it", "show_alert": True}

    await bench.bot.done("answerCallbackQuery", **answer)
    words = await bench.bot.words("answerCallbackQuery", **answer)

    assert words == TOO_OLD
    assert [(each.text, each.alert) for each in bench.ann.toasts] == [("On it", True)]


async def test_a_press_is_answered_within_15_seconds() -> None:
    clock = HandClock()
    async with a_bench(TelegramServer(clock=clock)) as bench:
        message_id = await bench.bot.send(reply_markup=keyboard(["Go"]))
        first, second = await bench.ann.press(message_id, "Go", times=2)
        clock.seconds += 15
        await bench.bot.done("answerCallbackQuery", callback_query_id=first)

        clock.seconds += 0.1

        words = await bench.bot.words("answerCallbackQuery", callback_query_id=second)
        assert words == TOO_OLD


async def test_an_answer_to_no_press_is_refused(bench: Bench) -> None:
    words = await bench.bot.words("answerCallbackQuery", callback_query_id="1")

    assert words == TOO_OLD


async def test_a_toast_has_up_to_200_characters(bench: Bench) -> None:
    query_id = await bench.ann.press_data(1, "x")

    words = await bench.bot.words("answerCallbackQuery", callback_query_id=query_id, text="a" * 201)

    assert words == "400 Bad Request: MESSAGE_TOO_LONG"


async def test_a_reaction_is_one_of_those_that_telegram_has(bench: Bench) -> None:
    said = await bench.ann.say("Nice?")
    at = {"chat_id": ANN, "message_id": said}

    await bench.bot.done("setMessageReaction", **at, reaction=[{"type": "emoji", "emoji": "🔥"}])
    words = await bench.bot.words(
        "setMessageReaction", **at, reaction=[{"type": "emoji", "emoji": "🚪"}]
    )

    assert words == "400 Bad Request: REACTION_INVALID"
    assert bench.ann.messages[0].reactions == ["🔥"]


async def test_a_chat_action_is_seen_and_must_be_known(bench: Bench) -> None:
    await bench.bot.done("sendChatAction", chat_id=ANN, action="upload_photo")

    words = await bench.bot.words("sendChatAction", chat_id=ANN, action="think")

    assert words == "400 Bad Request: wrong parameter action in request"
    assert bench.ann.actions == ["upload_photo"]


async def test_a_chat_that_nobody_knows_is_not_found(bench: Bench) -> None:
    assert await bench.bot.words("getChat", chat_id=99) == "400 Bad Request: chat not found"
    assert (await bench.bot.done("getChat", chat_id=ANN))["type"] == "private"


async def test_who_never_wrote_cannot_be_written_to(bench: Bench) -> None:
    bob = bench.server.person(user_id=8, first_name="Bob")

    words = await bench.bot.words("sendMessage", chat_id=8, text="Hello")
    await bob.say("Hello you")

    assert words == "403 Forbidden: bot can't initiate conversation with a user"
    assert await bench.bot.send(chat_id=8)


async def test_who_blocked_the_bot_cannot_be_written_to(bench: Bench) -> None:
    bench.ann.block()
    words = await bench.bot.words("sendMessage", chat_id=ANN, text="Hello")

    bench.ann.unblock()

    updates = (await bench.bot.call("getUpdates"))["result"]
    statuses = [each["my_chat_member"]["new_chat_member"]["status"] for each in updates]
    assert words == "403 Forbidden: bot was blocked by the user"
    assert statuses == ["kicked", "member"]
    assert await bench.bot.send()


@pytest.mark.parametrize(("chat_id", "kind"), [(-5, "group"), (GROUP, "supergroup")])
async def test_a_bot_that_was_kicked_is_told_so(bench: Bench, chat_id: int, kind: str) -> None:
    group = bench.server.group(chat_id=chat_id, title="Us", members=[bench.ann])

    group.kick_bot()

    words = await bench.bot.words("sendMessage", chat_id=chat_id, text="Hello")
    assert words == f"403 Forbidden: bot was kicked from the {kind} chat"
