"""docs/api-usage.md: each example runs against the emulator, each table says what the code does."""

import ast
import json
import re
import runpy
import textwrap
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from operator import attrgetter
from pathlib import Path
from pkgutil import resolve_name

import attrs
import pytest

from composition.config import SECONDS
from core.shared.events import RunEnded
from core.shared.ids import JobId
from infrastructure.clock import SystemClock
from infrastructure.comfy_deploy.answers import Answer, AnswerError, CallError, NoAnswerError
from infrastructure.comfy_deploy.api.service import ComfyDeployApi
from infrastructure.comfy_deploy.breaker import BreakerOpenError
from infrastructure.comfy_deploy.budget import NoTurnError
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.endpoints import ENDPOINTS, Repeat
from infrastructure.comfy_deploy.errors import read_error, submit_error
from infrastructure.comfy_deploy.settings import ComfySettings
from infrastructure.emulator.faults import Ending, RequestFault, RunFault, Spoil
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from infrastructure.emulator.workspace import IMG2IMG, TEXT2IMG
from infrastructure.metrics import Metrics
from tests.infrastructure.emulator.workbench import picture
from tests.program import ROOT

PAGE = (ROOT / "docs" / "api-usage.md").read_text(encoding="utf-8")
_EXAMPLE = re.compile(
    r"^### (?P<title>.+?)$(?:(?!^#).)*?^```python\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL
)
_ROW = re.compile(r"^\|(?P<cells>.*)\|$", re.MULTILINE)
_QUOTED = re.compile(r"`([^`]+)`")

EXAMPLES = {each["title"]: each["code"] for each in _EXAMPLE.finditer(PAGE)}


def rows_under(head: str) -> list[list[str]]:
    """Return the cells of the table whose head begins so."""
    table = PAGE[PAGE.index(f"| {head} |") :].partition("\n\n")[0]
    cells = [
        [cell.strip() for cell in row["cells"].strip("|").split("|")]
        for row in _ROW.finditer(table)
    ]
    return cells[2:]


def quoted(cell: str) -> list[str]:
    """Return what stands in backquotes."""
    return _QUOTED.findall(cell)


async def run(code: str, names: Mapping[str, object], folder: Path) -> None:
    """Run an example as the body of a coroutine that is given these names."""
    body = textwrap.indent(code, "    ")
    script = folder / "example.py"
    script.write_text(f"async def example({', '.join(names)}):\n{body}", encoding="utf-8")
    await runpy.run_path(str(script))["example"](**names)


def asked(emulator: Emulator) -> Mapping[str, int]:
    """Return how often each route was asked."""
    found = emulator.state()["requests"]
    assert isinstance(found, dict)
    return found


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    emulator = Emulator(EmulatorSettings.quick())
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
def names(emulator: Emulator, tmp_path: Path) -> dict[str, object]:
    """Everything that the page says an example may use."""
    folder = tmp_path / "folder"
    folder.mkdir()
    settings = ComfySettings(api_key=emulator.api_key, base_url=emulator.base_url)
    return {
        "key": emulator.api_key,
        "base_url": emulator.base_url,
        "settings": settings,
        "deployment": TEXT2IMG.id,
        "repaint": IMG2IMG.id,
        "workflow": TEXT2IMG.workflow_id,
        "folder": folder,
        "pause_s": 0.01,
    }


def _lose_the_answer(emulator: Emulator, _: Path) -> None:
    emulator.faults.order_requests(RequestFault(path="/run/deployment/queue", spoil=Spoil.LOST))


def _work_long(emulator: Emulator, _: Path) -> None:
    emulator.faults.order_runs(RunFault(extra_s=60))


def _fail(emulator: Emulator, _: Path) -> None:
    emulator.faults.order_runs(RunFault(ending=Ending.FAILED))


def _be_old(emulator: Emulator, _: Path) -> None:
    emulator.change_settings(legacy=True)


def _be_busy(emulator: Emulator, _: Path) -> None:
    emulator.faults.order_requests(RequestFault(path="/workflows", status=503, count=None))


def _leave_a_picture(_: Emulator, folder: Path) -> None:
    (folder / "picture.png").write_bytes(picture())


BEFORE: Mapping[str, Callable[[Emulator, Path], None]] = {
    "An order without an answer": _lose_the_answer,
    "A server of the first generation": _be_old,
    "Stop it": _work_long,
    "Ask why it failed": _fail,
    "Be less patient": _be_busy,
    "Upload a file from disk": _leave_a_picture,
    "Upload bytes": _leave_a_picture,
}
"""What the service, or the folder, is like when an example begins."""


@pytest.mark.parametrize("title", EXAMPLES)
async def test_an_example_of_the_page_does_what_it_says(
    title: str, emulator: Emulator, names: dict[str, object], tmp_path: Path
) -> None:
    if title in BEFORE:
        BEFORE[title](emulator, tmp_path / "folder")

    await run(EXAMPLES[title], names, tmp_path)


async def test_an_order_whose_answer_is_lost_is_one_run(
    emulator: Emulator, names: dict[str, object], tmp_path: Path
) -> None:
    _lose_the_answer(emulator, tmp_path)

    await run(EXAMPLES["An order without an answer"], names, tmp_path)

    assert len(list(emulator.runs)) == 1


