"""Two clients that we did not write, with nothing patched, talk with the server."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from importlib import import_module

import attrs
import pytest

from tests.servers.telegram_bots import GO, GONE, TOAST, SmallBot
from tests.servers.telegram_client import picture
from tests.servers.telegram_flood import FloodLimits, Rate
from tests.servers.telegram_people import Person
from tests.servers.telegram_server import TelegramServer

Running = Callable[[TelegramServer], AbstractAsyncContextManager[SmallBot]]


@attrs.frozen
class Stage:
    server: TelegramServer
    bot: SmallBot
    ann: Person


@pytest.fixture(params=["ptb", "aiogram"])
async def stage(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    # python-telegram-bot 22 warns of every time to wait that is still a number.
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    # Imported here: aiogram takes seconds to build its models, which only who needs it pays.
    client = import_module(f"tests.servers.telegram_bot_of_{request.param}")
    running: Running = client.running_bot
    server = TelegramServer(limits=FloodLimits(private=Rate(5, 0.1)))
    ann = server.person(user_id=7, first_name="Ann")
    async with server.running(), running(server) as bot:
        yield Stage(server, bot, ann)
    assert server.violations == []
    assert server.flood_breaches == []


async def test_a_command_gets_html_and_a_keyboard(stage: Stage) -> None:
    said = await stage.ann.say("/start")

    shown = await stage.ann.see(lambda each: bool(each.buttons))

    assert stage.bot.me == stage.server.bot_username
    assert (shown.text, shown.labels, shown.reply_to) == ("Welcome, Ann & friends", [GO], said)
    assert shown.entities == [{"type": "bold", "offset": 0, "length": 7}]


async def test_a_press_is_answered_and_changes_the_message(stage: Stage) -> None:
    await stage.ann.say("/start")
    shown = await stage.ann.see(lambda each: bool(each.buttons))

    (query_id,) = await stage.ann.press(shown.id, GO)
    changed = await stage.ann.see(lambda each: each.text == GONE)

    assert (changed.id, changed.edits, changed.buttons) == (shown.id, 1, [])
    assert [(each.query_id, each.text) for each in stage.ann.toasts] == [(query_id, TOAST)]


async def test_a_photo_is_fetched_and_comes_back_byte_for_byte(stage: Stage) -> None:
    photo = picture(500, 400)

    said = await stage.ann.say("look", photo=photo)
    back = await stage.ann.see(lambda each: each.edits == 1)
    reacted = await stage.ann.see_any(lambda each: bool(each.reactions))

    album = [each for each in stage.ann.messages if each.album]
    assert [each.data for each in back.media] == [photo]
    assert back.text == "Back"
    assert [each.media[0].data for each in album] == [photo, photo]
    assert (reacted.id, reacted.reactions) == (said, ["🔥"])
    assert stage.ann.actions == ["upload_photo"]
    assert stage.server.uploads == 4


async def test_flood_control_reaches_the_bot_as_a_time_to_wait(stage: Stage) -> None:
    await stage.ann.say("Hello")

    told = [await stage.bot.send(7, "Hello") for _ in range(6)]

    assert told == ["sent"] * 5 + ["wait 10"]


async def test_a_block_reaches_the_bot_as_forbidden(stage: Stage) -> None:
    await stage.ann.say("Hello")
    stage.ann.block()

    told = await stage.bot.send(7, "Hello")

    assert told == "Forbidden: bot was blocked by the user"
