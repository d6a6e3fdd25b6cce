"""The Telegram front: polls for updates, and hands each to the conversation as what it means."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

import attrs
import structlog
from telegram import CallbackQuery, Document, Message, PhotoSize, Update
from telegram.error import Conflict, InvalidToken, TelegramError
from telegram.ext import Application, ApplicationBuilder, CallbackContext, TypeHandler
from telegram.request import HTTPXRequest

from adapters.chat.front import Front, FrontRefusedError, Ready
from adapters.chat.menu import Menus
from adapters.chat.pictures import check_size, not_fetched, take_or_tell
from adapters.chat.tasks import Tasks
from adapters.chat.updates import ChatUpdate, UpdateHandler, update_id
from adapters.telegram.commands import Listed
from adapters.telegram.connection import Polls, request_over_aiohttp
from adapters.telegram.intake import Intake
from adapters.telegram.surface import TelegramSurface
from adapters.telegram.updates import (
    PLATFORM,
    Albums,
    address_of,
    address_of_press,
    heard_in,
    identity_of,
    said_in,
)
from core.media.service import Media

AT_ONCE = 1_024
"""So many updates are worked on at once; most of them wait for a place to answer."""

POLL_S = 30
ENDING_S, CONFIRMED_S, STOPPED_S = 0.4, 0.4, 0.2
"""Together as long as an end may take."""
HEARD = (Update.MESSAGE, Update.CALLBACK_QUERY)

Alert = Callable[[str, str], Coroutine[object, object, None]]

App = Application[Any, Any, Any, Any, Any, Any]

log = structlog.get_logger()


@attrs.frozen(kw_only=True)
class TelegramSettings:
    """`base_url` is a server's root, `secret` signs the ids of updates, `operators` are people."""

    token: str = attrs.field(repr=False)
    secret: str = attrs.field(repr=False)
    base_url: str = "https://api.telegram.org"
    operators: tuple[str, ...] = ()


