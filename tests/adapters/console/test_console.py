"""The true conversation on a console, over memory: no service, no database, no browser."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.chat.surface import ReplyTo, ShownAt
from adapters.chat.views.pages import text_card
from composition.config import Config
from composition.container import Container
from core.generations.model import RunStatus
from core.generations.timing import Timing
from core.points.allowance import AllowancePolicy
from infrastructure.memory.catalogue import InMemoryCatalogue
from tests.adapters.chat.talk import WORKFLOWS
from tests.adapters.console.console import ConsoleSurface
from tests.builders import a_run_update
from tests.fakes.gateway import FakeGateway
from tests.until import until

QUICK = Timing(first_poll_s=0.005, waiting_check_s=0.02)
WAITING = """\
Text2Img  a red fox
Starting · at most 20 points, about 6 s
[1] Undo"""


@pytest.fixture
def console() -> ConsoleSurface:
    return ConsoleSurface()


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway()


@pytest.fixture
async def container(
    tmp_path: Path, console: ConsoleSurface, gateway: FakeGateway
) -> AsyncIterator[Container]:
    config = Config(
        database_url="memory:",
        data_dir=tmp_path,
        allowance=AllowancePolicy(capacity=50),
        timing=QUICK,
    )
    container = Container(config=config, owner="worker:test")
    container.gateway.override(gateway)
    container.catalogue.override(InMemoryCatalogue(WORKFLOWS))
    container.surfaces.override({"console": console})

    container.events().subscribe(container.notifier().hear)
    container.events().subscribe(container.courier().hear)
    container.wake_ups().start(container.advance())
    yield container
    await container.wake_ups().stop()
    await container.events().stop()
    await container.notifier().stop()
    container.images().close()


async def test_a_line_is_answered_with_a_card(
    container: Container, console: ConsoleSurface
) -> None:
    await console.hear("/points", container.conversation())

    assert console.screen == "You have 50 points\nallowance 50 of 50"


async def test_a_wish_shows_its_price_and_then_its_picture(
    container: Container, console: ConsoleSurface, gateway: FakeGateway
) -> None:
    await console.hear("/make a red fox", container.conversation())
    first = console.screen
    await until(lambda: bool(gateway.runs))
    gateway.finish(gateway.runs[0], run_s=4.0)
    await until(lambda: "Info" in console.screen)

    lines = console.screen.splitlines()
    assert first == WAITING
    assert (lines[:2], lines[3]) == (
        ["Text2Img  a red fox", "8 points · 4 s"],
        "[1] Again  [2] Upscale  [3] Info",
    )
    assert lines[2].startswith("<image ")


async def test_a_number_presses_the_button_of_that_number(
    container: Container, console: ConsoleSurface, gateway: FakeGateway
) -> None:
    gateway.starts_as = a_run_update(
        RunStatus.SUCCESS, outputs=(gateway.put_file("fox.png"),), run_s=4.0
    )
    await console.hear("a red fox", container.conversation())
    await until(lambda: "Info" in console.screen)

    await console.hear("3", container.conversation())

    assert "price: 8 points of at most 20 points\n[4] Again" in console.screen


async def test_what_was_begun_can_be_cancelled(
    container: Container, console: ConsoleSurface
) -> None:
    await console.hear("a red fox", container.conversation())
    await console.hear("1", container.conversation())

    await until(lambda: "Cancelled. You were not charged." in console.screen)
    await console.hear("/points", container.conversation())
    assert "You have 50 points" in console.screen


@pytest.mark.parametrize("line", ["0", "2", "99", "-1", "²", "1.0"])
async def test_a_number_without_a_button_is_something_said(
    container: Container, console: ConsoleSurface, line: str
) -> None:
    await console.hear(line, container.conversation())

    assert f"Text2Img  {line}\n" in console.screen


async def test_somebody_else_s_chat_is_not_on_the_screen(console: ConsoleSurface) -> None:
    await console.send(ReplyTo("console:else"), text_card("hidden"), key="1")
    await console.edit(ReplyTo("console:somebody"), ShownAt("gone"), text_card("late"))

    assert console.screen == ""
