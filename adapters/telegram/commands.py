"""Our commands as Telegram lists them: each scope is told only when its list is another one."""

import asyncio
from collections.abc import Sequence

import structlog
from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
)
from telegram.error import TelegramError

from adapters.chat.menu import COMMANDS, Command, Menus
from core.shared.errors import StationError

MOST = 100
"""Telegram's limit for one list; what does not fit is reached by /run."""

NOT_IN_GROUPS = frozenset({"start"})

log = structlog.get_logger()


class Listed:
    """Has our commands listed: for everybody, for groups, and for each operator."""

    def __init__(self, menus: Menus, operators: Sequence[str]) -> None:
        self._menus = menus
        self._operators = operators
        self._turn = asyncio.Lock()

    async def tell(self, bot: Bot) -> None:
        """Have the lists as the menu is now. Raises TelegramError for the list of everybody."""
        async with self._turn:
            known = await self._known(bot)
            if not known:
                return
            usual = [each for each in known if not each.for_admins]
            await _tell(bot, BotCommandScopeDefault(), usual)
            in_groups = [each for each in usual if each.name not in NOT_IN_GROUPS]
            await _tell(bot, BotCommandScopeAllGroupChats(), in_groups)
            if self._operators:
                everything = await self._menus.current(for_admin=True)
                for operator in self._operators:
                    await self._tell_operator(bot, int(operator), everything)

    async def _known(self, bot: Bot) -> Sequence[Command]:
        """Return what is to be listed; nothing where the list is to stay as it is."""
        try:
            return await self._menus.everything()
        except StationError as error:
            log.info("telegram.workflows_not_known", code=error.code)
            # The workflows come back, and their commands must not go meanwhile.
            return () if await bot.get_my_commands() else COMMANDS

    async def _tell_operator(self, bot: Bot, chat: int, commands: Sequence[Command]) -> None:
        try:
            await _tell(bot, BotCommandScopeChat(chat), commands)
        except TelegramError as error:
            # Whoever never wrote to us has no chat with us, and can do it by typing all the same.
            log.info("telegram.no_list_for_operator", operator=chat, error=error.message)


async def _tell(bot: Bot, scope: BotCommandScope, commands: Sequence[Command]) -> None:
    ours = tuple(BotCommand(each.name, each.summary) for each in commands[:MOST])
    if await bot.get_my_commands(scope=scope) != ours:
        await bot.set_my_commands(ours, scope=scope)
