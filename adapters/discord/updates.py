"""What people said and pressed, out of Discord's interactions and messages."""

from collections.abc import Sequence
from typing import Any

import attrs
import discord
from discord.app_commands import Namespace

from adapters.chat.menu import COMMANDS, Command, typed
from adapters.chat.surface import ReplyTo, ShownAt
from adapters.discord.asking import written_in
from adapters.discord.cards import Interaction
from core.sessions.model import Identity

PLATFORM = "discord"
ALONE = "p"
"""As an address of a private channel ends."""

_PRIVATE = frozenset(command.name for command in COMMANDS if command.private)


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
    image_inputs: tuple[str, ...] = ()
    """The inputs that the first pictures are for."""
    action: str | None = None
    message: str = ""


def name_in(interaction: Interaction) -> str:
    """Return the name of the command that somebody gives; nothing for the press of a button."""
    data: Any = interaction.data or {}
    return str(data.get("name", ""))


def is_private(interaction: Interaction) -> bool:
    """Whether an answer that is slow is for the person's own eyes."""
    return name_in(interaction) in _PRIVATE


def pressed_in(interaction: Interaction) -> Said:
    """Return the press of a button, with what was written if it had Discord ask for that."""
    data: Any = interaction.data or {}
    pressed = str(getattr(interaction.message, "id", ""))
    return Said(text=written_in(interaction), action=data.get("custom_id", ""), message=pressed)


def given_in(interaction: Interaction, command: Command) -> Said:
    """Return a command that was given, as if it had been typed."""
    data: Any = interaction.data or {}
    namespace = Namespace(interaction, data.get("resolved", {}), data.get("options", []))
    given = dict(iter(namespace))
    inputs = {option.name: option.input for option in command.options}
    files = [
        (inputs.get(name, ""), value)
        for name, value in given.items()
        if isinstance(value, discord.Attachment)
    ]
    files.sort(key=lambda file: not file[0])  # those that are for an input come first
    return Said(
        text=typed(command, given),
        pictures=[picture for _, picture in files],
        image_inputs=tuple(name for name, _ in files if name),
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
