"""POST /messages and /actions: what people write, and which buttons they press."""

import re
from collections.abc import Sequence
from functools import partial

from aiohttp import web

from adapters.chat import texts
from adapters.chat.pictures import take, without_links
from adapters.chat.updates import ChatUpdate, UpdateHandler
from adapters.web.answers import facts, refusal
from adapters.web.card_json import own_body
from adapters.web.chat_log import ChatLog
from adapters.web.forms import (
    MAX_IMAGES,
    BadFormError,
    MessageForm,
    read_message,
    read_press,
)
from adapters.web.surface import WebSurface
from adapters.web.visitors import Visitors
from core.media.model import MediaRef
from core.media.service import Media
from core.shared.errors import MediaRefusedError, UserMistakeError
from core.shared.ids import MediaId

_TOO_MANY = f"A message takes up to {MAX_IMAGES} pictures. Please send the others after it."
_NO_COOKIE = "This page is not known here any more. Please load it again."


class MessageRoutes:
    """Hands what the page sends to the conversation. Knows no command by name."""

    def __init__(
        self,
        *,
        conversation: UpdateHandler,
        chat_log: ChatLog,
        surface: WebSurface,
        media: Media,
        visitors: Visitors,
    ) -> None:
        self._conversation = conversation
        self._log = chat_log
        self._surface = surface
        self._media = media
        self._visitors = visitors

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_post("/messages", self.message)
        app.router.add_post("/actions", self.press)

    async def message(self, request: web.Request) -> web.Response:
        """
        Take a message. The same `id` again is the same message.

        Raises ServiceError when it cannot be stored: nobody has heard of it then, and the page
        keeps it to be sent again.
        """
        visitor = self._visitors.of(request)
        if visitor is None:
            return refusal(401, _NO_COOKIE)
        try:
            form = await read_message(request)
        except BadFormError as error:
            return refusal(error.status, str(error))
        text, links = without_links(form.text, _link_at(request.host))
        images, trouble = await self._take(form, [MediaId(each["media"]) for each in links])
        update = ChatUpdate(
            id=visitor.update_id(form.id),
            sender=visitor.identity,
            reply_to=visitor.reply_to,
            text=text,
            images=images,
            trouble=trouble,
        )
        body = own_body(form.text, images, client_id=form.id)
        await self._log.add(visitor.chat, update.id, body)
        return await self._handed_over(update)

    async def press(self, request: web.Request) -> web.Response:
        """Take the press of a button. The same `id` again is the same press."""
        visitor = self._visitors.of(request)
        if visitor is None:
            return refusal(401, _NO_COOKIE)
        try:
            form = await read_press(request)
        except BadFormError as error:
            return refusal(error.status, str(error))
        return await self._handed_over(
            ChatUpdate(
                id=visitor.update_id(form.id),
                sender=visitor.identity,
                reply_to=visitor.reply_to,
                action=form.action,
                message=form.message,
            )
        )

    async def _handed_over(self, update: ChatUpdate) -> web.Response:
        await self._conversation.handle(update, self._surface)
        return facts(202, id=update.id)

    async def _take(
        self, form: MessageForm, linked: Sequence[MediaId]
    ) -> tuple[tuple[MediaRef, ...], UserMistakeError | None]:
        fetches = [partial(_read, each) for each in form.images]
        stored = [partial(self._media.read, each) for each in linked]
        images, trouble = await take(self._media, [*fetches, *stored])
        return images, MediaRefusedError(_TOO_MANY) if form.left_out else trouble


def _link_at(host: str) -> re.Pattern[str]:
    """Return what finds links to pictures that this page shows: whoever knows one may use it."""
    name = r"(?P<media>[0-9a-f]{32,64}\.(?:png|jpg|webp|gif))"
    return re.compile(rf"(?<!\S)(?:https?://{re.escape(host)})?/media/{name}(?:\?\S*)?(?!\S)")


async def _read(data: bytes | None) -> bytes:
    if data is None:
        raise MediaRefusedError(texts.PICTURE_TOO_LARGE)
    return data
