import re

import pytest

from adapters.chat.menu import COMMANDS, Command, typed
from tests.adapters.chat.talk import Talk

NAMED = {command.name: command for command in COMMANDS}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_platform_takes_a_command_as_it_is(command: Command) -> None:
    named = [command.name, *([command.option.name] if command.option else [])]
    summaries = [command.summary, *([command.option.summary] if command.option else [])]

    assert all(re.fullmatch(r"[a-z0-9_]{1,32}", name) for name in named)
    assert all(1 <= len(summary) <= 100 for summary in summaries)


def test_no_command_is_listed_twice() -> None:
    assert len(NAMED) == len(COMMANDS)


def test_only_what_is_made_is_for_everybody_s_eyes() -> None:
    assert [command.name for command in COMMANDS if not command.private] == ["make"]


@pytest.mark.parametrize(
    ("name", "words", "text"),
    [
        ("help", "", "/help"),
        ("make", "a red fox width=512", "/make a red fox width=512"),
        ("cancel", "all", "/cancel all"),
        ("cancel", "  ", "/cancel"),
    ],
)
def test_a_command_from_a_form_is_as_if_it_were_typed(name: str, words: str, text: str) -> None:
    assert typed(NAMED[name], words) == text


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
async def test_the_conversation_knows_every_command_that_is_listed(
    talk: Talk, command: Command
) -> None:
    await talk.say(typed(command, "a red fox" if command.name == "make" else ""))

    assert "There is no workflow called" not in talk.last()
    assert talk.cards()[-1].private is command.private
