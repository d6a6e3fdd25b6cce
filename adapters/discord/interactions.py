"""
Interactions that wait for their answer.

Discord wants to hear from us within 3 s, and takes answers for 15 min. So the first card is the
acknowledgement when it comes at once; else a timer acknowledges, and the card follows.
"""

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Coroutine, Sequence
from enum import Enum, auto
from typing import TypeVar

import discord
import structlog

from adapters.chat import texts
from adapters.chat.cards import Card
from adapters.chat.surface import MessageGoneError, NotShownError, ReplyTo, ShownAt
from adapters.chat.views.pages import text_card
from adapters.discord.cards import Interaction, changed, sent
from adapters.discord.troubles import ALREADY_ACKNOWLEDGED, InteractionOverError, explained
from adapters.discord.updates import address_of, shown_at

T = TypeVar("T")
Files = Sequence[tuple[str, bytes]]

DEFERRED_AFTER_S = 0.2
TOKEN_LIVES_S = 14.5 * 60
_REMEMBERED = 5_000

log = structlog.get_logger()


class _State(Enum):
    NEW = auto()
    DEFERRED = auto()
    """A command's person sees that we are thinking."""
    ANSWERED = auto()


class OpenInteraction:
    """One interaction, from its coming until its token is worth nothing."""

    def __init__(self, interaction: Interaction, *, private: bool) -> None:
        alone = interaction.guild_id is None
        self.reply_to = address_of(interaction.channel_id, interaction.id, alone=alone)
        self.until = time.monotonic() + TOKEN_LIVES_S
        """When Discord takes no answer any more, on the monotonic clock."""
        self._interaction = interaction
        self._is_command = interaction.type is discord.InteractionType.application_command
        self._private = private
        self._state = _State.NEW
        self._turn = asyncio.Lock()
        self._timer = asyncio.create_task(self._defer_soon())

    @property
    def is_over(self) -> bool:
        """Whether Discord takes no answer any more."""
        return time.monotonic() > self.until

    def close(self) -> None:
        """Leave it as it is."""
        self._timer.cancel()

    async def show(self, card: Card, files: Files = ()) -> ShownAt:
        """
        Show a card, and return where: nowhere, if only one person can see it.

        Raises InteractionOverError when that cannot be done by the interaction, and NotShownError.
        """
        async with self._turn:
            try:
                with explained():
                    message = await self._answer(card, files)
            except InteractionOverError:
                self.until = 0.0
                raise
        channel = self._interaction.channel_id or 0
        return ShownAt("") if card.private else shown_at(channel, message)

    async def settle(self) -> None:
        """Acknowledge what needed no card."""
        async with self._turn:
            with contextlib.suppress(NotShownError), explained():
                if self._state is _State.NEW and self._is_command:
                    said = self._interaction.response.send_message(texts.NOTED, ephemeral=True)
                    await self._responded(said)
                elif self._state is _State.NEW:
                    await self._responded(self._interaction.response.defer())
                elif self._state is _State.DEFERRED:
                    await self._interaction.delete_original_response()
            self._state = _State.ANSWERED

    async def end(self) -> None:
        """Say that it will not be answered any more, if it was not."""
        self.close()
        if self._state is not _State.ANSWERED and not self.is_over:
            await self.show(text_card(texts.RESTARTING))

    async def _answer(self, card: Card, files: Files) -> int:
        way = self._interaction
        if self._state is _State.NEW:
            sending = way.response.send_message(ephemeral=card.private, **sent(card, files))
            response = await self._responded(sending)
            if response is not None:
                self._state = _State.ANSWERED
                return response.message_id or 0
        if self._state is _State.DEFERRED:
            with contextlib.suppress(MessageGoneError), explained():
                if card.private == self._private:
                    original = await way.edit_original_response(**changed(card))
                    self._state = _State.ANSWERED
                    return original.id
                # What began for all to see stays so, and the other way round.
                await way.delete_original_response()
            self._state = _State.ANSWERED
        given = sent(card, files)
        return (await way.followup.send(ephemeral=card.private, wait=True, **given)).id

    async def _defer_soon(self) -> None:
        await asyncio.sleep(DEFERRED_AFTER_S)
        async with self._turn:
            if self._state is not _State.NEW:
                return
            try:
                with explained():
                    deferring = self._interaction.response.defer(ephemeral=self._private)
                    if await self._responded(deferring) is not None:
                        self._state = _State.DEFERRED if self._is_command else _State.ANSWERED
            except NotShownError as error:
                log.warning("discord.not_deferred", code=error.code, error=str(error))

    async def _responded(self, call: Coroutine[object, object, T]) -> T | None:
        """Make the one response; None when Discord says that it has it already."""
        try:
            return await call
        except discord.HTTPException as error:
            if error.code != ALREADY_ACKNOWLEDGED:
                raise
            # Its answer was lost. A command's response is ours to edit, a button's may not be.
            self._state = _State.DEFERRED if self._is_command else _State.ANSWERED
            return None


class OpenInteractions:
    """Those that we know of, by the address under which they are answered."""

    def __init__(self) -> None:
        self._open: OrderedDict[ReplyTo, OpenInteraction] = OrderedDict()

    def __len__(self) -> int:
        return len(self._open)

    def open(self, interaction: Interaction, *, private: bool) -> OpenInteraction:
        """Note an interaction, and see to it that it is acknowledged in time."""
        opened = OpenInteraction(interaction, private=private)
        self._open[opened.reply_to] = opened
        while len(self) > _REMEMBERED or next(iter(self._open.values())).is_over:
            self._open.popitem(last=False)[1].close()
        return opened

    def get(self, to: ReplyTo) -> OpenInteraction | None:
        """Return the interaction of an address, while it takes answers."""
        opened = self._open.get(to)
        return None if opened is None or opened.is_over else opened

    async def end(self) -> None:
        """Forget them all, for the connection ends; whoever still waits is told to say it again."""
        left = list(self._open.values())
        self._open.clear()
        await asyncio.gather(*(opened.end() for opened in left), return_exceptions=True)
