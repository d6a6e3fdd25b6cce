"""Which handler, which bucket and which key belong to which route."""

import re
from collections.abc import Mapping

import attrs

from tests.servers import discord_application as application
from tests.servers import discord_messages as messages
from tests.servers import discord_webhooks as webhooks
from tests.servers.discord_asked import Answer, Asked, Handler
from tests.servers.discord_buckets import Key
from tests.servers.discord_world import World


@attrs.frozen(kw_only=True)
class Route:
    """One operation of the API."""

    method: str
    template: str
    handler: Handler
    bucket: str = ""
    secret: bool = True
    """Whether the bot's token is needed."""

    pattern: re.Pattern[str] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        parts = re.split(r"\{(\w+)\}", self.template)
        object.__setattr__(self, "pattern", re.compile("".join(_patterns(parts))))

    @property
    def by_token(self) -> bool:
        """Whether an interaction's token opens it: then the bot's own limits do not count."""
        return self.template.startswith(("/interactions/", "/webhooks/"))

    def key(self, parameters: Mapping[str, str]) -> Key:
        """Return the bucket of one request."""
        major = parameters.get("channel_id") or parameters.get("webhook_token") or ""
        return Key(self.bucket or f"{self.method} {self.template}", major)


def _patterns(parts: list[str]) -> list[str]:
    """Return the pattern of a template: ids are numbers, tokens are whatever they are."""
    found = []
    for at, part in enumerate(parts):
        if at % 2 == 0:
            found.append(re.escape(part))
        else:
            found.append(f"(?P<{part}>" + (r"[^/]+" if part.endswith("token") else r"\d+") + ")")
    return found


def _elsewhere(_world: World, _asked: Asked) -> Answer:
    raise AssertionError("the front answers this itself")


CHANNEL = "/channels/{channel_id}"
COMMANDS = "/applications/{application_id}/commands"
WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"


def _route(operation: str, handler: Handler, *, bucket: str = "", secret: bool = True) -> Route:
    method, _, template = operation.partition(" ")
    return Route(method=method, template=template, handler=handler, bucket=bucket, secret=secret)


def _webhook(operation: str, handler: Handler) -> Route:
    return _route(operation, handler, bucket="webhook", secret=False)


ROUTES = (
    _route("GET /gateway", _elsewhere, secret=False),
    _route("GET /gateway/bot", _elsewhere),
    _route("GET /users/@me", application.get_me),
    _route("GET /users/{user_id}", application.get_user),
    _route("GET /oauth2/applications/@me", application.get_application),
    _route("GET /applications/@me", application.get_application),
    _route(f"GET {COMMANDS}", application.list_commands),
    _route(f"PUT {COMMANDS}", application.put_commands),
    _route(f"POST {COMMANDS}", application.post_command),
    _route(f"GET {COMMANDS}/{{command_id}}", application.get_command),
    _route(f"PATCH {COMMANDS}/{{command_id}}", application.patch_command),
    _route(f"DELETE {COMMANDS}/{{command_id}}", application.delete_command),
    _route(f"POST {CALLBACK}", webhooks.answer_interaction, secret=False),
    _webhook(f"POST {WEBHOOK}", webhooks.follow_up),
    _webhook(f"GET {WEBHOOK}/messages/@original", webhooks.get_followup),
    _webhook(f"PATCH {WEBHOOK}/messages/@original", webhooks.edit_followup),
    _webhook(f"DELETE {WEBHOOK}/messages/@original", webhooks.delete_followup),
    _webhook(f"GET {WEBHOOK}/messages/{{message_id}}", webhooks.get_followup),
    _webhook(f"PATCH {WEBHOOK}/messages/{{message_id}}", webhooks.edit_followup),
    _webhook(f"DELETE {WEBHOOK}/messages/{{message_id}}", webhooks.delete_followup),
    _route("POST /users/@me/channels", messages.open_dm),
    _route(f"GET {CHANNEL}", messages.get_channel),
    _route(f"POST {CHANNEL}/typing", messages.start_typing),
    _route(f"GET {CHANNEL}/messages", messages.list_messages),
    _route(f"POST {CHANNEL}/messages", messages.create_message, bucket="message_create"),
    _route(f"GET {CHANNEL}/messages/{{message_id}}", messages.get_message),
    _route(
        f"PATCH {CHANNEL}/messages/{{message_id}}", messages.edit_message, bucket="message_edit"
    ),
    _route(f"DELETE {CHANNEL}/messages/{{message_id}}", messages.delete_message),
)
