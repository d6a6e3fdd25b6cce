"""Cards as messages of the bot: shown, edited, and brought to their end."""

import asyncio

import attrs
import pytest

from adapters.chat import texts
from adapters.chat.surface import ChatClosedError, NotShownError, ReplyTo, ShownAt
from adapters.discord.troubles import explained
from tests.adapters.discord.bench import ENDED, NOWHERE, WAITING, Bench, a_card, an_end
from tests.servers.discord_buckets import Rate
from tests.servers.discord_server import (
    Drop,
    DropAfter,
    Limits,
    Person,
    Status,
    TooMany,
)
from tests.until import until

MESSAGES = "POST /channels/*/messages"
EDITS = "PATCH /channels/*/messages/*"
NO_ACCESS, NO_DMS, NO_PERMISSION = 50001, 50007, 50013


async def test_a_card_is_text_with_a_bar_and_buttons(bench: Bench, ann: Person) -> None:
    shown_at = await bench.surface.send(bench.to, WAITING, key="job-1")

    (shown,) = ann.messages
    assert shown_at == f"{bench.server.channel.id}/{shown.id}"
    assert shown.content == f"**Title**  a red fox\n{'▰' * 5}{'▱' * 5}"
    assert [[button.label for button in row] for row in shown.buttons] == [["Cancel"]]


async def test_nobody_is_pinged_by_what_people_write(bench: Bench, ann: Person) -> None:
    await bench.surface.send(bench.to, a_card(f"@everyone {ann.mention}"), key="k")

    assert len(ann.messages) == 1
    assert bench.server.pings == []


async def test_an_edit_changes_the_message_and_takes_its_buttons(bench: Bench, ann: Person) -> None:
    shown_at = await bench.surface.send(bench.to, WAITING, key="job-1")

    await bench.surface.edit(bench.to, shown_at, a_card("now"))
    await bench.surface.edit(bench.to, NOWHERE, a_card("nowhere"))

    (shown,) = ann.messages
    assert (shown.text, shown.buttons, shown.edits) == ("now", [], 1)


async def test_an_edit_of_a_message_that_is_gone_is_no_error(bench: Bench, ann: Person) -> None:
    shown_at = await bench.surface.send(bench.to, WAITING, key="job-1")
    ann.delete(ann.messages[0].id)

    await bench.surface.edit(bench.to, shown_at, WAITING)

    assert ann.messages == []
    assert bench.called("PATCH", "/messages/") == 1


async def test_an_edit_is_left_out_when_there_is_no_room(bench: Bench) -> None:
    shown_at = await bench.surface.send(bench.to, WAITING, key="job-1")

    for _ in range(4):
        await bench.surface.edit(bench.to, shown_at, WAITING)
    with pytest.raises(NotShownError):
        await bench.surface.edit(bench.to, shown_at, WAITING)

    assert bench.called("PATCH", "/messages/") == 4


async def test_results_come_in_their_own_message_and_the_card_tells_so(
    bench: Bench, ann: Person
) -> None:
    shown_at = await bench.surface.send(bench.to, WAITING, key="job-1")
    pictures = [await bench.result(), await bench.result(size=(32, 32))]

    ended_at = await bench.surface.finish(bench.to, shown_at, an_end(*pictures), key="job-1")

    status, result = ann.messages
    assert (status.content, status.buttons) == (f"**Title**  {texts.SHOWN_BELOW}", [])
    assert (result.content, result.reply_to) == ("**Title**  a red fox", status.id)
    assert ended_at == f"{bench.server.channel.id}/{result.id}"
    assert [each.content for each in result.media] == [
        await bench.media.read(each.id) for each in pictures
    ]
    assert [button.label for button in result.buttons[0]] == ["Again"]
    assert bench.server.uploads == 2


async def test_an_end_without_results_takes_the_place_of_the_card(
    bench: Bench, ann: Person
) -> None:
    shown_at = await bench.surface.send(bench.to, WAITING, key="job-1")

    assert await bench.surface.finish(bench.to, shown_at, ENDED, key="job-1") == shown_at

    (shown,) = ann.messages
    assert shown.content == "**Title**  cancelled"


@pytest.mark.parametrize("with_result", [True, False])
async def test_an_end_whose_card_is_gone_or_was_never_shown_is_shown_all_the_same(
    bench: Bench, ann: Person, *, with_result: bool
) -> None:
    end = an_end(await bench.result()) if with_result else ENDED
    shown_at = await bench.surface.send(bench.to, WAITING, key="job-1")
    ann.delete(ann.messages[0].id)

    await bench.surface.finish(bench.to, shown_at, end, key="job-1")
    await bench.surface.finish(bench.to, NOWHERE, end, key="job-2")

    assert [len(each.media) for each in ann.messages] == [int(with_result)] * 2


