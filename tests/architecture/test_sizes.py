"""Files, functions and signatures stay small and open; each rule is shown to bite."""

import ast
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache

import pytest

from tests.architecture import sizes
from tests.architecture.tree import Source, bases_of, product, sources

Rule = Callable[[Source], Iterator[str]]

EXCUSES_OUTSIDE_COMPOSITION = 4
"""Of each kind: `noqa` and `type: ignore`."""

EXCUSES_IN_COMPOSITION = 10
"""The commands load what they need late, which costs one each."""

ANY_PER_1000_LINES = 3


def everywhere(rule: Rule, where: Iterable[Source]) -> list[str]:
    """Return what a rule finds in many files."""
    return [finding for source in where for finding in rule(source)]


@pytest.mark.parametrize(
    "rule",
    [
        sizes.too_long_functions,
        sizes.too_many_parameters,
        sizes.unannotated,
        sizes.busy_inits,
        sizes.too_deep,
    ],
)
def test_the_product_keeps(rule: Rule) -> None:
    assert everywhere(rule, product()) == []


@pytest.mark.parametrize(
    "rule",
    [
        sizes.too_long_files,
        sizes.bare_excuses,
        sizes.unfinished,
        sizes.relative_imports,
        sizes.mocks,
    ],
)
def test_the_product_and_its_tests_keep(rule: Rule) -> None:
    assert everywhere(rule, sources("core", "adapters", "infrastructure", "composition")) == []
    assert everywhere(rule, sources("tests")) == []


def test_a_broad_except_stands_only_where_a_loop_must_outlive_a_failure() -> None:
    found = everywhere(sizes.broad_excepts, product())

    assert [each for each in found if each.partition(":")[0] not in sizes.OUTLIVING] == []


def test_any_is_rare() -> None:
    uses = everywhere(sizes.uses_of_any, product())
    lines = sum(len(sizes.code_lines(source)) for source in product())

    assert len(uses) * 1000 < ANY_PER_1000_LINES * lines, uses


@pytest.mark.parametrize("kind", ["noqa", "type: ignore"])
def test_excuses_are_few(kind: str) -> None:
    inside: list[str] = []
    outside: list[str] = []
    for source in product():
        place = inside if source.path.startswith("composition/") else outside
        place += [
            source.at(line, kind) for line, found, _ in sizes.excuses(source) if found == kind
        ]

    sys.stdout.write(f"{kind}: {len(inside)} in composition, {len(outside)} elsewhere\n")
    assert len(outside) <= EXCUSES_OUTSIDE_COMPOSITION, outside
    assert len(inside) <= EXCUSES_IN_COMPOSITION, inside


LONG_FUNCTION = "def f() -> None:\n" + "    x = 1\n" * sizes.CODE_LINES_OF_A_FUNCTION
UNCOUNTED = '    """Text."""\n    # words\n\n'

BREACHES: tuple[tuple[Rule, str], ...] = (
    (sizes.too_long_files, "x = 1\n" * 401),
    (sizes.too_long_functions, LONG_FUNCTION),
    (sizes.too_many_parameters, "def f(a, *, b, c, d, e, f, g, h): ..."),
    (sizes.too_many_parameters, "def f(a, b, c, d): ..."),
    (sizes.too_many_parameters, "class C:\n    def f(self, a, b, c, d): ..."),
    (sizes.unannotated, "def f(a) -> None: ..."),
    (sizes.unannotated, "def f(*, a) -> None: ..."),
    (sizes.unannotated, "def f(*a) -> None: ..."),
    (sizes.unannotated, "def f(a: int): ..."),
    (sizes.uses_of_any, "x: Any = 1"),
    (sizes.uses_of_any, "def f(a: dict[str, typing.Any]) -> None: ..."),
    (sizes.broad_excepts, "try:\n    f()\nexcept Exception:\n    pass"),
    (sizes.broad_excepts, "try:\n    f()\nexcept:\n    pass"),
    (sizes.broad_excepts, "try:\n    f()\nexcept (OSError, BaseException):\n    pass"),
    (sizes.bare_excuses, "x = 1  # noqa"),
    (sizes.bare_excuses, "x = 1  # noqa: F401"),
    (sizes.bare_excuses, "x = 1  # noqa - it must be so"),
    (sizes.bare_excuses, "x = 1  # type: ignore"),
    (sizes.bare_excuses, "x = 1  # type: ignore[attr-defined]"),
    (sizes.unfinished, "x = 1  # TODO: more"),
    (sizes.unfinished, "x = 1  # FIXME"),
    (sizes.relative_imports, "from . import ids"),
    (sizes.relative_imports, "from ..shared import ids"),
    (sizes.mocks, "from unittest import mock"),
    (sizes.mocks, "from unittest.mock import Mock"),
    (sizes.mocks, "import unittest.mock"),
    (sizes.mocks, "def test_x(monkeypatch):\n    monkeypatch.setattr(httpx, 'get', None)"),
)


