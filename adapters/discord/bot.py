"""The Discord front: hears interactions and direct messages, and hands each to the conversation."""

import asyncio
import contextlib
from collections.abc import Coroutine
from functools import partial

import aiohttp
import discord
import structlog

from adapters.chat.front import Front, FrontRefusedError, Ready
from adapters.chat.menu import Menus
from adapters.chat.pictures import Fetch, check_size, not_fetched, take_or_tell, without_links
from adapters.chat.surface import NotShownError, ReplyTo
from adapters.chat.tasks import Tasks
from adapters.chat.updates import ChatUpdate, Hears, UpdateHandler, update_id
from adapters.discord.asking import begun_in, choices_of, question_of
from adapters.discord.cards import Interaction, Pressable
from adapters.discord.commands import Listed
from adapters.discord.connection import DiscordSettings, connector
from adapters.discord.links import FETCH_S, LINK, fetched
from adapters.discord.surface import DiscordSurface
from adapters.discord.troubles import explained
from adapters.discord.updates import (
    PLATFORM,
    Said,
    address_of,
    given_in,
    identity_of,
    is_alone,
    is_private,
    name_in,
    pressed_in,
    said_in,
)
from core.media.service import Media

LONGEST_HOLD_S = 30.0
LISTED_WITHIN_S = 5.0
"""Who waits longer for the commands to be listed is heard meanwhile."""

COMPLETED_WITHIN_S = 2.0
"""Discord wants what may be chosen within 3 s, and takes no promise for it."""

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
        menus: Menus,
    ) -> None:
        self.settings = settings
        self._conversation = conversation
        self._surface = surface
        self._media = media
        self.menus = menus
        self._hearing = Tasks(bug="discord.bug")

    async def list_commands(self) -> None:
        client = self._surface.client
        if isinstance(client, _Client):
            self.begin(client.listed.tell())

    async def list_first(self, listed: Listed) -> None:
        """Have our commands listed, and wait for that, but not for long."""
        self.begin(listed.tell())
        await self._hearing.wait(LISTED_WITHIN_S)

    async def run(self, ready: Ready) -> None:
        connections = connector(self.settings)
        client = _Client(self, ready, connections)
        try:
            await client.login(self.settings.token)
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

    def hear_press(self, interaction: Interaction) -> None:
        """Answer the press of a button, or have Discord ask what it wants to be told."""
        question = question_of(interaction)
        if question is None:
            self.hear_interaction(interaction)
        else:
            self._hearing.begin(self._ask(interaction, question))

    async def _ask(self, interaction: Interaction, question: discord.ui.Modal) -> None:
        try:
            with explained():
                await interaction.response.send_modal(question)
        except NotShownError as error:
            log.info("discord.not_asked", code=error.code, error=str(error))
            self.hear_interaction(interaction)  # the conversation asks in its own way

    def hear_interaction(self, interaction: Interaction) -> None:
        """Answer a command, the press of a button, or what was written when Discord asked."""
        opened = self._surface.interactions.open(interaction, private=is_private(interaction))

        async def answer() -> None:
            user, number = interaction.user, interaction.id
            said = await self._said_by(interaction)
            await self._hand_over(said, opened.reply_to, number=number, user=user)
            await opened.settle()

        self._hearing.begin(answer())

    async def _said_by(self, interaction: Interaction) -> Said:
        name, for_admin = name_in(interaction), self._is_operator(interaction)
        if not name:
            return pressed_in(interaction)
        return given_in(interaction, await self.menus.command(name, for_admin=for_admin))

    def _is_operator(self, interaction: Interaction) -> bool:
        return str(interaction.user.id) in self.settings.operators

    def hear_typing(self, interaction: Interaction) -> None:
        """Tell what may be chosen for the option that somebody is typing."""
        self._hearing.begin(self._complete(interaction))

    async def _complete(self, interaction: Interaction) -> None:
        command, option, begun = begun_in(interaction)
        for_admin = self._is_operator(interaction)
        found: list[str] = []
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(COMPLETED_WITHIN_S):
                    found = await self.menus.completions(
                        command, option, begun, for_admin=for_admin
                    )
        finally:
            with contextlib.suppress(NotShownError), explained():
                await interaction.response.autocomplete(choices_of(found))

    def hear_message(self, message: discord.Message) -> None:
        """Answer a message, if it is for us."""
        said = said_in(message)
        if said is not None:
            to = address_of(message.channel.id, message.id, alone=True)
            self._hearing.begin(self._hand_over(said, to, number=message.id, user=message.author))

    def begin(self, work: Coroutine[object, object, None]) -> None:
        """Have something done beside what is heard, and do not wait for it."""
        self._hearing.begin(work)

    async def _hand_over(
        self, said: Said, to: ReplyTo, *, number: int, user: discord.abc.Snowflake
    ) -> None:
        text, links = without_links(said.text, LINK)
        fetches: list[Fetch] = [partial(_fetched, each) for each in said.pictures]
        if (client := self._surface.client) is not None:
            fetches += [partial(fetched, each[0], client.http.connector) for each in links]
        images, trouble = await take_or_tell(self._media, fetches)
        update = ChatUpdate(
            id=update_id(self.settings.secret, PLATFORM, number),
            sender=identity_of(user),
            reply_to=to,
            text=text,
            hears=Hears.ALL if is_alone(to) else Hears.NOTHING,
            images=images,
            image_inputs=said.image_inputs,
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
        self.listed = Listed(self, bot.menus, every_s=bot.settings.listed_every_s)
        self._bot = bot
        self._tell: Ready | None = ready

    async def setup_hook(self) -> None:
        await self._bot.list_first(self.listed)

    async def close(self) -> None:
        """Take leave first: the library closes by itself when Discord wants no more of us."""
        await self._bot.take_leave()
        await super().close()

    async def on_connect(self) -> None:
        """Say once that we are there; when a session begins anew, see to the commands again."""
        tell, self._tell = self._tell, None
        if tell is None:
            await self._bot.list_commands()
        else:
            self._bot.begin(tell(str(self.user)))

    async def on_interaction(self, interaction: Interaction) -> None:
        """Hand on what is no button. Buttons tell of themselves."""
        match interaction.type:
            case discord.InteractionType.autocomplete:
                self._bot.hear_typing(interaction)
            case discord.InteractionType.application_command:
                self._bot.hear_interaction(interaction)
            case discord.InteractionType.modal_submit:
                self._bot.hear_interaction(interaction)

    async def on_press(self, interaction: Interaction) -> None:
        """Hand on every press of a button."""
        self._bot.hear_press(interaction)

    async def on_message(self, message: discord.Message) -> None:
        """Hand on every message."""
        self._bot.hear_message(message)
