"""The source tree as the checks read it: text and syntax, parsed once."""

import ast
import shutil
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path

import attrs

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("core", "adapters", "infrastructure", "composition")

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = Function | ast.ClassDef | ast.Module


@attrs.define(slots=False, eq=False)
class Source:
    """One file of Python; `path` is relative to the root, with slashes."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.text, self.path)

    @cached_property
    def lines(self) -> list[str]:
        """Its lines; line 1 is the first element."""
        return self.text.splitlines()

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of its syntax."""
        return tuple(ast.walk(self.tree))

    @property
    def functions(self) -> Iterator[Function]:
        """Every function, method and inner function."""
        return (each for each in self.nodes if isinstance(each, Function))

    @property
    def classes(self) -> Iterator[ast.ClassDef]:
        """Every class."""
        return (each for each in self.nodes if isinstance(each, ast.ClassDef))

    def at(self, line: int, problem: str) -> str:
        """Return a finding as people can click it."""
        return f"{self.path}:{line}: {problem}"


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    """Return the Python files under these folders of the project, in the order of their paths."""
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return tuple(Source(path.relative_to(ROOT).as_posix(), path.read_text()) for path in paths)


def product() -> tuple[Source, ...]:
    """Return the files of the four packages."""
    return sources(*PACKAGES)


def copy_to(folder: Path) -> Path:
    """Copy the four packages' Python files and pyproject.toml, for breaches to be planted there."""
    for source in product():
        target = folder / source.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source.text)
    shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
    return folder


def plant(folder: Path, path: str, line: str) -> None:
    """Add a line at the end of a file of the copy; a file that is not there is made."""
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("a") as file:
        file.write(f"\n{line}\n")


def name_of(node: ast.expr) -> str:
    """Return `a.b.c` for what is written so, `a.b` for `a.b[c]` and `a.b(c)`, else nothing."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{name_of(value)}.{attr}"
        case ast.Subscript(value=value) | ast.Call(func=value):
            return name_of(value)
        case _:
            return ""


def bases_of(node: ast.ClassDef) -> tuple[str, ...]:
    """Return the last names of a class's bases: `Protocol` for `typing.Protocol`."""
    return tuple(name_of(base).rpartition(".")[2] for base in node.bases)


def is_protocol(node: ast.ClassDef) -> bool:
    """Whether a class is a port."""
    return "Protocol" in bases_of(node)


def imported_modules(source: Source) -> Iterator[tuple[int, str]]:
    """Return each imported module with its line; a relative one keeps its dots."""
    for node in source.nodes:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, each.name) for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." * node.level + (node.module or "")
