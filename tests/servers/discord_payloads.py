"""The JSON that Discord shows of what it holds."""

import io
import mimetypes
from collections.abc import Iterable

from PIL import Image

from tests.servers.discord_world import (
    EPHEMERAL,
    LOADING,
    Channel,
    Interaction,
    Json,
    Media,
    Message,
    User,
    World,
)

JOINED = "2024-01-01T00:00:00.000000+00:00"
ALL_PERMISSIONS = str((1 << 53) - 1)
DAY_HEX = "7fffffff"


def user(who: User) -> Json:
    """Return a user as others see it."""
    shown: Json = {
        "id": str(who.id),
        "username": who.name,
        "avatar": None,
        "discriminator": "0",
        "public_flags": 0,
        "flags": 0,
        "global_name": None if who.bot else who.name.capitalize(),
        "primary_guild": None,
    }
    if who.bot:
        shown["bot"] = True
    return shown


def own_user(who: User) -> Json:
    """Return the bot as it sees itself."""
    own = user(who)
    del own["primary_guild"]
    return {**own, "mfa_enabled": True, "locale": "en-US", "verified": True, "email": None}


def member(who: User) -> Json:
    """Return somebody's membership in the guild, without the user."""
    return {
        "roles": [],
        "joined_at": JOINED,
        "deaf": False,
        "mute": False,
        "pending": False,
        "flags": 0,
        "nick": None,
        "avatar": None,
        "banner": None,
        "premium_since": None,
        "communication_disabled_until": None,
        "unusual_dm_activity_until": None,
        "user": user(who),
    }


def channel(world: World, place: Channel) -> Json:
    """Return a channel."""
    shown: Json = {"id": str(place.id), "flags": 0, "last_message_id": None}
    if place.recipient is not None:
        return {**shown, "type": 1, "recipients": [user(place.recipient)]}
    return {
        **shown,
        "type": 0,
        "guild_id": str(world.guild_id),
        "name": place.name,
        "position": 0,
        "permission_overwrites": [],
        "nsfw": False,
        "topic": None,
        "parent_id": None,
        "rate_limit_per_user": 0,
    }


def guild(world: World) -> Json:
    """Return the guild as GUILD_CREATE shows it."""
    everyone = {
        "id": str(world.guild_id),
        "name": "@everyone",
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "icon": None,
        "unicode_emoji": None,
        "position": 0,
        "permissions": ALL_PERMISSIONS,
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }
    nothing = (
        "icon splash discovery_splash banner description afk_channel_id application_id "
        "system_channel_id rules_channel_id public_updates_channel_id vanity_url_code "
        "safety_alerts_channel_id widget_channel_id max_presences incidents_data hub_type"
    )
    zero = (
        "verification_level default_message_notifications explicit_content_filter mfa_level "
        "nsfw_level premium_tier premium_subscription_count system_channel_flags"
    )
    empty = (
        "emojis features stickers voice_states threads presences stage_instances "
        "guild_scheduled_events soundboard_sounds"
    )
    people = [who for who in world.users.values() if not who.bot]
    return {
        "id": str(world.guild_id),
        "name": "The Station",
        "owner_id": str((people or [world.bot])[0].id),
        "afk_timeout": 300,
        "widget_enabled": False,
        "max_members": 500000,
        "max_video_channel_users": 25,
        "max_stage_video_channel_users": 50,
        "preferred_locale": "en-US",
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "roles": [everyone],
        "joined_at": JOINED,
        "large": False,
        "unavailable": False,
        "member_count": len(world.users),
        "members": [member(world.bot)],
        "channels": [
            channel(world, each) for each in world.channels.values() if each.recipient is None
        ],
        **dict.fromkeys(nothing.split()),
        **dict.fromkeys(zero.split(), 0),
        **{each: [] for each in empty.split()},
    }


def media(world: World, file: Media) -> Json:
    """Return an attachment; the size of a picture is told."""
    path = f"/attachments/{file.channel_id}/{file.id}/{file.filename}"
    url = f"{world.cdn}{path}?ex={DAY_HEX}&is={file.id:x}&hm={len(file.content):x}"
    shown: Json = {
        "id": str(file.id),
        "filename": file.filename,
        "size": len(file.content),
        "url": url,
        "proxy_url": url,
    }
    if kind := mimetypes.guess_type(file.filename)[0]:
        shown["content_type"] = kind
    if file.description is not None:
        shown["description"] = file.description
    if kind and kind.startswith("image/"):
        try:
            with Image.open(io.BytesIO(file.content)) as picture:
                shown["width"], shown["height"] = picture.size
        except (OSError, ValueError):
            pass  # Not a picture, whatever its name: no size is told.
    return shown


def components(rows: Iterable[Json]) -> list[Json]:
    """Return rows of buttons, numbered as Discord numbers them."""
    shown: list[Json] = []
    number = 0
    for row in rows:
        number += 1
        new_row: Json = {"type": 1, "id": number, "components": []}
        for button in row["components"]:
            number += 1
            kept = {key: value for key, value in button.items() if value is not None}
            new_row["components"].append({**kept, "id": number})
        shown.append(new_row)
    return shown


