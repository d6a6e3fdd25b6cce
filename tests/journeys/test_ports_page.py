"""The ten lines of docs/ports.md: the bot on other adapters, without a service or a browser."""

import inspect
import textwrap
from pathlib import Path

from composition.config import Config
from composition.container import Container
from composition.run import working
from core.generations.model import RunOutput
from core.points.allowance import AllowancePolicy
from infrastructure.memory.catalogue import InMemoryCatalogue
from infrastructure.memory.ledger import InMemoryLedger
from tests.adapters.console.console import ConsoleSurface
from tests.builders import a_workflow
from tests.fakes.gateway import FakeGateway
from tests.program import ROOT
from tests.until import until


async def the_lines_of_the_page(folder: Path) -> tuple[Container, ConsoleSurface]:
    config = Config(database_url="memory:", data_dir=folder)
    container = Container(config=config, owner="worker:test")
    container.ledger.override(InMemoryLedger(AllowancePolicy(capacity=50)))
    container.gateway.override(FakeGateway())
    container.catalogue.override(InMemoryCatalogue([a_workflow("text2img")]))
    console = ConsoleSurface()
    container.surfaces.override({"console": console})

    async with working(container):
        await console.hear("/make a red fox", container.conversation())
        assert "at most 20 points" in console.screen

    return container, console


async def test_the_lines_of_the_page_run(tmp_path: Path) -> None:
    container, console = await the_lines_of_the_page(tmp_path)

    assert container.config().store == "memory"
    assert "Undo" in console.screen


def test_the_page_shows_these_very_lines() -> None:
    body = inspect.getsource(the_lines_of_the_page).partition("\n")[2].partition("\n    return")[0]
    page = (ROOT / "docs" / "ports.md").read_text()

    assert textwrap.dedent(body).strip() in page


async def test_the_console_sees_a_result_and_presses_again(tmp_path: Path) -> None:
    gateway = FakeGateway()
    container = Container(
        config=Config(database_url="memory:", data_dir=tmp_path), owner="worker:t"
    )
    container.gateway.override(gateway)
    container.catalogue.override(InMemoryCatalogue([a_workflow("text2img")]))
    console = ConsoleSurface()
    container.surfaces.override({"console": console})

    async with working(container):
        container.events().subscribe(container.courier().hear)
        await console.hear("/make a red fox", container.conversation())
        await until(lambda: len(gateway.submitted) == 1)
        run = next(iter(gateway.runs))
        gateway.finish(run, outputs=(RunOutput(text="a picture of a fox"),))
        await until(lambda: "a picture of a fox" in console.screen)

        await console.hear("1", container.conversation())
        await until(lambda: len(gateway.submitted) == 2)

    assert "a picture of a fox" in console.screen
