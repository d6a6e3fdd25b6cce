"""The wire: ways to ask, tokens, the contract, long polling."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.servers.telegram_client import ANN, Bench, RawBot, a_bench, a_client, picture
from tests.servers.telegram_contract import Contract
from tests.servers.telegram_errors import Wire
from tests.servers.telegram_server import TelegramServer
from tests.until import until


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with a_bench() as running:
        yield running


async def ids(bot: RawBot, **values: object) -> list[int]:
    """Poll once; return the ids of the updates."""
    return [each["update_id"] for each in (await bot.call("getUpdates", **values))["result"]]


async def a_poll(bench: Bench, **values: object) -> asyncio.Task[Wire]:
    """Begin a long poll; return when it waits."""
    before = len(bench.server.calls)
    poll = asyncio.create_task(bench.bot.call("getUpdates", timeout=5, **values))
    await until(lambda: len(bench.server.calls) > before)
    return poll


Form = dict[str, str]


@pytest.mark.parametrize(
    ("query", "form", "body", "parts"),
    [
        ({"chat_id": "7", "text": "Hi"}, None, None, None),
        (None, {"chat_id": "7", "text": "Hi"}, None, None),
        (None, None, {"chat_id": 7, "text": "Hi"}, None),
        (None, None, None, {"chat_id": (None, "7"), "text": (None, "Hi")}),
        ({"chat_id": "7"}, {"text": "Hi"}, None, None),
    ],
)
async def test_parameters_may_come_in_every_way_of_the_bot_api(
    bench: Bench,
    *,
    query: Form | None,
    form: Form | None,
    body: Wire | None,
    parts: dict[str, tuple[None, str]] | None,
) -> None:
    answer = await bench.bot.http.post(
        "SENDmessage", params=query, data=form, json=body, files=parts
    )

    assert answer.json()["result"]["text"] == "Hi"
    assert answer.headers["Content-Type"].startswith("application/json")
    assert bench.server.violations == []
    assert bench.server.calls[-1].parameters == {"chat_id": ANN, "text": "Hi"}


async def test_a_method_may_be_got(bench: Bench) -> None:
    answer = await bench.bot.http.get("getme")

    assert answer.json()["result"]["username"] == bench.server.bot_username


async def test_an_unknown_method_is_not_found(bench: Bench) -> None:
    words = await bench.bot.words("sendMood", chat_id=ANN)

    assert words == "404 Not Found"
    assert bench.server.violations == ["there is no method sendMood"]


async def test_a_wrong_token_is_unauthorized(bench: Bench) -> None:
    answer = await bench.bot.http.get(f"{bench.server.url}/bot99:no/getMe")

    assert answer.status_code == 401
    assert answer.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}


async def test_a_token_can_be_revoked_under_a_waiting_poll(bench: Bench) -> None:
    poll = await a_poll(bench)

    bench.server.revoke_token()

    assert (await poll)["error_code"] == 401
    assert await bench.bot.words("getMe") == "401 Unauthorized"


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"chat_id": ANN}, "sendMessage: text is missing"),
        ({"chat_id": ANN, "text": "a", "mood": 1}, "sendMessage: there is no parameter mood"),
        (
            {"chat_id": ANN, "text": "a", "protect_content": "yes"},
            "sendMessage.protect_content: not a Boolean: 'yes'",
        ),
        (
            {"chat_id": ANN, "text": "a", "reply_parameters": {"message": 1}},
            "sendMessage.reply_parameters: message_id of ReplyParameters is missing",
        ),
        (
            {"chat_id": ANN, "text": "a", "entities": [{"type": "bold", "offset": 0.5}]},
            "sendMessage.entities[0]: length of MessageEntity is missing",
        ),
    ],
)
async def test_what_breaks_the_contract_is_refused_and_recorded(
    bench: Bench, values: dict[str, object], problem: str
) -> None:
    words = await bench.bot.words("sendMessage", **values)

    assert words == f"400 Bad Request: {problem}"
    assert problem in bench.server.violations


async def test_a_file_that_nobody_refers_to_breaks_the_contract(bench: Bench) -> None:
    words = await bench.bot.words("sendMessage", chat_id=ANN, text="a", extra=picture())

    assert words == "400 Bad Request: sendMessage: nobody uses the file extra"


async def test_a_part_that_did_not_come_breaks_the_contract(bench: Bench) -> None:
    words = await bench.bot.words("sendPhoto", chat_id=ANN, photo="attach://gone")

    assert words == "400 Bad Request: sendPhoto: no part is named gone"


def test_every_method_of_the_contract_is_served() -> None:
    contract = Contract()
    server = TelegramServer()

    assert set(server.methods) == set(contract.names)


async def test_an_update_that_breaks_the_contract_goes_out_only_as_it_is(bench: Bench) -> None:
    with pytest.raises(ValueError, match="Update has no mood"):
        bench.server.push({"mood": {}})

    update_id = bench.server.push({"mood": {}}, as_is=True)

    assert await ids(bench.bot) == [update_id]
    assert bench.server.violations == []


async def test_an_answer_that_breaks_the_contract_is_recorded(bench: Bench) -> None:
    chat: Wire = {"id": ANN, "type": "private"}
    bench.server.push({"message": {"message_id": 1, "date": 1, "chat": chat, "text": "Hi"}})

    chat["mood"] = "good"
    await ids(bench.bot)

    assert bench.server.violations == ["the answer to getUpdates[0].message.chat: Chat has no mood"]


async def test_a_long_poll_ends_as_soon_as_there_is_something(bench: Bench) -> None:
    poll = await a_poll(bench)

    await bench.ann.say("/start now")

    (update,) = (await poll)["result"]
    assert update["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]


async def test_a_poll_with_nothing_to_tell_ends_after_its_time(bench: Bench) -> None:
    began = asyncio.get_running_loop().time()

    found = await ids(bench.bot, timeout=1)

    assert found == []
    assert asyncio.get_running_loop().time() - began > 0.9


async def test_what_is_not_acknowledged_comes_again(bench: Bench) -> None:
    for text in ("a", "b", "c"):
        await bench.ann.say(text)
    first, second, third = await ids(bench.bot)

    again = await ids(bench.bot)
    after = await ids(bench.bot, offset=second)
    last = await ids(bench.bot, offset=third + 1)

    assert again == [first, second, third]
    assert after == [second, third]
    assert last == []


async def test_a_negative_offset_keeps_only_the_tail(bench: Bench) -> None:
    for text in ("a", "b", "c"):
        await bench.ann.say(text)
    _, second, third = await ids(bench.bot)

    tail = await ids(bench.bot, offset=-2)

    assert tail == [second, third]
    assert await ids(bench.bot) == [second, third]


async def test_a_poll_takes_no_more_than_its_limit(bench: Bench) -> None:
    for text in ("a", "b", "c"):
        await bench.ann.say(text)

    found = await ids(bench.bot, limit=2)

    assert len(found) == 2
    assert bench.server.waiting == 3


async def test_allowed_updates_hold_until_others_are_named(bench: Bench) -> None:
    await ids(bench.bot, allowed_updates=["callback_query"])
    message_id = await bench.bot.send()
    await ids(bench.bot)

    await bench.ann.say("unheard")
    await bench.ann.press_data(message_id, "heard")

    (update,) = (await bench.bot.call("getUpdates"))["result"]
    assert update["callback_query"]["data"] == "heard"


async def test_a_second_poller_ends_the_older_one(bench: Bench) -> None:
    older = await a_poll(bench)

    newer = await a_poll(bench)
    await bench.ann.say("for one of you")

    conflict = await older
    assert conflict["error_code"] == 409
    assert conflict["description"] == (
        "Conflict: terminated by other getUpdates request; "
        "make sure that only one bot instance is running"
    )
    assert (await newer)["ok"]


async def test_an_update_can_be_sent_again_after_it_was_acknowledged(bench: Bench) -> None:
    await bench.ann.say("once")
    (update_id,) = await ids(bench.bot)
    await ids(bench.bot, offset=update_id + 1)

    bench.server.resend(update_id)

    assert await ids(bench.bot, offset=update_id + 1) == [update_id]
    assert await ids(bench.bot, offset=update_id + 1) == []


async def test_with_a_webhook_there_is_no_polling(bench: Bench) -> None:
    await bench.bot.done("setWebhook", url="https://example.org/hook", allowed_updates=["message"])
    await bench.ann.say("wait for me")

    info = await bench.bot.done("getWebhookInfo")
    words = await bench.bot.words("getUpdates")
    await bench.bot.done("deleteWebhook")

    assert words.startswith("409 Conflict: can't use getUpdates method while webhook is active")
    assert (info["url"], info["pending_update_count"]) == ("https://example.org/hook", 1)
    assert info["allowed_updates"] == ["message"]
    assert len(await ids(bench.bot)) == 1


async def test_a_webhook_goes_to_https_only(bench: Bench) -> None:
    words = await bench.bot.words("setWebhook", url="http://example.org/hook")

    assert words == "400 Bad Request: bad webhook: An HTTPS URL must be provided for webhook"


async def test_pending_updates_can_be_dropped(bench: Bench) -> None:
    await bench.ann.say("too early")

    await bench.bot.done("deleteWebhook", drop_pending_updates=True)

    assert await ids(bench.bot) == []


async def test_the_server_comes_back_at_the_same_address_with_what_it_knew() -> None:
    server = TelegramServer()
    async with a_bench(server) as bench:
        await bench.ann.say("before")
        url = server.url

    async with server.running(), a_client(server) as http:
        answer = await http.get(f"{url}/bot{server.token}/getUpdates")

    assert answer.json()["result"][0]["message"]["text"] == "before"


async def test_commands_are_kept_by_scope_and_language(bench: Bench) -> None:
    german = {"command": "bild", "description": "Ein Bild"}
    english = {"command": "make", "description": "A picture"}
    private = {"type": "all_private_chats"}
    await bench.bot.done("setMyCommands", commands=[english])
    await bench.bot.done("setMyCommands", commands=[german], scope=private, language_code="de")

    found = await bench.bot.call("getMyCommands", scope=private, language_code="de")
    await bench.bot.done("deleteMyCommands", scope=private, language_code="de")

    left = await bench.bot.call("getMyCommands", scope=private, language_code="de")
    assert found["result"] == [german]
    assert left["result"] == []
    assert (await bench.bot.call("getMyCommands"))["result"] == [english]


@pytest.mark.parametrize(
    ("commands", "words"),
    [
        ([{"command": "Make", "description": "A"}], "400 Bad Request: BOT_COMMAND_INVALID"),
        (
            [{"command": "make", "description": ""}],
            "400 Bad Request: BOT_COMMAND_DESCRIPTION_INVALID",
        ),
        (
            [{"command": "make", "description": "A"}] * 101,
            "400 Bad Request: BOT_COMMANDS_TOO_MUCH",
        ),
    ],
)
async def test_commands_outside_the_rules_are_refused(
    bench: Bench, commands: list[dict[str, str]], words: str
) -> None:
    assert await bench.bot.words("setMyCommands", commands=commands) == words
    assert bench.server.commands == {}
