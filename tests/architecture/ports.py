"""The ports, who keeps them and which suite checks them, as the syntax tells."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

import attrs

from tests.architecture.tree import Function, Source, bases_of, is_protocol, name_of

SUITES = "tests/contracts/"
FAKES = "tests/fakes/"


@attrs.frozen
class Port:
    """A Protocol that somebody outside has to keep."""

    name: str
    source: Source
    node: ast.ClassDef

    @property
    def suite(self) -> str:
        """The path of its contract suite: `tests/contracts/test_points_ledger.py`."""
        return f"{SUITES}test_{re.sub(r'(?<!^)(?=[A-Z])', '_', self.name).lower()}.py"

    def lacks(self, problem: str) -> str:
        """Return a finding about it."""
        return self.source.at(self.node.lineno, f"{self.name} {problem}")


def is_home(path: str) -> bool:
    """Whether a file is a place of ports."""
    inside = PurePosixPath(path)
    return (inside.parts[0] == "core" and inside.name == "ports.py") or (
        path == "adapters/chat/surface.py"
    )


def ports_in(sources: Iterable[Source]) -> tuple[Port, ...]:
    """Return the ports of these files."""
    return tuple(
        Port(node.name, source, node)
        for source in sources
        if is_home(source.path)
        for node in source.classes
        if is_protocol(node)
    )


def implementations(port: str, sources: Iterable[Source]) -> tuple[tuple[Source, str], ...]:
    """Return the classes that inherit openly from a port, or from a class that does."""
    kept_by = {
        (source, node): bases_of(node)
        for source in sources
        for node in source.classes
        if not is_protocol(node)
    }
    names, found = {port}, dict[str, Source]()
    while True:
        more = {
            node.name: source
            for (source, node), bases in kept_by.items()
            if names & set(bases) and node.name not in found
        }
        if not more:
            return tuple((source, name) for name, source in found.items())
        found |= more
        names |= set(more)


def silent_methods(port: Port) -> Iterator[str]:
    """Find methods of a port that promise nothing in words."""
    for node in port.node.body:
        if isinstance(node, Function) and not ast.get_docstring(node):
            yield port.lacks(f"does not say what {node.name} promises")


def names_used(source: Source) -> frozenset[str]:
    """Return every name that a file mentions in its code."""
    return frozenset(
        name_of(node).rpartition(".")[2]
        for node in source.nodes
        if isinstance(node, ast.Name | ast.Attribute)
    ) | frozenset(
        alias.asname or alias.name
        for node in source.nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    )


def unchecked(
    ports: Sequence[Port], product: Sequence[Source], tests: Sequence[Source]
) -> list[str]:
    """Find ports without docstrings, suite or implementation, and who keeps one unchecked."""
    by_path = {source.path: source for source in tests}
    suites = [source for source in tests if source.path.startswith(SUITES)]
    fakes = [source for source in tests if source.path.startswith(FAKES)]
    found: list[str] = []
    for port in ports:
        found += silent_methods(port)
        suite = by_path.get(port.suite)
        if suite is None:
            found.append(port.lacks(f"has no suite {port.suite}"))
        elif port.name not in names_used(suite):
            found.append(port.lacks(f"is not named in {port.suite}"))
        real = implementations(port.name, product)
        if not real:
            found.append(port.lacks("is kept by nobody"))
        tried = frozenset().union(*(names_used(each) for each in _with_shared(suites, by_path)))
        for source, name in (*real, *implementations(port.name, fakes)):
            if name not in tried:
                found.append(f"{source.path}: {name} is in no suite of {SUITES}")
    return found


def _with_shared(suites: Sequence[Source], by_path: dict[str, Source]) -> Iterator[Source]:
    """Return the suites and the modules of tests that they import themselves."""
    for suite in suites:
        yield suite
        for node in suite.nodes:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tests."):
                path = f"{(node.module or '').replace('.', '/')}.py"
                if path in by_path and not path.startswith(FAKES):
                    yield by_path[path]
