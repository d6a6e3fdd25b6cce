"""How `doctor` asks a service: what it answered, or in one sentence why nothing came."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import aiohttp
import attrs
import httpx
import orjson
from aiohttp.abc import AbstractResolver

from composition.doctor.check import Check
from composition.doctor.faults import Unheard, Way

_UNAUTHORIZED, _FORBIDDEN, _TOO_MANY, _BROKEN = 401, 403, 429, 500


@attrs.frozen(kw_only=True)
class Heard:
    """
    An answer, whatever it says. `body` is its decoded JSON, None without one.

    `leads_to` is where a redirect points, as it was told.
    """

    status: int
    kind: str
    body: object = attrs.field(repr=False)
    leads_to: str = attrs.field(default="", repr=False)

    @property
    def is_well(self) -> bool:
        """Whether it is a success in JSON."""
        return httpx.codes.is_success(self.status) and self.body is not None


@attrs.define(kw_only=True)
class Service:
    """
    One service and the way to it, which is opened by the first question.

    `at` is the host as people see it, `setting` the variable that has it. `ahead` takes how many
    seconds our clock is ahead of the service's, by the service's name.
    """

    name: str
    at: str
    setting: str
    limit_s: float
    tls: Callable[[], ssl.SSLContext] = httpx.create_ssl_context
    resolver: Callable[[], AbstractResolver] | None = None
    uses_proxy: bool = False
    """Whether the proxy of the environment is used, as the program itself does it."""
    ahead: dict[str, float] = attrs.field(factory=dict)
    _session: aiohttp.ClientSession | None = None
    _opening: asyncio.Lock = attrs.field(factory=asyncio.Lock)

    async def aclose(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    async def ask(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Heard | Unheard:
        """Return an answer that the service itself gave: no page of an edge, no trouble."""
        heard = await self.get(url, headers=headers, query=query)
        return heard if isinstance(heard, Unheard) else self.judged(heard)

    def judged(self, heard: Heard) -> Heard | Unheard:
        """Return an answer if the service itself gave it, else what may stand between."""
        if heard.status == _TOO_MANY:
            return Unheard(
                found=f"{self.name} wants to be asked less often (429)",
                fix="Wait some minutes, then try again.",
            )
        if heard.status >= _BROKEN:
            return Unheard(
                found=f"{self.name} at {self.at} is in trouble: it answers {heard.status}",
                fix="Try again later.",
            )
        is_refusal = heard.status in (_UNAUTHORIZED, _FORBIDDEN) and heard.kind != "text/html"
        if heard.body is None and not is_refusal:
            return Unheard(
                found=f"{self.at} answers {heard.status} with {heard.kind}, not JSON",
                fix=f"That is not {self.name}, or something stands between. Check {self.setting} "
                "and the proxies of this network.",
            )
        return heard

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        follow: bool = True,
    ) -> Heard | Unheard:
        """Return whatever is answered."""
        try:
            async with asyncio.timeout(self.limit_s):
                session = await self._opened()
                answer = await session.get(
                    url, headers=headers, params=query, allow_redirects=follow
                )
                self._compare_clocks(answer.headers.get("Date", ""))
                content = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return self._way(url).fault(error)
        return Heard(
            status=answer.status,
            kind=answer.content_type,
            body=_decoded(content),
            leads_to=answer.headers.get("Location", ""),
        )

    async def _opened(self) -> aiohttp.ClientSession:
        async with self._opening:
            if self._session is None:
                # Reading all certificates may take longer than others can wait for their turn.
                tls = await asyncio.to_thread(self.tls)
                resolver = self.resolver() if self.resolver else None
                self._session = aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(ssl=tls, resolver=resolver),
                    cookie_jar=aiohttp.DummyCookieJar(),
                    trust_env=self.uses_proxy,
                )
            return self._session

    def _compare_clocks(self, date: str) -> None:
        try:
            theirs = parsedate_to_datetime(date)
        except ValueError:
            return
        if theirs.tzinfo is not None:
            self.ahead[self.name] = (datetime.now(UTC) - theirs).total_seconds()

    def _way(self, url: str) -> Way:
        return Way(
            at=self.at,
            setting=self.setting,
            ca_setting="DISCORD_CA_FILE" if self.resolver else "SSL_CERT_FILE",
            limit_s=self.limit_s,
            is_tls=urlsplit(url).scheme == "https",
        )


def failed(name: str, unheard: Unheard) -> Check:
    """Return the failed check of a service from which nothing usable came."""
    return Check(name=name, ok=False, found=unheard.found, fix=unheard.fix)


def _decoded(content: bytes) -> object:
    try:
        decoded: object = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return decoded


def member(body: object, *names: str) -> object:
    """Return what lies under these names in nested JSON objects, None when it is not there."""
    for name in names:
        body = body.get(name) if isinstance(body, Mapping) else None
    return body


def words(body: object, *names: str) -> str:
    """Return a text of nested JSON objects, "" when there is none."""
    found = member(body, *names)
    return found if isinstance(found, str) else ""
