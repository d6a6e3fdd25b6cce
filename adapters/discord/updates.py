"""What people said and pressed, out of Discord's interactions and messages."""

from collections.abc import Sequence
from typing import Any

import attrs
import discord

from adapters.chat.menu import COMMANDS, typed
from adapters.chat.surface import ReplyTo, ShownAt
from adapters.discord.cards import Interaction
from adapters.discord.commands import IMAGE
from core.sessions.model import Identity

PLATFORM = "discord"
ALONE = "p"
"""As an address of a private channel ends."""

_COMMANDS = {command.name: command for command in COMMANDS}


def identity_of(user: discord.abc.Snowflake) -> Identity:
    """Return the person as the core knows them."""
    return Identity(PLATFORM, str(user.id))


def address_of(channel: int | None, said: int, *, alone: bool) -> ReplyTo:
    """Return where an interaction or a message is answered; `alone` with the person, or not."""
    return ReplyTo(f"{PLATFORM}:{channel or 0}:{said}{ALONE if alone else ''}")


def is_alone(to: ReplyTo) -> bool:
    """Whether nobody reads there but the person."""
    return to.endswith(ALONE)


def channel_of(to: ReplyTo) -> int:
    """Return the channel of an address."""
    return int(to.split(":")[1])


def shown_at(channel: int, message: int) -> ShownAt:
    """Return the name of a message."""
    return ShownAt(f"{channel}/{message}")


def place_of(shown: ShownAt) -> tuple[int, int]:
    """Return a message's channel, and its id."""
    channel, _, message = shown.partition("/")
    return int(channel), int(message)


@attrs.frozen(kw_only=True)
class Said:
    """What somebody says to us: a text with its pictures, or a press with its message."""

    text: str = ""
    pictures: Sequence[discord.Attachment] = ()
    action: str | None = None
    message: str = ""
    private: bool = False
    """Whether an answer that is slow is for the person's own eyes."""


def said_by(interaction: Interaction) -> Said:
    """Return what an interaction says to us: we have commands, and buttons."""
    data: Any = interaction.data or {}
    if interaction.type is not discord.InteractionType.application_command:
        pressed = getattr(interaction.message, "id", "")
        return Said(action=data.get("custom_id", ""), message=str(pressed))
    command = _COMMANDS.get(data["name"])
    if command is None:  # one of an older list
        return Said(text=f"/{data['name']}", private=True)
    given = dict(iter(interaction.namespace))
    words = given.get(command.option.name) if command.option else None
    picture = given.get(IMAGE)
    return Said(
        text=typed(command, words or ""),
        pictures=[picture] if isinstance(picture, discord.Attachment) else [],
        private=command.private,
    )


def said_in(message: discord.Message) -> Said | None:
    """Return what a message says to us; None when it is not for us. Direct messages are."""
    if message.author.bot or message.guild is not None or message.is_system():
        return None
    pictures = _pictures(message)
    answered = message.reference.resolved if message.reference else None
    if not pictures and isinstance(answered, discord.Message):
        pictures = _pictures(answered)
    return Said(text=message.content, pictures=pictures)


def _pictures(message: discord.Message) -> list[discord.Attachment]:
    return [each for each in message.attachments if (each.content_type or "").startswith("image/")]
