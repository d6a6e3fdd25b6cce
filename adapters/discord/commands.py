"""Our commands as Discord lists them, registered only when the list is another one."""

from collections.abc import Mapping
from inspect import Parameter, Signature
from typing import Any

import discord
import structlog
from discord import app_commands

from adapters.chat import texts
from adapters.chat.menu import COMMANDS, Command

IMAGE = "image"
WORDS_LENGTH = 4_000

_TOLD = ("name", "type", "description", "required", "min_length", "max_length")
"""What makes an option the same for people; Discord adds more."""

log = structlog.get_logger()


class Listed(app_commands.CommandTree[discord.Client]):
    """The commands of the menu. What people do with them is heard by the client."""

    def __init__(self, client: discord.Client) -> None:
        super().__init__(client)
        for command in COMMANDS:
            self.add_command(_listed(command))

    async def interaction_check(self, _: "discord.Interaction[discord.Client]", /) -> bool:
        """Leave every interaction to the client, which hears of them all."""
        return False

    async def register(self) -> None:
        """Have our commands listed; nothing is sent when they are listed already."""
        theirs = [_told(each.to_dict()) for each in await self.fetch_commands()]
        ours = [_told(each.to_dict(self)) for each in self.get_commands()]
        if sorted(theirs) != sorted(ours):
            await self.sync()
            log.info("discord.commands_registered", count=len(ours))


def _told(command: Mapping[str, Any]) -> tuple[str, str, str]:
    options = [[each.get(name) for name in _TOLD] for each in command["options"]]
    return command["name"], command["description"], repr(options)


def _listed(command: Command) -> app_commands.Command[Any, ..., None]:
    async def heard_by_the_client(_: object) -> None:
        """Be named: the library makes commands from functions."""

    words = command.option
    parameters = [_parameter("interaction", discord.Interaction)]
    about: dict[str, str] = {}
    if words is not None:
        kind = app_commands.Range[str, 1, WORDS_LENGTH]
        parameters.append(_parameter(words.name, kind, optional=not words.required))
        about[words.name] = words.summary
    if command.takes_image:
        parameters.append(_parameter(IMAGE, discord.Attachment, optional=True))
        about[IMAGE] = texts.IMAGE_OPTION
    heard_by_the_client.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # functions may have one
    described = app_commands.describe(**about)(heard_by_the_client)
    return app_commands.Command(name=command.name, description=command.summary, callback=described)


def _parameter(name: str, kind: object, *, optional: bool = False) -> Parameter:
    default = None if optional else Parameter.empty
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind, default=default)
