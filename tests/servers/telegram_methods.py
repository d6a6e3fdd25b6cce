"""The methods around messages: the bot itself, webhooks, commands, chats, files, buttons."""

import json
import re

from tests.servers.telegram_errors import RefusedError, Wire, bad_request
from tests.servers.telegram_files import MOST_FETCHED
from tests.servers.telegram_html import units
from tests.servers.telegram_sending import Ask
from tests.servers.telegram_state import State, Toast

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"[a-z]{2}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_MOST_COMMANDS = 100
_MOST_DESCRIPTION = 256
_MOST_TOAST = 200
_MOST_CONNECTIONS = 100
_ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)
_GIFTS = (
    "unlimited_gifts",
    "limited_gifts",
    "unique_gifts",
    "premium_subscription",
    "gifts_from_channels",
)


class Methods:
    """Whatever neither sends nor edits."""

    def __init__(self, state: State) -> None:
        self._state = state

    def get_me(self, _: Ask) -> Wire:
        return self._state.bot.wire() | {
            "can_join_groups": True,
            "can_read_all_group_messages": self._state.hears_everything,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    async def get_updates(self, ask: Ask) -> list[Wire]:
        if self._state.webhook:
            raise RefusedError(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        self._state.updates.wish(ask.values.get("allowed_updates"))
        return await self._state.updates.poll(
            offset=ask.values.get("offset", 0),
            limit=ask.values.get("limit"),
            timeout_s=ask.values.get("timeout", 0),
        )

    def set_webhook(self, ask: Ask) -> bool:
        url: str = ask.values["url"]
        if not url:
            return self.delete_webhook(ask)
        if not url.startswith("https://"):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        if not _SECRET.fullmatch(ask.values.get("secret_token", "a")):
            raise bad_request("secret token contains unallowed characters")
        if not 1 <= ask.values.get("max_connections", 1) <= _MOST_CONNECTIONS:
            raise bad_request("wrong parameter max_connections in request")
        self._state.updates.wish(ask.values.get("allowed_updates"))
        self._drop_pending(ask)
        self._state.webhook = {
            "url": url,
            "max_connections": ask.values.get("max_connections", 40),
        }
        return True

    def delete_webhook(self, ask: Ask) -> bool:
        self._drop_pending(ask)
        self._state.webhook = {}
        return True

    def _drop_pending(self, ask: Ask) -> None:
        if ask.values.get("drop_pending_updates", False):
            self._state.updates.forget()

    def get_webhook_info(self, _: Ask) -> Wire:
        told: Wire = {
            "url": "",
            "has_custom_certificate": False,
            "pending_update_count": len(self._state.updates.pending),
            **self._state.webhook,
        }
        if self._state.updates.allowed:
            told["allowed_updates"] = self._state.updates.allowed
        return told

    def _scope(self, ask: Ask) -> tuple[str, str]:
        scope: Wire = ask.values.get("scope", {"type": "default"})
        language: str = ask.values.get("language_code", "")
        if language and not _LANGUAGE.fullmatch(language):
            raise bad_request("wrong language_code specified")
        if "chat_id" in scope:
            self._state.chat(scope["chat_id"])
        return json.dumps(scope, sort_keys=True), language

    def set_my_commands(self, ask: Ask) -> bool:
        commands: list[Wire] = ask.values["commands"]
        key = self._scope(ask)
        if len(commands) > _MOST_COMMANDS:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        for each in commands:
            if not _COMMAND.fullmatch(each["command"]):
                raise bad_request("BOT_COMMAND_INVALID")
            if not 1 <= len(each["description"]) <= _MOST_DESCRIPTION:
                raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        self._state.commands[key] = commands
        return True

    def get_my_commands(self, ask: Ask) -> list[Wire]:
        return self._state.commands.get(self._scope(ask), [])

    def delete_my_commands(self, ask: Ask) -> bool:
        self._state.commands.pop(self._scope(ask), None)
        return True

    def send_chat_action(self, ask: Ask) -> bool:
        chat = self._state.open_chat(ask.values["chat_id"])
        if ask.values["action"] not in _ACTIONS:
            raise bad_request("wrong parameter action in request")
        chat.actions.append(ask.values["action"])
        chat.touch()
        return True

    def answer_callback_query(self, ask: Ask) -> bool:
        query = self._state.queries.get(ask.values["callback_query_id"])
        now = self._state.now()
        if query is None or query.answered or now - query.at > self._state.answer_within_s:
            raise bad_request(
                "query is too old and response timeout expired or query ID is invalid"
            )
        text: str = ask.values.get("text", "")
        if units(text) > _MOST_TOAST:
            raise bad_request("MESSAGE_TOO_LONG")
        query.answered = True
        alert, url = ask.values.get("show_alert", False), ask.values.get("url")
        query.user.toasts.append(Toast(query.id, text, alert=alert, url=url))
        return True

    def get_file(self, ask: Ask) -> Wire:
        found = self._state.shelf.with_id(ask.values["file_id"])
        if found is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        content = found.content()
        if len(content) > MOST_FETCHED:
            raise bad_request("file is too big")
        return {
            "file_id": found.file_id,
            "file_unique_id": found.unique_id,
            "file_size": len(content),
            "file_path": found.path,
        }

    def get_chat(self, ask: Ask) -> Wire:
        chat = self._state.chat(ask.values["chat_id"])
        return chat.wire() | {
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": dict.fromkeys(_GIFTS, False),
        }
