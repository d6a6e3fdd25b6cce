"""Somebody who is shown everything and keeps it."""

from adapters.chat.cards import Card
from adapters.chat.surface import ReplyTo, ShownAt, Surface
from core.shared.errors import StationError


class RecordingSurface(Surface):
    """
    Keeps the card that each message shows, in the order in which the messages began.

    `calls` are all orders, oldest first. After `fail_with` nothing can be shown, until `heal`.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, ReplyTo, str, Card]] = []
        self._shown: dict[tuple[ReplyTo, str], Card] = {}
        self._failure: StationError | None = None

    def fail_with(self, failure: StationError) -> None:
        """Show nothing from now on."""
        self._failure = failure

    def heal(self) -> None:
        """Show again."""
        self._failure = None

    def cards(self, to: ReplyTo) -> list[Card]:
        """Return the cards as they stand in one chat."""
        return [card for (chat, _), card in self._shown.items() if chat == to]

    def card(self, to: ReplyTo, message: str) -> Card:
        """Return the card that a message shows. Raises KeyError when there is no such message."""
        return self._shown[to, message]

    async def send(self, to: ReplyTo, card: Card, *, key: str) -> ShownAt:
        self._show("send", to, key, card)
        return ShownAt(key)

    async def edit(self, to: ReplyTo, shown_at: ShownAt, card: Card) -> None:
        self._show("edit", to, shown_at, card)

    async def finish(self, to: ReplyTo, shown_at: ShownAt, card: Card, *, key: str) -> ShownAt:
        message = shown_at or ShownAt(key)
        self._show("finish", to, message, card)
        return message

    def _show(self, order: str, to: ReplyTo, message: str, card: Card) -> None:
        self.calls.append((order, to, message, card))
        if self._failure is not None:
            raise self._failure
        if message:
            self._shown[to, message] = card
