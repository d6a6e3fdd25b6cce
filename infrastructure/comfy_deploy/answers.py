"""What came back from a call, and what is wrong with it; never with a key or a signature."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import attrs
import httpx
import orjson

EXCERPT_LENGTH = 200
LOOKED_AT = 20 * EXCERPT_LENGTH

_URL_QUERY = re.compile(r"(https?://[^\s\"'<>?]*)\?[^\s\"'<>]*")
_TOKENS = re.compile(r"(?i:bearer|basic) +[^\s\"'<>]+|\beyJ[\w-]+\.[\w-]+(?:\.[\w-]+)?")
_HIDDEN = "[hidden]"


class CallError(Exception):
    """A call to ComfyUI Deploy that brought nothing usable. `str()` of it is safe to log."""


class NoAnswerError(CallError):
    """No answer, or not the whole of it. Whether the request was carried out is not known."""


@attrs.frozen(kw_only=True)
class Answer:
    """One HTTP answer, read to its end."""

    status: int
    content_type: str
    body: bytes = attrs.field(default=b"", repr=False)
    retry_after_s: float | None = None
    """How long the service wants us to wait, in seconds."""
    secret: str = attrs.field(default="", repr=False)
    """What must not be shown although the service may repeat it: our key."""

    @classmethod
    def of(
        cls, response: httpx.Response, body: bytes | None = None, *, secret: str = ""
    ) -> "Answer":
        """Return what matters of a response; without a body what has been read of it."""
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if body is None:
            body = response.content if response.is_stream_consumed else b""
        return cls(
            status=response.status_code,
            content_type=kind,
            body=body,
            secret=secret,
            retry_after_s=_retry_after(response.headers.get("retry-after")),
        )

    @property
    def is_json(self) -> bool:
        """Whether the answer calls itself JSON."""
        return self.content_type == "application/json" or self.content_type.endswith("+json")

    @property
    def is_well(self) -> bool:
        """Whether it is a success that calls itself JSON."""
        return httpx.codes.is_success(self.status) and self.is_json

    def json(self) -> object:
        """Return the decoded body of a success. Raises AnswerError for anything else."""
        if not self.is_well:
            raise AnswerError(self)
        try:
            decoded: object = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise AnswerError(self) from error
        return decoded


class AnswerError(CallError):
    """An answer that says no, or says nothing that can be understood: HTML, half a JSON."""

    def __init__(self, answer: Answer) -> None:
        decoded = _decoded(answer)
        self.status = answer.status
        self.retry_after_s = answer.retry_after_s
        self.is_torn = httpx.codes.is_success(answer.status) and answer.is_json
        """Whether it is a success whose JSON cannot be read: most likely its end is missing."""
        self.detail = _detail(decoded)
        """The service's own sentence, "" when it has none."""
        self.input_name = _input_name(decoded)
        """The input that a 422 is about, None when it is about something else."""
        shown = self.detail or answer.body[: 4 * EXCERPT_LENGTH].decode("utf-8", "replace")
        kind = excerpt(answer.content_type) or "no type"
        super().__init__(f"{answer.status} {kind}: {excerpt(shown, answer.secret)}")


def excerpt(text: str, *secrets: str) -> str:
    """
    Return the beginning of a text in one line: without keys, tokens and the queries of URLs.

    What a terminal would obey (escapes, bells, changes of direction) is shown as "?".
    """
    for secret in filter(None, secrets):
        text = text.replace(secret, _HIDDEN)
    # The patterns below look back at each of their beginnings: a long text would take minutes.
    text = text[:LOOKED_AT]
    text = _URL_QUERY.sub(r"\1?" + _HIDDEN, _TOKENS.sub(_HIDDEN, text))
    flat = "".join(each if each.isprintable() else "?" for each in " ".join(text.split()))
    return flat if len(flat) <= EXCERPT_LENGTH else flat[: EXCERPT_LENGTH - 1] + "…"


def _decoded(answer: Answer) -> object:
    try:
        decoded: object = orjson.loads(answer.body) if answer.is_json else None
    except orjson.JSONDecodeError:
        return None
    return decoded


def _detail(decoded: object) -> str:
    """Return the sentence of `{detail}`, `{error}` or `{message}`; that of the first of several."""
    if not isinstance(decoded, Mapping):
        return ""
    for key in ("detail", "error", "message"):
        found = decoded.get(key)
        if isinstance(found, list) and found:
            found = found[0]
        if isinstance(found, Mapping):
            where = found.get("loc")
            places = where if isinstance(where, list) else []
            said = found.get("msg") or found.get("message")
            # Anything else may be so deep that Python cannot write it out.
            words = [str(each) for each in places if isinstance(each, str | int)]
            found = f"{'.'.join(words)} {said if isinstance(said, str) else ''}"
        if isinstance(found, str) and found.strip():
            return found.strip()
    return ""


def _input_name(decoded: object) -> str | None:
    """Return the name in a `loc` such as `["body", "inputs", "width", "int"]`."""
    details = decoded.get("detail") if isinstance(decoded, Mapping) else None
    for each in details if isinstance(details, list) else ():
        loc = each.get("loc") if isinstance(each, Mapping) else None
        if not isinstance(loc, list) or "inputs" not in loc:
            continue
        after = loc[loc.index("inputs") + 1 :]
        if after and isinstance(after[0], str):
            return after[0]
    return None


def _retry_after(header: str | None) -> float | None:
    """Return the seconds of a Retry-After header, which may hold a moment instead."""
    if header is None:
        return None
    if re.fullmatch(r"\d{1,9}(\.\d+)?", header.strip()):
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
