"""The tests that exist, by file and by name."""

import ast
from collections.abc import Iterable
from functools import cache

from tests.architecture.tree import Function, Source, sources


def tests_of(source: Source) -> frozenset[str]:
    """Return the names of a file's tests, those of test classes as `Class::test`."""
    found = set()
    for node in source.tree.body:
        if isinstance(node, Function):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {
                f"{node.name}::{each.name}" for each in node.body if isinstance(each, Function)
            }
    return frozenset(each for each in found if each.rpartition("::")[2].startswith("test_"))


def names_by_path(files: Iterable[Source]) -> dict[str, frozenset[str]]:
    """Return the tests of each test file."""
    return {
        source.path: tests_of(source)
        for source in files
        if source.path.rpartition("/")[2].startswith("test_")
    }


@cache
def all_tests() -> dict[str, frozenset[str]]:
    """Return every test of the project."""
    return names_by_path(sources("tests"))
