"""The core imports attrs and a few pure modules by name, and asks ports for all else."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.tree import Source, imported_modules, name_of, sources

ALLOWED = frozenset(
    {
        "attrs",
        "attrs.validators",
        "collections.abc",
        "contextlib",
        "datetime",
        "difflib",
        "enum",
        "math",
        "re",
        "typing",
    }
)
"""What has neither state nor effect. Time, chance, files and the network come through ports."""

EFFECTS = frozenset(
    {"__import__", "breakpoint", "compile", "eval", "exec", "input", "open", "print"}
)
PRESENT = frozenset({"fromtimestamp", "now", "today", "utcnow", "utcfromtimestamp"})


def impurities(source: Source) -> Iterator[str]:
    """Find whatever makes a file of the core depend on the world."""
    for line, module in imported_modules(source):
        if module not in ALLOWED and module.partition(".")[0] != "core":
            yield source.at(line, f"imports {module}")
    moments = _names_of_datetime(source)
    for node in source.nodes:
        if isinstance(node, ast.Name) and node.id in EFFECTS:
            yield source.at(node.lineno, f"uses {node.id}")
        elif (
            isinstance(node, ast.Attribute)
            and node.attr in PRESENT
            and name_of(node.value) in moments
        ):
            yield source.at(node.lineno, f"reads the time: {name_of(node)}")


def _names_of_datetime(source: Source) -> set[str]:
    """Return what `datetime` and its classes are called in a file."""
    names = set()
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom) and node.module == "datetime":
            names |= {each.asname or each.name for each in node.names}
        elif isinstance(node, ast.Import):
            for each in node.names:
                if each.name == "datetime":
                    called = each.asname or "datetime"
                    names |= {f"{called}.datetime", f"{called}.date"}
    return names


def test_the_core_is_pure() -> None:
    found = [finding for source in sources("core") for finding in impurities(source)]

    assert found == []


@pytest.mark.parametrize(
    "planted",
    [
        "import socket",
        "import threading",
        "import sqlite3",
        "import subprocess",
        "import asyncio",
        "import os",
        "import os.path",
        "import random",
        "import secrets",
        "import time",
        "import uuid",
        "import logging",
        "import pathlib",
        "import collections",
        "import httpx",
        "import structlog",
        "import cattrs",
        "import infrastructure.clock",
        "from . import ids",
        "from asyncio import gather",
        "def late():\n    import socket",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import telegram",
        "from datetime import datetime\nx = datetime.now()",
        "from datetime import datetime\nx = datetime.utcnow()",
        "from datetime import datetime\nfresh = datetime.now",
        "from datetime import date\nx = date.today()",
        "from datetime import datetime as moment\nx = moment.now()",
        "import datetime\nx = datetime.datetime.today()",
        "import datetime as dt\nx = dt.datetime.now()",
        "x = open('file')",
        "print('hello')",
        "x = input()",
        "x = eval('1')",
        "exec('x = 1')",
        "x = __import__('socket')",
        "say = print",
    ],
)
def test_one_impurity_is_found(planted: str) -> None:
    source = Source("core/planted.py", planted)

    assert len(list(impurities(source))) == 1


@pytest.mark.parametrize(
    "planted",
    [
        "import attrs\nfrom collections.abc import Mapping",
        "from core.shared.ids import JobId",
        "from datetime import UTC, datetime\nepoch = datetime(1970, 1, 1, tzinfo=UTC)",
        "def at(self):\n    return self._clock.now()",
        "def opened(journal):\n    return journal.open",
    ],
)
def test_what_the_core_may_do_is_not_found(planted: str) -> None:
    source = Source("core/planted.py", planted)

    assert list(impurities(source)) == []
