"""
The index of traps: defects of the predecessor that must not come back.

`traps.toml` says of each how we know: by a test, by construction, or not yet and what brings it.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path

import pytest

from tests.architecture.tests_named import all_tests

INDEX = Path(__file__).with_name("traps.toml")
NUMBERS = tuple(f"T-{number:02}" for number in range(1, 110))
ANSWERS = frozenset({"test", "impossible", "later"})
SHORTEST_REASON = {"impossible": 40, "later": 8}
"""Characters. Below, a reason is an excuse, and a part of the product has no name."""

_NUMBERED = re.compile(r"test_t_(?P<number>\d+)_")

Trap = Mapping[str, object]


def index() -> dict[str, Trap]:
    """Return the traps by number."""
    return tomllib.loads(INDEX.read_text())


def named_by(trap: Trap) -> list[str]:
    """Return the names of the tests that a trap points at."""
    named = trap.get("test", [])
    return [named] if isinstance(named, str) else [str(each) for each in _list(named)]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def number_in(test: str) -> str | None:
    """Return the trap whose number a test carries in its name."""
    found = _NUMBERED.match(test)
    return f"T-{int(found['number']):02}" if found else None


def faults(traps: Mapping[str, Trap], tests: Iterable[str]) -> Iterator[str]:
    """Find traps without a title or an answer, with a hollow one, and tests that point nowhere."""
    there = frozenset(tests)
    for number, trap in traps.items():
        title = trap.get("title")
        if not isinstance(title, str) or not title.strip():
            yield f"{number} has no title"
        if len(ANSWERS & set(trap)) != 1 or set(trap) - ANSWERS - {"title"}:
            yield f"{number} needs one answer of {', '.join(sorted(ANSWERS))}"
        for answer, length in SHORTEST_REASON.items():
            if answer in trap and len(str(trap[answer]).strip()) < length:
                yield f"{number} has no reason worth the name: {trap[answer]!r}"
        yield from _faults_of_tests(number, trap, there)


def _faults_of_tests(number: str, trap: Trap, there: frozenset[str]) -> Iterator[str]:
    named = named_by(trap)
    if "test" in trap and not named:
        yield f"{number} names no test"
    for test in named:
        if test not in there:
            yield f"{number}: there is no {test}"
        if number_in(test) not in (None, number):
            yield f"{number}: {test} carries the number of another"
    for test in sorted(each for each in there - set(named) if number_in(each) == number):
        yield f"{number} does not name {test}"


def test_every_trap_is_in_the_index_once_and_in_order() -> None:
    assert tuple(index()) == NUMBERS


def test_every_trap_has_an_answer_that_holds() -> None:
    tests = chain.from_iterable(all_tests().values())

    assert list(faults(index(), tests)) == []


def test_every_numbered_test_belongs_to_a_trap() -> None:
    numbers = {number_in(each) for each in chain.from_iterable(all_tests().values())}

    assert numbers - {None} <= set(NUMBERS)


THERE = ("test_t_04_retried", "test_sentence", "test_t_05_other")
WHY = "No value of ours can say it, and no function takes it."


@pytest.mark.parametrize(
    "planted",
    [
        {"test": "test_sentence"},
        {"title": " ", "test": "test_sentence"},
        {"title": "A trap"},
        {"title": "A trap", "impossible": WHY, "later": WHY},
        {"title": "A trap", "impossible": WHY, "perhaps": WHY},
        {"title": "A trap", "impossible": ""},
        {"title": "A trap", "later": "soon"},
        {"title": "A trap", "test": []},
        {"title": "A trap", "test": "test_gone"},
        {"title": "A trap", "test": ["test_sentence", "test_gone"]},
    ],
)
def test_one_fault_of_a_trap_is_found(planted: Trap) -> None:
    assert len(list(faults({"T-01": planted}, THERE))) == 1


@pytest.mark.parametrize(
    "planted", [{"title": "A trap", "later": WHY}, {"title": "A trap", "test": "test_sentence"}]
)
def test_a_numbered_test_that_its_trap_does_not_name_is_found(planted: Trap) -> None:
    assert list(faults({"T-04": planted}, THERE)) == ["T-04 does not name test_t_04_retried"]


def test_a_test_with_the_number_of_another_trap_is_found() -> None:
    traps = {"T-01": {"title": "A trap", "test": "test_t_05_other"}}

    assert list(faults(traps, THERE)) == ["T-01: test_t_05_other carries the number of another"]


def test_a_trap_that_is_tested_is_fine() -> None:
    traps = {"T-04": {"title": "A trap", "test": ["test_t_04_retried", "test_sentence"]}}

    assert list(faults(traps, THERE)) == []
