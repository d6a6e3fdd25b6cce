"""Where cards are shown: one object a platform, never built from an update."""

from typing import NewType, Protocol

from adapters.chat.cards import Card
from core.shared.errors import ServiceError
from core.shared.ids import ChatId

ReplyTo = NewType("ReplyTo", str)
"""The chat (and thread, and message) to answer to. Begins with the platform: `web:8d1f...`."""

ShownAt = NewType("ShownAt", str)
"""A message that shows a card; only its platform can read it."""


def platform_of(reply_to: str) -> str:
    """Return the platform that an address belongs to."""
    return reply_to.partition(":")[0]


def chat_of(reply_to: str) -> ChatId:
    """Return the chat that an address lies in: `telegram:-100123`, whatever the message."""
    platform, _, rest = reply_to.partition(":")
    return ChatId(f"{platform}:{rest.partition(':')[0]}")


class NotShownError(ServiceError):
    """
    The platform did not show it, but may later: not before `wait_s` seconds, if it said so.

    `str()` is for the log.
    """

    code = "chat.not_shown"

    def __init__(self, text: str, *, wait_s: float = 0.0) -> None:
        super().__init__(text)
        self.wait_s = wait_s

    @property
    def user_message(self) -> str:
        return "This cannot be shown here just now. Please try again in a minute."


class ChatClosedError(NotShownError):
    """Nobody can be reached there: blocked, thrown out, or gone. To try again would be in vain."""

    code = "chat.closed"


class MessageGoneError(NotShownError):
    """The message that was to be edited is not there any more."""

    code = "chat.message_gone"


class FilesRefusedError(NotShownError):
    """The platform does not take the files, or not as what they were sent as."""

    code = "chat.files_refused"


class Surface(Protocol):
    """Shows cards on one platform. A platform's limits and failures end here."""

    first_edit_s: float = 1.2
    """How long after a job's first change its card is edited first."""

    async def send(self, to: ReplyTo, card: Card, *, key: str) -> ShownAt:
        """
        Show a card as a new message.

        `key` names the message: where the platform can, the same key again replaces it instead of
        showing it twice. Raises NotShownError.
        """

    async def edit(self, to: ReplyTo, shown_at: ShownAt, card: Card) -> None:
        """
        Show another card in the same message. A message that is gone is no error.

        An edit never waits in line: raises NotShownError when there is no room for it now.
        """

    async def finish(self, to: ReplyTo, shown_at: ShownAt, card: Card, *, key: str) -> ShownAt:
        """
        Show the end of a job in place of its waiting card, with each result uploaded once.

        `shown_at` may be empty: the waiting card was never shown. Repeated with the same key, it
        shows the end once where the platform can tell. Raises NotShownError.
        """
