"""Every error that people may see has a code of its own and something to say."""

import importlib
import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import get_type_hints

import pytest

from core.shared.errors import (
    MediaRefusedError,
    ServiceTroubleError,
    StationError,
    UserMistakeError,
)
from tests.architecture.ports import implementations
from tests.architecture.tree import product

FOR_THE_LOG = "Traceback (most recent call last): KeyError at 0x7f3a in /srv/station/core/model.py"
FOR_PEOPLE = "That cannot be read. Please send it again."
EXAMPLES: Mapping[object, object] = {
    str: "something",
    int: 5,
    float: 2.5,
    float | None: None,
    Sequence[str]: ("text2img", "upscale"),
    Path: Path("data"),
    Mapping[str, str]: {"STATIONTHIS_LISTEN": "must be HOST:PORT"},
}
_SENTENCE = re.compile(r"[A-Z“].*[.!?]”?|[A-Z].*:(\n  [^\n]+)+", re.DOTALL)
"""Whole sentences, or a sentence that ends in a list."""

_MACHINE_TALK = re.compile(
    r"Traceback|\b\w+(Error|Exception)\b|0x[0-9a-f]{4}|(/[\w.-]+){2,}|\.py\b|[{}<>]|\bNone\b"
)


def errors() -> list[type[StationError]]:
    """Return every class of the tree, wherever it is written."""
    found = [StationError]
    for source, name in implementations("StationError", product()):
        module = importlib.import_module(source.path.removesuffix(".py").replace("/", "."))
        found.append(getattr(module, name))
    return found


def one_of(kind: type[StationError]) -> StationError:
    """Make an error as the code would: its own arguments, else a text."""
    if kind.__init__ is Exception.__init__:
        told_as_it_is = kind.user_message is UserMistakeError.user_message or _says_itself(kind)
        return kind(FOR_PEOPLE if told_as_it_is else FOR_THE_LOG)
    hints = get_type_hints(kind.__init__)
    given = {name: EXAMPLES.get(hints[name]) for name in inspect.signature(kind).parameters}
    if "problem" in given:  # a whole sentence, by its promise
        given["problem"] = FOR_PEOPLE
    return kind(**given)


def _says_itself(kind: type[StationError]) -> bool:
    """Whether the error's own text is what people read."""
    return kind(FOR_PEOPLE).user_message == FOR_PEOPLE


def troubles(error: StationError) -> Iterator[str]:
    """Find what is wrong with an error for people."""
    kind = type(error)
    if "code" not in vars(kind):
        yield f"{kind.__name__} has no code of its own"
    if not re.fullmatch(r"[a-z]+([._][a-z]+)*", kind.code):
        yield f"{kind.__name__} has a code of another form: {kind.code!r}"
    message = error.user_message
    if not _SENTENCE.fullmatch(message):
        yield f"{kind.__name__} does not say a sentence: {message!r}"
    if _MACHINE_TALK.search(message):
        yield f"{kind.__name__} talks like a machine: {message!r}"


def repeated_codes(kinds: list[type[StationError]]) -> list[str]:
    """Find codes that two errors share."""
    codes = [kind.code for kind in kinds]
    return sorted({code for code in codes if codes.count(code) > 1})


@pytest.mark.parametrize("kind", errors(), ids=lambda each: each.__name__)
def test_every_error_has_a_code_and_a_sentence_for_people(kind: type[StationError]) -> None:
    assert list(troubles(one_of(kind))) == []


def test_no_two_errors_share_a_code() -> None:
    kinds = errors()

    assert len(kinds) >= 15
    assert repeated_codes(kinds) == []


class NamelessError(StationError):
    """A planted error that has no code of its own."""


class CodeOfAnotherFormError(StationError):
    """A planted error whose code nobody would look for."""

    code = "Bad Code!"


class TalkativeError(StationError):
    """A planted error that tells people what the log should hear."""

    code = "talkative"

    @property
    def user_message(self) -> str:
        return f"Sorry: {self}."


class MumblingError(StationError):
    """A planted error that says no sentence."""

    code = "mumbling"

    @property
    def user_message(self) -> str:
        return "failed"


class CopiedError(StationError):
    """A planted error with the code of another."""

    code = ServiceTroubleError.code


@pytest.mark.parametrize(
    "planted",
    [
        NamelessError("x"),
        CodeOfAnotherFormError("x"),
        TalkativeError(FOR_THE_LOG),
        TalkativeError("KeyError"),
        TalkativeError("no file /srv/station/data"),
        MumblingError("x"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_an_error_with_one_fault_is_found(planted: StationError) -> None:
    assert len(list(troubles(planted))) == 1


def test_a_copied_code_is_found() -> None:
    kinds = [ServiceTroubleError, CopiedError, MediaRefusedError]

    assert repeated_codes(kinds) == [ServiceTroubleError.code]
