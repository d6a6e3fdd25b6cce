"""How large and how open the pieces are: one function a rule, each returning what breaks it."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from tests.architecture.tree import Documented, Function, Source, name_of

LINES_OF_A_FILE = 400
CODE_LINES_OF_A_FUNCTION = 40
PARAMETERS = 7
POSITIONAL = 3
"""Beside self: what every call names in the same order. The rest is keyword-only."""

POSITIONAL_OF_DRAWINGS = 4
"""The emulator's brushes and its lists of details speak in coordinates: x, y, size, colour."""

DRAWINGS = "infrastructure/emulator/"
DEEPEST = 3
"""Folders below a package."""

OUTLIVING = frozenset(
    {
        "adapters/chat/conversation.py",
        "composition/fronts.py",
        "composition/run.py",
        "adapters/web/guard.py",
        "infrastructure/events.py",
        "infrastructure/sql/group_commit.py",
        "infrastructure/wake_ups/in_process.py",
    }
)
"""Where a loop must outlive whatever one turn of it does."""

_NOT_CODE = frozenset(
    {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
)
_EXCUSE = re.compile(r"#\s*(?P<kind>noqa|type:\s*ignore)(?P<rest>.*)", re.IGNORECASE)
_REASONED = re.compile(r"(:\s*[A-Z]+[0-9]+(,\s*[A-Z]+[0-9]+)*|\[[a-z-]+\])\s+(-|#)\s*\w.{5,}")
_UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def comments(source: Source) -> Iterator[tuple[int, str]]:
    """Return every comment with its line."""
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def code_lines(source: Source) -> frozenset[int]:
    """Return the lines that hold code: no blank, no comment, no docstring."""
    found: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type not in _NOT_CODE:
            found.update(range(token.start[0], token.end[0] + 1))
    for node in source.nodes:
        if isinstance(node, ast.Expr) and _is_text(node.value):
            found -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return frozenset(found)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def too_long_files(source: Source) -> Iterator[str]:
    """Find a file beyond its budget."""
    if len(source.lines) > LINES_OF_A_FILE:
        yield source.at(1, f"has {len(source.lines)} lines")


def too_long_functions(source: Source) -> Iterator[str]:
    """Find functions beyond their budget, the `def` counted in."""
    code = code_lines(source)
    for node in source.functions:
        lines = sum(each in code for each in range(node.lineno, (node.end_lineno or 0) + 1))
        if lines > CODE_LINES_OF_A_FUNCTION:
            yield source.at(node.lineno, f"{node.name} has {lines} code lines")


def _positional(node: Function) -> list[ast.arg]:
    args = [*node.args.posonlyargs, *node.args.args]
    return [each for each in args if each.arg not in ("self", "cls")]


def _is_command(node: Function) -> bool:
    """Whether click calls it, by keywords only."""
    return any(name_of(each).endswith((".command", ".group")) for each in node.decorator_list)


def too_many_parameters(source: Source) -> Iterator[str]:
    """Find functions that take too much, or too much by place."""
    limit = POSITIONAL_OF_DRAWINGS if source.path.startswith(DRAWINGS) else POSITIONAL
    for node in source.functions:
        positional = len(_positional(node))
        if positional + len(node.args.kwonlyargs) > PARAMETERS:
            yield source.at(node.lineno, f"{node.name} has too many parameters")
        if positional > limit and not _is_command(node):
            yield source.at(node.lineno, f"{node.name} takes {positional} parameters by place")


def unannotated(source: Source) -> Iterator[str]:
    """Find functions that leave a type open."""
    for node in source.functions:
        args = [*_positional(node), *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
        if node.returns is None or any(each and each.annotation is None for each in args):
            yield source.at(node.lineno, f"{node.name} is not fully annotated")


def uses_of_any(source: Source) -> Iterator[str]:
    """Find every `Any`."""
    for node in source.nodes:
        if isinstance(node, ast.Name | ast.Attribute) and name_of(node) in ("Any", "typing.Any"):
            yield source.at(node.lineno, "Any")


def broad_excepts(source: Source) -> Iterator[str]:
    """Find handlers that take whatever comes."""
    for node in source.nodes:
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type):
            yield source.at(node.lineno, "a broad except")


def _is_broad(caught: ast.expr | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(_is_broad(each) for each in caught.elts)
    return caught is None or name_of(caught) in ("Exception", "BaseException")


def excuses(source: Source) -> Iterator[tuple[int, str, str]]:
    """Return every `noqa` and `type: ignore`: its line, its kind and what is written after it."""
    for line, comment in comments(source):
        found = _EXCUSE.search(comment)
        if found is not None:
            kind = "noqa" if found["kind"].lower() == "noqa" else "type: ignore"
            yield line, kind, found["rest"]


def bare_excuses(source: Source) -> Iterator[str]:
    """Find a `noqa` or `type: ignore` without its code or without its reason."""
    for line, kind, rest in excuses(source):
        if not _REASONED.match(rest):
            yield source.at(line, f"{kind} without code and reason")


def unfinished(source: Source) -> Iterator[str]:
    """Find notes of work that was left."""
    for line, comment in comments(source):
        if _UNFINISHED.search(comment):
            yield source.at(line, comment)


def relative_imports(source: Source) -> Iterator[str]:
    """Find imports that begin with a dot."""
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom) and node.level:
            yield source.at(node.lineno, "a relative import")


def busy_inits(source: Source) -> Iterator[str]:
    """Find an `__init__.py` that holds more than its sentence."""
    if source.path.endswith("__init__.py") and (
        len(source.tree.body) != 1 or not ast.get_docstring(source.tree)
    ):
        yield source.at(1, "holds more, or less, than one docstring")


def too_deep(source: Source) -> Iterator[str]:
    """Find a file that lies too deep."""
    if source.path.count("/") > DEEPEST + 1:
        yield source.at(1, "lies too deep")


def mocks(source: Source) -> Iterator[str]:
    """Find imports of mocking tools and patches of attributes."""
    for node in source.nodes:
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [f"{node.module}.{each.name}" for each in node.names]
        elif isinstance(node, ast.Attribute) and name_of(node).endswith("monkeypatch.setattr"):
            yield source.at(node.lineno, "patches an attribute")
        if any("mock" in each.lower().split(".") for each in modules):
            yield source.at(getattr(node, "lineno", 0), "imports a mock")


def documented_or_not(source: Source) -> Iterator[tuple[Documented, str, str]]:
    """Return the module, public classes and public functions: the node, its class and its name."""
    yield source.tree, "", source.path
    yield from _members(source.tree.body, "")


def _members(body: list[ast.stmt], owner: str) -> Iterator[tuple[Documented, str, str]]:
    for node in body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield node, owner, node.name
            if isinstance(node, ast.ClassDef):
                yield from _members(node.body, node.name)
