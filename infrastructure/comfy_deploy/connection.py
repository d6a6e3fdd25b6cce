"""The two HTTP clients over one aiohttp session: one carries our key, the other must not."""

from collections.abc import AsyncIterable
from http.cookiejar import CookieJar, DefaultCookiePolicy

import aiohttp
import attrs
import httpx
from httpx_aiohttp import AiohttpTransport

from infrastructure.comfy_deploy.answers import CallError, NoAnswerError, excerpt
from infrastructure.comfy_deploy.settings import ComfySettings

MAX_CONNECTIONS = 100
IDLE_S = 20.0
"""Idle connections are dropped before the service's own edge drops them."""

STALL_S = 120.0
"""For one step of a call, such as connecting. Each call has a shorter limit for its whole."""

MOST_BYTES = 32 * 1024 * 1024
"""Of one answer, decompressed. A page of 50 deployments, the largest, has a few MB."""

_DIGITS = 18

TIMEOUT = httpx.Timeout(STALL_S).as_dict()

TRANSPORT_ERRORS = (
    httpx.HTTPError,
    httpx.StreamError,
    httpx.InvalidURL,
    aiohttp.ClientError,
    TimeoutError,
    OSError,
)
"""
All are one and the same to us: no answer. With this transport a ConnectTimeout may well come
after the request was sent, so none of them proves that nothing happened.
"""


class TooLargeError(CallError):
    """An answer that is larger than any of theirs. Asking again would bring the same."""


@attrs.frozen
class Connection:
    """`api` sends our key to the API's host; `files` sends nothing of ours to anybody."""

    api: httpx.AsyncClient
    files: httpx.AsyncClient
    _transport: AiohttpTransport

    @classmethod
    def open(cls, settings: ComfySettings) -> "Connection":
        """Return the clients. Needs a running loop; nothing is connected yet."""

        def session() -> aiohttp.ClientSession:
            return aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=MAX_CONNECTIONS, keepalive_timeout=IDLE_S, ssl=transport.ssl_context
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
            )

        transport = AiohttpTransport(client=session)
        api = httpx.AsyncClient(
            transport=transport,
            headers={"Authorization": f"Bearer {settings.api_key}"},
            cookies=_no_cookies(),
            timeout=STALL_S,
        )
        files = httpx.AsyncClient(transport=transport, cookies=_no_cookies(), timeout=STALL_S)
        return cls(api, files, transport)

    async def send(self, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        """
        Send one of our requests; return the answer and its body, read to the end.

        A GET follows redirects, nothing else does. Past httpx's client and its reading, which spend
        more on cookies, auth, redirects and decoding than the whole call costs.
        """
        response = await self._transport.handle_async_request(request)
        response.request = request
        try:
            if response.has_redirect_location and request.method == "GET":
                followed = await self.api.send(request, follow_redirects=True, stream=True)
                try:
                    return followed, await read_within(followed, followed.aiter_bytes())
                finally:
                    await followed.aclose()
            if "content-encoding" in response.headers:
                return response, await read_within(response, response.aiter_bytes())
            return response, await read_within(response, _parts(response))
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self.api.aclose()
        await self.files.aclose()


def no_answer(error: Exception, *, limit_s: float, secret: str = "") -> NoAnswerError:
    """Return what the log may know of a failed connection."""
    if isinstance(error, TimeoutError):
        return NoAnswerError(f"nothing usable within {limit_s:g} s")
    return NoAnswerError(excerpt(f"{type(error).__name__}: {error}", secret))


def _no_cookies() -> CookieJar:
    # A cookie of theirs named __session would win over our key.
    return CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))


async def read_within(response: httpx.Response, parts: AsyncIterable[bytes]) -> bytes:
    """Return the whole body. Raises TooLargeError as soon as it is known to be beyond the limit."""
    promised = response.headers.get("content-length", "")
    if promised.isdecimal() and (len(promised) > _DIGITS or int(promised) > MOST_BYTES):
        raise TooLargeError(f"{promised[:_DIGITS]} bytes are promised")
    got, size = [], 0
    async for part in parts:
        got.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise TooLargeError(f"more than {MOST_BYTES} bytes")
    return b"".join(got)


def _parts(response: httpx.Response) -> httpx.AsyncByteStream:
    if not isinstance(response.stream, httpx.AsyncByteStream):
        raise TypeError("an asynchronous transport answers with an asynchronous stream")
    return response.stream
