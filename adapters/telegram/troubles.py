"""Telegram's errors as ours: what may come later, what never will, and what is no trouble."""

import contextlib
import re
from collections.abc import Iterator

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from adapters.chat.surface import (
    ChatClosedError,
    FilesRefusedError,
    MessageGoneError,
    NotShownError,
)

AS_IT_SHOULD_BE = ("not modified", "there is no text in the message to edit")
"""The second: the result is there already, and a late edit must not cover it."""

GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")
TOPIC_GONE = "message thread not found"
CLOSED = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "not enough rights",
    "have no rights",
    "topic_closed",
    "topic_deleted",
    "chat_restricted",
    "user_is_blocked",
    "need administrator rights",
    "chat_write_forbidden",
    "chat_send_photos_forbidden",
)
FILE_REFUSED = (
    "photo_",
    "image_process_failed",
    "wrong type of the web page content",
    "wrong file identifier",
    "group send failed",
)
"""As the texts begin that refuse a picture which would do as a document."""

_IN_AN_ALBUM = re.compile(r'failed to send message .*? error message "(?:bad request: )?(.+)"')
"""An album is refused for one of its files, in whose own words."""


class TopicGoneError(NotShownError):
    """The topic of the group is not there any more; the group is."""

    code = "chat.topic_gone"


class TooLargeError(FilesRefusedError):
    """The files are too many bytes for one call."""

    code = "chat.too_large"


class ChatMovedError(NotShownError):
    """The group has become a supergroup, with another number."""

    code = "chat.moved"

    def __init__(self, text: str, *, chat: int = 0) -> None:
        super().__init__(text)
        self.chat = chat


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Turn the library's errors into ours. A message that is as it should be is no error."""
    try:
        yield
    except TelegramError as error:
        ours = _ours(error)
        if ours is not None:
            raise ours from error


def _ours(error: TelegramError) -> NotShownError | None:
    match error:
        case RetryAfter():
            return NotShownError("429", wait_s=seconds_of(error))
        case ChatMigrated():
            return ChatMovedError("the group has moved", chat=error.new_chat_id)
        case Forbidden():
            return ChatClosedError(error.message)
        case BadRequest():
            return _of_refusal(error.message)
        case NetworkError() if "too large" in error.message.lower():
            return TooLargeError(error.message)
        case _:
            return NotShownError(f"{type(error).__name__}: {error.message}")


def _of_refusal(message: str) -> NotShownError | None:
    text = message.lower()
    if inner := _IN_AN_ALBUM.search(text):
        text = inner[1]
    if any(each in text for each in AS_IT_SHOULD_BE):
        return None
    if TOPIC_GONE in text:
        return TopicGoneError(message)
    if any(each in text for each in GONE):
        return MessageGoneError(message)
    if any(each in text for each in CLOSED):
        return ChatClosedError(message)
    return (FilesRefusedError if text.startswith(FILE_REFUSED) else NotShownError)(message)


def seconds_of(error: RetryAfter) -> float:
    """Return how long Telegram wants us to be silent."""
    wait = error.retry_after
    return wait if isinstance(wait, int) else wait.total_seconds()
