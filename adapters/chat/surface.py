"""Where cards are shown: one object a platform, never built from an update."""

from typing import NewType, Protocol

from adapters.chat.cards import Card

ReplyTo = NewType("ReplyTo", str)
"""The chat (and thread, and message) to answer to. Begins with the platform: `web:8d1f...`."""

ShownAt = NewType("ShownAt", str)
"""A message that shows a card; only its platform can read it."""


def platform_of(reply_to: str) -> str:
    """Return the platform that an address belongs to."""
    return reply_to.partition(":")[0]


class Surface(Protocol):
    """Shows cards on one platform. A platform's limits and failures end here."""

    async def send(self, to: ReplyTo, card: Card, *, key: str) -> ShownAt:
        """
        Show a card as a new message.

        `key` names the message: where the platform can, the same key again replaces it instead of
        showing it twice. Raises ServiceError when it could not be shown.
        """

    async def edit(self, to: ReplyTo, shown_at: ShownAt, card: Card) -> None:
        """Show another card in the same message. A message that is gone is no error."""

    async def finish(self, to: ReplyTo, shown_at: ShownAt, card: Card, *, key: str) -> ShownAt:
        """
        Show the end of a job in place of its waiting card, with each result uploaded once.

        `shown_at` may be empty: the waiting card was never shown. Repeated with the same key, it
        shows the end once where the platform can tell. Raises ServiceError when it could not be
        shown.
        """
