"""Surfaces that are slow, or broken."""

import asyncio

from adapters.chat.cards import Card
from adapters.chat.surface import ReplyTo, ShownAt
from tests.fakes.surface import RecordingSurface


class HeldSurface(RecordingSurface):
    """Holds back the orders of a kind until a test lets them go. `arrived` are all, held or not."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived: list[tuple[str, ReplyTo]] = []
        self._gates: dict[tuple[str, ReplyTo], asyncio.Event] = {}

    def hold(self, order: str, to: ReplyTo) -> None:
        """Hold back `send`, `edit` or `finish` in one chat from now on."""
        self._gates[order, to] = asyncio.Event()

    def let_go(self, order: str, to: ReplyTo) -> None:
        """Let go what waits, and what comes."""
        self._gates.pop((order, to)).set()

    async def send(self, to: ReplyTo, card: Card, *, key: str) -> ShownAt:
        await self._pass("send", to)
        return await super().send(to, card, key=key)

    async def edit(self, to: ReplyTo, shown_at: ShownAt, card: Card) -> None:
        await self._pass("edit", to)
        await super().edit(to, shown_at, card)

    async def finish(self, to: ReplyTo, shown_at: ShownAt, card: Card, *, key: str) -> ShownAt:
        await self._pass("finish", to)
        return await super().finish(to, shown_at, card, key=key)

    async def _pass(self, order: str, to: ReplyTo) -> None:
        self.arrived.append((order, to))
        gate = self._gates.get((order, to))
        if gate is not None:
            await gate.wait()


class BrokenSurface(RecordingSurface):
    """Has a bug: it raises what no surface may raise, until it is `mended`."""

    def __init__(self) -> None:
        super().__init__()
        self.mended = False

    async def send(self, to: ReplyTo, card: Card, *, key: str) -> ShownAt:
        self._break()
        return await super().send(to, card, key=key)

    async def edit(self, to: ReplyTo, shown_at: ShownAt, card: Card) -> None:
        self._break()
        await super().edit(to, shown_at, card)

    async def finish(self, to: ReplyTo, shown_at: ShownAt, card: Card, *, key: str) -> ShownAt:
        self._break()
        return await super().finish(to, shown_at, card, key=key)

    def _break(self) -> None:
        if not self.mended:
            raise KeyError("a renderer's bug")
