"""The small bot with aiogram, as it comes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiogram
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramForbiddenError, TelegramRetryAfter
from aiogram.filters import CommandStart

from tests.servers.telegram_bots import BACK, GO, GO_DATA, GONE, TOAST, WELCOME, SmallBot
from tests.servers.telegram_server import TelegramServer


@asynccontextmanager
async def running_bot(server: TelegramServer) -> AsyncIterator[SmallBot]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(server.url))
    bot = aiogram.Bot(str(server.token), session=session)
    dispatcher = aiogram.Dispatcher()
    dispatcher.message.register(_aiogram_start, CommandStart())
    dispatcher.message.register(_aiogram_photo, aiogram.F.photo)
    dispatcher.callback_query.register(_aiogram_press)

    async def send(chat_id: int, text: str) -> str:
        try:
            await bot.send_message(chat_id, text)
        except TelegramRetryAfter as told:
            return f"wait {told.retry_after}"
        except TelegramForbiddenError as told:
            return told.message
        return "sent"

    polling = asyncio.create_task(
        dispatcher.start_polling(bot, handle_signals=False, close_bot_session=False)
    )
    try:
        yield SmallBot((await bot.get_me()).username or "", send)
    finally:
        await dispatcher.stop_polling()
        with suppress(asyncio.CancelledError):
            await polling
        await session.close()


async def _aiogram_start(message: aiogram.types.Message) -> None:
    assert message.from_user is not None
    button = aiogram.types.InlineKeyboardButton(text=GO, callback_data=GO_DATA)
    await message.reply(
        WELCOME.format(name=message.from_user.first_name),
        parse_mode="HTML",
        reply_markup=aiogram.types.InlineKeyboardMarkup(inline_keyboard=[[button]]),
    )


async def _aiogram_press(query: aiogram.types.CallbackQuery) -> None:
    assert isinstance(query.message, aiogram.types.Message)
    await query.answer(TOAST)
    await query.message.edit_text(GONE)


async def _aiogram_photo(message: aiogram.types.Message, bot: aiogram.Bot) -> None:
    assert message.photo is not None
    got = await bot.download(message.photo[-1])
    assert got is not None
    file = aiogram.types.BufferedInputFile(got.read(), "back.png")
    await bot.send_chat_action(message.chat.id, "upload_photo")
    sent = await message.answer_photo(file, caption=BACK, parse_mode="HTML")
    media = aiogram.types.InputMediaPhoto(media=file, caption=BACK, parse_mode="HTML")
    await sent.edit_media(media)
    await message.answer_media_group([aiogram.types.InputMediaPhoto(media=file)] * 2)
    await message.react([aiogram.types.ReactionTypeEmoji(emoji="🔥")])
