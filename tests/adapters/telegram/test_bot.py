"""What the Telegram bot hears, and how it lives and ends."""

import asyncio

import pytest
from structlog.testing import capture_logs

from adapters.chat import texts
from adapters.chat.cards import Card, Span
from adapters.chat.front import FrontRefusedError
from adapters.telegram.bot import TelegramBot, TelegramSettings
from adapters.telegram.surface import TelegramSurface
from core.sessions.model import Identity
from tests.adapters.telegram.bench import (
    MENUS,
    TOKEN,
    Bench,
    Listening,
    a_bench,
    a_bot,
    a_media,
    polling,
)
from tests.infrastructure.media.pictures import a_picture
from tests.servers.telegram_faults import Drop, Status
from tests.servers.telegram_server import TelegramServer
from tests.until import until


async def test_a_message_is_heard_as_what_it_is() -> None:
    async with a_bench() as bench:
        said = await bench.ann.say("a red fox")

        heard = await bench.hears()
        assert (heard.text, heard.sender) == ("a red fox", Identity("telegram", "7"))
        assert heard.reply_to == f"telegram:7:0:{said}"
        assert len(heard.id) == 32
        assert (heard.images, heard.action, heard.trouble) == ((), None, None)


async def test_the_same_update_again_has_the_same_id() -> None:
    async with a_bench() as bench:
        update = bench.server.push({"message": {**_from(bench), "text": "a red fox"}})
        first = await bench.hears()
        await until(lambda: bench.server.waiting == 0)
        bench.server.resend(update)

        second = await bench.hears(2)

        assert first.id == second.id


@pytest.mark.parametrize("way", ["photo", "document"])
async def test_a_picture_with_a_caption_is_taken(way: str) -> None:
    async with a_bench() as bench:
        picture = a_picture(size=(40, 30))
        if way == "photo":
            await bench.ann.say("/upscale", photo=picture)
        else:
            await bench.ann.say("/upscale", document=picture)

        heard = await bench.hears()
        assert heard.text == "/upscale"
        assert [(each.width, each.height) for each in heard.images] == [(40, 30)]


async def test_a_reply_to_a_picture_is_about_that_picture() -> None:
    async with a_bench() as bench:
        shown = await bench.ann.say("", photo=a_picture(size=(40, 30)))
        await bench.hears()

        await bench.ann.say("make it blue", reply_to=shown)

        heard = await bench.hears(2)
        assert (heard.text, heard.images[0].width) == ("make it blue", 40)


async def test_what_is_no_picture_is_told_so() -> None:
    async with a_bench() as bench:
        await bench.ann.say("/upscale", document=b"RIFF....WEBPnothing of the kind")
        await bench.ann.say("a file", document=b"plain words")

        heard = [await bench.hears(1), await bench.hears(2)]
        assert [each.images for each in bench.conversation.heard] == [(), ()]
        assert heard[1].text == "a file"


async def test_a_picture_that_cannot_be_fetched_is_asked_for_again() -> None:
    async with a_bench() as bench:
        bench.server.faults.add(kind=Status(500, "Internal Server Error"), method="getFile")
        with capture_logs():
            await bench.ann.say("a fox", photo=a_picture())
            heard = await bench.hears()

        assert heard.trouble is not None
        assert heard.trouble.user_message == texts.PICTURE_NOT_FETCHED


async def test_a_broken_picture_is_refused_in_words() -> None:
    async with a_bench() as bench:
        update = {"message": _with_photo(bench, size=10, file_id="gone")}
        bench.server.push(update)
        with capture_logs():
            heard = await bench.hears()

        assert heard.trouble is not None


async def test_a_picture_beyond_what_bots_may_fetch_is_refused_before_it_is_fetched() -> None:
    async with a_bench() as bench:
        bench.server.push({"message": _with_photo(bench, size=20_000_001, file_id="large")})

        heard = await bench.hears()
        assert heard.trouble is not None
        assert heard.trouble.user_message == texts.PICTURE_TOO_LARGE
        assert bench.called("getFile") == 0


