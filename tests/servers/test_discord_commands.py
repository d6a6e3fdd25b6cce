"""The bot's own routes: who it is, where the gateway is, and the rules for its commands."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.servers.discord_clients import TOKEN, api
from tests.servers.discord_commands import as_command
from tests.servers.discord_server import DiscordServer, Limits
from tests.servers.discord_world import Json


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[DiscordServer]:
    made = DiscordServer(token=TOKEN, folder=tmp_path, limits=Limits.none())
    async with made.running():
        yield made


@pytest.fixture
async def client(server: DiscordServer) -> AsyncIterator[httpx.AsyncClient]:
    async with api(server) as made:
        yield made


@pytest.fixture
def path(server: DiscordServer) -> str:
    return f"/applications/{server.world.application_id}/commands"


def command(name: str = "make", **changes: object) -> Json:
    """Return a command."""
    return {"name": name, "description": "Draw", **changes}


def option(name: str = "prompt", **changes: object) -> Json:
    """Return an option that takes a text."""
    return {"type": 3, "name": name, "description": "What to draw", **changes}


@pytest.mark.parametrize(
    "route",
    ["/gateway", "/gateway/bot", "/users/@me", "/oauth2/applications/@me", "/applications/@me"],
)
async def test_what_the_bot_is_keeps_the_contract(
    server: DiscordServer, client: httpx.AsyncClient, route: str
) -> None:
    answer = await client.get(route)

    assert answer.status_code == 200
    assert server.violations == []


@pytest.mark.parametrize("real", [True, False])
async def test_the_gateway_has_the_name_that_the_client_can_reach(
    tmp_path: Path, *, real: bool
) -> None:
    server = DiscordServer(token=TOKEN, folder=tmp_path, real_names=real)
    async with server.running(), api(server) as client:
        answer = await client.get("/gateway/bot")

    own = f"wss://127.0.0.1:{server.port}"
    assert answer.json()["url"] == ("wss://gateway.discord.gg" if real else own)


async def test_put_replaces_all_commands_and_keeps_known_ids(
    server: DiscordServer, client: httpx.AsyncClient, path: str
) -> None:
    first = (await client.put(path, json=[command("make"), command("old")])).json()
    second = (await client.put(path, json=[command("make"), command("new")])).json()

    assert list(server.commands) == ["make", "new"]
    assert first[0]["id"] == second[0]["id"]
    assert first[0]["version"] != second[0]["version"]
    assert server.violations == []


async def test_one_command_is_made_read_changed_and_deleted(
    server: DiscordServer, client: httpx.AsyncClient, path: str
) -> None:
    made = await client.post(path, json=command(options=[option(required=True)]))
    own = f"{path}/{made.json()['id']}"
    again = await client.post(path, json=command(description="Draw again"))
    changed = await client.patch(own, json={"description": "Paint"})
    found = await client.get(own)
    deleted = await client.delete(own)
    gone = await client.get(own)

    assert (made.status_code, again.status_code, deleted.status_code) == (201, 200, 204)
    assert changed.json()["description"] == found.json()["description"] == "Paint"
    assert (gone.status_code, gone.json()["code"]) == (404, 10063)
    assert (server.commands, server.violations) == ({}, [])


LONG_CHOICES = [{"name": f"{at:0100}", "value": f"{at:0100}"} for at in range(25)]


@pytest.mark.parametrize(
    "wrong",
    [
        command(""),
        command("x" * 33),
        command("Make"),
        command("make it"),
        command(description=""),
        command(description="x" * 101),
        command(options=[option(f"o{at}") for at in range(26)]),
        command(options=[option(), option()]),
        command(options=[option("a"), option("b", required=True)]),
        command(options=[option("A")]),
        command(options=[option(description="")]),
        command(options=[option(choices=[{"name": "n", "value": "v"}] * 26)]),
        command(options=[option(choices=[{"name": "n" * 101, "value": "v"}])]),
        command(options=[option(choices=[{"name": "n", "value": "v"}] * 2)]),
        command(options=[option(choices=[{"name": " ", "value": "v"}])]),
        command(options=[option(choices=[{"name": "n", "value": "v" * 101}])]),
        command(options=[option(type=4, choices=[{"name": "n", "value": "v"}])]),
        command(options=[option(type=5, choices=[{"name": "n", "value": "v"}])]),
        command(options=[option(choices=[{"name": "n", "value": "v"}], autocomplete=True)]),
        command(options=[option(type=4, min_value=2, max_value=1)]),
        command(options=[option(type=4, max_value=2**53)]),
        command(options=[option(min_length=2, max_length=1)]),
        command(options=[option(type=12)]),
        command(contexts=[7]),
        command(options=[option("a", choices=LONG_CHOICES), option("b", choices=LONG_CHOICES)]),
    ],
)
async def test_a_command_that_breaks_a_rule_is_refused(
    server: DiscordServer, client: httpx.AsyncClient, path: str, wrong: Json
) -> None:
    answer = await client.put(path, json=[wrong])

    assert (answer.status_code, answer.json()["code"]) == (400, 50035)
    assert len(server.violations) == 1
    assert server.commands == {}


async def test_two_commands_cannot_share_a_name(
    server: DiscordServer, client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.put(path, json=[command(), command()])

    assert answer.json()["code"] == 50035


async def test_more_than_100_commands_are_refused(
    server: DiscordServer, client: httpx.AsyncClient, path: str
) -> None:
    hundred = await client.put(path, json=[command(f"c{at}") for at in range(100)])
    more = await client.post(path, json=command("one-more"))

    assert hundred.status_code == 200
    assert more.json()["code"] == 30032


async def test_commands_of_others_are_not_to_be_had(client: httpx.AsyncClient) -> None:
    answer = await client.get("/applications/1/commands")

    assert (answer.status_code, answer.json()["code"]) == (403, 50001)


async def test_a_subcommand_is_given_by_its_whole_name(
    server: DiscordServer, client: httpx.AsyncClient, path: str
) -> None:
    below = {"type": 1, "name": "show", "description": "Show", "options": [option("whose")]}
    await client.put(path, json=[command("points", options=[below], dm_permission=False)])
    ann = server.person(name="ann")

    asked = await ann.command("points show", whose="mine")

    inner = asked.data["options"][0]
    assert (inner["name"], inner["options"][0]["value"]) == ("show", "mine")
    with pytest.raises(AssertionError, match="is one of"):
        await ann.command("points")
    with pytest.raises(AssertionError, match="not offered"):
        await ann.in_dm().command("points show")


@pytest.mark.parametrize(
    ("text", "image", "given"),
    [
        ("/make a fox", None, {"prompt": "a fox"}),
        ('/make a fox --size 3 --tone "Dark red"', b"fox", {"size": 3, "tone": "dark red"}),
        ("/make a fox --what is this", None, {"prompt": "a fox --what is this"}),
        ("/make --size 3", None, None),
        ("/draw a fox", None, None),
        ("a fox", None, None),
        ("/run sketch a fox --clear yes", None, {"workflow": "sketch", "clear": True}),
        ("/run sketch", b"fox", None),
    ],
)
async def test_what_somebody_types_becomes_the_options_of_a_command(
    server: DiscordServer,
    client: httpx.AsyncClient,
    path: str,
    text: str,
    image: bytes | None,
    given: Json | None,
) -> None:
    tones = [{"name": each, "value": each} for each in ("dark red", "blue")]
    make = [
        option(required=True),
        option("size", type=4),
        option("tone", choices=tones),
        option("image", type=11),
    ]
    run = [option("workflow", required=True), option(), option("clear", type=5)]
    await client.put(path, json=[command(options=make), command("run", options=run)])

    found = as_command(server.world, text, image)

    assert (found is None) == (given is None)
    if found is not None and given is not None:
        assert found == {**found, **given}
        assert found.get("image") == image
        assert found["prompt"].startswith("a fox")
