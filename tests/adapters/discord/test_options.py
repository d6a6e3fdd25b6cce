"""What people give for the options of a workflow's command."""

from collections.abc import AsyncIterator

import pytest

from adapters.chat.menu import Menus
from adapters.chat.updates import ChatUpdate
from core.shared.errors import InputRefusedError
from core.workflows.inputs import InputValue
from core.workflows.kinds import InputKind
from core.workflows.model import Workflow
from core.workflows.service import Workflows
from core.workflows.typed import read
from tests.adapters.discord.bench import Bench, Changing, a_bench
from tests.builders import a_workflow, an_input
from tests.infrastructure.media.pictures import a_picture
from tests.servers.discord_server import DiscordServer, File, Person

DRAW = a_workflow(
    "draw",
    inputs=(
        an_input("prompt"),
        an_input("extra words", default=""),
        an_input("count", InputKind.INTEGER, default=1, minimum=1, maximum=8),
        an_input("strength", InputKind.NUMBER, default=0.5, minimum=0.0, maximum=1.0),
        an_input("tiled", InputKind.BOOLEAN, default=False),
        an_input("style", InputKind.CHOICE, default="Ink", options=("Ink", "Oil Paint")),
        an_input("image", InputKind.IMAGE, default="https://example.com/a.png"),
        an_input("mask", InputKind.IMAGE, default="https://example.com/b.png"),
        an_input("sound", InputKind.FILE),
    ),
)
SMALL, LARGE = a_picture(size=(32, 24)), a_picture(size=(64, 48))


@pytest.fixture
def catalogue() -> Changing:
    return Changing(DRAW)


@pytest.fixture
async def bench(server: DiscordServer, catalogue: Changing) -> AsyncIterator[Bench]:
    async with a_bench(server, menus=Menus(Workflows(catalogue))) as made, made.connected():
        yield made
    assert server.violations == []


def taken(update: ChatUpdate, workflow: Workflow = DRAW) -> dict[str, InputValue]:
    """Return what the workflow takes of an update."""
    given = read(update.text.removeprefix(f"/{workflow.name}").lstrip(), workflow)
    inputs = {each.name: each for each in workflow.inputs}
    values = {name: inputs[name].accept(value) for name, value in given.values.items()}
    return {"prompt": given.words} | values


async def test_an_option_of_every_kind_arrives_as_it_was_given(bench: Bench, ann: Person) -> None:
    await ann.command(
        "draw",
        prompt="a red fox",
        extra_words='"in" the snow',
        count=3,
        strength=0.25,
        tiled=True,
        style="Oil Paint",
    )

    assert taken(await bench.conversation.heard()) == {
        "prompt": "a red fox",
        "extra words": '"in" the snow',
        "count": 3,
        "strength": 0.25,
        "tiled": True,
        "style": "Oil Paint",
    }


async def test_what_is_nothing_to_python_arrives_as_well(bench: Bench, ann: Person) -> None:
    await ann.command("draw", prompt="a red fox", strength=0, tiled=False)

    assert taken(await bench.conversation.heard()) == {
        "prompt": "a red fox",
        "strength": 0.0,
        "tiled": False,
    }


async def test_pictures_are_for_the_inputs_that_they_were_given_for(
    bench: Bench, ann: Person
) -> None:
    await ann.command("draw", prompt="a red fox", mask=SMALL, image=LARGE)

    update = await bench.conversation.heard()
    sizes = [(each.width, each.height) for each in update.images]
    assert dict(zip(update.image_inputs, sizes, strict=True)) == {
        "mask": (32, 24),
        "image": (64, 48),
    }
    assert update.text == "/draw a red fox"


async def test_a_file_that_is_no_picture_is_told_of(bench: Bench, ann: Person) -> None:
    await ann.command("draw", prompt="a red fox", sound=File("fox.mp3", b"ID3 a fox"))

    update = await bench.conversation.heard()
    assert update.trouble is not None
    assert "picture" in update.trouble.user_message


async def test_a_file_of_an_earlier_result_need_not_be_attached(bench: Bench) -> None:
    options = {each["name"]: each for each in bench.server.commands["draw"]["options"]}

    assert [name for name, each in options.items() if each["required"]] == ["prompt"]
    assert options["sound"]["type"] == 11


async def test_an_option_that_has_gone_meanwhile_is_not_lost(
    bench: Bench, catalogue: Changing, ann: Person
) -> None:
    catalogue.show(a_workflow("draw"))

    await ann.command("draw", prompt="a red fox", count=3, image=SMALL)

    update = await bench.conversation.heard()
    with pytest.raises(InputRefusedError, match="count"):
        taken(update, a_workflow("draw"))
    assert (len(update.images), update.image_inputs) == (1, ())


async def test_a_workflow_that_has_gone_meanwhile_is_heard_of(
    bench: Bench, catalogue: Changing, ann: Person
) -> None:
    catalogue.show()

    await ann.command("draw", prompt="a red fox")

    update = await bench.conversation.heard()
    assert update.text.startswith("/draw ")
    assert taken(update)["prompt"] == "a red fox"
