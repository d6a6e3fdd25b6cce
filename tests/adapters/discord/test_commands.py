"""Our commands in Discord's list."""

from collections.abc import AsyncIterator

import attrs
import pytest
from hypothesis import given

from adapters.chat.menu import COMMANDS, MOST_OPTIONS, Menus, command_of
from adapters.discord.commands import FURTHEST, WORDS_LENGTH, payloads
from core.workflows.kinds import InputKind
from core.workflows.model import Workflow
from core.workflows.service import Workflows
from tests.adapters.chat.test_conversation import SilentCatalogue
from tests.adapters.chat.test_menu import some_workflows
from tests.adapters.discord.bench import Bench, Changing, a_bench
from tests.builders import a_workflow, an_input
from tests.servers.discord_contract import Contract
from tests.servers.discord_rules import check_commands
from tests.servers.discord_server import DiscordServer, Person, Status
from tests.servers.discord_world import Json
from tests.until import until

COMMANDS_PATH = "/commands"
LIST = "GET /applications/*/commands"
FIXED = [command.name for command in COMMANDS]


@pytest.fixture
def catalogue() -> Changing:
    return Changing(a_workflow("draw"), a_workflow("paint"))


@pytest.fixture
async def offering(server: DiscordServer, catalogue: Changing) -> AsyncIterator[Bench]:
    async with a_bench(server, menus=Menus(Workflows(catalogue))) as made:
        yield made
    assert server.violations == []


def listed(server: DiscordServer, *, but: int = len(FIXED)) -> list[str]:
    """Return the names of the listed commands, without those that come first."""
    return list(server.commands)[but:]


def options_of(*workflows: Workflow) -> list[list[Json]]:
    """Return the options of workflows' commands, as Discord takes them."""
    return [each["options"] for each in payloads([command_of(each) for each in workflows])]


async def test_the_commands_of_the_menu_are_listed_with_what_they_take(bench: Bench) -> None:
    commands = bench.server.commands

    assert {name: each["description"] for name, each in commands.items()} == {
        command.name: command.summary for command in COMMANDS
    }
    words, image = commands["make"]["options"]
    assert (words["name"], words["type"], words["required"]) == ("prompt", 3, True)
    assert words["max_length"] == WORDS_LENGTH
    assert (image["name"], image["type"], image["required"]) == ("image", 11, False)
    (which,) = commands["cancel"]["options"]
    assert (which["name"], which["required"]) == ("which", False)
    assert commands["run"]["options"][0]["autocomplete"]
    assert not commands["points"].get("options")


async def test_in_a_server_only_its_administrators_see_the_commands_of_operators(
    bench: Bench,
) -> None:
    allowed = {
        name: each["default_member_permissions"] for name, each in bench.server.commands.items()
    }

    assert allowed == dict.fromkeys(FIXED) | {"reload": "0"}


async def test_nothing_is_sent_when_the_list_is_ours_already(offering: Bench) -> None:
    async with offering.connected():
        pass

    async with offering.connected():
        await offering.bot.list_commands()
        await until(lambda: offering.called("GET", COMMANDS_PATH) == 3)

    assert offering.called("PUT", COMMANDS_PATH) == 1


@pytest.mark.parametrize(
    ("field", "before"),
    [("description", "what it was before"), ("required", False), ("max_length", 7)],
)
async def test_a_list_that_differs_in_one_word_is_replaced(
    idle: Bench, field: str, before: object
) -> None:
    async with idle.connected():
        pass
    option = idle.server.commands["make"]["options"][0]
    ours, option[field] = option[field], before

    async with idle.connected():
        pass

    assert idle.called("PUT", COMMANDS_PATH) == 2
    assert idle.server.commands["make"]["options"][0][field] == ours


async def test_a_workflow_that_comes_is_listed_and_one_that_goes_is_not(
    offering: Bench, catalogue: Changing
) -> None:
    async with offering.connected():
        assert listed(offering.server) == ["draw", "paint"]
        numbers = {name: each["id"] for name, each in offering.server.commands.items()}

        catalogue.show(a_workflow("etch"), a_workflow("paint"))
        await offering.bot.list_commands()
        await until(lambda: listed(offering.server) == ["etch", "paint"])

    assert offering.server.commands["paint"]["id"] == numbers["paint"]
    assert offering.called("PUT", COMMANDS_PATH) == 2


async def test_an_input_that_changes_changes_its_command(
    offering: Bench, catalogue: Changing
) -> None:
    async with offering.connected():
        wide = an_input("width", InputKind.INTEGER, default=512, maximum=1024)
        catalogue.show(a_workflow("draw", inputs=(an_input(), wide)))
        await offering.bot.list_commands()
        await until(lambda: listed(offering.server) == ["draw"])

        _, width = offering.server.commands["draw"]["options"]
        assert (width["name"], width["max_value"]) == ("width", 1024)


async def test_many_changes_at_once_are_listed_once_and_not_too_soon(
    server: DiscordServer, catalogue: Changing
) -> None:
    menus = Menus(Workflows(catalogue))
    async with a_bench(server, menus=menus, listed_every_s=0.2) as bench, bench.connected():
        for number in range(5):
            catalogue.show(a_workflow(f"draw_{number}"))
            await bench.bot.list_commands()
        assert listed(server) == ["draw", "paint"]
        await until(lambda: listed(server) == ["draw_4"])

        puts = [call.at for call in server.calls if call.method == "PUT"]
        assert len(puts) == 2
        assert puts[1] - puts[0] > 0.15
        assert bench.called("GET", COMMANDS_PATH) == 2


async def test_while_nobody_talks_nothing_is_listed(idle: Bench) -> None:
    await idle.bot.list_commands()

    assert idle.server.calls == []


