"""What people said and pressed, out of Telegram's updates."""

import re
from collections import OrderedDict

import attrs
from telegram import Bot, CallbackQuery, Document, Message, PhotoSize
from telegram.constants import ChatType

from adapters.chat.surface import ReplyTo, ShownAt
from adapters.chat.updates import Hears
from core.sessions.model import Identity

PLATFORM = "telegram"
_ALBUMS = 1_000
"""So many are remembered: the pictures of one come within seconds."""

_COMMAND = re.compile(r"/[^\s@/]+(?:@(\w+))?")
_ADDRESS = re.compile(rf"{PLATFORM}:(-?\d+)(?::(\d+))?(?::(\d+))?")


@attrs.frozen
class Address:
    """A chat, the topic in it, and the message that is answered; 0 for none."""

    chat: int
    topic: int = 0
    message: int = 0

    @classmethod
    def read(cls, reply_to: ReplyTo) -> "Address":
        """Return the address of its text. Raises ValueError for what is none."""
        found = _ADDRESS.fullmatch(reply_to)
        if found is None:
            raise ValueError(f"not an address of Telegram: {reply_to[:64]!r}")
        return cls(*(int(part or 0) for part in found.groups()))

    @property
    def reply_to(self) -> ReplyTo:
        """The address as text."""
        return ReplyTo(f"{PLATFORM}:{self.chat}:{self.topic}:{self.message}")

    @property
    def is_group(self) -> bool:
        """Groups and channels have negative numbers."""
        return self.chat < 0


@attrs.frozen
class Place:
    """A message of ours, and its chat: a group that becomes a supergroup begins to count anew."""

    chat: int
    message: int

    @classmethod
    def read(cls, shown_at: ShownAt) -> "Place":
        """Return the place of its text."""
        chat, _, message = shown_at.partition("/")
        return cls(int(chat), int(message))

    @property
    def shown_at(self) -> ShownAt:
        """The place as text."""
        return ShownAt(f"{self.chat}/{self.message}")


@attrs.frozen(kw_only=True)
class Said:
    """A message to us: its text, and the picture that belongs to it."""

    text: str
    picture: PhotoSize | Document | None
    is_answer: bool = False
    """A reply in a group, to a message of ours: it counts only if that asked something."""


def identity_of(user_id: int) -> Identity:
    """Return the person as the core knows them."""
    return Identity(PLATFORM, str(user_id))


def address_of(message: Message) -> Address:
    """Return where a message is answered."""
    topic = message.message_thread_id if message.is_topic_message else None
    return Address(message.chat.id, topic or 0, message.message_id)


def address_of_press(query: CallbackQuery) -> Address | None:
    """Return where a press is answered, or None when it came from nowhere that we can answer."""
    if isinstance(query.message, Message):
        return address_of(query.message)
    if query.message is not None:
        return Address(query.message.chat.id, 0, query.message.message_id)
    return None


def heard_in(address: Address) -> Hears:
    """Return what we hear in a chat."""
    return Hears.REPLIES if address.is_group else Hears.ALL


class Albums:
    """Tells the first picture of an album from the others: each comes as a message of its own."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, int] = OrderedDict()

    def has_more_of(self, message: Message) -> bool:
        """Whether a message is a further picture of an album that we know."""
        album = message.media_group_id
        if album is None:
            return False
        first = self._known.setdefault(album, message.message_id)
        if len(self._known) > _ALBUMS:
            self._known.popitem(last=False)
        return message.message_id != first


def said_in(message: Message, *, us: Bot, albums: Albums) -> Said | None:
    """
    Return what a message says to us; None when it is not for us.

    In private chats all is for us; in groups commands are, unless they name another bot, and
    replies to us.
    """
    username = us.username
    text = message.text or message.caption or ""
    picture = _picture(message)
    # An album is its first picture, with the text, and service messages have nothing at all.
    if albums.has_more_of(message) or not (text or message.effective_attachment):
        return None
    command = _COMMAND.match(text)
    is_answer = command is None and message.chat.type != ChatType.PRIVATE
    if is_answer and not _replies_to(message, us):
        return None
    if command is not None and (command[1] or username).lower() != username.lower():
        return None
    if picture is None and message.reply_to_message is not None:
        picture = _picture(message.reply_to_message)
    return Said(text=text, picture=picture, is_answer=is_answer)


def _replies_to(message: Message, us: Bot) -> bool:
    answered = message.reply_to_message
    author = answered.from_user if answered else None
    return author is not None and author.id == us.id


def _picture(message: Message) -> PhotoSize | Document | None:
    if message.photo:
        return message.photo[-1]  # the largest comes last
    document = message.document
    return document if document and (document.mime_type or "").startswith("image/") else None
