"""
A third front, of an afternoon: cards are text, lines are messages, a number presses a button.

Run it with `python -m tests.adapters.console.console`: it brings a service of its own.
"""

import asyncio
import contextlib
import secrets
import sys
from collections.abc import Callable, Iterator
from typing import TextIO

from adapters.chat.actions import encode
from adapters.chat.cards import Button, Card, Tone, bar
from adapters.chat.surface import ReplyTo, ShownAt, Surface
from adapters.chat.updates import ChatUpdate, UpdateHandler
from composition.access import Listen
from composition.config import Config
from composition.container import Container
from composition.demo import emulated
from composition.run import talking, working
from core.sessions.model import Identity
from infrastructure.log_setup import set_up_logs


class ConsoleSurface(Surface):
    """Shows one person's cards as text, their buttons numbered through, and takes their lines."""

    def __init__(
        self, person: str = "somebody", *, changed: Callable[[], None] = lambda: None
    ) -> None:
        self._person = Identity("console", person)
        self._address = ReplyTo(str(self._person))
        self._cards: dict[tuple[ReplyTo, str], Card] = {}
        self._changed = changed

    @property
    def screen(self) -> str:
        """What the person sees: every card as it stands, oldest first."""
        numbers = iter(range(1, 1 + len(self._buttons())))
        mine = self.cards(self._address)
        return "\n\n".join("\n".join(_lines(card, numbers)) for card in mine)

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is under way any more."""
        return all(card.tone is not Tone.WORKING for card in self.cards(self._address))

    def cards(self, to: ReplyTo) -> list[Card]:
        """Return a chat's cards as they stand, oldest first."""
        return [card for (chat, _), card in self._cards.items() if chat == to]

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
        self._changed()
        return ShownAt(key)

    async def edit(self, to: ReplyTo, shown_at: ShownAt, card: Card) -> None:
        if (to, shown_at) in self._cards:
            await self.send(to, card, key=shown_at)

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
    if card.progress:
        yield bar(card.progress)
    yield from (f"<{each.kind.value} {each.id}>" for each in card.media)
    for row in card.buttons:
        yield "  ".join(f"[{next(numbers)}] {button.label}" for button in row)


async def talk(lines_in: TextIO, out: TextIO, container: Container) -> None:
    """Take lines until there are no more, and draw the screen anew with each change of it."""
    changed = asyncio.Event()

    def draw() -> None:
        out.write(f"{surface.screen}\n{'-' * 60}\n")
        out.flush()
        changed.set()

    surface = ConsoleSurface(changed=draw)
    container.surfaces.add_kwargs(console=surface)
    async with working(container), talking(container):
        while line := await asyncio.to_thread(lines_in.readline):
            await surface.hear(line.rstrip("\n"), container.conversation())
        while not surface.is_at_rest:
            changed.clear()
            await changed.wait()


async def main() -> None:
    """Talk on standard input and output, with everything in memory; the log is on stderr."""
    set_up_logs("WARNING", json=False, secrets=())
    async with contextlib.AsyncExitStack() as stack:
        config = Config(database_url="memory:", private_listen=Listen("127.0.0.1", 0))
        config = await emulated(config, fast=True, stack=stack)
        container = Container(config=config, owner="worker:console")
        container.secret.override(secrets.token_hex(32))  # else the data folder is made, for its
        await talk(sys.stdin, sys.stdout, container)


if __name__ == "__main__":
    asyncio.run(main())
