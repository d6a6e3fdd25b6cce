"""A third front, of an afternoon: cards are text, lines are messages, a number presses a button."""

import secrets
from collections.abc import Iterator

from adapters.chat.actions import encode
from adapters.chat.cards import Button, Card
from adapters.chat.surface import ReplyTo, ShownAt, Surface
from adapters.chat.updates import ChatUpdate, UpdateHandler
from core.sessions.model import Identity


class ConsoleSurface(Surface):
    """Shows one person's cards as text, their buttons numbered through, and takes their lines."""

    def __init__(self, person: str = "somebody") -> None:
        self._person = Identity("console", person)
        self._address = ReplyTo(str(self._person))
        self._cards: dict[tuple[ReplyTo, str], Card] = {}

    @property
    def screen(self) -> str:
        """What the person sees: every card as it stands, oldest first."""
        numbers = iter(range(1, 1 + len(self._buttons())))
        mine = (card for (to, _), card in self._cards.items() if to == self._address)
        return "\n\n".join("\n".join(_lines(card, numbers)) for card in mine)

    async def hear(self, line: str, conversation: UpdateHandler) -> None:
        """Take a line: the number of a button that is there, else what the person says."""
        pressed = dict(enumerate(self._buttons(), start=1)).get(
            int(line) if line.isdecimal() else 0
        )
        message, button = pressed or ("", None)
        update = ChatUpdate(
            id=secrets.token_hex(16),
            sender=self._person,
            reply_to=self._address,
            text="" if button else line,
            action=encode(button.action) if button else None,
            message=message,
        )
        await conversation.handle(update, self)

    async def send(self, to: ReplyTo, card: Card, *, key: str) -> ShownAt:
        self._cards[to, key] = card
        return ShownAt(key)

    async def edit(self, to: ReplyTo, shown_at: ShownAt, card: Card) -> None:
        if (to, shown_at) in self._cards:
            self._cards[to, shown_at] = card

    async def finish(self, to: ReplyTo, shown_at: ShownAt, card: Card, *, key: str) -> ShownAt:
        return await self.send(to, card, key=shown_at or key)

    def _buttons(self) -> list[tuple[str, Button]]:
        return [
            (message, button)
            for (to, message), card in self._cards.items()
            if to == self._address
            for row in card.buttons
            for button in row
        ]


def _lines(card: Card, numbers: Iterator[int]) -> Iterator[str]:
    yield card.plain_text
    yield from (f"<{each.kind.value} {each.id}>" for each in card.media)
    for row in card.buttons:
        yield "  ".join(f"[{next(numbers)}] {button.label}" for button in row)
