"""How discord.py reaches its servers: Discord's own, or one that stands for all of them."""

import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import attrs
from aiohttp.abc import AbstractResolver, ResolveResult

DISCORD = ("discord.com", "discord.gg", "discordapp.com", "discordapp.net", "discord.media")

CONNECTIONS = 32
"""Each costs a handshake and some 300 kB: one for each of a crowd would take long, and much."""


@attrs.frozen(kw_only=True)
class DiscordSettings:
    """
    How we talk with Discord.

    `secret` signs the ids of updates; `operators` are the ids of people. Commands are listed anew
    no more often than `listed_every_s`: Discord takes 200 new ones a day.

    With a `base_url`, `https://HOST:PORT` (443 without a port), all of Discord's hosts are looked
    for there, and its certificates are checked against `ca_file`.
    """

    token: str = attrs.field(repr=False)
    secret: str = attrs.field(repr=False)
    base_url: str = ""
    ca_file: Path | None = None
    operators: tuple[str, ...] = ()
    listed_every_s: float = 10.0


def connector(settings: DiscordSettings) -> aiohttp.TCPConnector:
    """Return what opens the connections. Whoever asks for it closes it."""
    if not settings.base_url:
        return aiohttp.TCPConnector(limit=CONNECTIONS)
    context = ssl.create_default_context(cafile=settings.ca_file)
    resolver = OneServer(settings.base_url)
    return aiohttp.TCPConnector(resolver=resolver, ssl=context, limit=CONNECTIONS)


class OneServer(AbstractResolver):
    """Finds every host of Discord at one address, and no other host at all."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 443
        self._names = aiohttp.DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of our server under the name that was asked for."""
        if not f".{host}".endswith(tuple(f".{name}" for name in DISCORD)):
            raise OSError(f"{host} is not a host of Discord; {port} is not asked for")
        found = await self._names.resolve(self._host, self._port, family)
        for each in found:
            each["hostname"] = host
        return found

    async def close(self) -> None:
        """Release what looks names up."""
        await self._names.close()
