"""The core speaks of no network and no platform, and the conversation of no platform."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.tree import Source, sources

PLATFORM = re.compile(
    r"telegram|discord|guild|ephemeral|slash.?command|inline.?keyboard|callback.?query",
    re.IGNORECASE,
)
NETWORK = re.compile(r"https?\b|httpx|aiohttp|webhook|status.?code|\bheaders?\b", re.IGNORECASE)
STATUS_CODES = frozenset({404, 409, 422, 429, 502, 503, 504})
"""Numbers that mean nothing else. 200, 400 and 500 may be amounts."""


def words(source: Source) -> Iterator[tuple[int, str | int]]:
    """Return names, texts and numbers with their lines; comments and docstrings are free."""
    explained = {
        id(node.value)
        for node in source.nodes
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in source.nodes:
        line = getattr(node, "lineno", 0)
        match node:
            case ast.Constant(value=str() | int() as value) if id(node) not in explained:
                yield line, value
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield line, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield line, name
            case ast.ClassDef(name=name):
                yield line, name
            case ast.ImportFrom(module=str() as name):
                yield line, name
            case ast.alias(name=name) | ast.keyword(arg=str() as name):
                yield line, name


def platform_words(source: Source) -> Iterator[str]:
    """Find names and texts that know a platform."""
    for line, word in words(source):
        if isinstance(word, str) and PLATFORM.search(word):
            yield source.at(line, f"{word!r} is a word of a platform")


def network_words(source: Source) -> Iterator[str]:
    """Find names, texts and numbers that know how the service is reached."""
    for line, word in words(source):
        if word in STATUS_CODES if isinstance(word, int) else NETWORK.search(word):
            yield source.at(line, f"{word!r} is a word of HTTP")


def test_neither_core_nor_conversation_names_a_platform() -> None:
    found = [each for source in sources("core", "adapters/chat") for each in platform_words(source)]

    assert found == []


def test_the_core_says_nothing_of_http() -> None:
    found = [each for source in sources("core") for each in network_words(source)]

    assert found == []


@pytest.mark.parametrize(
    "planted",
    [
        "telegram_id = 1",
        "def for_discord(): ...",
        "class GuildCard: ...",
        "x = 'Open Telegram'",
        "def f(ephemeral): ...",
        "f(slash_command=1)",
        "x.callback_query",
        "import discord",
        "x = f'{y} in Discord'",
    ],
)
def test_one_word_of_a_platform_is_found(planted: str) -> None:
    source = Source("core/planted.py", planted)

    assert len(list(platform_words(source))) == 1


@pytest.mark.parametrize(
    "planted",
    [
        "x = 429",
        "if code == 503: ...",
        "x.status_code",
        "def f(webhook): ...",
        "x = 'https://example.org'",
        "import httpx",
        "x = 'HTTP trouble'",
    ],
)
def test_one_word_of_http_is_found(planted: str) -> None:
    source = Source("core/planted.py", planted)

    assert len(list(network_words(source))) == 1


@pytest.mark.parametrize(
    "fine",
    [
        '"""As Telegram and HTTP 429 have it."""',
        "x = 1  # Discord gives three seconds, then 404",
        'LIMIT = 64\n"""Telegram\'s."""',
        "x = 'platform'",
    ],
)
def test_explanations_may_name_what_they_explain(fine: str) -> None:
    source = Source("core/planted.py", fine)

    assert [*platform_words(source), *network_words(source)] == []
