"""The small bot with python-telegram-bot, as it comes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import telegram
from telegram import error
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from tests.servers.telegram_bots import BACK, GO, GO_DATA, GONE, TOAST, WELCOME, SmallBot
from tests.servers.telegram_server import TelegramServer


@asynccontextmanager
async def running_bot(server: TelegramServer) -> AsyncIterator[SmallBot]:
    application = (
        Application.builder()
        .token(str(server.token))
        .base_url(f"{server.url}/bot")
        .base_file_url(f"{server.url}/file/bot")
        .build()
    )
    application.add_handler(CommandHandler("start", _ptb_start))
    application.add_handler(CallbackQueryHandler(_ptb_press))
    application.add_handler(MessageHandler(filters.PHOTO, _ptb_photo))

    async def send(chat_id: int, text: str) -> str:
        try:
            await application.bot.send_message(chat_id, text)
        except error.RetryAfter as told:
            wait = told.retry_after
            assert isinstance(wait, timedelta)
            return f"wait {wait.seconds}"
        except error.Forbidden as told:
            return str(told)
        return "sent"

    async with application:
        await application.start()
        assert application.updater is not None
        await application.updater.start_polling(allowed_updates=telegram.Update.ALL_TYPES)
        yield SmallBot((await application.bot.get_me()).username or "", send)
        await application.updater.stop()
        await application.stop()


async def _ptb_start(update: telegram.Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    assert update.message is not None
    assert update.effective_user is not None
    button = telegram.InlineKeyboardButton(GO, callback_data=GO_DATA)
    await update.message.reply_html(
        WELCOME.format(name=update.effective_user.first_name),
        reply_markup=telegram.InlineKeyboardMarkup([[button]]),
        do_quote=True,
    )


async def _ptb_press(update: telegram.Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    assert update.callback_query is not None
    await update.callback_query.answer(TOAST)
    await update.callback_query.edit_message_text(GONE)


async def _ptb_photo(update: telegram.Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    assert update.message is not None
    file = await update.message.photo[-1].get_file()
    data = bytes(await file.download_as_bytearray())
    await update.message.reply_chat_action("upload_photo")
    sent = await update.message.reply_photo(data, caption=BACK, parse_mode="HTML")
    await sent.edit_media(telegram.InputMediaPhoto(data, caption=BACK, parse_mode="HTML"))
    await update.message.reply_media_group([telegram.InputMediaPhoto(data)] * 2)
    await update.message.set_reaction("🔥")
