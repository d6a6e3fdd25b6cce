"""discord.py as it is, against the loopback server: what a bot does in a day."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import discord
import pytest

from tests.servers.discord_buckets import Rate
from tests.servers.discord_clients import TOKEN, Bot, connected
from tests.servers.discord_server import DiscordServer, Limits, Person, TooMany

PICTURE = b"not really a picture"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[DiscordServer]:
    made = DiscordServer(token=TOKEN, folder=tmp_path)
    async with made.running():
        yield made


@pytest.fixture
async def bot(server: DiscordServer) -> AsyncIterator[Bot]:
    made = Bot(server)
    _add_make(made)
    async with connected(made):
        await made.tree.sync()
        yield made


@pytest.fixture
def ann(server: DiscordServer) -> Person:
    return server.person(name="ann")


def _add_make(bot: Bot) -> None:
    """Give the bot /make: deferred, then edited, then whispered; its button updates the card."""

    @bot.tree.command(name="make", description="Make a picture")
    async def make(
        interaction: discord.Interaction, prompt: str, image: discord.Attachment | None = None
    ) -> None:
        await interaction.response.defer()
        content = await image.read() if image else b"nothing"
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Button(label="Again", custom_id="again"))
        file = discord.File(io.BytesIO(content), "made.png")
        await interaction.edit_original_response(content=prompt, view=view, attachments=[file])
        await interaction.followup.send("only for you", ephemeral=True)

    @bot.event
    async def on_interaction(interaction: discord.Interaction) -> None:
        if interaction.type is discord.InteractionType.component:
            await interaction.response.edit_message(content="pressed", view=None)


def place(bot: Bot, server: DiscordServer) -> discord.TextChannel:
    """Return the channel as the bot knows it."""
    channel = bot.get_channel(server.channel.id)
    assert isinstance(channel, discord.TextChannel)
    return channel


async def test_a_command_is_thought_about_and_then_answered(
    server: DiscordServer, bot: Bot, ann: Person
) -> None:
    await ann.command("make", prompt="a fox", image=PICTURE)

    card = await ann.see(lambda shown: "a fox" in shown.text)

    assert [file.content for file in card.media] == [PICTURE]
    assert [[button.label for button in row] for row in card.buttons] == [["Again"]]
    assert (card.edits, card.thinking) == (0, False)
    assert server.violations == []


async def test_a_command_is_answered_in_direct_messages(
    server: DiscordServer, bot: Bot, ann: Person
) -> None:
    private = ann.in_dm()

    await private.command("make", prompt="a fox", image=PICTURE)
    card = await private.see(lambda shown: "a fox" in shown.text)
    await private.press(card.id, "Again")

    assert (await private.see(lambda shown: shown.text == "pressed")).id == card.id
    assert server.violations == []


async def test_the_bot_sends_the_heartbeat_that_it_is_asked_for(
    server: DiscordServer, bot: Bot
) -> None:
    before = server.heartbeats

    server.ask_heartbeat()

    assert await server.world.changes.wait_until(lambda: server.heartbeats > before, within_s=3)


async def test_a_whisper_is_seen_by_one_person_only(
    server: DiscordServer, bot: Bot, ann: Person
) -> None:
    bob = server.person(name="bob")

    await ann.command("make", prompt="a fox")

    whisper = await ann.see(lambda shown: shown.text == "only for you")
    assert whisper.ephemeral
    assert [shown.text for shown in bob.messages] == ["a fox"]


async def test_a_press_updates_the_card(server: DiscordServer, bot: Bot, ann: Person) -> None:
    await ann.command("make", prompt="a fox")
    card = await ann.see(lambda shown: "a fox" in shown.text)

    await ann.press(card.id, "Again")

    pressed = await ann.see(lambda shown: shown.text == "pressed")
    assert (pressed.id, pressed.buttons, pressed.edits) == (card.id, [], 1)
    assert server.violations == []


async def test_a_channel_message_is_sent_edited_and_answered(
    server: DiscordServer, bot: Bot, ann: Person
) -> None:
    file = discord.File(io.BytesIO(PICTURE), "made.png")
    embed = discord.Embed(title="A fox", description="in the snow")
    embed.set_image(url="attachment://made.png")

    sent = await place(bot, server).send("first", file=file, nonce="n-1")
    await sent.edit(content="second", embed=embed)
    await sent.reply("an answer")

    first, second = ann.messages
    assert (first.content, first.text) == ("second", "second\nA fox\nin the snow")
    assert first.embeds[0]["image"]["url"].startswith("https://cdn.discordapp.com/attachments/")
    assert (second.text, second.reply_to) == ("an answer", first.id)
    assert (server.uploads, server.violations) == (1, [])


async def test_a_person_is_written_to_directly(
    server: DiscordServer, bot: Bot, ann: Person
) -> None:
    user = await bot.fetch_user(ann.id)

    await user.send("just you")

    assert [shown.text for shown in ann.in_dm().messages] == ["just you"]
    assert ann.messages == []
    assert server.violations == []


async def test_a_mention_and_a_direct_message_are_heard(
    server: DiscordServer, bot: Bot, ann: Person
) -> None:
    heard: list[str] = []

    @bot.event
    async def on_message(message: discord.Message) -> None:
        heard.append(message.content)

    await ann.say("nothing for the bot")
    await ann.say(f"hello {server.bot_mention}")
    await ann.in_dm().say("hello there")
    await server.world.changes.wait_until(lambda: len(heard) == 3, within_s=3)

    assert heard == ["", f"hello {server.bot_mention}", "hello there"]


RESUMED = (0, 1)
BEGUN_AGAIN = (1, 0)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (DiscordServer.reconnect_all, RESUMED),
        (lambda server: server.invalidate(resumable=True), RESUMED),
        (lambda server: server.invalidate(resumable=False), BEGUN_AGAIN),
    ],
    ids=["op 7", "op 9 true", "op 9 false"],
)
async def test_the_bot_comes_back(
    server: DiscordServer,
    bot: Bot,
    ann: Person,
    order: Callable[[DiscordServer], None],
    expected: tuple[int, int],
) -> None:
    before = (server.identifies, server.resumes)

    order(server)
    await server.world.changes.wait_until(
        lambda: (server.identifies, server.resumes) != before, within_s=3
    )
    await server.connected()
    await ann.command("make", prompt="a fox")

    came = (server.identifies - before[0], server.resumes - before[1])
    assert came == expected
    assert (await ann.see(lambda shown: "a fox" in shown.text)).from_bot


async def test_a_429_is_waited_for(server: DiscordServer, bot: Bot) -> None:
    server.faults.add(route="POST /channels/*/messages", kind=TooMany(0.1))

    await place(bot, server).send("in the end")

    statuses = [call.status for call in server.calls if call.path.endswith("/messages")]
    assert statuses == [429, 200]
    assert server.flood_breaches == []


async def test_a_429_without_via_is_not_waited_for(server: DiscordServer, bot: Bot) -> None:
    server.faults.add(route="POST /channels/*/messages", kind=TooMany(0.1, via=False))

    with pytest.raises(discord.HTTPException) as caught:
        await place(bot, server).send("not at all")

    assert caught.value.status == 429


async def test_a_bucket_is_heeded_before_it_is_empty(server: DiscordServer, bot: Bot) -> None:
    server.limits = Limits(message_create=Rate(2, 0.2))

    for number in range(5):
        await place(bot, server).send(str(number))

    assert [call.status for call in server.calls if call.path.endswith("/messages")] == [200] * 5
    assert server.flood_breaches == []


async def test_a_bot_without_the_token_is_refused(server: DiscordServer) -> None:
    bot = Bot(server)

    with pytest.raises(discord.LoginFailure):
        async with connected(bot, token="MTE1.not.it"):
            pass

    assert server.identifies == 0


async def test_a_token_that_is_revoked_ends_the_bot(server: DiscordServer) -> None:
    bot = Bot(server)
    running = asyncio.create_task(bot.start(TOKEN))
    await server.connected()

    server.revoke_token()

    with pytest.raises(discord.ConnectionClosed) as caught:
        await asyncio.wait_for(running, 3)
    assert caught.value.code == 4004
    await bot.close()


async def test_an_intent_that_was_not_granted_ends_the_bot(server: DiscordServer) -> None:
    server.allow_intents(0)
    bot = Bot(server, intents=discord.Intents.all())

    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with connected(bot):
            pass

    assert server.identifies == 1
