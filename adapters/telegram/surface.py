"""Shows cards on Telegram: one message a job, edited until it is the result."""

import contextlib
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from itertools import groupby
from typing import Any, TypeVar

import attrs
import telegram
from telegram import Bot, InputMedia, LinkPreviewOptions, Message, ReplyParameters
from telegram.constants import ChatAction, ParseMode
from telegram.error import TelegramError

from adapters.chat.cards import Card
from adapters.chat.fit import fit
from adapters.chat.governor import Governor, Rate
from adapters.chat.surface import (
    FilesRefusedError,
    MessageGoneError,
    NotShownError,
    ReplyTo,
    ShownAt,
    Surface,
)
from adapters.chat.tasks import Tasks
from adapters.telegram.cards import LIMITS, html_of, keyboard, sent_as
from adapters.telegram.intake import Intake
from adapters.telegram.troubles import (
    ChatMovedError,
    TooLargeError,
    TopicGoneError,
    explained,
)
from adapters.telegram.updates import Address, Place
from core.media.model import MediaRef
from core.media.service import Media

K = TypeVar("K")
T = TypeVar("T")

OF_BOT = Rate(burst=20, per_s=25)
OF_PERSON = Rate(burst=4, per_s=0.95)
OF_GROUP = Rate(burst=4, per_s=0.25)
"""
Telegram's limits are 30 a second in all, about one a second in a chat, and 20 a minute in a group.
Ours are a little lower, for calls do not arrive at the distance at which they were made.
"""
SOON_S = 0.1
"""Whoever waits longer for an answer sees that we are typing."""

DOCUMENT = "document"
MOST_MOVES = 3
_REMEMBERED = 1_000
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_ALBUMS = {"photo": "visual", "video": "visual", "audio": "audio", DOCUMENT: DOCUMENT}
"""What may stand in one album together."""


def rate_of(chat: str) -> Rate:
    """Return how often we may speak in a chat: groups have negative numbers."""
    return OF_GROUP if chat.startswith("-") else OF_PERSON


@attrs.frozen
class _File:
    """A file as it is sent, and what as: the library's names are made of that."""

    kind: str
    data: bytes = attrs.field(repr=False)
    name: str

    def input(self, **given: object) -> InputMedia:
        """Return the file as the library sends it among others, or in another's place."""
        made: Callable[..., InputMedia] = getattr(telegram, f"InputMedia{self.kind.title()}")
        return made(self.data, filename=self.name, **given)


