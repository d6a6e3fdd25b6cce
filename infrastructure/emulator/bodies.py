"""Reads JSON bodies and query parameters, and refuses what does not fit in the service's words."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence

import attrs
from aiohttp import web

from infrastructure.emulator.queue_body import InvalidRequestError, ServiceCrashError, missing

Detail = dict[str, object]
_YES, _NO = ("true", "1", "yes", "on", "t", "y"), ("false", "0", "no", "off", "f", "n")
_NO_TIME = "Input should be a valid datetime or date, invalid character in year"
_TEXT = ("string_type", "Input should be a valid string")
_WHOLE = ("int_type", "Input should be a valid integer")
_UNREAD_WHOLE = ("int_parsing", f"{_WHOLE[1]}, unable to parse string as an integer")
_BROKEN_WHOLE = ("int_from_float", f"{_WHOLE[1]}, got a number with a fractional part")
_NUMBER = ("float_type", "Input should be a valid number")
_FLAG = ("bool_type", "Input should be a valid boolean")
_UNREAD_FLAG = ("bool_parsing", f"{_FLAG[1]}, unable to interpret input")
_TABLE = ("dict_type", "Input should be a valid dictionary")


@attrs.define
class Body:
    """
    The fields of a JSON body, each read as one kind of value.

    Nothing is raised while reading: `check` refuses all that was wrong at once, as the service
    does.
    A field that is null counts as left out where it need not be given.
    """

    fields: Mapping[str, object]
    _details: list[Detail] = attrs.Factory(list)

    def text(self, name: str) -> str:
        """Return a text that must be there."""
        return (self.optional_text(name) or "") if self._needed(name, _TEXT) else ""

    def optional_text(self, name: str) -> str | None:
        """Return a text, or None."""
        value = self.fields.get(name)
        if value is None or isinstance(value, str):
            return value
        self._wrong(name, _TEXT)
        return None

    def nullable_text(self, name: str) -> str | None:
        """Return a text that must be there, but may be null."""
        if name not in self.fields:
            self._details.append(missing("body", name, self.fields))
        return self.optional_text(name)

    def whole(self, name: str) -> int:
        """Return a whole number that must be there."""
        return (self.optional_whole(name) or 0) if self._needed(name, _WHOLE) else 0

    def optional_whole(self, name: str) -> int | None:
        """Return a whole number, or None; a text that spells one counts."""
        value = self.fields.get(name)
        try:
            whole = None if value is None else _as_whole(value)
        except _MisfitError as misfit:
            self._wrong(name, misfit.kind)
            whole = None
        return whole

    def optional_number(self, name: str) -> float | None:
        """Return a number, or None."""
        value = self.fields.get(name)
        if value is None or isinstance(value, int | float):
            return value
        self._wrong(name, _NUMBER)
        return None

    def optional_flag(self, name: str) -> bool | None:
        """Return a yes or no, or None."""
        value = self.fields.get(name)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in _YES + _NO:
            return value.lower() in _YES
        self._wrong(name, _UNREAD_FLAG if isinstance(value, str) else _FLAG)
        return None

    def table(self, name: str) -> dict[str, object]:
        """Return an object that must be there."""
        return (self.optional_table(name) or {}) if self._needed(name, _TABLE) else {}

    def optional_table(self, name: str) -> dict[str, object] | None:
        """Return an object, or None."""
        value = self.fields.get(name)
        if value is None or isinstance(value, dict):
            return value
        self._wrong(name, _TABLE)
        return None

    def choice(self, name: str, choices: Sequence[str]) -> str:
        """Return one of the choices, which must be there."""
        kind = ("enum", f"Input should be {_listed(choices)}")
        return (self.optional_choice(name, choices) or "") if self._needed(name, kind) else ""

    def optional_choice(self, name: str, choices: Sequence[str]) -> str | None:
        """Return one of the choices, or None."""
        value = self.fields.get(name)
        if value is None or (isinstance(value, str) and value in choices):
            return value
        self._wrong(name, ("enum", f"Input should be {_listed(choices)}"))
        self._details[-1]["ctx"] = {"expected": _listed(choices)}
        return None

    def check(self) -> None:
        """Raise InvalidRequestError for what did not fit, ServiceCrashError for a NUL inside."""
        if self._details:
            raise InvalidRequestError(*self._details)
        if "\\u0000" in json.dumps(self.fields):
            raise ServiceCrashError

    def _needed(self, name: str, kind: tuple[str, str]) -> bool:
        """Tell whether the field is there to be read; what is missing or null is noted."""
        if name not in self.fields:
            self._details.append(missing("body", name, self.fields))
        elif self.fields[name] is None:
            self._wrong(name, kind)
        return self.fields.get(name) is not None

    def _wrong(self, name: str, kind: tuple[str, str]) -> None:
        self._details.append(_detail(kind[0], ["body", name], kind[1], self.fields[name]))


async def read_body(request: web.Request) -> Body:
    """Return the body's fields. Raises InvalidRequestError when it is no JSON object."""
    raw = await request.read()
    if not raw:
        raise InvalidRequestError(_detail("missing", ["body"], "Field required", None))
    given: object = raw.decode("utf-8", "replace")
    if request.content_type == "application/json" or request.content_type.endswith("+json"):
        given = _decoded(raw)
    if isinstance(given, dict):
        return Body(given)
    msg = "Input should be a valid dictionary or object to extract fields from"
    raise InvalidRequestError(_detail("model_attributes_type", ["body"], msg, given))


def read_texts(request: web.Request, *names: str) -> list[str]:
    """Return query parameters that must be there. Raises InvalidRequestError for all missing."""
    absent = [missing("query", name) for name in names if name not in request.query]
    if absent:
        raise InvalidRequestError(*absent)
    return [request.query[name] for name in names]


def read_moment(text: str, name: str) -> dt.datetime:
    """Return a time from the query, UTC when it names no zone. Raises InvalidRequestError."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        detail = _detail("datetime_from_date_parsing", ["query", name], _NO_TIME, text)
        error = {"error": "invalid character in year"}
        raise InvalidRequestError(detail | {"ctx": error}) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


class _MisfitError(Exception):
    """A value that is no whole number; carries how the service says so."""

    def __init__(self, kind: tuple[str, str]) -> None:
        super().__init__(kind[1])
        self.kind = kind


def _as_whole(value: object) -> int:
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not value.is_integer():
            raise _MisfitError(_BROKEN_WHOLE)
        return int(value)
    if not isinstance(value, str):
        raise _MisfitError(_WHOLE)
    try:
        return int(value)
    except ValueError:
        raise _MisfitError(_UNREAD_WHOLE) from None


def _listed(choices: Sequence[str]) -> str:
    quoted = [f"'{choice}'" for choice in choices]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _decoded(raw: bytes) -> object:
    try:
        decoded: object = json.loads(raw)
    except json.JSONDecodeError as error:
        detail = _detail("json_invalid", ["body", error.pos], "JSON decode error", {})
        raise InvalidRequestError(detail | {"ctx": {"error": error.msg}}) from None
    except (UnicodeDecodeError, RecursionError):
        raise ServiceCrashError from None
    return decoded


def _detail(kind: str, loc: list[object], msg: str, given: object) -> Detail:
    return {"type": kind, "loc": loc, "msg": msg, "input": given}
