"""hikari as a second client: the server is not shaped by what discord.py forgives."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import hikari
from hikari.impl import HTTPSettings

from tests.servers.discord_clients import TOKEN, trusting
from tests.servers.discord_server import DiscordServer, TooMany

SHUTS_DOWN_S = 3


def make_bot(server: DiscordServer) -> hikari.GatewayBot:
    """Return a bot that answers /make and its button."""
    bot = hikari.GatewayBot(
        TOKEN,
        rest_url=f"{server.url}/api/v10",
        http_settings=HTTPSettings(ssl=trusting(server)),
        banner=None,
        logs=None,
        suppress_optimization_warning=True,
    )

    @bot.listen(hikari.InteractionCreateEvent)
    async def answer(event: hikari.InteractionCreateEvent) -> None:
        asked = event.interaction
        if isinstance(asked, hikari.ComponentInteraction):
            await asked.create_initial_response(
                hikari.ResponseType.MESSAGE_UPDATE, "pressed", components=[]
            )
        elif isinstance(asked, hikari.CommandInteraction):
            await asked.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_CREATE)
            row = bot.rest.build_message_action_row()
            row.add_interactive_button(hikari.ButtonStyle.PRIMARY, "again", label="Again")
            prompt = str((asked.options or ())[0].value)
            file = hikari.Bytes(b"made", "made.png")
            await asked.edit_initial_response(prompt, component=row, attachment=file)
            await asked.execute("only for you", flags=hikari.MessageFlag.EPHEMERAL)

    return bot


@asynccontextmanager
async def visiting(folder: Path) -> AsyncIterator[tuple[DiscordServer, hikari.GatewayBot]]:
    """Run a server, and a bot that is connected to it."""
    server = DiscordServer(token=TOKEN, folder=folder, real_names=False)
    async with server.running():
        bot = make_bot(server)
        await bot.start(check_for_updates=False)
        try:
            await server.connected()
            yield server, bot
        finally:
            await asyncio.wait_for(bot.close(), SHUTS_DOWN_S)


async def test_a_command_a_whisper_and_a_press_pass(tmp_path: Path) -> None:
    async with visiting(tmp_path) as (server, bot):
        ann = server.person(name="ann")
        make = bot.rest.slash_command_builder("make", "Draw")
        prompt = hikari.CommandOption(
            type=hikari.OptionType.STRING, name="prompt", description="What", is_required=True
        )
        me = await bot.rest.fetch_application()
        await bot.rest.set_application_commands(me.id, [make.add_option(prompt)])

        await ann.command("make", prompt="a fox")
        card = await ann.see(lambda shown: shown.text == "a fox")
        await ann.see(lambda shown: shown.text == "only for you" and shown.ephemeral)
        await ann.press(card.id, "Again")
        pressed = await ann.see(lambda shown: shown.text == "pressed")

        assert [file.content for file in card.media] == [b"made"]
        assert pressed.id == card.id
        assert server.violations == []


async def test_messages_direct_messages_and_a_429_pass(tmp_path: Path) -> None:
    async with visiting(tmp_path) as (server, bot):
        ann = server.person(name="ann")
        server.faults.add(route="POST /channels/*/messages", kind=TooMany(0.1))

        file = hikari.Bytes(b"made", "made.png")
        sent = await bot.rest.create_message(server.channel.id, "first", attachment=file)
        await sent.edit("second")
        await sent.respond("an answer", reply=True)
        private = await bot.rest.create_dm_channel(ann.id)
        await private.send("just you")

        assert [shown.text for shown in ann.messages] == ["second", "an answer"]
        assert ann.messages[1].reply_to == int(sent.id)
        assert [shown.text for shown in ann.in_dm().messages] == ["just you"]
        assert (server.violations, server.flood_breaches) == ([], [])


async def test_the_bot_comes_back_in_each_way(tmp_path: Path) -> None:
    async def came(name: str, order: Callable[[DiscordServer], None]) -> tuple[int, int]:
        folder = tmp_path / name
        folder.mkdir()
        async with visiting(folder) as (server, _):
            order(server)
            await server.world.changes.wait_until(
                lambda: server.identifies + server.resumes > 1, within_s=5
            )
            await server.connected()
            return server.identifies, server.resumes

    # All three at once: hikari takes its time before it comes back.
    ways = await asyncio.gather(
        came("reconnect", DiscordServer.reconnect_all),
        came("resumable", lambda server: server.invalidate(resumable=True)),
        came("lost", lambda server: server.invalidate(resumable=False)),
    )

    assert list(ways) == [(1, 1), (1, 1), (2, 0)]
