"""What the service knows: users, chats, messages, questions of buttons. It outlives the bot."""

import asyncio
import time
from itertools import count

import attrs

from tests.servers.telegram_contract import Contract
from tests.servers.telegram_errors import RefusedError, Wire, bad_request, forbidden
from tests.servers.telegram_files import Shelf, StoredFile
from tests.servers.telegram_flood import Clock
from tests.servers.telegram_html import Text
from tests.servers.telegram_updates import Updates


@attrs.frozen
class Toast:
    """The answer to a press of a button."""

    query_id: str
    text: str
    alert: bool = False
    url: str | None = None


@attrs.define(eq=False)
class User:
    """A person, or the bot."""

    id: int
    first_name: str
    is_bot: bool = False
    username: str | None = None
    language_code: str | None = None
    toasts: list[Toast] = attrs.field(factory=list)

    def wire(self) -> Wire:
        told: Wire = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        if self.username:
            told["username"] = self.username
        if self.language_code:
            told["language_code"] = self.language_code
        return told


@attrs.define(eq=False)
class Chat:
    """A private chat or a group, with its messages as they stand."""

    id: int
    kind: str
    title: str | None = None
    user: User | None = None
    members: list[User] = attrs.field(factory=list)
    messages: dict[int, "Message"] = attrs.field(factory=dict)
    actions: list[str] = attrs.field(factory=list)
    started: bool = False
    blocked: bool = False
    moved_to: int | None = None
    changed: asyncio.Event = attrs.field(factory=asyncio.Event)

    @property
    def is_group(self) -> bool:
        return self.kind != "private"

    def wire(self) -> Wire:
        told: Wire = {"id": self.id, "type": self.kind}
        if self.user is not None:
            told["first_name"] = self.user.first_name
            if self.user.username:
                told["username"] = self.user.username
        if self.title is not None:
            told["title"] = self.title
        return told

    def touch(self) -> None:
        """Tell whoever looks at the chat that it has changed."""
        self.changed.set()
        self.changed = asyncio.Event()


@attrs.define(eq=False, kw_only=True)
class Message:
    """One message as it stands."""

    id: int
    chat: Chat
    sender: User
    date: int
    text: Text
    file: StoredFile | None = None
    markup: Wire | None = None
    reply_to: "Message | None" = None
    more: Wire = attrs.field(factory=dict)
    edits: int = 0
    edit_date: int | None = None
    reactions: list[Wire] = attrs.field(factory=list)

    def wire(self, *, with_reply: bool = True) -> Wire:
        """Return it as it is now; a replied message comes without what it replies to."""
        told: Wire = {
            "message_id": self.id,
            "from": self.sender.wire(),
            "chat": self.chat.wire(),
            "date": self.date,
            **self.more,
        }
        if self.edit_date is not None:
            told["edit_date"] = self.edit_date
        if with_reply and self.reply_to is not None:
            told["reply_to_message"] = self.reply_to.wire(with_reply=False)
        names = ("text", "entities")
        if self.file is not None:
            told |= self.file.fields()
            names = ("caption", "caption_entities")
        if self.text.plain:
            told[names[0]] = self.text.plain
        if self.text.entities:
            told[names[1]] = self.text.entities
        if self.markup is not None:
            told["reply_markup"] = self.markup
        return told


@attrs.define(eq=False)
class Query:
    """One press of a button, until it is answered."""

    id: str
    user: User
    at: float
    answered: bool = False


@attrs.define(eq=False)
class State:
    """Everything that the service keeps for one bot."""

    bot: User
    now: Clock
    contract: Contract = attrs.field(factory=Contract)
    updates: Updates = attrs.field(factory=Updates)
    shelf: Shelf = attrs.field(factory=Shelf)
    users: dict[int, User] = attrs.field(factory=dict)
    chats: dict[int, Chat] = attrs.field(factory=dict)
    queries: dict[str, Query] = attrs.field(factory=dict)
    commands: dict[tuple[str, str], list[Wire]] = attrs.field(factory=dict)
    webhook: Wire = attrs.field(factory=dict)
    hears_everything: bool = False
    answer_within_s: float = 15.0
    _ids: "count[int]" = attrs.field(factory=lambda: count(1))
    _group_ids: "dict[int, count[int]]" = attrs.field(factory=dict)

    def new_id(self, chat: Chat) -> int:
        """Return the next message id: a supergroup counts on its own, all others together."""
        if chat.kind == "supergroup":
            return next(self._group_ids.setdefault(chat.id, count(1)))
        return next(self._ids)

    def today(self) -> int:
        return int(time.time())

    def post(self, message: Message) -> Message:
        message.chat.messages[message.id] = message
        message.chat.touch()
        return message

    def chat(self, chat_id: int | str) -> Chat:
        """Return a chat that the bot knows."""
        found = self.chats.get(chat_id) if isinstance(chat_id, int) else None
        if found is None:
            raise bad_request("chat not found")
        if found.moved_to is not None:
            raise RefusedError(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=found.moved_to,
            )
        return found

    def open_chat(self, chat_id: int | str) -> Chat:
        """Return a chat that the bot may write to."""
        chat = self.chat(chat_id)
        if chat.blocked and chat.is_group:
            raise forbidden(f"bot was kicked from the {chat.kind} chat")
        if chat.blocked:
            raise forbidden("bot was blocked by the user")
        if not chat.started:
            raise forbidden("bot can't initiate conversation with a user")
        return chat

    def move(self, chat_id: int, *, to: int) -> None:
        """Make a group a supergroup, with the same people and no message yet."""
        old = self.chats[chat_id]
        if old.moved_to is None:
            old.moved_to = to
            self.chats[to] = Chat(
                to, "supergroup", title=old.title, members=old.members, started=True
            )
