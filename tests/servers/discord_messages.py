"""The routes of channels and their messages."""

import time
from datetime import UTC, datetime

from tests.servers import discord_payloads as payloads
from tests.servers import discord_rules as rules
from tests.servers.discord_asked import Answer, Asked
from tests.servers.discord_errors import DiscordError, FormError
from tests.servers.discord_world import Channel, Json, Message, World

LISTED = 50


def channel_of(world: World, asked: Asked) -> Channel:
    """Return the channel in the path. Raises DiscordError if it is unknown or closed."""
    channel = world.channels.get(int(asked.path["channel_id"]))
    if channel is None:
        raise DiscordError(10003)
    if channel.refusal is not None:
        raise DiscordError(channel.refusal)
    return channel


def message_of(world: World, asked: Asked) -> Message:
    """Return the message in the path; ephemeral ones are not to be found in channels."""
    channel = channel_of(world, asked)
    message = world.messages.get(int(asked.path["message_id"]))
    if message is None or message.deleted or message.channel is not channel or message.audience:
        raise DiscordError(10008)
    return message


def fill(world: World, message: Message, asked: Asked) -> None:
    """Put what was sent into a message. Raises DiscordError, and then nothing has changed."""
    body = asked.fields
    rules.check_message(body)
    rules.check_files(world, asked.files)
    draft = Message(id=message.id, channel=message.channel, author=message.author, at=message.at)
    draft.content = (body["content"] or "") if "content" in body else message.content
    draft.embeds = (body["embeds"] or []) if "embeds" in body else message.embeds
    draft.components = (body["components"] or []) if "components" in body else message.components
    draft.media = message.media
    draft.media = rules.wanted_media(world, draft, body=body, files=asked.files)
    rules.check_not_empty(draft)
    world.uploads += sum(each not in message.media for each in draft.media)
    message.content, message.embeds = draft.content, draft.embeds
    message.components, message.media = draft.components, draft.media


def note_pings(world: World, body: Json) -> None:
    """Remember a new message that would have rung."""
    if rules.would_ping(body):
        world.pings.append(body.get("content") or "")


def tell_new(world: World, message: Message) -> None:
    """Show a new message to everybody who may see it."""
    world.changes.tell()
    if message.audience is None:
        event = payloads.message_event(world, message)
        world.tell("MESSAGE_CREATE", event, message.channel)


def tell_edit(world: World, message: Message) -> None:
    """Show a changed message to everybody who may see it."""
    world.changes.tell()
    if message.audience is None:
        event = payloads.message_event(world, message)
        world.tell("MESSAGE_UPDATE", event, message.channel)


def edit(world: World, message: Message, asked: Asked) -> Answer:
    """Change a message, and answer with it."""
    fill(world, message, asked)
    message.edits += 1
    message.edited_at = datetime.now(UTC)
    tell_edit(world, message)
    return Answer(200, payloads.message(world, message))


def create_message(world: World, asked: Asked) -> Answer:
    """POST /channels/{channel_id}/messages."""
    channel = channel_of(world, asked)
    body = asked.fields
    nonce = body.get("nonce")
    known = _sent_before(world, nonce) if body.get("enforce_nonce") else None
    if known is not None:
        return Answer(200, payloads.message(world, known))
    message = world.new_message(channel, world.bot)
    message.nonce = nonce
    message.reply_to = _replied(world, channel, body)
    message.tts = bool(body.get("tts"))
    fill(world, message, asked)
    world.keep(message)
    if nonce is not None and body.get("enforce_nonce"):
        world.nonces[str(nonce)] = (time.monotonic(), message)
    note_pings(world, body)
    tell_new(world, message)
    return Answer(200, payloads.message(world, message))


def _sent_before(world: World, nonce: object) -> Message | None:
    at, message = world.nonces.get(str(nonce), (0.0, None))
    recent = message is not None and time.monotonic() < at + world.nonce_window_s
    return message if recent else None


def _replied(world: World, channel: Channel, body: Json) -> Message | None:
    reference = body.get("message_reference")
    if not reference:
        return None
    message = world.messages.get(int(reference["message_id"]))
    if message is not None and not message.deleted and message.channel is channel:
        return message
    if reference.get("fail_if_not_exists", True):
        raise FormError("message_reference", "Unknown message", kind="REPLIES_UNKNOWN_MESSAGE")
    return None


def get_message(world: World, asked: Asked) -> Answer:
    """GET /channels/{channel_id}/messages/{message_id}."""
    return Answer(200, payloads.message(world, message_of(world, asked)))


def list_messages(world: World, asked: Asked) -> Answer:
    """GET /channels/{channel_id}/messages: the newest first."""
    channel = channel_of(world, asked)
    before = int(asked.query.get("before", world.new_id()))
    after = int(asked.query.get("after", 0))
    found = [each for each in world.visible(channel, None) if after < each.id < before]
    count = int(asked.query.get("limit", LISTED))
    chosen = found[:count] if "after" in asked.query else found[-count:]
    return Answer(200, [payloads.message(world, each) for each in reversed(chosen)])


def edit_message(world: World, asked: Asked) -> Answer:
    """PATCH /channels/{channel_id}/messages/{message_id}: the bot's own only."""
    message = message_of(world, asked)
    if message.author is not world.bot:
        raise DiscordError(50005)
    return edit(world, message, asked)


def delete_message(world: World, asked: Asked) -> Answer:
    """DELETE /channels/{channel_id}/messages/{message_id}."""
    message = message_of(world, asked)
    if message.author is not world.bot and message.channel.recipient is not None:
        raise DiscordError(50003)
    world.remove(message)
    return Answer(204)


def get_channel(world: World, asked: Asked) -> Answer:
    """GET /channels/{channel_id}."""
    return Answer(200, payloads.channel(world, channel_of(world, asked)))


def start_typing(world: World, asked: Asked) -> Answer:
    """POST /channels/{channel_id}/typing."""
    channel_of(world, asked).typed += 1
    return Answer(204)


def open_dm(world: World, asked: Asked) -> Answer:
    """POST /users/@me/channels: the same channel every time."""
    user = world.users.get(int(asked.fields.get("recipient_id") or 0))
    if user is None or user.bot:
        raise FormError("recipient_id", "Unknown user")
    return Answer(200, payloads.channel(world, world.dm_with(user)))
