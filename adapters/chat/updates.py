"""What a person did, whatever the platform: a message or the press of a button."""

import hashlib
import hmac
from enum import StrEnum
from typing import Protocol

import attrs

from adapters.chat.surface import ReplyTo, Surface
from core.media.model import MediaRef
from core.sessions.model import Identity
from core.shared.errors import StationError


def update_id(secret: str, *names: str | int) -> str:
    """
    Return the id of what the platform calls by these names: the same for a repeat.

    Nobody can guess it who does not know our secret.
    """
    name = "\n".join(map(str, names)).encode(errors="replace")
    return hmac.digest(secret.encode(), name, hashlib.sha256).hex()[:32]


class Hears(StrEnum):
    """What we hear in a chat beside commands and buttons."""

    ALL = "all"
    """Whatever is said: the chat is the person's own."""
    REPLIES = "replies"
    """What is said in reply to a message of ours."""
    NOTHING = "nothing"


@attrs.frozen(kw_only=True)
class ChatUpdate:
    """
    One message or one press.

    `id` is 32 hexadecimal characters, unguessable, and the same when the platform sends the same
    update again: the job that the update starts has this id, so a repeat cannot start a second one.
    """

    id: str
    sender: Identity
    reply_to: ReplyTo
    text: str = ""
    images: tuple[MediaRef, ...] = ()
    image_inputs: tuple[str, ...] = ()
    """The inputs that the first images are for, where a platform asks for each by its name."""
    hears: Hears = Hears.ALL
    is_answer: bool = False
    """A reply to a message of ours where we hear nothing else: it counts if we asked something."""
    trouble: StationError | None = None
    """Why an attachment could not be taken; the conversation answers with it."""
    action: str | None = None
    """The pressed button's action as text, or None for a message."""
    message: str = ""
    """The message whose button was pressed, as the platform names it."""


class UpdateHandler(Protocol):
    """Takes updates: the conversation, or what a test puts in its place."""

    async def handle(self, update: ChatUpdate, surface: Surface) -> None:
        """Answer one update on its surface. Never raises."""