@pytest.mark.parametrize(("rule", "planted"), BREACHES)
def test_one_breach_is_found(rule: Rule, planted: str) -> None:
    source = Source("core/planted.py", planted)

    assert len(list(rule(source))) == 1


@pytest.mark.parametrize(
    ("rule", "path", "planted"),
    [
        (sizes.busy_inits, "core/__init__.py", '"""A room."""\nimport attrs'),
        (sizes.busy_inits, "core/__init__.py", ""),
        (sizes.too_deep, "core/a/b/c/d/planted.py", ""),
        (
            sizes.too_many_parameters,
            "infrastructure/emulator/planted.py",
            "def f(a, b, c, d, e): ...",
        ),
    ],
)
def test_one_breach_in_a_certain_place_is_found(rule: Rule, path: str, planted: str) -> None:
    source = Source(path, planted)

    assert len(list(rule(source))) == 1


@pytest.mark.parametrize(
    ("rule", "fine"),
    [
        (sizes.too_long_files, "x = 1\n" * 400),
        (sizes.too_long_functions, "def f() -> None:\n" + UNCOUNTED * 9 + "    x = 1\n" * 39),
        (sizes.too_many_parameters, "def f(self, a, b, *, c, d, e, f, g): ..."),
        (sizes.too_many_parameters, "@main.command()\ndef make(a, b, c, d): ..."),
        (sizes.unannotated, "class C:\n    def f(self, *a: int, **b: str) -> None: ..."),
        (sizes.broad_excepts, "try:\n    f()\nexcept ExceptionGroup:\n    pass"),
        (sizes.bare_excuses, "x = 1  # noqa: S603 - our own program"),
        (sizes.bare_excuses, "x = 1  # type: ignore[import-untyped]  # it has no types"),
        (sizes.bare_excuses, "x = '# noqa'"),
        (sizes.unfinished, "todo = 'TODO'"),
        (sizes.mocks, "def test_x(monkeypatch):\n    monkeypatch.setenv('A', 'b')"),
    ],
)
def test_what_is_fine_is_not_found(rule: Rule, fine: str) -> None:
    source = Source("core/planted.py", fine)

    assert list(rule(source)) == []


@cache
def promises() -> Mapping[str, tuple[frozenset[str], tuple[str, ...]]]:
    """Return each class of the product: the methods in it with a docstring, and its bases."""
    found = {}
    for source in product():
        for node in source.classes:
            told = frozenset(
                each.name
                for each in node.body
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
                and ast.get_docstring(each)
            )
            found[node.name] = (told, bases_of(node))
    return found


def undocumented(source: Source) -> Iterator[str]:
    """Find what is public and does not say what it is for, here or where it is promised."""
    for node, owner, name in sizes.documented_or_not(source):
        if ast.get_docstring(node) or (owner and _is_promised(owner, name)):
            continue
        yield source.at(getattr(node, "lineno", 1), f"{name} has no docstring")


def _is_promised(owner: str, method: str) -> bool:
    """Whether a class above this one documents the method, or lies outside the product."""
    _, bases = promises().get(owner, (frozenset(), ()))
    for base in bases:
        if base not in promises():
            if base not in ("ABC", "Protocol", "StrEnum", "Enum", "Exception", "NamedTuple"):
                return True
        elif method in promises()[base][0] or _is_promised(base, method):
            return True
    return False


def test_whatever_is_public_says_what_it_is_for() -> None:
    assert everywhere(undocumented, product()) == []


@pytest.mark.parametrize(
    "planted",
    [
        "x = 1",
        '"""Module."""\ndef f() -> None: ...',
        '"""Module."""\nclass C: ...',
        '"""Module."""\nclass C:\n    """Class."""\n    def f(self) -> None: ...',
        '"""Module."""\nclass SystemClock(Clock):\n    """Class."""\n    def wind(self): ...',
    ],
)
def test_one_thing_without_its_docstring_is_found(planted: str) -> None:
    source = Source("core/planted.py", planted)

    assert len(list(undocumented(source))) == 1


def test_a_method_that_keeps_a_promise_needs_no_docstring() -> None:
    text = '"""Module."""\nclass SystemClock(Clock):\n    """Class."""\n    def now(self): ...'

    assert list(undocumented(Source("core/planted.py", text))) == []
