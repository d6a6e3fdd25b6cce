"""The people of a test: they write, press, block, and look at what the bot shows them."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from itertools import count

import attrs

from tests.servers.telegram_contract import Upload
from tests.servers.telegram_errors import Wire
from tests.servers.telegram_html import Text, spoken, units
from tests.servers.telegram_keyboard import buttons_of, data_of
from tests.servers.telegram_state import Chat, Message, Query, State, Toast, User

_QUERY_IDS = count(4_000_000_000_000_000_001)


@attrs.frozen
class Media:
    """A file as a person gets it."""

    kind: str
    data: bytes = attrs.field(repr=lambda data: f"{len(data)} bytes")
    file_name: str


@attrs.frozen(kw_only=True)
class Shown:
    """One message as a person sees it now."""

    id: int
    text: str
    entities: list[Wire]
    buttons: list[list[tuple[str, str]]]
    media: list[Media]
    edits: int
    reply_to: int | None
    album: str | None
    reactions: list[str]
    from_bot: bool

    @property
    def labels(self) -> list[str]:
        """The labels of all its buttons, row by row."""
        return [label for row in self.buttons for label, _ in row]


@attrs.define(eq=False)
class Group:
    """A group that the bot is in."""

    _state: State
    _chat_id: int

    @property
    def chat_id(self) -> int:
        """The id now: a group that became a supergroup has another one."""
        return current(self._state, self._chat_id).id

    def kick_bot(self) -> None:
        """Remove the bot; it is told of it."""
        chat = current(self._state, self._chat_id)
        set_blocked(self._state, chat, by=chat.members[0], blocked=True)

    def add_bot(self) -> None:
        """Let the bot in again; it is told of it."""
        chat = current(self._state, self._chat_id)
        set_blocked(self._state, chat, by=chat.members[0], blocked=False)


def current(state: State, chat_id: int) -> Chat:
    """Return a chat, wherever it has moved to."""
    chat = state.chats[chat_id]
    while chat.moved_to is not None:
        chat = state.chats[chat.moved_to]
    return chat


def set_blocked(state: State, chat: Chat, *, by: User, blocked: bool) -> None:
    """Shut the bot out of a chat or let it in, and tell it."""
    if chat.blocked == blocked:
        return
    chat.blocked = blocked
    bot = state.bot.wire()
    inside: Wire = {"status": "member", "user": bot}
    outside: Wire = {"status": "kicked", "user": bot, "until_date": 0}
    state.updates.add(
        "my_chat_member",
        {
            "chat": chat.wire(),
            "from": by.wire(),
            "date": state.today(),
            "old_chat_member": inside if blocked else outside,
            "new_chat_member": outside if blocked else inside,
        },
    )


@attrs.define(eq=False)
class Person:
    """Somebody in one chat: the private one with the bot, or a group."""

    _state: State
    _user: User
    _chat_id: int

    @property
    def user_id(self) -> int:
        return self._user.id

    @property
    def first_name(self) -> str:
        return self._user.first_name

    @property
    def chat_id(self) -> int:
        return self._chat.id

    @property
    def _chat(self) -> Chat:
        return current(self._state, self._chat_id)

    @property
    def messages(self) -> list[Shown]:
        """All messages as the chat stands, this person's own with them."""
        return [self._shown(each) for each in self._chat.messages.values()]

    @property
    def toasts(self) -> list[Toast]:
        """The answers to what this person pressed, in any chat."""
        return self._user.toasts

    @property
    def actions(self) -> list[str]:
        """The chat actions of this chat: `typing` and so on."""
        return self._chat.actions

    def in_group(self, group: Group) -> "Person":
        """Return the same person, speaking there."""
        chat = current(self._state, group.chat_id)
        if self._user not in chat.members:
            chat.members.append(self._user)
        return Person(self._state, self._user, chat.id)

    async def say(
        self,
        text: str = "",
        *,
        photo: bytes | None = None,
        document: bytes | None = None,
        file_name: str = "file.png",
        mime: str = "image/png",
        reply_to: int | None = None,
    ) -> int:
        """Send a message, or a file with the text as its caption; return the message's id."""
        chat = self._chat
        assert chat.is_group or not chat.blocked, "who has blocked the bot cannot write to it"
        file = None
        for kind, data in (("photo", photo), ("document", document)):
            if data is not None:
                file = self._state.shelf.keep(kind, Upload(file_name, data, mime), {})
        message = Message(
            id=self._state.new_id(chat),
            chat=chat,
            sender=self._user,
            date=self._state.today(),
            text=spoken(text),
            file=file,
            reply_to=chat.messages[reply_to] if reply_to is not None else None,
        )
        assert text or file, "a message says something"
        chat.started = True
        self._state.post(message)
        self._tell("message", message)
        return message.id

    async def edit(self, message_id: int, text: str) -> None:
        """Change an own text; the bot gets an edited_message."""
        message = self._chat.messages[message_id]
        assert message.sender is self._user, "it was somebody else's"
        message.text = spoken(text)
        message.edits += 1
        message.edit_date = self._state.today()
        self._chat.touch()
        self._tell("edited_message", message)

    async def press(self, message_id: int, label_or_data: str, times: int = 1) -> list[str]:
        """Press a button, found by its label or its data; return the ids of the queries."""
        message = self._chat.messages.get(message_id)
        assert message is not None, f"message {message_id} is gone"
        data = data_of(message.markup, label_or_data)
        assert data is not None, f"no {label_or_data!r} to press in {buttons_of(message.markup)}"
        return [await self.press_data(message_id, data) for _ in range(times)]

    async def press_data(self, message_id: int, data: str) -> str:
        """Press with any data, as a forged client can, also below a message that is gone."""
        chat = self._chat
        message = chat.messages.get(message_id)
        query = Query(str(next(_QUERY_IDS)), self._user, self._state.now())
        self._state.queries[query.id] = query
        gone: Wire = {"chat": chat.wire(), "message_id": message_id, "date": 0}
        told: Wire = {
            "id": query.id,
            "from": self._user.wire(),
            "message": gone if message is None else message.wire(),
            "chat_instance": str(abs(chat.id) * 7919),
            "data": data,
        }
        if not chat.blocked:
            self._state.updates.add("callback_query", told)
        return query.id

    def block(self) -> None:
        """Block the bot; it is told of it."""
        set_blocked(self._state, self._chat, by=self._user, blocked=True)

    def unblock(self) -> None:
        """Let the bot write again; it is told of it."""
        set_blocked(self._state, self._chat, by=self._user, blocked=False)

    def delete(self, message_id: int) -> None:
        """Delete a message for both sides; the bot is not told."""
        del self._chat.messages[message_id]
        self._chat.touch()

    async def see(self, predicate: Callable[[Shown], bool], within_s: float = 10) -> Shown:
        """Return the newest message of the bot that is so, as soon as there is one."""
        return await self.see_any(lambda shown: shown.from_bot and predicate(shown), within_s)

    async def see_any(self, predicate: Callable[[Shown], bool], within_s: float = 10) -> Shown:
        """Return the newest message that is so, whoever wrote it."""
        clock = asyncio.get_running_loop()
        end_s = clock.time() + within_s
        while True:
            changed = self._chat.changed
            for shown in reversed(self.messages):
                if predicate(shown):
                    return shown
            left_s = end_s - clock.time()
            if left_s <= 0:
                raise AssertionError(f"not seen within {within_s} s; there is {self.messages}")
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), left_s)

    def _tell(self, kind: str, message: Message) -> None:
        if not message.chat.blocked and self._is_heard(message):
            self._state.updates.add(kind, message.wire())

    def _is_heard(self, message: Message) -> bool:
        """Whether privacy mode lets the bot have it: commands, mentions, replies to the bot."""
        if not message.chat.is_group or self._state.hears_everything:
            return True
        if message.reply_to is not None and message.reply_to.sender is self._state.bot:
            return True
        name = f"@{self._state.bot.username}".lower()
        return any(
            said.lower() == name or (said.startswith("/") and self._is_ours(said, name))
            for said in _spoken_parts(message.text)
        )

    @staticmethod
    def _is_ours(command: str, name: str) -> bool:
        return "@" not in command or command.lower().endswith(name)

    def _shown(self, message: Message) -> Shown:
        file = message.file
        return Shown(
            id=message.id,
            text=message.text.plain,
            entities=list(message.text.entities),
            buttons=buttons_of(message.markup),
            media=[Media(file.kind, file.data, file.name)] if file else [],
            edits=message.edits,
            reply_to=message.reply_to.id if message.reply_to else None,
            album=message.more.get("media_group_id"),
            reactions=[str(each.get("emoji", "")) for each in message.reactions],
            from_bot=message.sender is self._state.bot,
        )


def _spoken_parts(text: Text) -> list[str]:
    """Return what the entities of a text cover."""
    raw = text.plain.encode("utf-16-le")
    return [
        raw[each["offset"] * 2 : (each["offset"] + each["length"]) * 2].decode("utf-16-le")
        for each in text.entities
        if units(text.plain) >= each["offset"] + each["length"]
    ]