def _with_photo(bench: Bench, *, size: int, file_id: str) -> dict[str, object]:
    photo = {
        "file_id": file_id,
        "file_unique_id": file_id,
        "width": 9,
        "height": 9,
        "file_size": size,
    }
    return {**_from(bench), "caption": "a fox", "photo": [photo]}


def _from(bench: Bench) -> dict[str, object]:
    return {
        "message_id": 900,
        "date": 1_700_000_000,
        "chat": {"id": bench.ann.user_id, "type": "private", "first_name": "Ann"},
        "from": {"id": bench.ann.user_id, "is_bot": False, "first_name": "Ann"},
    }


async def test_in_groups_only_commands_to_us_are_heard() -> None:
    async with a_bench() as bench:
        group = bench.server.group(chat_id=-1001, title="foxes", members=[bench.ann])
        ann = bench.ann.in_group(group)
        for text in ("hello all", "/make@other_bot a fox", "/make a fox", "/help@station_bot"):
            await ann.say(text)
        await bench.ann.say("done")
        await bench.hears(3)

        heard = [each.text for each in bench.conversation.heard]
        assert heard == ["/make a fox", "/help@station_bot", "done"]


async def test_a_reply_to_us_in_a_group_is_heard_as_an_answer() -> None:
    async with a_bench() as bench:
        group = bench.server.group(chat_id=-1001, title="foxes", members=[bench.ann])
        ann = bench.ann.in_group(group)
        await ann.say("/make a fox")
        asked = await bench.hears()
        await bench.surface.send(asked.reply_to, Card(spans=(Span("how wide?"),)), key="k")
        question = await ann.see(lambda each: each.text == "how wide?")
        await ann.say("512", reply_to=question.id)

        answer = await bench.hears(2)
        assert (answer.text, answer.is_answer) == ("512", True)
        assert asked.is_answer is False


@pytest.mark.parametrize("caption", ["a fox", ""])
async def test_an_album_is_heard_once_and_what_says_nothing_is_not(caption: str) -> None:
    async with a_bench() as bench:
        for number in range(3):
            one = _with_photo(bench, size=9, file_id="x")
            one |= {"media_group_id": "7", "message_id": 900 + number}
            one["caption"] = caption if not number else ""
            bench.server.push({"message": one})
        bench.server.push({"message": {**_from(bench), "group_chat_created": True}})
        await bench.ann.say("heard")

        await bench.hears(2)
        assert {each.text for each in bench.conversation.heard} == {caption, "heard"}


async def test_a_press_is_answered_at_once_and_heard() -> None:
    async with a_bench() as bench:
        bench.conversation.answer = "pressed"
        await bench.ann.say("hello")
        shown = await bench.ann.see(lambda each: each.from_bot)
        bench.conversation.gate.clear()

        await bench.ann.press_data(shown.id, "9:whatever:somebody")
        await until(lambda: bench.called("answerCallbackQuery") == 1)
        bench.conversation.gate.set()

        heard = await bench.hears(2)
        assert (heard.action, heard.message) == ("9:whatever:somebody", str(shown.id))
        assert heard.reply_to == f"telegram:7:0:{shown.id}"


async def test_a_press_on_a_message_that_is_out_of_reach_is_heard() -> None:
    async with a_bench() as bench:
        query = {
            "id": "77",
            "from": {"id": 7, "is_bot": False, "first_name": "Ann"},
            "chat_instance": "1",
            "data": "1:do:help",
            "message": {
                "chat": {"id": 7, "type": "private", "first_name": "Ann"},
                "message_id": 5,
                "date": 0,
            },
        }
        bench.server.push({"callback_query": query})
        inline = {key: value for key, value in query.items() if key != "message"}
        bench.server.push({"callback_query": {**inline, "inline_message_id": "x"}})

        assert (await bench.hears()).reply_to == "telegram:7:0:5"
        await until(lambda: bench.called("answerCallbackQuery") == 2)
        assert len(bench.conversation.heard) == 1