class TelegramBot(Front):
    """Long polling by python-telegram-bot. `alert` tells an operator."""

    name = PLATFORM

    def __init__(
        self,
        *,
        settings: TelegramSettings,
        conversation: UpdateHandler,
        surface: TelegramSurface,
        media: Media,
        menus: Menus,
        alert: Alert,
    ) -> None:
        self._settings = settings
        self._conversation = conversation
        self._surface = surface
        self._media = media
        self._alert = alert
        self._beside = Tasks(bug="telegram.bug")
        self._hearing = Tasks(bug="telegram.bug")
        self._is_unreadable_told = False
        self._listed = Listed(menus, settings.operators)
        self._albums = Albums()

    async def list_commands(self) -> None:
        bot = self._surface.bot
        if bot is not None:
            try:
                await self._listed.tell(bot)
            except TelegramError as error:
                log.warning("telegram.commands_not_listed", error=error.message)

    async def run(self, ready: Ready) -> None:
        self._surface.intake = Intake()
        self._is_unreadable_told = False
        polls = Polls(self._surface.intake, unreadable=self._unreadable)
        request, polling = request_over_aiohttp(), request_over_aiohttp(polls)
        app = self._application(request, polling)
        try:
            await app.initialize()
            await self._listed.tell(app.bot)
            await app.start()
            self._surface.bot = app.bot
            await self._poll(app)
            await ready(f"@{app.bot.username}")
            await polls.refused.wait()
            raise FrontRefusedError("Telegram does not know our token any more")
        except InvalidToken as error:
            raise FrontRefusedError("Telegram does not know our token") from error
        finally:
            await _shielded(self._close(app))
            await request.shutdown()
            await polling.shutdown()

    async def _close(self, app: App) -> None:
        """Let what is being answered be answered, confirm what is done, and end the rest."""
        await self._hearing.wait(ENDING_S)
        self._surface.intake.close()  # whoever is cut off from here on is not done
        self._surface.bot = None
        with contextlib.suppress(TimeoutError, TelegramError):
            async with asyncio.timeout(CONFIRMED_S):
                if app.updater is not None and app.updater.running:
                    await app.updater.stop()
        await self._hearing.stop()
        await self._beside.stop()
        with contextlib.suppress(TimeoutError, TelegramError):
            async with asyncio.timeout(STOPPED_S):
                if app.running:
                    await app.stop()
                await app.shutdown()

    def _application(self, request: HTTPXRequest, polling: HTTPXRequest) -> App:
        root = self._settings.base_url
        app = (
            ApplicationBuilder()
            .token(self._settings.token)
            .base_url(f"{root}/bot")
            .base_file_url(f"{root}/file/bot")
            .request(request)
            .get_updates_request(polling)
            .concurrent_updates(AT_ONCE)
            .job_queue(None)
            .build()
        )
        app.add_handler(TypeHandler(Update, self._hear))
        app.add_error_handler(_noted)
        return app

    async def _poll(self, app: App) -> None:
        if app.updater is not None:
            await app.updater.start_polling(
                timeout=POLL_S,
                allowed_updates=HEARD,
                bootstrap_retries=0,
                error_callback=self._polling_failed,
            )

    def _polling_failed(self, error: TelegramError) -> None:
        log.warning("telegram.polling_failed", error=error.message)
        if isinstance(error, Conflict):
            text = "Another program polls Telegram with our token. Stop one of the two."
            self._beside.begin(self._alert("telegram.conflict", text))

    def _unreadable(self) -> None:
        if not self._is_unreadable_told:
            self._is_unreadable_told = True
            text = "Telegram sent what we cannot read; it was passed over. The log has its number."
            self._beside.begin(self._alert("telegram.unreadable", text))

    async def _hear(self, update: Update, _: object) -> None:
        if (task := asyncio.current_task()) is not None:
            self._hearing.add(task)
        intake = self._surface.intake
        try:
            heard = await self._heard(update)
            if heard is not None:
                intake.starts(heard.id, update.update_id)
                await self._conversation.handle(heard, self._surface)
        finally:
            intake.done(update.update_id)

    async def _heard(self, update: Update) -> ChatUpdate | None:
        if update.callback_query is not None:
            return self._pressed(update.callback_query)
        return await self._said(update.message) if update.message is not None else None

    def _pressed(self, query: CallbackQuery) -> ChatUpdate | None:
        self._beside.begin(_answered(query))
        address = address_of_press(query)
        if address is None or query.data is None:
            return None
        return ChatUpdate(
            id=update_id(self._settings.secret, PLATFORM, "press", query.id),
            sender=identity_of(query.from_user.id),
            reply_to=address.reply_to,
            hears=heard_in(address),
            action=query.data,
            message=str(address.message),
        )

    async def _said(self, message: Message) -> ChatUpdate | None:
        said = said_in(message, us=message.get_bot(), albums=self._albums)
        if said is None or message.from_user is None:
            return None
        address = address_of(message)
        fetches = [partial(_fetched, said.picture)] if said.picture else []
        images, trouble = await take_or_tell(self._media, fetches)
        names = ("message", address.chat, message.message_id)
        return ChatUpdate(
            id=update_id(self._settings.secret, PLATFORM, *names),
            sender=identity_of(message.from_user.id),
            reply_to=address.reply_to,
            text=said.text,
            images=images,
            trouble=trouble,
            hears=heard_in(address),
            is_answer=said.is_answer,
        )


async def _fetched(picture: PhotoSize | Document) -> bytes:
    check_size(picture.file_size)
    try:
        file = await picture.get_file()
        return bytes(await file.download_as_bytearray())
    except TelegramError as error:
        log.warning("telegram.picture_not_fetched", error=error.message)
        raise not_fetched() from error


async def _noted(update: object, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """Note a bug of ours; the next update is heard all the same."""
    number = update.update_id if isinstance(update, Update) else None
    log.error("telegram.bug", update=number, exc_info=context.error)


async def _answered(query: CallbackQuery) -> None:
    """Stop the button's spinning, which needs to be done soon and does not matter later."""
    with contextlib.suppress(TelegramError):
        await query.answer()


async def _shielded(work: "Awaitable[None]") -> None:
    """Have work done to its end even when its caller is cancelled meanwhile."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
