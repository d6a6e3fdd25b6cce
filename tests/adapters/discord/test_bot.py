"""The bot's coming and going."""

import asyncio
import time

import pytest

from adapters.chat.front import FrontRefusedError
from adapters.chat.surface import Surface
from adapters.chat.updates import ChatUpdate
from tests.adapters.discord.bench import TOKEN, Bench, a_bench, a_card
from tests.servers.discord_server import DiscordServer, Person
from tests.until import until


async def ignored(_: str) -> None:
    """Be told that the bot is ready."""


async def test_it_is_ready_under_its_name_when_the_commands_are_there(idle: Bench) -> None:
    async with idle.connected() as name:
        user = idle.server.world.bot

        assert name.startswith(user.name)
        assert len(idle.server.commands) > 0
        assert idle.server.identifies == 1


async def test_a_token_that_is_refused_is_for_an_operator(server: DiscordServer) -> None:
    async with a_bench(server, token="another token") as bench:
        with pytest.raises(FrontRefusedError) as refused:
            await bench.bot.run(ignored)

    assert "doctor" in refused.value.user_message


async def test_a_token_that_is_revoked_ends_the_bot(idle: Bench) -> None:
    running = asyncio.create_task(idle.bot.run(ignored))
    await idle.server.connected()

    idle.server.revoke_token()

    with pytest.raises(FrontRefusedError):
        await running


async def test_it_may_be_run_again_and_each_time_hears(idle: Bench, ann: Person) -> None:
    idle.conversation.says(a_card("hello"))

    async with idle.connected():
        await ann.command("help")
        await ann.see(lambda message: message.text == "hello")
    idle.conversation.says(a_card("hello again"))
    async with idle.connected():
        await ann.command("help")
        await ann.see(lambda message: message.text == "hello again")

    assert idle.server.identifies == 2


async def test_no_log_has_the_token(
    idle: Bench, ann: Person, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    idle.conversation.says(a_card("hello"))

    async with idle.connected():
        await ann.command("help")
        await ann.see(lambda message: message.text == "hello")

    assert "IDENTIFY" in caplog.text
    assert TOKEN not in caplog.text


async def test_it_hears_what_was_said_while_the_gateway_was_away(bench: Bench, ann: Person) -> None:
    bench.conversation.says(a_card("hello"))

    bench.server.reconnect_all()
    await ann.command("help")
    await until(lambda: bench.server.resumes == 1)

    await ann.see(lambda message: message.text == "hello")


async def test_what_is_being_answered_at_the_end_is_cut_off_in_time(
    idle: Bench, ann: Person
) -> None:
    gone: list[ChatUpdate] = []

    async def answer(update: ChatUpdate, surface: Surface) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            gone.append(update)

    idle.conversation.answer = answer
    async with idle.connected():
        await ann.command("help")
        await idle.conversation.heard()
        began = time.monotonic()

    assert time.monotonic() - began < 1.5
    assert gone == idle.conversation.updates


async def test_a_server_that_does_not_say_goodbye_holds_up_no_end(
    idle: Bench, server: DiscordServer
) -> None:
    async with idle.connected():
        server.outage(on=True)
        began = time.monotonic()

    assert time.monotonic() - began < 1.5


async def test_a_bug_while_answering_ends_nothing(bench: Bench, ann: Person) -> None:
    async def answer(update: ChatUpdate, surface: Surface) -> None:
        raise ZeroDivisionError

    bench.conversation.answer = answer
    await ann.command("help")
    await bench.conversation.heard()
    bench.conversation.says(a_card("hello"))
    await ann.command("help")

    await ann.see(lambda message: message.text == "hello")


async def test_a_bug_of_who_is_told_ends_nothing(idle: Bench, ann: Person) -> None:
    async def ready(_: str) -> None:
        raise ZeroDivisionError

    idle.conversation.says(a_card("hello"))
    running = asyncio.create_task(idle.bot.run(ready))
    await idle.server.connected()
    await ann.command("help")

    await ann.see(lambda message: message.text == "hello")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
