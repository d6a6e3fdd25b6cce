"""Checks the body of a queue call, and refuses it in the words of the service."""

import json
import uuid
from collections.abc import Iterator
from typing import TypeAlias

import attrs

from infrastructure.emulator.deployments import ENVIRONMENTS

_GPUS = ("CPU", "T4", "L4", "A10G", "L40S", "A100", "A100-80GB", "H100", "H200", "B200")
_MODES = ("async", "sync", "sync_first_result", "stream")
_UUID_LENGTH = 32
_VALUE_BRANCHES = (
    ("str", "string_type", "string"),
    ("int", "int_type", "integer"),
    ("float", "float_type", "number"),
    ("bool", "bool_type", "boolean"),
    ("list[any]", "list_type", "list"),
)
Detail: TypeAlias = dict[str, object]


class InvalidRequestError(Exception):
    """The request does not fit its schema; carries the details of the 422 answer."""

    def __init__(self, *details: Detail) -> None:
        super().__init__(f"{len(details)} things do not fit")
        self.details = list(details)


class ServiceCrashError(Exception):
    """The service breaks over such a request: 500 in plain text, connection closed."""


@attrs.frozen(kw_only=True)
class QueueOrder:
    """A queue call that fits its schema."""

    deployment_id: str
    inputs: dict[str, object]
    webhook: str | None
    intermediate: bool
    gpu: str | None
    batch_number: int | None


def read_queue_body(raw: bytes, content_type: str) -> QueueOrder:
    """Return the order. Raises InvalidRequestError, or ServiceCrashError for what breaks it."""
    body = _parsed(raw, content_type)
    details = [
        *_wrong_inputs(body.get("inputs", {})),
        *_wrong_kind(body, "webhook", str, "string"),
        *_wrong_kind(body, "webhook_intermediate_status", bool, "boolean"),
        *_wrong_choice(body.get("gpu"), "gpu", _GPUS, kind="enum"),
        *_wrong_choice(body.get("execution_mode"), "execution_mode", _MODES, kind="literal_error"),
        *_wrong_kind(body, "batch_number", int, "integer"),
        *_wrong_deployment_id(body),
    ]
    if details:
        raise InvalidRequestError(*details)
    if not _can_be_stored(body) or body.get("execution_mode") not in (None, "async"):
        raise ServiceCrashError
    inputs, webhook, gpu = body.get("inputs", {}), body.get("webhook"), body.get("gpu")
    batch = body.get("batch_number")
    return QueueOrder(
        deployment_id=str(uuid.UUID(str(body["deployment_id"]))),
        inputs=inputs if isinstance(inputs, dict) else {},
        webhook=webhook if isinstance(webhook, str) else None,
        intermediate=body.get("webhook_intermediate_status") is True,
        gpu=gpu if isinstance(gpu, str) else None,
        batch_number=batch if isinstance(batch, int) else None,
    )


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
    details = _wrong_choice(text, "environment", ENVIRONMENTS, kind="enum", where="query")
    if details:
        raise InvalidRequestError(*details)
    return text


def missing(where: str, name: str, given: object = None) -> Detail:
    """Return the detail that says a field is missing."""
    return _detail("missing", [where, name], "Field required", given)


def _can_be_stored(body: dict[str, object]) -> bool:
    """Tell whether the database takes it: no NUL, no half characters, no NaN."""
    try:
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        return False
    return not any("\x00" in text for text in _texts(body))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield str(name)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _detail(kind: str, loc: list[object], msg: str, given: object) -> Detail:
    return {"type": kind, "loc": loc, "msg": msg, "input": given}


def _parsed(raw: bytes, content_type: str) -> dict[str, object]:
    if not raw:
        raise InvalidRequestError(_detail("missing", ["body"], "Field required", None))
    body: object = raw.decode("utf-8", "replace")
    if content_type == "application/json" or content_type.endswith("+json"):
        body = _decoded(raw)
    if isinstance(body, dict):
        return body
    msg = "Input should be a valid dictionary or object to extract fields from"
    raise InvalidRequestError(_detail("model_attributes_type", ["body"], msg, body))


def _decoded(raw: bytes) -> object:
    try:
        decoded: object = json.loads(raw)
    except json.JSONDecodeError as error:
        detail = _detail("json_invalid", ["body", error.pos], "JSON decode error", {})
        raise InvalidRequestError(detail | {"ctx": {"error": error.msg}}) from None
    except (UnicodeDecodeError, RecursionError):
        raise ServiceCrashError from None
    return decoded


def _wrong_inputs(inputs: object) -> list[Detail]:
    if not isinstance(inputs, dict):
        msg = "Input should be a valid dictionary"
        return [_detail("dict_type", ["body", "inputs"], msg, inputs)]
    return [
        _detail(kind, ["body", "inputs", name, branch], f"Input should be a valid {word}", value)
        for name, value in inputs.items()
        if value is None or isinstance(value, dict)
        for branch, kind, word in _VALUE_BRANCHES
    ]


def _wrong_kind(body: dict[str, object], name: str, kind: type, word: str) -> list[Detail]:
    value = body.get(name)
    if value is None or isinstance(value, kind):
        return []
    short = {"string": "string_type", "boolean": "bool_type", "integer": "int_type"}[word]
    return [_detail(short, ["body", name], f"Input should be a valid {word}", value)]


def _wrong_choice(
    value: object, name: str, choices: tuple[str, ...], *, kind: str, where: str = "body"
) -> list[Detail]:
    if value is None or value in choices:
        return []
    quoted = [f"'{choice}'" for choice in choices]
    expected = f"{', '.join(quoted[:-1])} or {quoted[-1]}"
    detail = _detail(kind, [where, name], f"Input should be {expected}", value)
    return [detail | {"ctx": {"expected": expected}}]


def _wrong_deployment_id(body: dict[str, object]) -> list[Detail]:
    if "deployment_id" not in body:
        return [missing("body", "deployment_id", body)]
    value = body["deployment_id"]
    if not isinstance(value, str):
        msg = "UUID input should be a string, bytes or UUID object"
        return [_detail("uuid_type", ["body", "deployment_id"], msg, value)]
    return _wrong_uuid(value, ["body", "deployment_id"])


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
