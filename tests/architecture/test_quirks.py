"""Every known oddity of the service has a row in ADR 0022, and each row holds."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import attrs
import pytest

from tests.architecture.tests_named import all_tests
from tests.architecture.tree import ROOT

PAGE = ROOT / "docs" / "adr" / "0022-what-the-service-does-and-what-we-do.md"
COUNTS = {"A": 15, "B": 14, "C": 18, "D": 4, "E": 5}
NUMBERS = tuple(f"{part}{n}" for part, count in COUNTS.items() for n in range(1, count + 1))
SHORTEST_REASON = 30
"""Characters of a reason why there is no test. Below, it is an excuse."""

_ROW = re.compile(r"\|\s*(?P<number>[A-Z]\d+)\s*\|(?P<rest>.*)\|\s*$")
_QUOTED = re.compile(r"`([^`]+)`")
_NUMBERED = re.compile(r"test_quirk_(?P<number>[a-z]\d+)_")


@attrs.frozen
class Quirk:
    """One row: what the service does, what we do, where, and how we know."""

    number: str
    seen: str
    done: str
    where: str
    proof: str

    @property
    def tests(self) -> list[str]:
        """The names of its tests."""
        return _QUOTED.findall(self.proof)

    @property
    def reason(self) -> str:
        """Why there is no test, or ""."""
        return self.proof.removeprefix("none:").strip() if self.proof.startswith("none:") else ""


def quirks_of(page: str) -> list[Quirk]:
    """Return the rows of a page's tables, in order. A row of another form is a ValueError."""
    rows = []
    for line in page.splitlines():
        found = _ROW.match(line)
        if found:
            seen, done, where, proof = (each.strip() for each in found["rest"].split("|"))
            rows.append(Quirk(found["number"], seen, done, where, proof))
    return rows


def number_in(test: str) -> str | None:
    """Return the quirk whose number a test carries in its name."""
    found = _NUMBERED.match(test)
    return found["number"].upper() if found else None


def faults(quirks: Iterable[Quirk], tests: Iterable[str], root: Path) -> Iterator[str]:
    """Find rows that are hollow or point nowhere, and numbered tests that no row names."""
    there = frozenset(tests)
    for quirk in quirks:
        if not (quirk.seen and quirk.done):
            yield f"{quirk.number} does not say what is done"
        if bool(quirk.tests) == (len(quirk.reason) >= SHORTEST_REASON):
            yield f"{quirk.number} needs a test, or a reason worth the name"
        files = _QUOTED.findall(quirk.where)
        if not files or not all((root / each).is_file() for each in files):
            yield f"{quirk.number}: {quirk.where} is no file"
        yield from _faults_of_tests(quirk, there)


def _faults_of_tests(quirk: Quirk, there: frozenset[str]) -> Iterator[str]:
    for test in quirk.tests:
        if test not in there:
            yield f"{quirk.number}: there is no {test}"
        if number_in(test) not in (None, quirk.number):
            yield f"{quirk.number}: {test} carries the number of another"
    for test in sorted(there - set(quirk.tests)):
        if number_in(test) == quirk.number:
            yield f"{quirk.number} does not name {test}"


def test_every_quirk_is_in_the_table_once_and_in_order() -> None:
    assert tuple(each.number for each in quirks_of(PAGE.read_text())) == NUMBERS


def test_every_row_points_at_a_file_and_at_tests_that_exist() -> None:
    tests = chain.from_iterable(all_tests().values())

    assert list(faults(quirks_of(PAGE.read_text()), tests, ROOT)) == []


def test_every_numbered_test_belongs_to_a_quirk() -> None:
    numbers = {number_in(each) for each in chain.from_iterable(all_tests().values())}

    assert numbers - {None} <= set(NUMBERS)


FINE = "| C4 | no key | looked for | `core/shared/ids.py` | `test_sentence` |"
THERE = ("test_sentence", "test_quirk_c5_batch")


def test_a_row_that_is_tested_is_fine() -> None:
    assert list(faults(quirks_of(FINE), THERE, ROOT)) == []


def test_a_row_with_a_reason_is_fine() -> None:
    row = FINE.replace("`test_sentence`", "none: it is a sentence in their documentation")

    assert list(faults(quirks_of(row), THERE, ROOT)) == []


@pytest.mark.parametrize(
    ("whole", "broken"),
    [
        ("`test_sentence`", ""),
        ("`test_sentence`", "none: soon"),
        ("`test_sentence`", "`test_gone`"),
        ("`test_sentence`", "`test_quirk_c5_batch`"),
        ("`core/shared/ids.py`", "`core/shared/gone.py`"),
        ("`core/shared/ids.py`", "everywhere"),
        ("looked for", ""),
        ("C4", "C5"),
    ],
)
def test_one_fault_of_a_row_is_found(whole: str, broken: str) -> None:
    planted = FINE.replace(whole, broken)

    assert len(list(faults(quirks_of(planted), THERE, ROOT))) == 1


def test_a_row_of_another_form_is_an_error() -> None:
    with pytest.raises(ValueError, match="values to unpack"):
        quirks_of("| C4 | no key | looked for |")
