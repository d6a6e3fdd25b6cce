"""What Discord holds: people, channels, messages, files, commands and interactions."""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import attrs

Json = dict[str, Any]

DISCORD_EPOCH_MS = 1_420_070_400_000
MIB = 1024 * 1024
EPHEMERAL = 1 << 6
LOADING = 1 << 7
ACK_WITHIN_S = 3.0
TOKEN_LIVES_S = 15 * 60.0
NONCE_WINDOW_S = 5 * 60.0


@attrs.define(eq=False)
class User:
    """Somebody with an account: a person, or the bot."""

    id: int
    name: str
    bot: bool = False


@attrs.define(eq=False)
class Channel:
    """A text channel of the guild, or one person's direct messages with the bot."""

    id: int
    name: str
    recipient: User | None = None
    refusal: int | None = None
    """The code that the bot gets here instead of an answer: 50001, 50013 or 50007."""
    typed: int = 0
    """How often the bot was seen typing."""
    messages: "list[Message]" = attrs.field(factory=list)


@attrs.define(eq=False)
class Media:
    """One uploaded file."""

    id: int
    channel_id: int
    filename: str
    content: bytes
    description: str | None = None


@attrs.define(eq=False)
class Interaction:
    """One command, press, option being typed or answered question, and what became of it."""

    id: int
    token: str
    type: int
    user: User
    channel: Channel
    data: Json
    at: float
    deadline: float
    """On the monotonic clock: an answer after this is too late."""
    source: "Message | None" = None
    """The message whose button was pressed."""
    opened_by: "Interaction | None" = None
    """The press whose question this answers."""
    choices: list[Json] | None = None
    """What may be chosen for the option that is being typed."""
    modal: Json | None = None
    """The question that this has opened."""
    answer_type: int | None = None
    acknowledged_at: float | None = None
    original: "Message | None" = None
    followups: "list[Message]" = attrs.field(factory=list)

    @property
    def failed(self) -> bool:
        """Whether the person was told "The application did not respond"."""
        return self.answer_type is None and time.monotonic() > self.deadline


@attrs.define(eq=False)
class Message:
    """One message as it stands now."""

    id: int
    channel: Channel
    author: User
    at: datetime
    content: str = ""
    embeds: list[Json] = attrs.field(factory=list)
    components: list[Json] = attrs.field(factory=list)
    media: list[Media] = attrs.field(factory=list)
    flags: int = 0
    audience: User | None = None
    """The only person who sees it, if it is ephemeral."""
    nonce: str | int | None = None
    reply_to: "Message | None" = None
    interaction: Interaction | None = None
    edited_at: datetime | None = None
    edits: int = 0
    deleted: bool = False
    tts: bool = False

    @property
    def loading(self) -> bool:
        """Whether it is only "thinking..." so far."""
        return bool(self.flags & LOADING)


@attrs.define
class Changes:
    """Wakes those who wait for anything to change."""

    _tick: asyncio.Event = attrs.field(factory=asyncio.Event)

    def tell(self) -> None:
        """Wake everybody."""
        self._tick.set()
        self._tick = asyncio.Event()

    async def wait_until(self, is_so: Callable[[], bool], *, within_s: float) -> bool:
        """Return whether it became so in time."""
        clock = asyncio.get_running_loop()
        end = clock.time() + within_s
        while not is_so():
            left = end - clock.time()
            if left <= 0:
                return False
            try:
                # A part of a second at most: some things become so by time alone.
                await asyncio.wait_for(self._tick.wait(), min(left, 0.05))
            except TimeoutError:
                continue
        return True


@attrs.define(eq=False)
class World:
    """Everything that outlives the bot's process."""

    cdn: str = "https://cdn.discordapp.com"
    ack_within_s: float = ACK_WITHIN_S
    token_lives_s: float = TOKEN_LIVES_S
    nonce_window_s: float = NONCE_WINDOW_S
    file_limit: int = 10 * MIB
    users: dict[int, User] = attrs.field(factory=dict)
    channels: dict[int, Channel] = attrs.field(factory=dict)
    messages: dict[int, Message] = attrs.field(factory=dict)
    media: dict[int, Media] = attrs.field(factory=dict)
    commands: dict[int, Json] = attrs.field(factory=dict)
    interactions: dict[str, Interaction] = attrs.field(factory=dict)
    nonces: dict[str, tuple[float, Message]] = attrs.field(factory=dict)
    pings: list[str] = attrs.field(factory=list)
    uploads: int = 0
    changes: Changes = attrs.field(factory=Changes)
    tell: Callable[[str, Json, Channel | None], None] = lambda _name, _data, _channel: None
    """Dispatches an event to the bot; the gateway puts itself here."""
    _last_id: int = 0
    bot: User = attrs.field(init=False)
    guild_id: int = attrs.field(init=False)
    application_id: int = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.bot = self.add_user("StationThis", bot=True)
        self.application_id = self.bot.id
        self.guild_id = self.new_id()

    def new_id(self) -> int:
        """Return a new snowflake; they grow."""
        now_ms = time.time_ns() // 1_000_000 - DISCORD_EPOCH_MS
        self._last_id = max(now_ms << 22, self._last_id + 1)
        return self._last_id

    def add_user(self, name: str, *, bot: bool = False) -> User:
        """Open an account."""
        user = User(id=self.new_id(), name=name, bot=bot)
        self.users[user.id] = user
        return user

    def add_channel(self, name: str) -> Channel:
        """Open a text channel in the guild."""
        channel = Channel(id=self.new_id(), name=name)
        self.channels[channel.id] = channel
        return channel

    def dm_with(self, user: User) -> Channel:
        """Return the direct messages between a person and the bot."""
        for channel in self.channels.values():
            if channel.recipient is user:
                return channel
        channel = Channel(id=self.new_id(), name="", recipient=user)
        self.channels[channel.id] = channel
        return channel

    def add_media(self, channel: Channel, filename: str, content: bytes) -> Media:
        """Keep a file where the CDN serves it."""
        media = Media(id=self.new_id(), channel_id=channel.id, filename=filename, content=content)
        self.media[media.id] = media
        return media

    def new_message(self, channel: Channel, author: User) -> Message:
        """Begin a message; the caller fills it, keeps it and tells."""
        return Message(id=self.new_id(), channel=channel, author=author, at=datetime.now(UTC))

    def keep(self, message: Message) -> None:
        """Put a message into its channel."""
        self.messages[message.id] = message
        message.channel.messages.append(message)

    def remove(self, message: Message) -> None:
        """Delete a message for everybody, and tell the bot."""
        message.deleted = True
        self.changes.tell()
        if message.audience is None:
            gone = {"id": str(message.id), "channel_id": str(message.channel.id)}
            if message.channel.recipient is None:
                gone["guild_id"] = str(self.guild_id)
            self.tell("MESSAGE_DELETE", gone, message.channel)

    def visible(self, channel: Channel, user: User | None) -> Iterator[Message]:
        """Return what stands in a channel for one person; for the bot if it is nobody."""
        for message in channel.messages:
            seen = message.audience is None or message.audience is user
            if seen and not message.deleted:
                yield message
