"""The stream: the past, then what is new, and nothing in between is lost."""

import asyncio
import time

import httpx
import pytest

from adapters.chat.cards import Card, Span, Tone
from adapters.chat.surface import ReplyTo, ShownAt
from tests.adapters.web.station import Station, a_message
from tests.adapters.web.stream_reader import collect_until, drain, first, read_past, stream_of


def a_card(text: str = "Done") -> Card:
    return Card(spans=(Span(text),), tone=Tone.GOOD)


@pytest.fixture
async def chat(station: Station, ada: httpx.AsyncClient) -> ReplyTo:
    """Ada's chat, with her one message in it."""
    return await station.chat_of(ada)


async def test_the_past_is_replayed_in_order(
    station: Station, ada: httpx.AsyncClient, chat: ReplyTo
) -> None:
    for number in range(5):
        await station.surface.send(chat, a_card(), key=f"card-{number}")

    past = await read_past(ada, since=1)

    assert [message["id"] for message in past] == [f"card-{number}" for number in range(5)]
    assert [message["seq"] for message in past] == [2, 3, 4, 5, 6]


async def test_the_last_event_id_is_believed_before_the_address(
    station: Station, ada: httpx.AsyncClient, chat: ReplyTo
) -> None:
    await station.surface.send(chat, a_card(), key="card")

    ada.headers["Last-Event-ID"] = "1"

    assert [message["id"] for message in await read_past(ada)] == ["card"]


@pytest.mark.parametrize("since", ["x", "-1", "", "1e3", "9" * 400, "\u0661"])
async def test_a_since_that_makes_no_sense_is_the_beginning(
    ada: httpx.AsyncClient, chat: ReplyTo, since: str
) -> None:
    ada.headers["Last-Event-ID"] = since.encode().decode("latin-1")

    assert len(await read_past(ada)) == 1


async def test_a_page_that_knows_more_than_we_do_is_told_to_forget(
    ada: httpx.AsyncClient, chat: ReplyTo
) -> None:
    async with stream_of(ada, since=99) as events:
        await first(events, "reset")
        message = await first(events, "message")

    assert message.id == 1


async def test_a_card_comes_live(station: Station, ada: httpx.AsyncClient, chat: ReplyTo) -> None:
    async with stream_of(ada) as events:
        await first(events, "ready")
        await station.surface.send(chat, a_card("Here"), key="card")
        message = await first(events, "message")

    assert message.data["body"]["spans"] == [{"text": "Here", "style": "plain"}]


async def test_nobody_hears_another_chat(
    station: Station, ada: httpx.AsyncClient, bob: httpx.AsyncClient, chat: ReplyTo
) -> None:
    bobs = await station.chat_of(bob)

    async with stream_of(bob, since=1) as events:
        await station.surface.send(chat, a_card(), key="for ada")
        await station.surface.send(bobs, a_card(), key="for bob")
        message = await first(events, "message")

    assert message.data["id"] == "for bob"


async def test_nothing_is_missed_while_cards_come_and_pages_reconnect(
    station: Station, ada: httpx.AsyncClient, chat: ReplyTo
) -> None:
    readers: list[dict[int, str]] = [{} for _ in range(6)]
    number_of_cards = 200

    async def write(numbers: range) -> None:
        for number in numbers:
            await station.surface.send(chat, a_card(), key=f"card-{number}")
            await asyncio.sleep(0.001 if number % 3 == 0 else 0)

    async with asyncio.TaskGroup() as group:
        for every, seen in enumerate(readers):
            last = number_of_cards + 1
            group.create_task(collect_until(ada, seen, last, reconnect_every=every * 7))
        for part in range(4):
            group.create_task(write(range(part, number_of_cards, 4)))

    expected = set(range(1, number_of_cards + 2))
    assert [set(seen) for seen in readers] == [expected] * len(readers)


async def test_a_card_keeps_its_place_when_it_changes_after_a_restart(
    station: Station, ada: httpx.AsyncClient, chat: ReplyTo
) -> None:
    await station.surface.send(chat, a_card(), key="card")
    (began,) = await read_past(ada, since=1)
    station.clock.advance(seconds=60)

    await station.surface.finish(chat, ShownAt("card"), a_card("End"), key="card")

    (ended,) = await read_past(ada, since=2)
    assert (ended["id"], ended["at"]) == ("card", began["at"])


async def test_a_stop_ends_the_streams_at_once(station: Station, ada: httpx.AsyncClient) -> None:
    async with stream_of(ada) as events:
        await first(events, "ready")
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            group.create_task(drain(events))
            group.create_task(station.server.stop())

    assert time.perf_counter() - began < 1


async def test_a_server_can_be_started_again(station: Station) -> None:
    await station.server.stop()
    await station.server.start()

    async with station.visitor() as client:
        answer = await client.post("/messages", files=a_message())

    assert answer.status_code == 202