@pytest.mark.parametrize("with_result", [True, False])
async def test_an_end_whose_receipt_was_lost_is_shown_once(
    bench: Bench, ann: Person, *, with_result: bool
) -> None:
    end = an_end(await bench.result()) if with_result else ENDED
    bench.server.faults.add(route=MESSAGES, kind=DropAfter())

    with pytest.raises(NotShownError):
        await bench.surface.finish(bench.to, NOWHERE, end, key="job-1")
    ended_at = await bench.surface.finish(bench.to, NOWHERE, end, key="job-1")
    await bench.surface.finish(bench.to, NOWHERE, end, key="job-1")

    (shown,) = ann.messages
    assert ended_at == f"{bench.server.channel.id}/{shown.id}"
    assert len(shown.media) == int(with_result)


async def test_a_card_that_was_sent_is_not_taken_for_its_end(bench: Bench, ann: Person) -> None:
    await bench.surface.send(bench.to, WAITING, key="job-1")
    await bench.surface.send(bench.to, WAITING, key="job-1")

    await bench.surface.finish(bench.to, NOWHERE, ENDED, key="job-1")

    assert [each.text.partition("\n")[0] for each in ann.messages] == [
        "**Title**  a red fox",
        "**Title**  cancelled",
    ]


async def test_results_are_shown_even_if_the_card_cannot_be_put_right(
    bench: Bench, ann: Person
) -> None:
    shown_at = await bench.surface.send(bench.to, WAITING, key="job-1")
    bench.server.faults.add(route=EDITS, kind=Drop())

    await bench.surface.finish(bench.to, shown_at, an_end(await bench.result()), key="job-1")

    assert [len(each.media) for each in ann.messages] == [0, 1]
    await until(lambda: texts.SHOWN_BELOW in ann.messages[0].text)


async def test_a_card_that_is_gone_is_not_put_right_again_and_again(
    bench: Bench, ann: Person
) -> None:
    shown_at = await bench.surface.send(bench.to, WAITING, key="job-1")
    ann.delete(ann.messages[0].id)

    await bench.surface.finish(bench.to, shown_at, an_end(await bench.result()), key="job-1")
    await bench.surface.mending.wait(0.7)

    assert bench.called("PATCH", "/messages/") == 1


@pytest.mark.parametrize("file_limit", [100, 10_000_000])
async def test_files_that_a_channel_does_not_take_are_told_of(
    bench: Bench, ann: Person, file_limit: int
) -> None:
    bench.server.world.file_limit = file_limit
    picture = attrs.evolve(
        await bench.result(), size_bytes=200 if file_limit == 100 else 20_000_000
    )
    shown_at = await bench.surface.send(bench.to, WAITING, key="job-1")

    await bench.surface.finish(bench.to, shown_at, an_end(picture), key="job-1")

    (shown,) = ann.messages
    assert "too large to be sent here" in shown.text
    assert [button.label for button in shown.buttons[0]] == ["Again"]


@pytest.mark.parametrize("code", [NO_ACCESS, NO_PERMISSION, NO_DMS])
async def test_a_channel_that_is_closed_to_us_is_told_from_trouble(
    bench: Bench, ann: Person, code: int
) -> None:
    shown_at = await bench.surface.send(bench.to, WAITING, key="job-1")
    bench.server.deny(bench.server.channel, code)

    with pytest.raises(ChatClosedError):
        await bench.surface.send(bench.to, WAITING, key="job-2")
    with pytest.raises(ChatClosedError):
        await bench.surface.edit(bench.to, shown_at, WAITING)
    with pytest.raises(ChatClosedError):
        await bench.surface.finish(bench.to, shown_at, ENDED, key="job-1")

    assert [each.edits for each in ann.messages] == [0]


async def test_a_channel_that_is_gone_is_closed(bench: Bench) -> None:
    with pytest.raises(ChatClosedError):
        await bench.surface.send(ReplyTo("discord:12345678901234567:1"), WAITING, key="job-1")

    assert bench.called("POST", "/channels/12345678901234567/messages") == 1


