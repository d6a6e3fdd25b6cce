"""The true conversation on a console, over memory: no database, no browser."""

import asyncio
import contextlib
import io
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TextIO

import attrs
import pytest

from adapters.chat.surface import ReplyTo, ShownAt
from adapters.chat.views.pages import text_card
from composition.access import Listen
from composition.config import Config
from composition.container import Container
from composition.demo import emulated
from core.generations.model import RunStatus
from core.generations.timing import Timing
from core.points.allowance import AllowancePolicy
from infrastructure.memory.catalogue import InMemoryCatalogue
from tests.adapters.chat.talk import WORKFLOWS
from tests.adapters.console.console import ConsoleSurface, talk
from tests.architecture.sizes import code_lines
from tests.architecture.tree import Source
from tests.builders import a_run_update
from tests.fakes.gateway import FakeGateway
from tests.program import environment
from tests.until import until

CODE = Path(__file__).with_name("console.py")
AN_AFTERNOON = 120
"""Lines of code, with everything that a front needs: cards, buttons, messages and a `main`."""

PROGRAM_S = 30.0
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
    await container.courier().stop()
    container.images().close()


async def test_a_line_is_answered_with_a_card(
    container: Container, console: ConsoleSurface
) -> None:
    await console.hear("/points", container.conversation())

    assert console.screen == (
        "You have 50 points\nallowance 50 of 50\nLately\n+50 allowance, just now"
    )


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
        ["Text2Img  a red fox", lines[1]],
        "[1] Again  [2] Tweak  [3] Upscale  [4] Info",
    )
    assert lines[1].startswith("8 points · 4 s · 12 returned · /why ")
    assert lines[2].startswith("<image ")


async def test_a_number_presses_the_button_of_that_number(
    container: Container, console: ConsoleSurface, gateway: FakeGateway
) -> None:
    gateway.starts_as = a_run_update(
        RunStatus.SUCCESS, outputs=(gateway.put_file("fox.png"),), run_s=4.0
    )
    await console.hear("a red fox", container.conversation())
    await until(lambda: "Info" in console.screen)

    await console.hear("4", container.conversation())

    assert "price: 8 points of at most 20 points\n[5] Again" in console.screen


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


async def test_progress_is_drawn_in_letters(console: ConsoleSurface) -> None:
    card = attrs.evolve(text_card("Text2Img"), progress=0.3)

    await console.send(ReplyTo("console:somebody"), card, key="1")

    assert console.screen == "Text2Img\n▰▰▰▱▱▱▱▱▱▱"


@attrs.frozen
class Keyboard:
    """A pipe, as the standard input of a program often is: `lines` are read, `type` writes."""

    lines: TextIO
    _keys: TextIO

    def type(self, line: str) -> None:
        """Type a line."""
        self._keys.write(f"{line}\n")
        self._keys.flush()

    def leave(self) -> None:
        """Type nothing more."""
        self._keys.close()


@pytest.fixture
def keyboard() -> Iterator[Keyboard]:
    reading, writing = os.pipe()
    with os.fdopen(reading) as lines, os.fdopen(writing, "w") as keys:
        yield Keyboard(lines, keys)


@pytest.fixture
async def station() -> AsyncIterator[Container]:
    """The container as it is, in memory, with a service in this process."""
    config = Config(database_url="memory:", private_listen=Listen("127.0.0.1", 0), timing=QUICK)
    async with contextlib.AsyncExitStack() as stack:
        config = await emulated(config, fast=True, stack=stack)
        container = Container(config=config, owner="worker:test")
        container.secret.override("s" * 64)
        yield container


def last_screen(out: io.StringIO) -> str:
    return out.getvalue().split(f"{'-' * 60}\n")[-2] if out.getvalue() else ""


async def test_lines_come_in_and_screens_go_out(station: Container, keyboard: Keyboard) -> None:
    out = io.StringIO()
    talking = asyncio.create_task(talk(keyboard.lines, out, station))
    try:
        keyboard.type("a red fox width=64 height=64")
        await until(lambda: "Info" in last_screen(out))
        keyboard.type("4")
        await until(lambda: "width: 64" in last_screen(out))
        keyboard.type("/points")
    finally:
        keyboard.leave()
        await talking

    first, *_, last = out.getvalue().split(f"{'-' * 60}\n")[:-1]
    assert first.startswith("text2img  a red fox\nStarting")
    assert [last.count(each) for each in ("<image ", "width: 64", "You have")] == [1, 1, 1]


async def test_what_is_under_way_after_the_last_line_is_shown_to_its_end(
    station: Container,
) -> None:
    out = io.StringIO()

    await talk(io.StringIO("a red fox\na blue fox"), out, station)

    assert (last_screen(out).count("<image "), last_screen(out).count("Undo")) == (2, 0)


@pytest.mark.process
async def test_the_console_is_a_program(tmp_path: Path) -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.adapters.console.console",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(),
        cwd=tmp_path,
    )

    said, errors = await asyncio.wait_for(program.communicate(b"/help\na red fox\n"), PROGRAM_S)

    assert (program.returncode, errors) == (0, b"")
    assert said.startswith(b"Write what you want to see")
    assert b"<image " in said
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - nothing is awaited any more


def test_a_front_is_the_work_of_an_afternoon() -> None:
    size = len(code_lines(Source("console.py", CODE.read_text())))

    print(f"a third front has {size} lines of code")  # noqa: T201 - the size is to be read
    assert size < AN_AFTERNOON