async def test_what_does_not_fit_into_the_list_is_reached_by_run(
    server: DiscordServer, ann: Person
) -> None:
    many = Changing(*(a_workflow(f"w{number:03}") for number in range(120)))
    async with a_bench(server, menus=Menus(Workflows(many))) as bench, bench.connected():
        names = list(server.commands)
        assert names == [*FIXED, *(f"w{number:03}" for number in range(100 - len(FIXED)))]

        assert await ann.complete("run", "workflow", "w119") == ["w119"]
        assert len(await ann.complete("run", "workflow", "")) == 25
        await ann.command("run", workflow="w119", prompt="a fox")
        assert (await bench.conversation.heard()).text == "/run w119 a fox"
    assert server.violations == []


async def test_workflows_for_operators_are_completed_for_them_alone(
    server: DiscordServer, ann: Person
) -> None:
    secret = attrs.evolve(a_workflow("train"), for_admins=True)
    op = server.person(name="op")
    menus = Menus(Workflows(Changing(a_workflow("draw"), secret)))
    async with a_bench(server, menus=menus, operators=(str(op.id),)) as bench, bench.connected():
        assert listed(server) == ["draw"]
        assert await ann.complete("run", "workflow", "") == ["draw"]
        assert await op.complete("run", "workflow", "") == ["draw", "train"]


async def test_after_a_read_that_failed_nothing_is_written(offering: Bench, ann: Person) -> None:
    offering.server.faults.add(route=LIST, kind=Status(400))

    async with offering.connected():
        await ann.in_dm().say("a red fox")
        await offering.conversation.heard()
        assert offering.called("PUT", COMMANDS_PATH) == 0
        client = offering.surface.client
        assert client is not None

        client.dispatch("connect")  # as the library does for every new session
        await until(lambda: listed(offering.server) == ["draw", "paint"])


async def test_while_the_workflows_are_not_known_their_commands_stay(
    server: DiscordServer, catalogue: Changing
) -> None:
    silent = Menus(Workflows(SilentCatalogue()))
    async with a_bench(server, menus=silent) as bench, bench.connected():
        assert list(server.commands) == FIXED

    async with a_bench(server, menus=Menus(Workflows(catalogue))) as bench, bench.connected():
        assert listed(server) == ["draw", "paint"]

    async with a_bench(server, menus=silent) as bench, bench.connected():
        assert listed(server) == ["draw", "paint"]


async def test_a_list_that_is_refused_is_tried_again(offering: Bench) -> None:
    offering.server.faults.add(route="PUT /applications/*/commands", kind=Status(400))

    async with offering.connected():
        assert offering.server.commands == {}
        await offering.bot.list_commands()
        await until(lambda: listed(offering.server) == ["draw", "paint"])


@given(workflow=some_workflows)
def test_discord_takes_a_workflow_whatever_its_inputs_are(workflow: Workflow) -> None:
    made = payloads([command_of(workflow)])

    check_commands(made)
    path = "/applications/{application_id}/commands"
    assert Contract.read().request_breach("PUT", path, made) is None


@pytest.mark.parametrize(
    ("kind", "least", "most", "limits"),
    [
        (InputKind.INTEGER, 64, 2048, {"min_value": 64, "max_value": 2048}),
        (InputKind.INTEGER, 0.5, 7.9, {"min_value": 1, "max_value": 7}),
        (InputKind.INTEGER, None, 2**64, {"max_value": FURTHEST}),
        (InputKind.INTEGER, -(2**64), None, {"min_value": -FURTHEST}),
        (InputKind.INTEGER, 0.2, 0.8, {}),
        (InputKind.NUMBER, 0.5, 1e30, {"min_value": 0.5, "max_value": FURTHEST}),
        (InputKind.NUMBER, 2.0, 1.0, {}),
        (InputKind.NUMBER, None, None, {}),
    ],
)
def test_a_number_s_limits_are_told(
    kind: InputKind, least: float | None, most: float | None, limits: Json
) -> None:
    ((option,),) = options_of(
        a_workflow(inputs=(an_input("n", kind, default=1, minimum=least, maximum=most),))
    )

    told = {name: option[name] for name in ("min_value", "max_value") if name in option}
    assert told == limits
    assert [type(each) for each in told.values()] == [type(each) for each in limits.values()]


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        (("ink", "oil"), ["ink", "oil"]),
        ((" ink", "oil "), ["ink", "oil"]),
        (("ink", "ink "), None),
        (("ink", " "), None),
        (tuple(map(str, range(26))), None),
    ],
)
def test_what_an_option_can_be_is_shown_or_completed(
    options: tuple[str, ...], shown: list[str] | None
) -> None:
    ((option,),) = options_of(
        a_workflow(inputs=(an_input("style", InputKind.CHOICE, options=options),))
    )

    choices = option.get("choices")
    assert (choices and [each["name"] for each in choices]) == shown
    assert option.get("autocomplete", False) is (shown is None)
    assert not choices or [each["value"] for each in choices] == list(options)


def test_of_too_many_long_choices_the_longest_are_completed_instead() -> None:
    names = [f"style_{number}" for number in range(MOST_OPTIONS)]
    inputs = [
        an_input(name, InputKind.CHOICE, options=tuple(f"{at:0{3 * size}}" for at in range(25)))
        for size, name in enumerate(names, start=1)
    ]

    (options,) = options_of(a_workflow(inputs=tuple(inputs)))

    completed = [each["name"] for each in options if each.get("autocomplete")]
    assert 0 < len(completed) < len(options)
    assert completed == names[-len(completed) :]
    check_commands(payloads([command_of(a_workflow(inputs=tuple(inputs)))]))