@pytest.mark.parametrize("with_result", [True, False])
async def test_where_the_bot_may_not_speak_the_end_is_the_interactions_answer(
    bench: Bench, ann: Person, *, with_result: bool
) -> None:
    end = an_end(await bench.result()) if with_result else ENDED
    bench.conversation.says(WAITING)
    bench.server.deny(bench.server.channel, NO_ACCESS)
    await ann.command("make", prompt="a red fox")
    waiting = await ann.see(lambda message: "red fox" in message.text)
    update = await bench.conversation.heard()
    shown_at = ShownAt(f"{ann.channel.id}/{waiting.id}")

    await bench.surface.finish(update.reply_to, shown_at, end, key="job-1")

    assert [len(each.media) for each in ann.messages] == [0, int(with_result)]
    assert ann.messages[-1].by_interaction == int(update.reply_to.split(":")[2])


async def test_where_the_bot_may_not_speak_and_the_token_has_ended_the_chat_is_closed(
    bench: Bench, ann: Person
) -> None:
    bench.server.timing(token_lives_s=0.0)
    bench.conversation.says(WAITING)
    bench.server.deny(bench.server.channel, NO_ACCESS)
    await ann.command("make", prompt="a red fox")
    await ann.see(lambda message: "red fox" in message.text)
    update = await bench.conversation.heard()

    with pytest.raises(ChatClosedError):
        await bench.surface.finish(update.reply_to, NOWHERE, ENDED, key="job-1")

    assert len(ann.messages) == 1


async def test_a_silence_that_discord_asks_for_is_kept(bench: Bench, ann: Person) -> None:
    bench.server.faults.add(route=MESSAGES, kind=TooMany(0.2))

    await bench.surface.send(bench.to, WAITING, key="job-1")

    assert len(ann.messages) == 1
    assert bench.server.flood_breaches == []


async def test_a_silence_that_the_library_does_not_keep_is_kept_by_us(
    bench: Bench, ann: Person
) -> None:
    bench.server.faults.add(route=MESSAGES, kind=TooMany(0.2, via=False))

    await bench.surface.send(bench.to, WAITING, key="job-1")

    assert len(ann.messages) == 1
    assert bench.server.flood_breaches == []


async def test_a_silence_that_is_too_long_to_wait_for_is_told(bench: Bench) -> None:
    bench.server.faults.add(route=MESSAGES, kind=TooMany(60.0))

    with pytest.raises(NotShownError) as not_shown:
        await bench.surface.send(bench.to, WAITING, key="job-1")

    assert not_shown.value.wait_s == 60.0


@pytest.mark.parametrize("kind", [Drop(), Status(400), Status(503)])
async def test_trouble_is_told_as_such(bench: Bench, kind: Drop | Status) -> None:
    bench.server.faults.add(route=MESSAGES, kind=kind)

    with pytest.raises(NotShownError) as not_shown:
        await bench.surface.send(bench.to, WAITING, key="job-1")

    assert not isinstance(not_shown.value, ChatClosedError)
    assert not_shown.value.wait_s == 0.0


async def test_before_it_is_connected_nothing_can_be_shown(idle: Bench) -> None:
    with pytest.raises(NotShownError):
        await idle.surface.send(idle.to, WAITING, key="job-1")
    with pytest.raises(NotShownError):
        await idle.surface.edit(idle.to, ShownAt("1/2"), WAITING)

    assert idle.server.calls == []


async def test_what_is_under_way_when_the_connection_ends_is_told(idle: Bench) -> None:
    async with idle.connected():
        idle.server.faults.add(route=MESSAGES, kind=Status(500))
        sending = asyncio.create_task(idle.surface.send(idle.to, WAITING, key="job-1"))
        await until(lambda: idle.called("POST", "/messages") == 1)

    with pytest.raises(NotShownError):
        await sending

    assert idle.called("POST", "/messages") == 1


def test_a_bug_is_not_taken_for_trouble() -> None:
    with pytest.raises(RuntimeError, match="a bug"), explained():
        raise RuntimeError("a bug")


async def test_many_messages_to_one_channel_keep_the_limits(bench: Bench, ann: Person) -> None:
    bench.server.limits = Limits(message_create=Rate(5, 0.5))

    for number in range(7):
        await bench.surface.send(bench.to, a_card(f"{number}"), key=f"k-{number}")

    assert [each.text for each in ann.messages] == [f"{number}" for number in range(7)]
    assert {call.status for call in bench.server.calls} == {200}


async def test_a_channel_alone_is_an_address_as_well(bench: Bench, ann: Person) -> None:
    await bench.surface.send(ReplyTo(f"discord:{bench.server.channel.id}"), ENDED, key="alert")

    assert len(ann.messages) == 1
