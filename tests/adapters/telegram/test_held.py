"""What is not done stays at Telegram, and comes again; what cannot be read does no harm."""

import asyncio

import httpx
import pytest
from structlog.testing import capture_logs

from adapters.telegram.connection import Polls
from adapters.telegram.intake import Intake
from adapters.telegram.surface import TelegramSurface
from tests.adapters.telegram.bench import TOKEN, Listening, a_bench, a_bot, a_media, polling
from tests.servers.telegram_server import TelegramServer
from tests.until import until


async def test_what_is_not_done_is_not_confirmed() -> None:
    async with a_bench() as bench:
        bench.conversation.gate.clear()
        await bench.ann.say("a red fox")
        first = await bench.hears()

        waiting = bench.server.waiting
        bench.conversation.gate.set()
        await until(lambda: bench.server.waiting == 0)

        assert (waiting, first.text) == (1, "a red fox")


async def test_what_waits_to_be_answered_is_not_done_before_it_is_shown() -> None:
    async with a_bench() as bench:
        bench.conversation.answer = "soon"
        bench.surface._governor.hold("7", 0.4)  # noqa: SLF001 - as a 429 would
        await bench.ann.say("a red fox")
        await bench.hears()
        await asyncio.sleep(0.3)
        waiting = bench.server.waiting

        await bench.ann.see(lambda each: each.text == "soon")
        await until(lambda: bench.server.waiting == 0)

        assert (waiting, len(bench.conversation.heard)) == (1, 1)


async def test_who_writes_while_another_waits_is_heard_soon() -> None:
    async with a_bench() as bench:
        bench.conversation.gate.clear()
        await bench.ann.say("a red fox")
        await bench.hears()
        await asyncio.sleep(0.05)
        began_at = asyncio.get_running_loop().time()

        await bench.ann.say("a blue hen")

        assert (await bench.hears(2)).text == "a blue hen"
        assert asyncio.get_running_loop().time() - began_at < 0.3
        bench.conversation.gate.set()


async def test_while_something_is_open_telegram_is_not_asked_all_the_time() -> None:
    async with a_bench() as bench:
        bench.conversation.gate.clear()
        await bench.ann.say("a red fox")
        await bench.hears()
        before = bench.called("getUpdates")

        await asyncio.sleep(0.5)

        assert bench.called("getUpdates") - before <= 4
        bench.conversation.gate.set()


UNREADABLE: list[dict[str, object]] = [
    {"message": {"message_id": 902}},
    {"message": "a secret"},
    {"callback_query": {"id": "1"}},
]


@pytest.mark.parametrize("update", UNREADABLE)
async def test_an_update_that_cannot_be_read_is_passed_over(update: dict[str, object]) -> None:
    async with a_bench() as bench:
        with capture_logs() as logs:
            bench.server.push(update, as_is=True)
            number = bench.server.push(update, as_is=True)
            await bench.ann.say("a red fox")
            heard = await bench.hears()
        await until(lambda: bench.server.waiting == 0)

        noted = [each for each in logs if each["event"] == "telegram.unreadable"]
        assert (heard.text, [code for code, _ in bench.alerts]) == (
            "a red fox",
            ["telegram.unreadable"],
        )
        assert noted[-1] == {
            "event": "telegram.unreadable",
            "update": number,
            "log_level": "error",
        }


async def test_the_library_logs_nothing_of_what_it_cannot_read(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with a_bench() as bench:
        with capture_logs():
            bench.server.push({"message": {"message_id": 1, "text": "a secret"}}, as_is=True)
            await bench.ann.say("a red fox")
            await bench.hears()

    assert [each for each in caplog.messages if "secret" in each] == []


async def test_what_is_not_done_at_the_end_comes_again() -> None:
    server = TelegramServer(token=TOKEN)
    async with server.running():
        first, second = Listening(), Listening()
        first.gate.clear()
        ann = server.person(user_id=7, first_name="Ann", started=True)
        with capture_logs():
            for conversation in (first, second):
                surface = TelegramSurface(a_media())
                bot = a_bot(server, surface, media=a_media(), conversation=conversation, alerts=[])
                async with polling(bot):
                    if conversation is first:
                        await ann.say("a red fox")
                    await until(lambda heard=conversation.heard: bool(heard))  # type: ignore[misc] # mypy cannot tell a lambda's default

        assert [each.text for each in second.heard] == ["a red fox"]
        assert first.heard[0].id == second.heard[0].id


ANSWERS = (b"[]", b'{"ok": true}', b'{"ok": true, "result": [{"a": "a secret"}]}', b"a secret")


@pytest.mark.parametrize("answer", ANSWERS)
async def test_what_is_no_answer_of_telegram_is_refused_without_its_words(answer: bytes) -> None:
    polls = Polls(Intake(), unreadable=lambda: None)

    with pytest.raises(httpx.RemoteProtocolError) as raised:
        polls._news(answer)  # noqa: SLF001 - no server of ours answers so

    assert "secret" not in str(raised.getrepr(chain=True))
