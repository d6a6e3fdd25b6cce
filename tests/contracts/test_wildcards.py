"""What every Wildcards promises."""

from pathlib import Path

import pytest

from core.workflows.ports import Wildcards
from infrastructure.memory.word_lists import InMemoryWildcards
from infrastructure.word_lists import FolderWildcards

LISTS = {"colours": ["red", "", "dark blue"], "animals": ["fox"], "empty": []}


@pytest.fixture(params=["memory", "folder"])
def wildcards(request: pytest.FixtureRequest, tmp_path: Path) -> Wildcards:
    if request.param == "memory":
        return InMemoryWildcards(LISTS)
    for name, lines in LISTS.items():
        (tmp_path / f"{name}.txt").write_text("\n".join(lines), encoding="utf-8")
    return FolderWildcards(tmp_path)


async def test_a_list_has_its_lines_in_their_order_without_empty_ones(
    wildcards: Wildcards,
) -> None:
    assert list(await wildcards.lines("colours") or ()) == ["red", "dark blue"]
    assert list(await wildcards.lines("empty") or ()) == []
    assert await wildcards.lines("empty") is not None


async def test_there_is_no_list_of_another_name(wildcards: Wildcards) -> None:
    assert await wildcards.lines("colour") is None
    assert await wildcards.lines("../colours") is None
    assert await wildcards.lines("") is None


async def test_a_name_is_found_in_any_case(wildcards: Wildcards) -> None:
    assert list(await wildcards.lines("Animals") or ()) == ["fox"]


async def test_the_names_are_told_in_their_order(wildcards: Wildcards) -> None:
    assert list(await wildcards.names()) == ["animals", "colours", "empty"]
