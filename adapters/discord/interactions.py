"""
Interactions that wait for their answer.

Discord wants to hear from us within 3 s, and takes answers for 15 min. So the first card is the
acknowledgement when it comes at once; else a timer acknowledges, and the card follows.
"""

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from enum import Enum, auto
from functools import partial
from typing import TypeVar

import discord
import structlog

from adapters.chat import texts
from adapters.chat.cards import Card
from adapters.chat.surface import MessageGoneError, NotShownError, ReplyTo, ShownAt
from adapters.chat.views.pages import text_card
from adapters.discord.cards import Interaction, changed, sent
from adapters.discord.troubles import ALREADY_ACKNOWLEDGED, InteractionOverError, explained
from adapters.discord.updates import address_of, is_alone, shown_at

T = TypeVar("T")
Files = Sequence[tuple[str, bytes]]

DEFERRED_AFTER_S = 0.2
TOKEN_LIVES_S = 14.5 * 60
PAUSE_S = 1.5
"""At most, before a second try: Discord wants to hear from us within 3 s."""

_REMEMBERED = 5_000

log = structlog.get_logger()


class _State(Enum):
    NEW = auto()
    DEFERRED = auto()
    """There is a message of ours to be edited: a command's person sees that we are thinking."""
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
        self._once_taken = _State.DEFERRED
        """The state after our response. What only acknowledges a button is no message of ours."""
        self._in_hand: Card | None = None
        """What was to be shown first."""
        self._untold: str | None = None
        """What is told in place of a card that could not be shown; empty for nothing at all."""
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
        self._in_hand = self._in_hand or card
        async with self._turn:
            try:
                message = await self._twice(lambda: self._answer(card, files))
            except NotShownError as error:
                # Whatever all who are there may see, the bot can say by itself.
                is_lost = card.private and not is_alone(self.reply_to)
                self._untold = error.user_message if is_lost else ""
                if isinstance(error, InteractionOverError):
                    self.until = 0.0
                raise
        channel = self._interaction.channel_id or 0
        return ShownAt("") if card.private else shown_at(channel, message)

    async def settle(self) -> None:
        """Acknowledge what needed no card; tell of one that could not be shown anywhere."""
        async with self._turn:
            is_noted = self._is_command and self._state is _State.NEW and self._untold is None
            said = texts.NOTED if is_noted else self._untold
            answer = partial(self._answer, text_card(said)) if said else self._leave
            with contextlib.suppress(NotShownError):
                await self._twice(answer)
            self._state = _State.ANSWERED

    async def end(self) -> None:
        """
        Say that it will not be answered any more, if it was not.

        A card that was just being shown is shown: what it tells is so, and a job of it goes on.
        """
        self.close()
        if self._state is not _State.ANSWERED:
            await self.show(self._in_hand or text_card(texts.RESTARTING))

    async def _twice(self, call: Callable[[], Awaitable[T]], *, pause_s: float = PAUSE_S) -> T:
        """
        Make a call, and once more if it failed while nothing is shown twice by that.

        Raises InteractionOverError when nothing was shown, so that it may be shown elsewhere.
        """
        try:
            with explained():
                return await call()
        except NotShownError as error:
            if self._state is _State.ANSWERED:
                raise
            log.info("discord.no_response", code=error.code, error=str(error))
            if error.wait_s > pause_s or isinstance(error, InteractionOverError):
                raise InteractionOverError(str(error)) from error
            await asyncio.sleep(error.wait_s)
        return await self._twice(call, pause_s=-1.0)

    async def _answer(self, card: Card, files: Files = ()) -> int:
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
            if self._state is _State.NEW:
                with contextlib.suppress(NotShownError):
                    await self._twice(self._defer)

    async def _defer(self) -> None:
        self._once_taken = _State.DEFERRED if self._is_command else _State.ANSWERED
        await self._responded(self._interaction.response.defer(ephemeral=self._private))
        self._state = self._once_taken

    async def _leave(self) -> None:
        """Have it acknowledged, and nothing to be seen of that."""
        if self._state is _State.NEW:
            await self._defer()
        if self._state is _State.DEFERRED:
            await self._interaction.delete_original_response()

    async def _responded(self, call: Coroutine[object, object, T]) -> T | None:
        """Make the one response; None when Discord says that it has it already."""
        try:
            return await call
        except discord.HTTPException as error:
            if error.code != ALREADY_ACKNOWLEDGED:
                raise
            self._state = self._once_taken  # the receipt was lost
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
