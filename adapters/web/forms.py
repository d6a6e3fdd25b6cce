"""What the page sends, read without trust and with a limit on everything."""

import re
from collections.abc import Mapping

import attrs
import orjson
from aiohttp import BodyPartReader, web
from aiohttp.http import HttpProcessingError

MAX_IMAGES = 4
MAX_IMAGE_BYTES = 21_000_000
"""Slightly above what people may send, so that a file just above it is told its true size."""

MAX_TEXT_BYTES = 64 * 1024
MAX_REQUEST_BYTES = 150_000_000
MAX_PRESS_BYTES = 4096
MAX_NAME_LENGTH = 256
_MAX_FIELDS = 16
_TOO_LARGE = "That is too large. Please send smaller pictures."

BROKEN_BODY = (HttpProcessingError, web.RequestPayloadError)
"""How aiohttp tells a body that is packed, cut or chunked wrongly."""

_BROKEN_FORM = (
    *BROKEN_BODY,
    ValueError,
    AssertionError,
    EOFError,
    RuntimeError,
    RuntimeWarning,  # of an odd header, where warnings are errors
)
"""How aiohttp tells a form that is broken: by any of these."""

_client_id = re.compile(r"[0-9A-Za-z-]{16,64}")


class BadFormError(Exception):
    """A request that the page does not make. `str()` is a sentence, `status` the answer's."""

    def __init__(self, sentence: str, *, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


@attrs.define
class MessageForm:
    """A message as it came. An image that is too large is None: it was read and thrown away."""

    id: str = ""
    text: str = ""
    images: list[bytes | None] = attrs.Factory(list)
    left_out: int = 0
    """How many images came above the limit."""


@attrs.frozen(kw_only=True)
class PressForm:
    """The press of a button as it came."""

    id: str
    message: str
    action: str


async def read_message(request: web.Request) -> MessageForm:
    """Read a multipart message. Raises BadFormError."""
    if request.content_type != "multipart/form-data":
        raise BadFormError("A message is sent as a form (multipart/form-data).")
    if (request.content_length or 0) > MAX_REQUEST_BYTES:
        raise BadFormError(_TOO_LARGE, status=413)
    form = MessageForm()
    try:
        await _read_fields(request, form)
    except _BROKEN_FORM as error:
        raise BadFormError("The form is broken. Please send the message again.") from error
    if _client_id.fullmatch(form.id) is None:
        raise BadFormError("A message needs an id of 16 to 64 letters and digits.")
    if not form.text.strip() and not form.images:
        raise BadFormError("The message is empty. Write something, or add a picture.")
    return form


async def read_press(request: web.Request) -> PressForm:
    """Read the press of a button. Raises BadFormError."""
    if request.content_type != "application/json":
        raise BadFormError("A press is sent as JSON.")
    try:
        body = await _limited(request, MAX_PRESS_BYTES)
    except BROKEN_BODY as error:
        raise BadFormError("The press came broken. Please press again.") from error
    try:
        told = orjson.loads(body or b"")
    except orjson.JSONDecodeError as error:
        raise BadFormError("The press is not readable JSON.") from error
    if not isinstance(told, Mapping):
        raise BadFormError("A press is a JSON object.")
    client_id, message, action = (_text(told, name) for name in ("id", "message", "action"))
    if _client_id.fullmatch(client_id) is None:
        raise BadFormError("A press needs an id of 16 to 64 letters and digits.")
    return PressForm(id=client_id, message=message, action=action)


async def _read_fields(request: web.Request, form: MessageForm) -> None:
    reader = await request.multipart()
    for _ in range(_MAX_FIELDS):
        part = await reader.next()
        if part is None:
            return
        if not isinstance(part, BodyPartReader):
            raise BadFormError("A form within a form is not taken.")
        await _read_field(part, form)
    raise BadFormError("The form has too many fields.")


async def _read_field(part: BodyPartReader, form: MessageForm) -> None:
    if part.name == "image":
        data = await _field(part, MAX_IMAGE_BYTES)
        if len(form.images) < MAX_IMAGES:
            form.images.append(data)
        else:
            form.left_out += 1
    elif part.name in {"id", "text"}:
        data = await _field(part, MAX_TEXT_BYTES)
        if data is None:
            raise BadFormError("That text is too long. Please shorten it.")
        text = _storable(data.decode(errors="replace"))
        if part.name == "id":
            form.id = text
        else:
            form.text = text
    else:
        await _field(part, 0)


async def _field(part: BodyPartReader, limit_bytes: int) -> bytes | None:
    """Return a field, or None when it is larger: then it was read to its end, and thrown away."""
    data = bytearray()
    read_bytes = 0
    while chunk := await part.read_chunk(256 * 1024):
        read_bytes += len(chunk)
        if read_bytes > MAX_REQUEST_BYTES:
            raise BadFormError(_TOO_LARGE, status=413)
        if read_bytes <= limit_bytes:
            data += chunk
        else:
            data.clear()
    return None if read_bytes > limit_bytes else bytes(data)


async def _limited(request: web.Request, limit_bytes: int) -> bytes | None:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > limit_bytes:
            return None
    return bytes(body)


def _text(told: Mapping[object, object], name: str) -> str:
    value = told.get(name)
    text = _storable(value) if isinstance(value, str) else ""
    if not 1 <= len(text) <= MAX_NAME_LENGTH:
        raise BadFormError(f"A press needs its {name} as a short text.")
    return text


def _storable(text: str) -> str:
    """Return the text without NULs and lone surrogates, which databases refuse."""
    return text.replace("\x00", "").encode(errors="ignore").decode()
