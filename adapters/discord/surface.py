"""Shows cards on Discord: as answers to interactions, and as messages of the bot."""

import hashlib
from contextlib import suppress
from functools import partial

import attrs
import discord
import structlog

from adapters.chat import texts
from adapters.chat.cards import Card, Span, Style
from adapters.chat.fit import fit
from adapters.chat.governor import Governor, Rate
from adapters.chat.mending import Mending
from adapters.chat.surface import (
    ChatClosedError,
    FilesRefusedError,
    MessageGoneError,
    NotShownError,
    ReplyTo,
    ShownAt,
    Surface,
)
from adapters.discord.cards import LIMITS, changed, sent
from adapters.discord.interactions import Files, OpenInteractions
from adapters.discord.troubles import InteractionOverError, explained
from adapters.discord.updates import channel_of, is_alone, place_of, shown_at
from core.media.service import Media

OF_BOT = Rate(burst=10, per_s=32)
"""Discord counts 50 calls in a second, however they come: a burst and a second's calls fit in."""

OF_CHANNEL = Rate(burst=5, per_s=1)
NONCE_LENGTH = 25
NOWHERE = ShownAt("")

log = structlog.get_logger()


class DiscordSurface(Surface):
    """
    Shows cards by the client that is connected at present.

    A message that the bot sends by itself has a nonce made of its key: the same again within some
    minutes, and Discord shows it once.
    """

    first_edit_s = 3.0

    def __init__(self, media: Media, *, governor: Governor | None = None) -> None:
        self.client: discord.Client | None = None
        self.interactions = OpenInteractions()
        self.mending = Mending(bug="discord.bug")
        self._media = media
        self._governor = governor or Governor(bot=OF_BOT, of_chat=lambda _: OF_CHANNEL)

    async def send(self, to: ReplyTo, card: Card, *, key: str) -> ShownAt:
        fitted = fit(card, LIMITS)
        opened = self.interactions.get(to)
        if opened is not None:
            with suppress(InteractionOverError):
                return await opened.show(fitted)
        if card.private and not is_alone(to):
            raise ChatClosedError("everybody in the channel would read a private answer")
        return await self._sent(to, fitted, name=f"send {key}")

    async def edit(self, to: ReplyTo, shown_at: ShownAt, card: Card) -> None:
        if shown_at:
            fitted, chat = fit(card, LIMITS), f"edit:{channel_of(to)}"
            with suppress(MessageGoneError):
                await self._governor.run_now(chat, lambda: self._edited(shown_at, fitted))

    async def finish(self, to: ReplyTo, shown_at: ShownAt, card: Card, *, key: str) -> ShownAt:
        fitted = fit(card, LIMITS)
        if fitted.media:
            try:
                return await self._shown_below(to, shown_at, fitted, key=key)
            except FilesRefusedError:
                fitted = fit(card, attrs.evolve(LIMITS, file_bytes=0))
        if shown_at:
            with suppress(MessageGoneError, ChatClosedError):
                await self._edited_in_turn(to, shown_at, fitted)
                return shown_at
        return await self._sent_anyhow(to, fitted, name=f"finish {key}")

    async def _shown_below(self, to: ReplyTo, status: ShownAt, card: Card, *, key: str) -> ShownAt:
        """Show results in a message of their own, and say so where the job was shown until now."""
        name = f"results {key}"
        shown = await self._sent_anyhow(to, card, name=name, answers=status)
        if status:
            title = [span for span in card.spans if span.style is Style.BOLD][:1]
            left = fit(Card(spans=(*title, Span(f"  {texts.SHOWN_BELOW}", Style.QUIET))), LIMITS)
            await self.mending.put_right(partial(self._edited_in_turn, to, status, left))
        return shown

    async def _sent_anyhow(
        self, to: ReplyTo, card: Card, *, name: str, answers: ShownAt = NOWHERE
    ) -> ShownAt:
        """Send a message of the bot; where it may not speak, as an answer while that is taken."""
        files = [(str(ref.id), await self._media.read(ref.id)) for ref in card.media]
        try:
            return await self._sent(to, card, name=name, files=files, answers=answers)
        except ChatClosedError:
            opened = self.interactions.get(to)
            if opened is None:
                raise
            try:
                return await opened.show(card, files)
            except InteractionOverError as over:
                raise ChatClosedError(str(over)) from over

    async def _sent(
        self, to: ReplyTo, card: Card, *, name: str, files: Files = (), answers: ShownAt = NOWHERE
    ) -> ShownAt:
        channel = channel_of(to)

        async def call() -> ShownAt:
            given = sent(card, files)
            if answers:
                given["reference"] = self._message(answers).to_reference(fail_if_not_exists=False)
            place = self._connected().get_partial_messageable(channel)
            with explained():
                message = await place.send(nonce=_nonce(channel, name), **given)
            return shown_at(channel, message.id)

        return await self._governor.run(f"send:{channel}", call)

    async def _edited_in_turn(self, to: ReplyTo, shown: ShownAt, card: Card) -> None:
        await self._governor.run(f"edit:{channel_of(to)}", lambda: self._edited(shown, card))

    async def _edited(self, shown: ShownAt, card: Card) -> None:
        message = self._message(shown)
        with explained():
            await message.edit(**changed(card))

    def _message(self, shown: ShownAt) -> discord.PartialMessage:
        channel, message = place_of(shown)
        return self._connected().get_partial_messageable(channel).get_partial_message(message)

    def _connected(self) -> discord.Client:
        if self.client is None or self.client.is_closed():
            raise NotShownError("Discord is not connected")
        return self.client


def _nonce(*names: str | int) -> str:
    """Return what tells a message of ours from all others, and a repeat from a new one."""
    return hashlib.sha256("\n".join(map(str, names)).encode()).hexdigest()[:NONCE_LENGTH]