class TelegramSurface(Surface):
    """
    Shows cards by the bot that is connected at present.

    Telegram cannot tell a repeated message. We can, as long as this process lives: what is shown
    under a key is then edited.
    """

    first_edit_s = 3.0

    def __init__(self, media: Media, *, governor: Governor | None = None) -> None:
        self.bot: Bot | None = None
        self.intake = Intake()
        self._media = media
        self._governor = governor or Governor(bot=OF_BOT, of_chat=rate_of)
        self._moved: dict[int, int] = {}
        self._shown: OrderedDict[tuple[int, str], ShownAt] = OrderedDict()
        self._files_sent: OrderedDict[str, int] = OrderedDict()
        self._typing = Tasks(bug="telegram.bug")

    async def send(self, to: ReplyTo, card: Card, *, key: str) -> ShownAt:
        self.intake.shown(key)
        address = Address.read(to)
        chat = self._now(address).chat
        if not self._governor.is_held(str(chat)) and self._governor.delay_s(str(chat)) > SOON_S:
            self._typing.begin(self._show_typing(chat))
        return await self._show(address, ShownAt(""), fit(card, LIMITS), key=key)

    async def edit(self, to: ReplyTo, shown_at: ShownAt, card: Card) -> None:
        del to  # the message's own place tells its chat
        if shown_at:
            place, fitted = Place.read(shown_at), fit(card, LIMITS)
            with contextlib.suppress(MessageGoneError, ChatMovedError):
                await self._governor.run_now(
                    str(place.chat), lambda: self._edit_text(place, fitted)
                )

    async def finish(self, to: ReplyTo, shown_at: ShownAt, card: Card, *, key: str) -> ShownAt:
        address, fitted = Address.read(to), fit(card, LIMITS)
        if len(fitted.media) > 1:
            await self._send_albums(address, fitted, key=key)
            fitted = attrs.evolve(fitted, media=())
        return await self._show(address, shown_at, fitted, key=key)

    async def _show(self, address: Address, shown_at: ShownAt, card: Card, *, key: str) -> ShownAt:
        known = shown_at or self._shown.get((address.chat, key))
        if known:
            # A group that has moved took none of its messages along.
            with contextlib.suppress(MessageGoneError, ChatMovedError):
                return await self._shown_in_place(known, card)
        anew = await self._shown_anew(address, card)
        _remember(self._shown, (address.chat, key), anew)
        return anew

    async def _shown_in_place(self, shown_at: ShownAt, card: Card) -> ShownAt:
        place = Place.read(shown_at)

        async def edited(file: _File | None) -> None:
            async def call() -> None:
                if file is None:
                    await self._edit_text(place, card)
                else:
                    await self._edit_file(place, card, file)

            await self._governor.run(str(place.chat), call)

        await self._with_file(card, edited)
        return shown_at

    async def _shown_anew(self, address: Address, card: Card) -> ShownAt:
        async def sent(file: _File | None) -> ShownAt:
            async def call(at: Address) -> ShownAt:
                if file is None:
                    message = await self._send_text(at, card)
                else:
                    message = await self._send_file(at, card, file)
                return Place(at.chat, message.message_id).shown_at

            return await self._sent(address, call)

        return await self._with_file(card, sent)

    async def _with_file(
        self, card: Card, call: Callable[[_File | None], Coroutine[object, object, T]]
    ) -> T:
        """Make a call with the card's file; as a document where it is not taken as what it is."""
        file = await self._file(card.media[0], card) if card.media else None
        try:
            return await call(file)
        except FilesRefusedError:
            if file is None:
                raise
            return await call(attrs.evolve(file, kind=DOCUMENT))

    async def _send_albums(self, address: Address, card: Card, *, key: str) -> None:
        """Send several results; those that were sent are not sent again when a later one fails."""
        left = card.media[self._files_sent.get(key, 0) :]
        for _, album in groupby(left, partial(_album_of, card=card)):
            files = [await self._file(ref, card) for ref in album]
            try:
                await self._send_together(address, files, key=key)
            except TooLargeError:
                for file in files:
                    await self._send_together(address, [file], key=key)

    async def _send_together(self, address: Address, files: Sequence[_File], *, key: str) -> None:
        """Send files in one call; as documents where they are not taken as what they are."""
        try:
            await self._sent(address, partial(self._send_album, files))
        except TooLargeError:
            raise
        except FilesRefusedError:
            plain = [attrs.evolve(file, kind=DOCUMENT) for file in files]
            await self._sent(address, partial(self._send_album, plain))
        _remember(self._files_sent, key, self._files_sent.get(key, 0) + len(files))

    async def _sent(
        self, address: Address, call: Callable[[Address], Coroutine[object, object, T]]
    ) -> T:
        """Make a call that sends, at the chat's pace, wherever the chat and its topic are now."""
        for _ in range(MOST_MOVES):
            at = self._now(address)
            try:
                return await self._governor.run(str(at.chat), partial(call, at))
            except ChatMovedError as error:
                self._moved[address.chat] = error.chat
            except TopicGoneError:
                address = Address(address.chat)
        raise NotShownError("the chat moves again and again")

    async def _send_text(self, at: Address, card: Card) -> Message:
        with explained():
            return await self._connected().send_message(
                at.chat,
                html_of(card),
                parse_mode=ParseMode.HTML,
                reply_markup=keyboard(card),
                link_preview_options=_NO_PREVIEW,
                **_place(at),
            )

    async def _send_file(self, at: Address, card: Card, file: _File) -> Message:
        bot, name = self._connected(), f"send_{file.kind}"
        send: Callable[..., Coroutine[object, object, Message]] = getattr(bot, name)
        with explained():
            return await send(
                at.chat,
                file.data,
                filename=file.name,
                caption=html_of(card),
                parse_mode=ParseMode.HTML,
                reply_markup=keyboard(card),
                **_place(at),
            )

    async def _send_album(self, files: Sequence[_File], at: Address) -> None:
        if len(files) == 1:
            await self._send_file(at, Card(spans=()), files[0])
            return
        inputs: list[Any] = [file.input() for file in files]
        with explained():
            await self._connected().send_media_group(at.chat, inputs, **_place(at))

    async def _edit_text(self, place: Place, card: Card) -> None:
        with explained():
            await self._connected().edit_message_text(
                html_of(card),
                place.chat,
                place.message,
                parse_mode=ParseMode.HTML,
                reply_markup=keyboard(card),
                link_preview_options=_NO_PREVIEW,
            )

    async def _edit_file(self, place: Place, card: Card, file: _File) -> None:
        with explained():
            await self._connected().edit_message_media(
                file.input(caption=html_of(card), parse_mode=ParseMode.HTML),
                place.chat,
                place.message,
                reply_markup=keyboard(card),
            )

    async def _file(self, media: MediaRef, card: Card) -> _File:
        return _File(_kind_in(card, media), await self._media.read(media.id), str(media.id))

    def _now(self, address: Address) -> Address:
        """Return where a chat is now; one that has moved has none of its topics and messages."""
        moved = self._moved.get(address.chat)
        return address if moved is None else Address(moved)

    def _connected(self) -> Bot:
        if self.bot is None:
            raise NotShownError("Telegram is not connected")
        return self.bot

    async def _show_typing(self, chat: int) -> None:
        with contextlib.suppress(TelegramError, NotShownError):
            await self._connected().send_chat_action(chat, ChatAction.TYPING)


def _remember(memory: OrderedDict[K, T], name: K, value: T) -> None:
    memory[name] = value
    memory.move_to_end(name)
    if len(memory) > _REMEMBERED:
        memory.popitem(last=False)


def _kind_in(card: Card, media: MediaRef) -> str:
    return DOCUMENT if card.as_files else sent_as(media)


def _album_of(media: MediaRef, *, card: Card) -> object:
    """Return what tells albums apart. Animations stand in none: each is different from all."""
    return _ALBUMS.get(_kind_in(card, media)) or object()


def _place(address: Address) -> dict[str, Any]:
    """Return where in the chat a message belongs: in groups it answers what was said."""
    answers = address.message if address.is_group else 0
    reply = ReplyParameters(answers, allow_sending_without_reply=True) if answers else None
    return {"message_thread_id": address.topic or None, "reply_parameters": reply}
