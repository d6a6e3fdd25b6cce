"""Every test that the documentation points at exists."""

import re
from collections.abc import Iterator, Mapping

import pytest

from tests.architecture.tests_named import all_tests
from tests.architecture.tree import ROOT

REFERENCE = re.compile(r"(?P<path>tests/[\w./-]+\.py)(?:::(?P<name>[\w:]+)(?:\[[^\]]*\])?)?")
STATUS = ROOT / "docs" / "status.md"


def dead_references(
    page: str, text: str, tests: Mapping[str, frozenset[str]], files: frozenset[str]
) -> Iterator[str]:
    """Find references of a page to test files or tests that are not there."""
    for number, line in enumerate(text.splitlines(), 1):
        for found in REFERENCE.finditer(line):
            path, name = found["path"], found["name"]
            if path not in files or (name and name not in tests.get(path, ())):
                yield f"{page}:{number}: {found[0]} is not there"


def rows_without_test(text: str) -> Iterator[str]:
    """Find rows of the table `| operation | test |` that name no test."""
    for line in text.splitlines():
        cells = [each.strip() for each in line.strip().strip("|").split("|")]
        is_row = line.lstrip().startswith("|") and len(cells) > 1
        is_head = cells[-1].lower().startswith("test") and "/" not in cells[-1]
        if is_row and not is_head and not set(cells[-1]) <= set(":- ") and "::" not in cells[-1]:
            yield line.strip()


def test_the_pages_point_at_tests_that_exist() -> None:
    pages = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
    files = frozenset(path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py"))

    found = [
        finding
        for page in pages
        for finding in dead_references(
            page.relative_to(ROOT).as_posix(), page.read_text(), all_tests(), files
        )
    ]

    assert found == []


def test_every_operation_of_the_status_page_has_a_test() -> None:
    text = STATUS.read_text() if STATUS.exists() else ""

    assert list(rows_without_test(text)) == []
    assert not text or REFERENCE.search(text)


TESTS = {"tests/core/test_a.py": frozenset({"test_one", "TestGroup::test_two"})}
FILES = frozenset({"tests/core/test_a.py", "tests/builders.py"})


@pytest.mark.parametrize(
    "planted",
    [
        "| make | `tests/core/test_a.py::test_three` |",
        "| make | tests/core/test_b.py::test_one |",
        "see tests/core/test_b.py",
        "tests/core/test_a.py::test_one, tests/core/test_a.py::TestGroup::test_one",
    ],
)
def test_one_dead_reference_is_found(planted: str) -> None:
    assert len(list(dead_references("docs/a.md", planted, TESTS, FILES))) == 1


def test_living_references_are_not_found() -> None:
    text = (
        "tests/core/test_a.py::test_one[sqlite] tests/builders.py "
        "`tests/core/test_a.py::TestGroup::test_two`"
    )

    assert list(dead_references("docs/a.md", text, TESTS, FILES)) == []


def test_one_operation_without_a_test_is_found() -> None:
    table = (
        "| operation | test |\n"
        "|---|:--|\n"
        "| submit | `tests/core/test_a.py::test_one` |\n"
        "| upload | works on my machine |\n"
    )

    assert list(rows_without_test(table)) == ["| upload | works on my machine |"]