async def test_many_runs_take_few_calls(
    emulator: Emulator, names: dict[str, object], tmp_path: Path
) -> None:
    emulator.change_settings(concurrency=12)
    emulator.faults.order_runs(RunFault(extra_s=1.0, count=None))

    await run(EXAMPLES["Follow many runs"], names, tmp_path)

    questions = sum(times for call, times in asked(emulator).items() if call.startswith("GET"))
    assert len(list(emulator.runs)) == 12
    assert questions < 12 * 5  # one by one it would be a hundred for each


async def test_the_same_file_is_sent_once(
    emulator: Emulator, names: dict[str, object], tmp_path: Path
) -> None:
    _leave_a_picture(emulator, tmp_path / "folder")

    await run(EXAMPLES["Upload a file from disk"], names, tmp_path)

    assert asked(emulator)["POST /api/file/upload"] == 1


async def test_an_example_that_claims_too_much_fails(
    names: dict[str, object], tmp_path: Path
) -> None:
    with pytest.raises(AssertionError):
        await run("import asyncio\nawait asyncio.sleep(0)\nassert not settings\n", names, tmp_path)


def test_every_block_of_python_is_an_example_that_runs() -> None:
    assert PAGE.count("```python") == len(EXAMPLES)
    assert set(BEFORE) <= set(EXAMPLES)


@pytest.mark.parametrize("title", EXAMPLES)
def test_an_example_ends_with_what_holds_then(title: str) -> None:
    assert isinstance(ast.parse(EXAMPLES[title]).body[-1], ast.Assert)


def test_the_table_of_endpoints_has_each_once_and_in_order() -> None:
    told = [quoted(cells[0]) for cells in rows_under("endpoint")]

    assert told == [[each.name] for each in ENDPOINTS]


def test_the_table_of_endpoints_tells_what_is_repeated() -> None:
    told = [cells[2] for cells in rows_under("endpoint")]

    assert told == ["yes" if each.repeat is Repeat.SAFE else "never" for each in ENDPOINTS]


@pytest.mark.parametrize("cells", rows_under("endpoint"), ids=lambda cells: cells[0])
def test_a_call_of_the_table_is_there(cells: list[str]) -> None:
    (call,) = quoted(cells[1])
    api = ComfyDeployApi(ComfyDeployClient(ComfySettings(api_key="key")))

    found = attrgetter(call[4:])(api) if call.startswith("api.") else resolve_name(call)

    assert callable(found)


def test_the_table_of_settings_has_their_defaults() -> None:
    defaults = {each.name: each.default for each in attrs.fields(ComfySettings)}
    told = {quoted(cells[0])[0]: float(cells[1]) for cells in rows_under("`ComfySettings`")}

    assert told == {name: defaults[name] for name in told}
    assert {name for name in defaults if name.endswith("_s")} <= set(told)


def test_the_table_of_settings_has_the_variables_of_the_environment() -> None:
    rows = [cells for cells in rows_under("`ComfySettings`") if quoted(cells[2])]
    told = {quoted(cells[2])[0]: float(cells[1]) for cells in rows}

    assert told == {name: SECONDS[name] for name in SECONDS if name.startswith("COMFY_DEPLOY_")}


WORDS: Mapping[str, CallError] = {
    "a page in HTML": AnswerError(Answer(status=200, content_type="text/html", body=b"<html>")),
    "a 503 in HTML": AnswerError(Answer(status=503, content_type="text/html", body=b"<html>")),
    "no turn within the budget": NoTurnError("late"),
    "no answer": NoAnswerError("reset"),
    "the breaker is open": BreakerOpenError("down"),
}


def said(cell: str) -> CallError:
    """Return what comes of an answer as a cell writes it: a status, perhaps with a sentence."""
    if cell in WORDS:
        return WORDS[cell]
    status, *sentence = quoted(cell)
    body = json.dumps({"detail": sentence[0] if sentence else "no"}).encode()
    return AnswerError(Answer(status=int(status), content_type="application/json", body=body))


@pytest.mark.parametrize("cells", rows_under("answer"), ids=lambda cells: cells[0])
def test_a_row_of_the_errors_is_what_the_code_makes_of_it(cells: list[str]) -> None:
    error = said(cells[0])

    assert [type(submit_error(error)).__name__, type(read_error(error)).__name__] == cells[1:3]


def metrics_of(figures: bytes) -> Iterator[str]:
    """Return the names of our own metrics, as Prometheus reads them."""
    for line in figures.decode().splitlines():
        found = re.fullmatch(r"# TYPE (stationthis_comfy_\w+) \w+", line)
        if found and not found[1].endswith("_created"):
            yield found[1]


async def test_the_table_of_metrics_has_each_once() -> None:
    metrics = Metrics(SystemClock())
    await metrics.hear(RunEnded(JobId("0" * 32), "success", None))

    told = [name for cells in rows_under("metric") for name in quoted(cells[0])]

    assert sorted(told) == sorted(metrics_of(metrics.render()[0]))
