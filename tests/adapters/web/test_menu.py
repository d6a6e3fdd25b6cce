"""What the page is told of commands, and of what their options can be."""

import httpx
import pytest

from adapters.chat.menu import COMMANDS
from tests.adapters.web.station import running_station


async def menu_for(*admins: str) -> dict[str, dict[str, object]]:
    async with running_station(admins=admins) as station, station.visitor() as client:
        told = (await client.get("/menu")).raise_for_status().json()["commands"]
    return {each["name"]: each for each in told}


async def test_the_menu_has_every_command_and_every_workflow_with_its_options() -> None:
    menu = await menu_for()

    ours = [each.name for each in COMMANDS if not each.for_admins]
    assert list(menu) == [*ours, "flux_dev", "toon"]
    assert menu["flux_dev"]["options"] == [
        {
            "name": name,
            "typed": given,
            "summary": name.capitalize(),
            "kind": kind,
            "choices": choices,
            "completes": completes,
        }
        for name, given, kind, choices, completes in (
            ("prompt", "", "text", [], False),
            ("width", "--width", "integer", [], False),
            ("hires", "--hires", "boolean", [], False),
            ("style", "--style", "text", ["Photo", "Oil Paint", "Pencil"], False),
            ("model", "--model", "text", [], True),
        )
    ]


async def test_only_operators_are_told_what_only_operators_may() -> None:
    assert {"reload", "secret_lab"} <= set(await menu_for("web"))
    assert {"reload", "secret_lab"}.isdisjoint(await menu_for("telegram:7"))


@pytest.mark.parametrize(
    ("command", "option", "begun", "choices"),
    [
        ("help", "workflow", "to", ["toon"]),
        ("run", "workflow", "", ["flux_dev", "toon"]),
        ("flux_dev", "model", "07", ["model_07"]),
        ("flux_dev", "model", "nothing like it", []),
        ("flux_dev", "width", "", []),
        ("flux_dev", "prompt", "a", []),
        ("gone", "model", "", []),
        ("", "", "", []),
    ],
)
async def test_what_can_be_chosen_is_what_begins_with_or_holds_what_was_written(
    command: str, option: str, begun: str, choices: list[str]
) -> None:
    async with running_station(admins=()) as station, station.visitor() as client:
        asked = {"command": command, "option": option, "begun": begun}
        answer = await client.get("/completions", params=asked)

    assert answer.json() == {"choices": choices}


@pytest.mark.parametrize("path", ["/menu", "/completions"])
async def test_who_has_no_cookie_is_told_to_load_the_page(path: str) -> None:
    async with running_station() as station, httpx.AsyncClient(base_url=station.url) as client:
        answer = await client.get(path)

    assert (answer.status_code, "load it again" in answer.json()["error"]) == (401, True)
