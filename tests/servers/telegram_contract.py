"""The Bot API's contract: what a request may hold, and what an answer must."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import attrs

from tests.servers.telegram_errors import Wire

CONTRACT = Path(__file__).with_name("data") / "telegram-bot-api.json"
ATTACH = "attach://"

_ARRAY = "Array of "
_INTEGER = re.compile(r"-?\d+")
_TRUE = ("true", "True", "1")
_FALSE = ("false", "False", "0")
_MOST_TOLD = 3
"""Findings of one union: more only repeat each other."""


@attrs.frozen
class Upload:
    """One file of a multipart request."""

    name: str
    data: bytes
    mime: str


@attrs.define
class Given:
    """A request as it came: strings from forms, anything from JSON."""

    values: dict[str, Any] = attrs.field(factory=dict)
    files: dict[str, Upload] = attrs.field(factory=dict)


@attrs.frozen
class Method:
    """What is promised about one method."""

    name: str
    returns: tuple[str, ...]
    required: frozenset[str]
    fields: Mapping[str, tuple[str, ...]]


class Contract:
    """Checks values against the machine-readable Bot API."""

    def __init__(self) -> None:
        read = _read()
        self.reaction_emoji: frozenset[str] = frozenset(read["reaction_emoji"])
        self._types: dict[str, Wire] = read["types"]
        self._methods = {
            name.lower(): _method(name, each) for name, each in read["methods"].items()
        }

    @property
    def names(self) -> list[str]:
        """The names of all methods."""
        return [each.name for each in self._methods.values()]

    def method(self, name: str) -> Method | None:
        """Return the method of this name; the case does not matter."""
        return self._methods.get(name.lower())

    def read(self, method: Method, given: Given) -> tuple[Wire, list[str]]:
        """Return the parameters with their true types, and what is wrong with the request."""
        values: Wire = {}
        problems: list[str] = []
        for name, value in self._all_of(method, given):
            types = method.fields.get(name)
            if types is None:
                problems.append(f"{method.name}: there is no parameter {name}")
                continue
            values[name] = read_as(types, value)
            problems += self.problems(types, values[name], f"{method.name}.{name}")
        problems += [
            f"{method.name}: {name} is missing" for name in sorted(method.required - set(values))
        ]
        problems += _problems_of_files(method, values, given)
        return values, problems

    def _all_of(self, method: Method, given: Given) -> Iterator[tuple[str, object]]:
        for name, value in given.values.items():
            # An empty field says nothing, but an empty text is a text.
            if value is not None and (value != "" or method.fields.get(name) == ("String",)):
                yield name, value
        for name in given.files:
            if "InputFile" in method.fields.get(name, ()):
                yield name, ATTACH + name

    def problems(self, types: tuple[str, ...] | list[str], value: object, at: str) -> list[str]:
        """Find what keeps a value from being of one of these types."""
        if isinstance(value, list):
            return self._problems_of_array(types, value, at)
        found: list[str] = []
        for each in types:
            problems = self._problems(each, value, at)
            if not problems:
                return []
            found += problems[:_MOST_TOLD]
        return found

    def _problems(self, name: str, value: object, at: str) -> list[str]:
        if name.startswith(_ARRAY):
            return [f"{at}: not an array"]
        if name in _SIMPLE:
            return [] if _SIMPLE[name](value) else [f"{at}: not a {name}: {value!r:.60}"]
        described = self._types[name]
        if "one_of" in described:
            return self.problems(self._candidates(described["one_of"], value), value, at)
        return self._problems_of_object(name, value, at)

    def _problems_of_array(
        self, types: tuple[str, ...] | list[str], value: list[object], at: str
    ) -> list[str]:
        """Find what is wrong inside; several arrays promised are one whose items may differ."""
        items = [each.removeprefix(_ARRAY) for each in types if each.startswith(_ARRAY)]
        if not items:
            items = [name for each in types for name in self._types.get(each, {}).get("one_of", ())]
            return self.problems(items, value, at) if items else [f"{at}: an array"]
        found: list[str] = []
        for number, each in enumerate(value):
            found += self.problems(self._candidates(items, each), each, f"{at}[{number}]")
        return found

    def _candidates(self, names: list[str], value: object) -> list[str]:
        """Return the types that a value says it is, or all when it does not say."""
        if isinstance(value, dict):
            said = [
                name
                for name in names
                if (constants := self._types.get(name, {}).get("constants"))
                and all(value.get(key) == constant for key, constant in constants.items())
            ]
            return said or names
        return names

    def _problems_of_object(self, name: str, value: object, at: str) -> list[str]:
        if not isinstance(value, dict):
            return [f"{at}: not a {name}"]
        described = self._types[name]
        required = described.get("required", {})
        fields = required | described.get("optional", {})
        problems = [f"{at}: {each} of {name} is missing" for each in required if each not in value]
        for key, constant in described.get("constants", {}).items():
            if value.get(key) != constant:
                problems.append(f"{at}: {key} of {name} is not {constant!r}")
        for key, each in value.items():
            if key not in fields:
                problems.append(f"{at}: {name} has no {key}")
            else:
                problems += self.problems(fields[key], each, f"{at}.{key}")
        return problems


@cache
def _read() -> Wire:
    read: Wire = json.loads(CONTRACT.read_text())
    return read


def _method(name: str, read: Wire) -> Method:
    required, optional = read.get("required", {}), read.get("optional", {})
    fields = {key: tuple(types) for key, types in (required | optional).items()}
    return Method(
        name=name, returns=tuple(read["returns"]), required=frozenset(required), fields=fields
    )


def read_as(types: tuple[str, ...], value: object) -> object:
    """Return a parameter as its types would have it; what does not fit stays as it came."""
    if not isinstance(value, str):
        return value
    if "Integer" in types and _INTEGER.fullmatch(value):
        return int(value)
    if "Boolean" in types and value in (*_TRUE, *_FALSE):
        return value in _TRUE
    if "String" in types:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def attached_names(value: object) -> Iterator[str]:
    """Return every part that a parameter refers to, however deep."""
    if isinstance(value, str) and value.startswith(ATTACH):
        yield value.removeprefix(ATTACH)
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from attached_names(each)


def _problems_of_files(method: Method, values: Wire, given: Given) -> list[str]:
    wanted = set(attached_names(values))
    return [
        *(f"{method.name}: no part is named {each}" for each in sorted(wanted - set(given.files))),
        *(f"{method.name}: nobody uses the file {each}" for each in set(given.files) - wanted),
    ]


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_SIMPLE: Mapping[str, Callable[[object], bool]] = {
    "Integer": _is_number,
    "Float": lambda value: _is_number(value) or isinstance(value, float),
    "String": lambda value: isinstance(value, str),
    "Boolean": lambda value: isinstance(value, bool),
    "InputFile": lambda value: isinstance(value, str) and value.startswith(ATTACH),
}
