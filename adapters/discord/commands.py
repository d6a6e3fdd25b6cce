"""Our commands as Discord lists them: made from the menu, told when the list is another one."""

import asyncio
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import discord
import structlog
from discord import AppCommandOptionType as Kind

from adapters.chat.menu import COMMANDS, Command, Menus, Option, OptionKind
from adapters.chat.surface import NotShownError
from adapters.discord.troubles import explained
from core.shared.errors import StationError

MOST = 100
"""Discord's limit; what does not fit is reached by /run."""

CHARACTERS = 8_000
"""Discord's limit for the names, descriptions and choices of one command."""

WORDS_LENGTH = 4_000
FURTHEST = 2**53 - 1
"""The largest number that Discord takes, and its negative the smallest."""

Payload = dict[str, Any]

_KINDS: Mapping[OptionKind, Kind] = {
    OptionKind.TEXT: Kind.string,
    OptionKind.INTEGER: Kind.integer,
    OptionKind.NUMBER: Kind.number,
    OptionKind.BOOLEAN: Kind.boolean,
    OptionKind.IMAGE: Kind.attachment,
    OptionKind.FILE: Kind.attachment,
}
_SAME = ("type", "name", "description", "min_length", "max_length", "min_value", "max_value")
"""What makes an option the same for people, beside what is compared by itself; there is more."""

log = structlog.get_logger()


class Listed:
    """Has our commands listed for everybody: of operators' workflows not even the names."""

    def __init__(self, client: discord.Client, menus: Menus, *, every_s: float) -> None:
        self._client = client
        self._menus = menus
        self._every_s = every_s
        self._turn = asyncio.Lock()
        self._is_wanted = False
        self._not_before = 0.0

    async def tell(self) -> None:
        """
        Have the list as the menu is now; nothing is sent when it is that already.

        Who asks while another one waits has asked for the same. A failure is logged: at the next
        connection it is tried again.
        """
        if self._is_wanted:
            return
        self._is_wanted = True
        async with self._turn:
            await asyncio.sleep(self._not_before - time.monotonic())
            self._is_wanted = False
            try:
                with explained():
                    await self._tell()
            except NotShownError as error:
                log.warning("discord.commands_not_listed", error=str(error))

    async def _tell(self) -> None:
        http, us = self._client.http, self._client.application_id or 0
        theirs: Sequence[Any] = await http.get_global_commands(us)
        try:
            ours = payloads(await self._menus.everything())
        except StationError as error:
            log.info("discord.workflows_not_known", code=error.code)
            if theirs:
                return  # the workflows come back, and their commands must not go meanwhile
            ours = payloads(COMMANDS)
        if set(map(_told, theirs)) != set(map(_told, ours)):
            self._not_before = time.monotonic() + self._every_s
            await http.bulk_upsert_global_commands(us, ours)
            log.info("discord.commands_listed", count=len(ours))


def payloads(commands: Sequence[Command]) -> list[Payload]:
    """Return the commands as Discord takes them, as many as fit."""
    return [_command(each) for each in commands[:MOST]]


def _command(command: Command) -> Payload:
    options = [_option(each) for each in command.options]
    made: Payload = {"name": command.name, "description": command.summary, "options": options}
    if command.for_admins:
        made["default_member_permissions"] = 0
    while _characters(made) > CHARACTERS:
        longest = max(options, key=_characters)
        del longest["choices"]
        longest["autocomplete"] = True
    return made


def _option(option: Option) -> Payload:
    made: Payload = {
        "type": _KINDS[option.kind].value,
        "name": option.name,
        "description": option.summary,
        "required": option.required,
    }
    if option.kind is OptionKind.TEXT:
        made |= _words(option)
    if option.kind in (OptionKind.INTEGER, OptionKind.NUMBER):
        made |= _range(option)
    return made


def _words(option: Option) -> Payload:
    """Return what a text can be: shown where Discord takes all of it, else completed."""
    choices = {each.strip(): each for each in option.choices}
    if option.completes or "" in choices or len(choices) < len(option.choices):
        return {"autocomplete": True}
    if choices:
        return {"choices": [{"name": name, "value": value} for name, value in choices.items()]}
    return {"min_length": 1, "max_length": WORDS_LENGTH}


def _range(option: Option) -> Payload:
    """Return the limits of a number, nothing where they leave none."""
    is_whole = option.kind is OptionKind.INTEGER
    least, most = option.minimum, option.maximum
    found: Payload = {}
    if least is not None:
        found["min_value"] = math.ceil(_within(least)) if is_whole else _within(least)
    if most is not None:
        found["max_value"] = math.floor(_within(most)) if is_whole else _within(most)
    return found if found.get("min_value", -FURTHEST) <= found.get("max_value", FURTHEST) else {}


def _within(number: float) -> float:
    return max(-FURTHEST, min(FURTHEST, number))


def _characters(made: Mapping[str, Any]) -> int:
    choices = sum(len(each["name"]) + len(each["value"]) for each in made.get("choices", ()))
    below = sum(map(_characters, made.get("options", ())))
    return len(made["name"]) + len(made["description"]) + choices + below


def _told(command: Mapping[str, Any]) -> tuple[object, ...]:
    """Return what people see of a command, whether it is ours or comes from Discord."""
    allowed = command.get("default_member_permissions")
    return (
        command["name"],
        command.get("type") or 1,
        command["description"],
        None if allowed is None else str(allowed),
        tuple(map(_told_option, command.get("options") or ())),
    )


def _told_option(option: Mapping[str, Any]) -> tuple[object, ...]:
    return (
        *map(option.get, _SAME),
        bool(option.get("required")),
        bool(option.get("autocomplete")),
        tuple((each["name"], each["value"]) for each in option.get("choices") or ()),
    )
