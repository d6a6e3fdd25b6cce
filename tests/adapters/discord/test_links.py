"""Links to pictures at Discord, written in a message or for a command."""

import pytest

from adapters.chat import texts
from adapters.discord.links import LINK
from tests.adapters.discord.bench import Bench
from tests.infrastructure.media.pictures import a_picture
from tests.servers import discord_payloads as payloads
from tests.servers.discord_server import Drop, File, Person, Status

AT = "https://cdn.discordapp.com/attachments/1/2"


async def link_to(bench: Bench, person: Person, file: File) -> str:
    """Have a picture sent to somebody else's eyes; return where it lies."""
    said = await person.say("look", files=[file])
    world = bench.server.world
    message = next(
        each for each in world.visible(person.channel, person.user) if each.id == said.id
    )
    link: str = payloads.media(world, message.media[0])["url"]
    return link


@pytest.mark.parametrize("text", ["make {} blue", "{}\nmake blue", "make blue {}"])
async def test_a_link_to_a_picture_at_discord_is_as_good_as_the_picture(
    bench: Bench, ann: Person, text: str
) -> None:
    link = await link_to(bench, ann, File("fox.png", a_picture()))

    await ann.in_dm().say(text.format(link))

    update = await bench.conversation.heard()
    assert update.text.split() == text.replace("{}", "").split()
    assert ([each.mime for each in update.images], update.trouble) == (["image/png"], None)


async def test_a_command_may_have_a_link_among_its_words(bench: Bench, ann: Person) -> None:
    link = await link_to(bench, ann, File("fox.png", a_picture()))

    await ann.command("make", prompt=f"make it blue {link}")

    update = await bench.conversation.heard()
    assert (update.text, len(update.images)) == ("/make make it blue", 1)


@pytest.mark.parametrize("kind", [Drop(), Status(302), Status(404), Status(500)])
async def test_a_link_that_leads_nowhere_is_told_of(
    bench: Bench, ann: Person, kind: Drop | Status
) -> None:
    link = await link_to(bench, ann, File("fox.png", a_picture()))
    bench.server.faults.add(route="GET /attachments/**", kind=kind, times=2)

    await ann.in_dm().say(f"make it blue {link}")

    update = await bench.conversation.heard()
    assert update.trouble is not None
    assert update.trouble.user_message == texts.PICTURE_NOT_FETCHED


async def test_no_more_of_a_link_is_read_than_a_picture_may_have(bench: Bench, ann: Person) -> None:
    link = await link_to(bench, ann, File("fox.png", bytes(20_000_001)))

    await ann.in_dm().say(link)

    update = await bench.conversation.heard()
    assert update.trouble is not None
    assert update.trouble.user_message == texts.PICTURE_TOO_LARGE


@pytest.mark.parametrize(
    "link",
    [
        f"{AT}/fox.png",
        f"{AT}/a_red-fox.2.JPEG?ex=6a&is=5&hm=ab",
        "https://media.discordapp.net/attachments/1/2/fox.webp?width=10&height=10",
        "https://cdn.discordapp.com/ephemeral-attachments/1/2/fox.gif",
    ],
)
def test_links_to_pictures_of_discord_are_found(link: str) -> None:
    found = LINK.search(f"a fox {link} in blue")

    assert found is not None
    assert found[0] == link


@pytest.mark.parametrize(
    "text",
    [
        "https://elsewhere.example/attachments/1/2/fox.png",
        "https://cdn.discordapp.com.elsewhere.example/attachments/1/2/fox.png",
        "https://cdn.discordapp.com@elsewhere.example/attachments/1/2/fox.png",
        "http://cdn.discordapp.com/attachments/1/2/fox.png",
        "https://cdn.discordapp.com/attachments/1/../../secret.png",
        f"{AT}/style.safetensors",
        f"lora={AT}/fox.png",
    ],
)
def test_other_links_are_text(text: str) -> None:
    assert LINK.search(text) is None
