"""Our commands in Discord's list."""

import discord
import pytest

from adapters.chat.menu import COMMANDS
from adapters.discord.commands import WORDS_LENGTH
from tests.adapters.discord.bench import Bench
from tests.servers.discord_server import Status

COMMANDS_PATH = "/commands"


async def test_the_commands_of_the_menu_are_listed_with_what_they_take(bench: Bench) -> None:
    listed = bench.server.commands

    assert {name: each["description"] for name, each in listed.items()} == {
        command.name: command.summary for command in COMMANDS
    }
    words, image = listed["make"]["options"]
    assert (words["name"], words["type"], words["required"]) == ("prompt", 3, True)
    assert words["max_length"] == WORDS_LENGTH
    assert (image["name"], image["type"], bool(image.get("required"))) == ("image", 11, False)
    (which,) = listed["cancel"]["options"]
    assert (which["name"], bool(which.get("required"))) == ("which", False)
    assert not listed["help"].get("options")


async def test_nothing_is_sent_when_the_list_is_ours_already(idle: Bench) -> None:
    async with idle.connected():
        pass

    async with idle.connected():
        pass

    assert (idle.called("GET", COMMANDS_PATH), idle.called("PUT", COMMANDS_PATH)) == (2, 1)


async def test_a_list_that_differs_in_one_word_is_replaced(idle: Bench) -> None:
    async with idle.connected():
        pass
    idle.server.commands["make"]["options"][0]["description"] = "what it was before"

    async with idle.connected():
        pass

    assert idle.called("PUT", COMMANDS_PATH) == 2
    assert idle.server.commands["make"]["options"][0]["description"] != "what it was before"


async def test_after_a_read_that_failed_nothing_is_written(idle: Bench) -> None:
    idle.server.faults.add(route="GET /applications/*/commands", kind=Status(400))

    with pytest.raises(discord.HTTPException):
        async with idle.connected():
            pass

    assert idle.called("PUT", COMMANDS_PATH) == 0