async def test_a_bug_in_one_update_is_noted_and_the_next_is_heard() -> None:
    async with a_bench() as bench:
        bench.conversation.answer = "fine"
        bench.conversation.bug = ValueError("a bug")
        with capture_logs() as logs:
            await bench.ann.say("first")
            await bench.ann.say("second")
            await bench.ann.see(lambda each: each.text == "fine")

        assert [each["event"] for each in logs if each["log_level"] == "error"] == ["telegram.bug"]


async def test_another_program_that_polls_is_told_to_an_operator() -> None:
    async with a_bench() as bench:
        surface = TelegramSurface(a_media())
        second = a_bot(bench.server, surface, media=a_media(), conversation=Listening(), alerts=[])
        with capture_logs():
            async with polling(second):
                await until(lambda: bool(bench.alerts))

        assert bench.alerts[0][0] == "telegram.conflict"


async def refused(server: TelegramServer, token: str) -> str:
    bot = TelegramBot(
        settings=TelegramSettings(token=token, secret="s", base_url=server.url),
        conversation=Listening(),
        surface=TelegramSurface(a_media()),
        media=a_media(),
        menus=MENUS,
        alert=_never,
    )

    async def ready(name: str) -> None:
        raise AssertionError(name)

    with pytest.raises(FrontRefusedError) as raised:
        await bot.run(ready)
    return str(raised.value)


async def _never(code: str, text: str) -> None:
    raise AssertionError((code, text))


async def test_a_wrong_token_is_an_operator_s_matter() -> None:
    async with TelegramServer(token=TOKEN).running() as server:
        assert "token" in await refused(server, "1:nothing")


async def test_a_token_that_is_revoked_ends_the_bot() -> None:
    server = TelegramServer(token=TOKEN)
    async with server.running():
        surface = TelegramSurface(a_media())
        bot = a_bot(server, surface, media=a_media(), conversation=Listening(), alerts=[])
        names: asyncio.Queue[str] = asyncio.Queue()
        running = asyncio.create_task(bot.run(names.put))
        await names.get()

        server.revoke_token()

        with pytest.raises(FrontRefusedError):
            await asyncio.wait_for(running, 5)
        assert surface.bot is None


async def test_an_outage_at_the_start_is_told_as_it_is_and_leaves_nothing_open() -> None:
    server = TelegramServer(token=TOKEN)
    async with server.running():
        server.outage(on=True)
        bot = a_bot(
            server, TelegramSurface(a_media()), media=a_media(), conversation=Listening(), alerts=[]
        )

        async def ready(name: str) -> None:
            raise AssertionError(name)

        with pytest.raises(Exception, match="Bad Gateway"):
            await bot.run(ready)


async def test_polls_that_fail_are_made_again() -> None:
    async with a_bench() as bench:
        bench.server.faults.add(kind=Drop(), method="getUpdates")
        with capture_logs():
            await bench.ann.say("a red fox")
            await until(lambda: bench.called("getUpdates") >= 2)

        bench.server.faults.add(kind=Status(404, "Not Found"), method="sendMessage", times=1)
        assert bench.called("getMe") == 1


async def test_what_is_not_for_us_holds_up_nobody() -> None:
    async with a_bench() as bench:
        group = bench.server.group(chat_id=-1001, title="foxes", members=[bench.ann])
        await bench.ann.in_group(group).say("/help@other_bot")
        bench.server.push({"message": {**_from(bench), "group_chat_created": True}})
        began_at = asyncio.get_running_loop().time()

        await bench.ann.say("a red fox")

        assert (await bench.hears()).text == "a red fox"
        assert asyncio.get_running_loop().time() - began_at < 1


async def test_a_bot_that_is_run_again_leaves_nothing_of_the_first_run() -> None:
    async with a_bench() as bench:
        bench.conversation.gate.clear()
        await bench.ann.say("a red fox")
        await bench.hears()
    await asyncio.sleep(0)

    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    assert left == []
