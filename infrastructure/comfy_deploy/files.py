"""Fetching results: from hosts that we expect, no more than we want, never with our key."""

import asyncio
import contextlib
import contextvars
import logging
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx

from infrastructure.comfy_deploy.answers import Answer, AnswerError, CallError
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.connection import TRANSPORT_ERRORS, no_answer
from infrastructure.comfy_deploy.repeating import repeated
from infrastructure.comfy_deploy.settings import ComfySettings

FILE_TIMEOUT_S = 30.0
FILE_ATTEMPTS = 3
MAX_REDIRECTS = 3

_LENGTH = re.compile(r"[0-9]{1,18}")
_PLAIN_HOST = re.compile(r"[a-z0-9.-]+|[0-9a-f:.]+")
"""Two libraries read the URL, we and the one that connects: an odd host might be two hosts."""

_is_unlogged = contextvars.ContextVar("is_unlogged", default=False)


class _Unlogged(logging.Filter):
    """Drops the records that httpx, in the task that asks, writes of a request of ours."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (_is_unlogged.get() and record.levelno < logging.WARNING)


# On httpx's own logger, so that it holds for scripts that set up logs by themselves.
logging.getLogger("httpx").addFilter(_Unlogged())


@contextlib.contextmanager
def unlogged() -> Iterator[None]:
    """Have httpx log no request: a signed URL is all that it takes to read or write a file."""
    before = _is_unlogged.set(True)
    try:
        yield
    finally:
        _is_unlogged.reset(before)


class UnfitFileError(CallError):
    """A file that we will not take: from a foreign host, or larger than wanted. Never repeated."""


class ResultFiles:
    """Downloads what runs have made."""

    def __init__(self, client: ComfyDeployClient) -> None:
        self._client = client

    async def fetch(self, url: str, *, limit_bytes: int) -> bytes:
        """Return a file's bytes. Tries up to three times within 30 s; raises CallError."""

        async def once() -> bytes:
            try:
                async with asyncio.timeout(FILE_TIMEOUT_S):
                    return await self._follow(url, limit_bytes)
            except TRANSPORT_ERRORS as error:
                raise no_answer(error, limit_s=FILE_TIMEOUT_S) from None

        for_s = self._client.settings.retry_for_s
        with unlogged():
            return await repeated(
                once, for_s=for_s, attempt_s=FILE_TIMEOUT_S, attempts=FILE_ATTEMPTS
            )

    async def _follow(self, url: str, limit_bytes: int) -> bytes:
        for _ in range(MAX_REDIRECTS + 1):
            found = await self._read(url, limit_bytes)
            if isinstance(found, bytes):
                return found
            url = found
        raise UnfitFileError(f"more than {MAX_REDIRECTS} redirects")

    async def _read(self, url: str, limit_bytes: int) -> bytes | str:
        """Return the file's bytes, or where it is instead."""
        if not is_ours(url, self._client.settings):
            raise UnfitFileError(f"not a place of results: {urlsplit(url).hostname!r}")
        # Without compression a length can be believed before the bytes come.
        headers = {"Accept-Encoding": "identity", "Accept": "*/*"}
        async with self._client.files.stream("GET", url, headers=headers) as response:
            if response.next_request is not None:
                return str(response.next_request.url)
            if response.status_code != httpx.codes.OK:
                raise AnswerError(Answer.of(response))
            return await _body(response, limit_bytes)


async def _body(response: httpx.Response, limit_bytes: int) -> bytes:
    """Return the whole body; the transport raises when fewer bytes come than were promised."""
    promised = response.headers.get("content-length", "")
    if _LENGTH.fullmatch(promised) and int(promised) > limit_bytes:
        raise UnfitFileError(f"{promised} bytes, and {limit_bytes} are wanted at most")
    got = bytearray()
    async for chunk in response.aiter_bytes():
        got += chunk
        if len(got) > limit_bytes:
            raise UnfitFileError(f"more than {limit_bytes} bytes")
    return bytes(got)


def is_ours(url: str, settings: ComfySettings) -> bool:
    """Whether a URL names the API's own host or one of `output_hosts`."""
    try:
        target, own = httpx.URL(url), httpx.URL(settings.base_url)
    except (httpx.InvalidURL, TypeError):
        return False
    if target.scheme not in ("http", "https") or target.userinfo:
        return False
    if not _PLAIN_HOST.fullmatch(target.host):
        return False
    if (target.host, target.port) == (own.host, own.port):
        return True
    return any(_covers(each.lower(), target) for each in settings.output_hosts)


def _covers(allowed: str, target: httpx.URL) -> bool:
    """Whether an entry of the list covers a host: `name` with the usual port, or `name:port`."""
    name, _, port = allowed.partition(":")
    if not name or (str(target.port) if target.port else "") != port:
        return False
    return target.host == name or target.host.endswith(f".{name}")
