"""Checks what callers send, and refuses it in the words of the service."""

import json
import uuid
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from infrastructure.emulator.deployments import ENVIRONMENTS

_UUID_LENGTH = 32
_VALUE_BRANCHES = (
    ("str", "string_type", "string"),
    ("int", "int_type", "integer"),
    ("float", "float_type", "number"),
    ("bool", "bool_type", "boolean"),
    ("list[any]", "list_type", "list"),
)
_KINDS: dict[type, tuple[str, str]] = {
    str: ("string_type", "string"),
    bool: ("bool_type", "boolean"),
    int: ("int_type", "integer"),
}
Detail: TypeAlias = dict[str, object]


class InvalidRequestError(Exception):
    """The request does not fit its schema; carries the details of the 422 answer."""

    def __init__(self, *details: Detail) -> None:
        super().__init__(f"{len(details)} things do not fit")
        self.details = list(details)


class ServiceCrashError(Exception):
    """The service breaks over such a request: 500 in plain text, connection closed."""


class RefusedError(Exception):
    """The service refuses in words of its own: `{"detail": ...}`."""

    def __init__(self, detail: str, status: int) -> None:
        super().__init__(detail)
        self.status = status


def read_uuid(text: str, where: str, name: str) -> str:
    """Return the id in its usual spelling. Raises InvalidRequestError."""
    details = _wrong_uuid(text, [where, name])
    if details:
        raise InvalidRequestError(*details)
    return str(uuid.UUID(text))


def read_count(text: str | None, name: str, default: int) -> int:
    """Return a number from the query. Raises InvalidRequestError."""
    try:
        return default if text is None else int(text)
    except ValueError:
        msg = "Input should be a valid integer, unable to parse string as an integer"
        raise InvalidRequestError(_detail("int_parsing", ["query", name], msg, text)) from None


def read_flag(text: str | None, name: str, *, default: bool) -> bool:
    """Return a yes or no from the query. Raises InvalidRequestError."""
    if text is None:
        return default
    if text.lower() not in ("true", "false", "1", "0", "yes", "no", "on", "off"):
        msg = "Input should be a valid boolean, unable to interpret input"
        raise InvalidRequestError(_detail("bool_parsing", ["query", name], msg, text))
    return text.lower() in ("true", "1", "yes", "on")


def read_environment(text: str | None) -> str | None:
    """Return the environment to list. Raises InvalidRequestError for one that does not exist."""
    details = wrong_choice(text, ["query", "environment"], ENVIRONMENTS)
    if details:
        raise InvalidRequestError(*details)
    return text


def missing(where: str, name: str, given: object = None) -> Detail:
    """Return the detail that says a field is missing."""
    return missing_at([where, name], given)


def missing_at(loc: list[object], given: object = None) -> Detail:
    """Return the detail that says a field is missing at this place."""
    return _detail("missing", loc, "Field required", given)


def can_be_stored(body: Mapping[str, object]) -> bool:
    """Tell whether the database takes it: no NUL, no half characters, no NaN."""
    try:
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        return False
    return not any("\x00" in text for text in _texts(body))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield str(name)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _detail(kind: str, loc: list[object], msg: str, given: object) -> Detail:
    return {"type": kind, "loc": loc, "msg": msg, "input": given}


def parsed_body(raw: bytes, content_type: str) -> object:
    """Return a JSON body; one of another type is a text. Raises InvalidRequestError."""
    if not raw:
        raise InvalidRequestError(_detail("missing", ["body"], "Field required", None))
    if content_type == "application/json" or content_type.endswith("+json"):
        return _decoded(raw)
    return raw.decode("utf-8", "replace")


def no_object(loc: list[object], body: object) -> Detail:
    """Return the detail that says the body is no object."""
    msg = "Input should be a valid dictionary or object to extract fields from"
    return _detail("model_attributes_type", loc, msg, body)


def _decoded(raw: bytes) -> object:
    try:
        decoded: object = json.loads(raw)
    except json.JSONDecodeError as error:
        detail = _detail("json_invalid", ["body", error.pos], "JSON decode error", {})
        raise InvalidRequestError(detail | {"ctx": {"error": error.msg}}) from None
    except (UnicodeDecodeError, RecursionError):
        raise ServiceCrashError from None
    return decoded


def wrong_inputs(inputs: object, loc: list[object]) -> list[Detail]:
    """Return what does not fit among inputs: each value that no branch takes, once a branch."""
    if not isinstance(inputs, dict):
        return wrong_dictionary(inputs, loc)
    return [
        _detail(kind, [*loc, name, branch], f"Input should be a valid {word}", value)
        for name, value in inputs.items()
        if value is None or isinstance(value, dict)
        for branch, kind, word in _VALUE_BRANCHES
    ]


def wrong_dictionary(value: object, loc: list[object]) -> list[Detail]:
    """Return the detail that says this is no dictionary; none when it is one."""
    if isinstance(value, dict):
        return []
    return [_detail("dict_type", loc, "Input should be a valid dictionary", value)]


def wrong_kind(value: object, loc: list[object], kind: type) -> list[Detail]:
    """Return the detail that says this is no text, flag or number; None fits everything."""
    if value is None or isinstance(value, kind):
        return []
    short, word = _KINDS[kind]
    return [_detail(short, loc, f"Input should be a valid {word}", value)]


def wrong_choice(
    value: object, loc: list[object], choices: tuple[str, ...], *, kind: str = "enum"
) -> list[Detail]:
    """Return the detail that says this is none of the choices; None fits."""
    if value is None or value in choices:
        return []
    quoted = [f"'{choice}'" for choice in choices]
    expected = f"{', '.join(quoted[:-1])} or {quoted[-1]}"
    detail = _detail(kind, loc, f"Input should be {expected}", value)
    return [detail | {"ctx": {"expected": expected}}]


def wrong_uuid_field(value: object, loc: list[object]) -> list[Detail]:
    """Return the detail that says why this is no id; none when it is one."""
    if isinstance(value, str):
        return _wrong_uuid(value, loc)
    return [_detail("uuid_type", loc, "UUID input should be a string, bytes or UUID object", value)]


def _wrong_uuid(text: str, loc: list[object]) -> list[Detail]:
    odd = next((n for n, char in enumerate(text) if char not in "0123456789abcdefABCDEF-"), None)
    if odd is not None:
        error = (
            "invalid character: expected an optional prefix of `urn:uuid:` followed by "
            f"[0-9a-fA-F-], found `{text[odd]}` at {odd + 1}"
        )
    elif len(text.replace("-", "")) != _UUID_LENGTH:
        found = len(text.replace("-", ""))
        error = f"invalid length: expected length 32 for simple format, found {found}"
    else:
        return []
    msg = f"Input should be a valid UUID, {error}"
    return [_detail("uuid_parsing", loc, msg, text) | {"ctx": {"error": error}}]
