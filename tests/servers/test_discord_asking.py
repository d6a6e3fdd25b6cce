"""Options that are being typed, and questions that Discord asks for the bot."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import httpx
import pytest

from tests.servers.discord_clients import TOKEN, api, buttons, callback, wire
from tests.servers.discord_server import DiscordServer, Interaction, Limits, Person
from tests.servers.discord_world import Json

STYLE: Json = {"type": 3, "name": "style", "description": "Which", "autocomplete": True}
SIZE: Json = {"type": 4, "name": "size", "description": "How large", "autocomplete": True}
NAME: Json = {"type": 3, "name": "name", "description": "Whose"}
FIELD: Json = {"type": 4, "custom_id": "text", "style": 2, "min_length": 2, "max_length": 8}
LABELLED: Json = {"type": 18, "label": "What to see", "component": FIELD}
IN_A_ROW: Json = {"type": 1, "components": [{**FIELD, "label": "What to see"}]}
QUESTION: Json = {"custom_id": "ask", "title": "Answer", "components": [LABELLED]}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[DiscordServer]:
    made = DiscordServer(token=TOKEN, folder=tmp_path, limits=Limits.none())
    async with made.running():
        yield made


@pytest.fixture
async def client(server: DiscordServer) -> AsyncIterator[httpx.AsyncClient]:
    async with api(server) as made:
        draw = {"name": "draw", "description": "Draw", "options": [STYLE, SIZE, NAME]}
        path = f"/applications/{server.world.application_id}/commands"
        (await made.put(path, json=[draw])).raise_for_status()
        yield made


@pytest.fixture
def ann(server: DiscordServer) -> Person:
    return server.person(name="ann")


@pytest.fixture
async def pressed(server: DiscordServer, client: httpx.AsyncClient, ann: Person) -> Interaction:
    body = {"content": "card", "components": buttons("ask")}
    card = (await client.post(f"/channels/{server.channel.id}/messages", json=body)).json()
    return await ann.press(int(card["id"]), "ask")


async def typing(ann: Person, option: str = "style") -> tuple[Interaction, Awaitable[list[str]]]:
    """Have somebody type an option; return that, and what will be shown for it."""
    shown = asyncio.create_task(ann.complete("draw", option, "i", name="me"))
    await asyncio.sleep(0)
    return ann.interactions[-1], shown


def choices(*values: object) -> Json:
    """Return an answer with these choices."""
    return {"type": 8, "data": {"choices": [{"name": str(each), "value": each} for each in values]}}


async def test_an_option_is_told_while_it_is_typed(
    server: DiscordServer, client: httpx.AsyncClient, ann: Person
) -> None:
    async with wire(server) as gateway:
        await gateway.identify()
        asked, shown = await typing(ann)
        told = (await gateway.until("INTERACTION_CREATE"))["d"]
        answer = await client.post(callback(asked), json=choices("ink", "oil"))

    assert (told["type"], told["data"]["name"]) == (4, "draw")
    assert told["data"]["options"] == [
        {"name": "name", "type": 3, "value": "me"},
        {"name": "style", "type": 3, "value": "i", "focused": True},
    ]
    assert (answer.status_code, await shown) == (204, ["ink", "oil"])
    assert server.violations == []


@pytest.mark.parametrize(
    ("option", "wrong"),
    [
        ("style", choices(*map(str, range(26)))),
        ("style", choices("ink", "ink")),
        ("style", choices(" ")),
        ("style", choices("x" * 101)),
        ("style", choices(1)),
        ("size", choices("large")),
        ("style", {"type": 4, "data": {"content": "hello"}}),
        ("style", {"type": 5}),
        ("style", {"type": 9, "data": QUESTION}),
    ],
)
async def test_choices_that_break_a_rule_are_refused(
    server: DiscordServer, client: httpx.AsyncClient, ann: Person, option: str, wrong: Json
) -> None:
    server.timing(ack_within_s=0.5)
    asked, shown = await typing(ann, option)

    answer = await client.post(callback(asked), json=wrong)

    assert (answer.status_code, answer.json()["code"]) == (400, 50035)
    with pytest.raises(AssertionError, match="loading options failed"):
        await shown


async def test_an_option_that_is_not_completed_cannot_be(
    client: httpx.AsyncClient, ann: Person
) -> None:
    with pytest.raises(AssertionError, match="not completed"):
        await ann.complete("draw", "name", "a")


@pytest.mark.parametrize("part", [LABELLED, IN_A_ROW])
async def test_a_question_is_answered_where_its_button_was(
    server: DiscordServer,
    client: httpx.AsyncClient,
    ann: Person,
    pressed: Interaction,
    part: Json,
) -> None:
    question = {**QUESTION, "components": [part]}
    opened = await client.post(
        f"{callback(pressed)}?with_response=1", json={"type": 9, "data": question}
    )
    async with wire(server) as gateway:
        await gateway.identify()
        written = await ann.write(pressed, "a fox")
        told = (await gateway.until("INTERACTION_CREATE"))["d"]
    answered = await client.post(
        f"{callback(written)}?with_response=1", json={"type": 4, "data": {"content": "thanks"}}
    )

    assert (opened.status_code, "resource" in opened.json()) == (200, False)
    assert (told["type"], told["data"]["custom_id"]) == (5, "ask")
    (mirrored,) = told["data"]["components"]
    field = mirrored["component"] if "component" in mirrored else mirrored["components"][0]
    assert (field["custom_id"], field["value"]) == ("text", "a fox")
    assert pressed.source is not None
    assert told["message"]["id"] == str(pressed.source.id)
    caused = answered.json()["resource"]["message"]["interaction_metadata"]
    assert caused["triggering_interaction_metadata"]["id"] == str(pressed.id)
    assert server.violations == []


async def test_an_answer_can_update_the_message_of_its_button(
    client: httpx.AsyncClient, ann: Person, pressed: Interaction
) -> None:
    await client.post(callback(pressed), json={"type": 9, "data": QUESTION})
    written = await ann.write(pressed, "a fox")

    again = await client.post(callback(written), json={"type": 9, "data": QUESTION})
    await client.post(callback(written), json={"type": 7, "data": {"content": "a fox"}})

    assert again.json()["code"] == 50035
    assert [each.text for each in ann.messages] == ["a fox"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"components": []},
        {"components": [LABELLED] * 6},
        {"components": [LABELLED, LABELLED]},
        {"components": [{**LABELLED, "component": {**FIELD, "label": "twice"}}]},
        {"components": [{**LABELLED, "label": "x" * 46}]},
        {"components": [{"type": 1, "components": [FIELD]}]},
        {"components": [{**LABELLED, "component": {**FIELD, "min_length": 9}}]},
        {"components": buttons("a")},
        {"title": "x" * 46},
        {"custom_id": ""},
    ],
)
async def test_a_question_that_breaks_a_rule_is_refused(
    server: DiscordServer, client: httpx.AsyncClient, pressed: Interaction, wrong: Json
) -> None:
    answer = await client.post(callback(pressed), json={"type": 9, "data": {**QUESTION, **wrong}})

    assert (answer.status_code, answer.json()["code"]) == (400, 50035)
    assert len(server.violations) == 1


@pytest.mark.parametrize(
    ("text", "complaint"), [("", "required"), ("a", "too short"), ("a red fox", "too long")]
)
async def test_an_answer_that_the_field_does_not_take_cannot_be_sent(
    client: httpx.AsyncClient, ann: Person, pressed: Interaction, text: str, complaint: str
) -> None:
    await client.post(callback(pressed), json={"type": 9, "data": QUESTION})

    with pytest.raises(AssertionError, match=complaint):
        await ann.write(pressed, text)


async def test_where_no_question_is_opened_none_can_be_answered(
    client: httpx.AsyncClient, ann: Person, pressed: Interaction
) -> None:
    await client.post(callback(pressed), json={"type": 6})

    with pytest.raises(AssertionError, match="no question"):
        await ann.write(pressed, "a fox")