def embed(world: World, given: Json, files: Iterable[Media]) -> Json:
    """Return an embed; pictures that are attached get their address."""
    shown = {key: value for key, value in given.items() if value is not None}
    shown["type"] = "rich"
    for place in ("image", "thumbnail"):
        url = (shown.get(place) or {}).get("url", "")
        for file in files:
            if url == f"attachment://{file.filename}":
                told = media(world, file)
                sizes = {key: told[key] for key in ("width", "height") if key in told}
                shown[place] = {"url": told["url"], "proxy_url": told["proxy_url"], **sizes}
    if "fields" in shown:
        shown["fields"] = [
            {"inline": False, **{k: v for k, v in each.items() if v is not None}}
            for each in shown["fields"]
        ]
    return shown


def _caused_by(interaction: Interaction) -> Json:
    caused: Json = {
        "id": str(interaction.id),
        "type": interaction.type,
        "user": user(interaction.user),
        "authorizing_integration_owners": {"0": "0"},
    }
    if interaction.type == 2:
        caused["name"] = interaction.data["name"]
    elif interaction.opened_by is not None:
        caused["triggering_interaction_metadata"] = _caused_by(interaction.opened_by)
    elif interaction.source is not None:
        caused["interacted_message_id"] = str(interaction.source.id)
    return caused


def message(world: World, shown: Message, *, reference: bool = True) -> Json:
    """Return a message."""
    body: Json = {
        "id": str(shown.id),
        "type": 0,
        "channel_id": str(shown.channel.id),
        "author": user(shown.author),
        "content": shown.content,
        "timestamp": shown.at.isoformat(),
        "edited_timestamp": shown.edited_at.isoformat() if shown.edited_at else None,
        "tts": shown.tts,
        "pinned": False,
        "mention_everyone": "@everyone" in shown.content,
        "mentions": [user(who) for who in mentioned(world, shown)],
        "mention_roles": [],
        "attachments": [media(world, each) for each in shown.media],
        "embeds": [embed(world, each, shown.media) for each in shown.embeds],
        "components": components(shown.components),
        "flags": shown.flags,
    }
    if shown.nonce is not None:
        body["nonce"] = shown.nonce
    if shown.interaction is not None:
        body["type"] = 20 if shown.interaction.type == 2 else 0
        body["interaction_metadata"] = _caused_by(shown.interaction)
        body["application_id"] = str(world.application_id)
        body["webhook_id"] = str(world.application_id)
    if shown.reply_to is not None and reference:
        body["type"] = 19
        body["message_reference"] = {
            "type": 0,
            "message_id": str(shown.reply_to.id),
            "channel_id": str(shown.channel.id),
        }
        kept = not shown.reply_to.deleted
        body["referenced_message"] = (
            message(world, shown.reply_to, reference=False) if kept else None
        )
    return body


def mentioned(world: World, shown: Message) -> list[User]:
    """Return whom a message names; a reply of a person names whom it answers."""
    named = [
        who
        for who in world.users.values()
        if f"<@{who.id}>" in shown.content or f"<@!{who.id}>" in shown.content
    ]
    if shown.reply_to is not None and not shown.author.bot:
        named += [each for each in (shown.reply_to.author,) if each not in named]
    return named


def message_event(world: World, shown: Message) -> Json:
    """Return a message as MESSAGE_CREATE and MESSAGE_UPDATE show it."""
    body = message(world, shown)
    if shown.channel.recipient is None:
        body["guild_id"] = str(world.guild_id)
        told = member(shown.author)
        del told["user"]
        body["member"] = told
    return body


def interaction_event(world: World, told: Interaction) -> Json:
    """Return an interaction as INTERACTION_CREATE shows it."""
    place = told.channel
    body: Json = {
        "id": str(told.id),
        "application_id": str(world.application_id),
        "type": told.type,
        "token": told.token,
        "version": 1,
        "data": told.data,
        "channel": channel(world, place),
        "channel_id": str(place.id),
        "locale": "en-US",
        "app_permissions": ALL_PERMISSIONS,
        "entitlements": [],
        "entitlement_sku_ids": [],
        "authorizing_integration_owners": {"0": "0" if place.recipient else str(world.guild_id)},
        "context": 1 if place.recipient else 0,
        "attachment_size_limit": world.file_limit,
    }
    if place.recipient is None:
        body["guild_id"] = str(world.guild_id)
        body["guild_locale"] = "en-US"
        body["guild"] = {"id": str(world.guild_id), "locale": "en-US", "features": []}
        body["member"] = {**member(told.user), "permissions": ALL_PERMISSIONS}
    else:
        body["user"] = user(told.user)
    if told.source is not None:
        body["message"] = message(world, told.source)
    return body


def callback(world: World, told: Interaction) -> Json:
    """Return the answer to an interaction's callback."""
    about: Json = {"id": str(told.id), "type": told.type}
    original = told.original
    if original is not None:
        about["response_message_id"] = str(original.id)
        about["response_message_loading"] = bool(original.flags & LOADING)
        about["response_message_ephemeral"] = bool(original.flags & EPHEMERAL)
    body: Json = {"interaction": about}
    if told.answer_type in (4, 7) and original is not None:
        body["resource"] = {"type": told.answer_type, "message": message(world, original)}
    return body
