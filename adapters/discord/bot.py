"""The Discord front: hears interactions and direct messages, and hands each to the conversation."""

import asyncio
import contextlib
from collections.abc import Coroutine
from functools import partial

import aiohttp
import discord
import structlog

from adapters.chat.front import Front, FrontRefusedError, Ready
from adapters.chat.pictures import check_size, not_fetched, take_or_tell
from adapters.chat.surface import ReplyTo
from adapters.chat.tasks import Tasks
from adapters.chat.updates import ChatUpdate, UpdateHandler, update_id
from adapters.discord.cards import Interaction, Pressable
from adapters.discord.commands import Listed
from adapters.discord.connection import DiscordSettings, connector
from adapters.discord.surface import DiscordSurface
from adapters.discord.updates import (
    PLATFORM,
    Said,
    address_of,
    identity_of,
    said_by,
    said_in,
)
from core.media.service import Media

FETCH_S = 30.0
LONGEST_HOLD_S = 30.0
ENDING_S = 0.4
GOODBYE_S = 0.6
CLOSING_S = 1.2
"""For all of it: to end, to say goodbye, and to close the connections."""

FINAL = (discord.LoginFailure, discord.PrivilegedIntentsRequired, discord.ConnectionClosed)
"""A token or an intent is refused; on any other close of the gateway the library goes on."""

log = structlog.get_logger()


class DiscordBot(Front):
    """The gateway by discord.py, with no privileged intent."""

    name = PLATFORM

    def __init__(
        self,
        *,
        settings: DiscordSettings,
        conversation: UpdateHandler,
        surface: DiscordSurface,
        media: Media,
    ) -> None:
        self._settings = settings
        self._conversation = conversation
        self._surface = surface
        self._media = media
        self._hearing = Tasks(bug="discord.bug")

    async def run(self, ready: Ready) -> None:
        connections = connector(self._settings)
        client = _Client(self, ready, connections)
        try:
            await client.login(self._settings.token)
            self._surface.client = client
            await client.connect()
        except FINAL as error:
            raise FrontRefusedError(str(error)) from error
        finally:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSING_S):
                    await client.close()
            await connections.close()

    async def take_leave(self) -> None:
        """End what goes on, and tell whoever waits, while the client can still speak."""
        await self._hearing.wait(ENDING_S)
        await self._hearing.stop()
        self._surface.client = None
        await self._surface.mending.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                await self._surface.interactions.end()

    def hear_interaction(self, interaction: Interaction) -> None:
        """Answer a command or the press of a button."""
        said = said_by(interaction)
        opened = self._surface.interactions.open(interaction, private=said.private)

        async def answer() -> None:
            user = interaction.user
            await self._hand_over(said, opened.reply_to, number=interaction.id, user=user)
            await opened.settle()

        self._hearing.begin(answer())

    def hear_message(self, message: discord.Message) -> None:
        """Answer a message, if it is for us."""
        said = said_in(message)
        if said is not None:
            to = address_of(message.channel.id, message.id, alone=True)
            self._hearing.begin(self._hand_over(said, to, number=message.id, user=message.author))

    def told(self, telling: Coroutine[object, object, None]) -> None:
        """Have it told that we are there, and do not wait for it."""
        self._hearing.begin(telling)

    async def _hand_over(
        self, said: Said, to: ReplyTo, *, number: int, user: discord.abc.Snowflake
    ) -> None:
        fetches = [partial(_fetched, each) for each in said.pictures]
        images, trouble = await take_or_tell(self._media, fetches)
        update = ChatUpdate(
            id=update_id(self._settings.secret, PLATFORM, number),
            sender=identity_of(user),
            reply_to=to,
            text=said.text,
            images=images,
            trouble=trouble,
            action=said.action,
            message=said.message,
        )
        await self._conversation.handle(update, self._surface)


async def _fetched(picture: discord.Attachment) -> bytes:
    check_size(picture.size)
    try:
        async with asyncio.timeout(FETCH_S):
            return await picture.read()
    except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
        log.warning("discord.picture_not_fetched", error=f"{type(error).__name__}: {error}")
        raise not_fetched() from error


class _Client(discord.Client):
    """The library's client, which keeps as little as it can and hands on what it hears."""

    def __init__(self, bot: DiscordBot, ready: Ready, connections: aiohttp.TCPConnector) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True, dm_messages=True),
            connector=connections,
            allowed_mentions=discord.AllowedMentions.none(),
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            max_ratelimit_timeout=LONGEST_HOLD_S,
            guild_ready_timeout=0.0,  # we do not wait for guilds, so nothing is left waiting
        )
        self.add_dynamic_items(Pressable)
        self.commands = Listed(self)
        self._bot = bot
        self._tell = ready

    async def setup_hook(self) -> None:
        await self.commands.register()

    async def close(self) -> None:
        """Take leave first: the library closes by itself when Discord wants no more of us."""
        await self._bot.take_leave()
        await super().close()

    async def on_connect(self) -> None:
        """Say once that we are there. Sessions may begin anew later."""
        tell, self._tell = self._tell, _told_already
        self._bot.told(tell(str(self.user)))

    async def on_interaction(self, interaction: Interaction) -> None:
        """Hand on every command. Buttons tell of themselves."""
        if interaction.type is discord.InteractionType.application_command:
            self._bot.hear_interaction(interaction)

    async def on_press(self, interaction: Interaction) -> None:
        """Hand on every press of a button."""
        self._bot.hear_interaction(interaction)

    async def on_message(self, message: discord.Message) -> None:
        """Hand on every message."""
        self._bot.hear_message(message)


async def _told_already(_: str) -> None:
    """Do nothing: we are there, and that is known."""
