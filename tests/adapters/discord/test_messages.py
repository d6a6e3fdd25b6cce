"""Direct messages, and the pictures that come with them and with commands."""

import pytest

from adapters.chat import texts
from core.shared.errors import MediaRefusedError
from tests.adapters.discord.bench import Bench, a_card
from tests.infrastructure.media.pictures import a_picture
from tests.servers.discord_server import Drop, File, Person, Status

PICTURE = a_picture()


async def test_a_direct_message_is_heard_and_answered_there(bench: Bench, ann: Person) -> None:
    bench.conversation.says(a_card("hello"))
    alone = ann.in_dm()

    said = await alone.say("a red fox")

    shown = await alone.see(lambda message: message.text == "hello")
    update = await bench.conversation.heard()
    assert (update.text, update.sender.user_id, update.images) == ("a red fox", str(ann.id), ())
    assert update.reply_to == f"discord:{alone.channel.id}:{said.id}p"
    assert shown.reply_to is None


async def test_the_id_of_an_update_is_the_same_for_a_repeat_and_not_to_be_guessed(
    bench: Bench, ann: Person
) -> None:
    alone = ann.in_dm()

    await alone.say("one")
    await alone.say("two")
    await bench.conversation.heard(2)

    ids = {each.id for each in bench.conversation.updates}
    assert len(ids) == 2
    assert all(len(each) == 32 and int(each, 16) for each in ids)


async def test_words_between_people_are_not_for_us(bench: Bench, ann: Person) -> None:
    await ann.say(f"hello {bench.server.bot_mention}")
    await bench.surface.send(bench.to, a_card("a bot's own words"), key="k")

    await ann.in_dm().say("now you")

    assert (await bench.conversation.heard()).text == "now you"
    assert len(bench.conversation.updates) == 1


async def test_pictures_of_a_message_are_kept(bench: Bench, ann: Person) -> None:
    notes = File("notes.txt", b"not a picture")

    await ann.in_dm().say("make it blue", files=[PICTURE, notes, PICTURE])

    update = await bench.conversation.heard()
    assert ([each.mime for each in update.images], update.trouble) == (["image/png"] * 2, None)
    assert await bench.media.read(update.images[0].id)


async def test_a_reply_to_a_picture_brings_it_along(bench: Bench, ann: Person) -> None:
    alone = ann.in_dm()
    first = await alone.say("", files=[PICTURE])
    words = await alone.say("only words")

    await alone.say("make it blue", reply_to=first.id)
    await alone.say("make it red", reply_to=words.id)

    await bench.conversation.heard(4)
    images = {each.text: len(each.images) for each in bench.conversation.updates}
    assert images == {"": 1, "only words": 0, "make it blue": 1, "make it red": 0}


async def test_a_picture_of_a_command_is_kept(bench: Bench, ann: Person) -> None:
    await ann.command("make", prompt="make it blue", image=PICTURE)

    update = await bench.conversation.heard()
    assert (update.text, len(update.images)) == ("/make make it blue", 1)


@pytest.mark.parametrize(
    ("data", "problem"),
    [(bytes(20_000_001), texts.PICTURE_TOO_LARGE), (b"no picture", "picture")],
)
async def test_a_picture_that_cannot_be_taken_is_told_of(
    bench: Bench, ann: Person, data: bytes, problem: str
) -> None:
    await ann.command("make", prompt="make it blue", image=data)

    update = await bench.conversation.heard()
    assert isinstance(update.trouble, MediaRefusedError)
    assert problem in update.trouble.user_message
    assert update.images == ()


@pytest.mark.parametrize("kind", [Drop(), Status(403), Status(404), Status(500)])
async def test_a_picture_that_cannot_be_fetched_is_told_of(
    bench: Bench, ann: Person, kind: Drop | Status
) -> None:
    bench.server.faults.add(route="GET /attachments/**", kind=kind, times=2)

    await ann.in_dm().say("make it blue", files=[PICTURE])

    update = await bench.conversation.heard()
    assert update.trouble is not None
    assert update.trouble.user_message == texts.PICTURE_NOT_FETCHED
