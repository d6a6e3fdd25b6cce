"""
The shape of an answer: its keys, the kinds of their values, and how times are spelled.

A shape is taken from several answers, so that it knows what may be null and what may be missing.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import attrs

Kinds = Mapping[str, frozenset[str]]

MILLISECONDS = "time, milliseconds in six digits and Z"
MICROSECONDS = "time, microseconds and Z"
SPELLINGS: Mapping[str, re.Pattern[str]] = {
    # The five of the dossier, chapter 3, with what becomes of one on the full second.
    MILLISECONDS: re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}000Z"),
    "time, three digits and Z": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d\.\d{3})?Z"),
    "time without a zone": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?"),
    "time with a space": re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?"),
    "time with its zone twice": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d\.\d{6})?\+00Z"),
    # Two more that were found since: a changed workflow's, and a bill's or a clone's.
    MICROSECONDS: re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"),
    "time with an offset": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00"),
}
ODD_TIME = "a time in no known spelling"
_LIKE_A_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d")
_NUMBER = re.compile(r"-?\d+\.\d+")
_SQL = re.compile(r"\n(?:\[SQL:|\(Background).*", re.DOTALL)
"""What follows a database's error: the statement, which is long, and where to read on."""
_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")

MAPS = frozenset(
    {
        *("workflow_api", "workflow_api_raw", "workflow_inputs", "inputs", "data", "node_meta"),
        *("snapshot", "comfyui_snapshot", "dependencies", "docker_command_steps", "environment"),
    }
)
"""Keys of objects whose own keys are data: node ids, names of inputs, packages."""

FREE = frozenset({"default_value"})
"""Keys whose values are of whatever kind an input has."""


@attrs.frozen
class Shape:
    """`kinds` by path, and for each object's path the keys that it always and sometimes has."""

    kinds: Kinds
    always: Kinds
    ever: Kinds

    @classmethod
    def of(cls, answers: Iterable[object]) -> "Shape":
        """Return the shape that all of these answers have."""
        kinds: dict[str, set[str]] = defaultdict(set)
        keys: dict[str, list[frozenset[str]]] = defaultdict(list)
        for answer in answers:
            for path, value in walked(answer):
                kinds[path].add(kind_of(value))
                if isinstance(value, dict) and not is_map(path, value):
                    keys[path].append(frozenset(value))
        return cls(
            kinds={path: frozenset(found) for path, found in kinds.items()},
            always={path: frozenset.intersection(*found) for path, found in keys.items()},
            ever={path: frozenset.union(*found) for path, found in keys.items()},
        )

    def differences(self, answer: object) -> list[str]:
        """Return what this answer has otherwise, one line each, in words that stay the same."""
        return sorted(set(self._differences(answer)))

    def _differences(self, answer: object) -> Iterator[str]:
        for path, value in walked(answer):
            known = None if path.rpartition(".")[2] in FREE else self.kinds.get(path)
            kind = kind_of(value)
            if known is not None and not _fits(kind, known):
                yield f"{path or '(all)'}: {kind} instead of {' or '.join(sorted(known))}"
            if isinstance(value, dict) and path in self.ever and not is_map(path, value):
                for key in self.always[path] - value.keys():
                    yield f"{path}.{key}: missing"
                for key in value.keys() - self.ever[path]:
                    yield f"{path}.{key}: extra"


def _fits(kind: str, known: frozenset[str]) -> bool:
    """Whether a kind is one of those known. What was always null may be anything."""
    if kind == MILLISECONDS and MICROSECONDS in known:
        return True  # one moment in a thousand looks like it
    return kind in known or known == {"null"}


def walked(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Yield every value with its path; maps are not entered."""
    yield path, value
    if isinstance(value, dict) and not is_map(path, value):
        for key, each in value.items():
            yield from walked(each, f"{path}.{key}")
    if isinstance(value, list):
        for each in value:
            yield from walked(each, f"{path}[]")


def is_map(path: str, value: Mapping[str, object]) -> bool:
    """Tell whether an object's keys are data. A drawn graph is one, but has no name of its own."""
    return "nodes" in value or path.rpartition(".")[2] in MAPS


def kind_of(value: object) -> str:
    """Return the JSON type of a value, more closely for texts that are times or numbers."""
    if isinstance(value, str):
        return _kind_of_text(value)
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, int | float):
        return "number"
    return "array" if isinstance(value, list) else "object"


def _kind_of_text(text: str) -> str:
    for name, spelling in SPELLINGS.items():
        if spelling.fullmatch(text):
            return name
    if _LIKE_A_TIME.match(text):
        return ODD_TIME
    return "number in a text" if _NUMBER.fullmatch(text) else "text"


def words_of(body: object, *, names: Mapping[str, str]) -> object:
    """Return a refusal's body with ids and own names replaced, to be compared as it is."""
    if isinstance(body, dict):
        return {key: words_of(each, names=names) for key, each in body.items()}
    if isinstance(body, list):
        return [words_of(each, names=names) for each in body]
    if not isinstance(body, str):
        return body
    text = _SQL.sub("", _ID.sub("(id)", body))
    for name, word in names.items():
        text = text.replace(name, word)
    return text
