"""The people: what they say, press and see, alone and in groups."""

from collections.abc import AsyncIterator

import pytest

from tests.servers.telegram_client import ANN, GROUP, Bench, a_bench, keyboard, picture
from tests.servers.telegram_errors import Wire
from tests.servers.telegram_html import spoken


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with a_bench() as running:
        yield running
        assert running.server.violations == []


async def heard(bench: Bench) -> list[Wire]:
    """Return the updates, and acknowledge them."""
    updates: list[Wire] = (await bench.bot.call("getUpdates"))["result"]
    if updates:
        await bench.bot.call("getUpdates", offset=updates[-1]["update_id"] + 1)
    return updates


def test_a_command_is_marked_in_utf_16_units() -> None:
    text = spoken("🦊 /make@station_bot it, /not/this, @anna")

    marked = [(each["type"], each["offset"], each["length"]) for each in text.entities]
    assert marked == [("bot_command", 3, 17), ("bot_command", 25, 4), ("mention", 36, 5)]


async def test_a_photo_has_its_text_as_its_caption(bench: Bench) -> None:
    await bench.ann.say("/make this", photo=picture())

    (update,) = await heard(bench)

    message = update["message"]
    assert message["caption"] == "/make this"
    assert message["caption_entities"] == [{"type": "bot_command", "offset": 0, "length": 5}]
    assert "text" not in message


async def test_a_reply_carries_the_photo_that_it_replies_to(bench: Bench) -> None:
    photo_id = await bench.ann.say(photo=picture())
    await bench.ann.say("/again", reply_to=photo_id)

    first, second = await heard(bench)

    assert second["message"]["reply_to_message"]["photo"] == first["message"]["photo"]


async def test_a_press_tells_the_data_and_the_message(bench: Bench) -> None:
    message_id = await bench.bot.send("Choose", reply_markup=keyboard(["Go", "Stop"]))

    query_ids = await bench.ann.press(message_id, "Stop", times=2)

    queries = [each["callback_query"] for each in await heard(bench)]
    assert [each["id"] for each in queries] == query_ids
    assert {each["data"] for each in queries} == {"Stop"}
    assert queries[0]["message"]["text"] == "Choose"


async def test_only_what_is_there_can_be_pressed(bench: Bench) -> None:
    message_id = await bench.bot.send("Choose", reply_markup=keyboard(["Go"]))

    with pytest.raises(AssertionError, match="no 'Stop' to press"):
        await bench.ann.press(message_id, "Stop")
    with pytest.raises(AssertionError, match="message 99 is gone"):
        await bench.ann.press(99, "Go")


async def test_forged_data_may_come_from_a_message_that_is_gone(bench: Bench) -> None:
    message_id = await bench.bot.send("Choose", reply_markup=keyboard(["Go"]))
    bench.ann.delete(message_id)

    await bench.ann.press_data(message_id, "forged")

    (update,) = await heard(bench)
    assert update["callback_query"]["data"] == "forged"
    assert update["callback_query"]["message"] == {
        "chat": {"id": ANN, "type": "private", "first_name": "Ann"},
        "message_id": message_id,
        "date": 0,
    }


async def test_an_edited_message_is_told(bench: Bench) -> None:
    said = await bench.ann.say("/mkae")
    await heard(bench)

    await bench.ann.edit(said, "/make")

    (update,) = await heard(bench)
    assert update["edited_message"]["text"] == "/make"
    assert "edit_date" in update["edited_message"]


async def test_seeing_waits_for_the_bot_and_not_for_ever(bench: Bench) -> None:
    await bench.ann.say("Hello")

    with pytest.raises(AssertionError, match="not seen within"):
        await bench.ann.see(lambda shown: shown.text == "Hello", within_s=0.01)
    message_id = await bench.bot.send("Hello")

    assert (await bench.ann.see(lambda shown: shown.text == "Hello")).id == message_id


@pytest.mark.parametrize(
    ("text", "is_heard"),
    [
        ("Good morning", False),
        ("/start", True),
        ("/start@Station_bot", True),
        ("/start@another_bot", False),
        ("Thanks, @station_bot", True),
        ("Thanks, @another_bot", False),
    ],
)
async def test_in_a_group_the_bot_hears_what_is_meant_for_it(
    bench: Bench, text: str, *, is_heard: bool
) -> None:
    group = bench.server.group(chat_id=GROUP, title="Us", members=[bench.ann])

    await bench.ann.in_group(group).say(text)

    updates = await heard(bench)
    assert [each["message"]["chat"]["id"] for each in updates] == [GROUP] * is_heard


async def test_in_a_group_the_bot_hears_replies_to_it(bench: Bench) -> None:
    group = bench.server.group(chat_id=GROUP, title="Us", members=[bench.ann])
    ours = await bench.bot.send("Which one?", chat_id=GROUP)

    await bench.ann.in_group(group).say("That one", reply_to=ours)

    (update,) = await heard(bench)
    assert update["message"]["text"] == "That one"


async def test_everybody_in_a_group_sees_the_same_and_has_toasts_alone(bench: Bench) -> None:
    bob = bench.server.person(user_id=8, first_name="Bob")
    group = bench.server.group(chat_id=GROUP, title="Us", members=[bench.ann, bob])
    there = bob.in_group(group)
    message_id = await bench.bot.send("Go?", chat_id=GROUP, reply_markup=keyboard(["Go"]))

    (query_id,) = await there.press(message_id, "Go")
    await bench.bot.done("answerCallbackQuery", callback_query_id=query_id, text="Yes")

    assert there.messages == bench.ann.in_group(group).messages
    assert [each.text for each in bob.toasts] == ["Yes"]
    assert bench.ann.toasts == []


async def test_a_supergroup_counts_its_messages_on_its_own(bench: Bench) -> None:
    group = bench.server.group(chat_id=GROUP, title="Us", members=[bench.ann])
    here, there = await bench.ann.say("one"), await bench.ann.say("two")

    in_group = await bench.ann.in_group(group).say("/one")

    assert (here, there, in_group) == (1, 2, 1)
