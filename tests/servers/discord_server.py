"""Discord on a loopback socket: gateway, REST and CDN behind one certificate, and its people."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import trustme
from aiohttp import web

from tests.servers.discord_buckets import Buckets, Limits
from tests.servers.discord_contract import Contract
from tests.servers.discord_faults import (
    Drop,
    DropAfter,
    Faults,
    Html502,
    Late,
    Status,
    TooMany,
)
from tests.servers.discord_front import Call, Front
from tests.servers.discord_gateway import AUTHENTICATION_FAILED, Gateway
from tests.servers.discord_people import Button, File, Person, Shown
from tests.servers.discord_world import (
    ACK_WITHIN_S,
    MIB,
    TOKEN_LIVES_S,
    Channel,
    Interaction,
    Json,
    World,
)

__all__ = [
    "Button",
    "Call",
    "Channel",
    "DiscordServer",
    "Drop",
    "DropAfter",
    "File",
    "Html502",
    "Interaction",
    "Late",
    "Limits",
    "Person",
    "Shown",
    "Status",
    "TooMany",
]

NAMES = (
    "discord.com",
    "gateway.discord.gg",
    "*.discord.gg",
    "cdn.discordapp.com",
    "media.discordapp.net",
    "localhost",
    "127.0.0.1",
)
GATEWAY = "wss://gateway.discord.gg"
RESUME = "wss://gateway-loopback.discord.gg"
REQUEST_LIMIT = 128 * MIB
REVOKED = "revoked"


class DiscordServer:
    """Holds everything; the bot may come and go, the server may stop and start."""

    def __init__(
        self,
        *,
        token: str,
        folder: Path,
        port: int = 0,
        limits: Limits | None = None,
        heartbeat_s: float = 41.25,
        real_names: bool = True,
        checked: bool = True,
    ) -> None:
        """Make the world and the certificate.

        Args:
            token: The bot's token.
            folder: Where the certificate of the authority is written.
            port: 0 takes a free one at every start.
            limits: Discord's, if not given.
            heartbeat_s: What HELLO asks for.
            real_names: Whether addresses in answers name Discord's hosts, for clients that
                resolve them to this server; else they name 127.0.0.1 and the port.
            checked: Whether all is held to the contract: some 4 ms a message, too much for a
                benchmark.
        """
        self.world = World()
        self.channel = self.world.add_channel("general")
        self.ca_file = folder / "discord-ca.pem"
        self.port = port
        self._real_names = real_names
        contract = Contract.read() if checked else None
        self._front = Front(self.world, token, Buckets(limits or Limits()), contract)
        self._gateway = Gateway(self.world, token, heartbeat_s)
        self.world.tell = self._gateway.dispatch
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca_file)
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(*NAMES).configure_cert(self._tls)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["DiscordServer"]:
        """Serve until the block ends."""
        app = web.Application(client_max_size=REQUEST_LIMIT)
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", self.port, ssl_context=self._tls)
            await site.start()
            self.port = runner.addresses[0][1]
            self._tell_addresses()
            yield self
        finally:
            self._gateway.drop()
            await runner.cleanup()

    def _tell_addresses(self) -> None:
        socket = f"wss://127.0.0.1:{self.port}"
        self._front.gateway_url = GATEWAY if self._real_names else socket
        self._gateway.resume_url = RESUME if self._real_names else socket
        if not self._real_names:
            self.world.cdn = self.url

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        upgrade = request.headers.get("Upgrade", "").lower() == "websocket"
        if upgrade and request.path == "/" and not self._front.outage:
            return await self._gateway.serve(request)
        return await self._front.handle(request)

    @property
    def url(self) -> str:
        """Where it is served."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def bot_mention(self) -> str:
        """What names the bot in a text."""
        return f"<@{self.world.bot.id}>"

    # --- people and places

    def person(self, *, name: str) -> Person:
        """Return a new person, in the channel that is there from the beginning."""
        return Person(self.world, self.world.add_user(name), self.channel)

    def add_channel(self, name: str) -> Channel:
        """Open another channel in the guild, before the bot connects."""
        return self.world.add_channel(name)

    def deny(self, channel: Channel, code: int) -> None:
        """Refuse the bot everything in a channel: 50001, 50013, or 50007 in a DM."""
        channel.refusal = code

    def allow(self, channel: Channel) -> None:
        """Let the bot into a channel again."""
        channel.refusal = None

    # --- what the bot did

    @property
    def calls(self) -> list[Call]:
        """Every request over HTTP, in order."""
        return self._front.calls

    @property
    def violations(self) -> list[str]:
        """Where the bot or this server broke the contract or a rule of forms."""
        return self._front.violations

    @property
    def flood_breaches(self) -> list[str]:
        """Calls before a told `retry_after` had passed."""
        return self._front.buckets.breaches

    @property
    def pings(self) -> list[str]:
        """The texts of the bot's messages that would have rung somebody."""
        return self.world.pings

    @property
    def uploads(self) -> int:
        """How many files the bot has uploaded."""
        return self.world.uploads

    @property
    def commands(self) -> dict[str, Json]:
        """The registered commands by name."""
        return {each["name"]: each for each in self.world.commands.values()}

    @property
    def identifies(self) -> int:
        """How often a bot has begun a session."""
        return self._gateway.identifies

    @property
    def resumes(self) -> int:
        """How often a bot has asked to resume one."""
        return self._gateway.resumes

    @property
    def heartbeats(self) -> int:
        """How many heartbeats came."""
        return self._gateway.heartbeats

    async def connected(self, *, within_s: float = 10.0) -> None:
        """Return as soon as a bot is connected and has its READY."""
        ready = await self.world.changes.wait_until(self._gateway.is_ready, within_s=within_s)
        assert ready, f"no bot was ready within {within_s} s"

    # --- orders

    @property
    def faults(self) -> Faults:
        """Takes orders for trouble with single requests."""
        return self._front.faults

    @property
    def limits(self) -> Limits:
        """The rate limits; they can be replaced while it runs."""
        return self._front.buckets.limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self._front.buckets.limits = limits

    def outage(self, on: bool = True) -> None:  # noqa: FBT001, FBT002 - outage(True) says it
        """Answer every request with 502 and refuse the gateway; or end that."""
        self._front.outage = on
        if on:
            self._gateway.drop()

    def reconnect_all(self) -> None:
        """Ask the bot to reconnect (op 7)."""
        self._gateway.reconnect_all()

    def ask_heartbeat(self) -> None:
        """Ask the bot for a heartbeat at once (op 1)."""
        self._gateway.ask_heartbeats()

    def invalidate(self, *, resumable: bool = False) -> None:
        """Call the bot's session invalid (op 9)."""
        self._gateway.invalidate(resumable=resumable)

    def drop_gateway(self) -> None:
        """Cut the bot's connection to the gateway."""
        self._gateway.drop()

    def allow_intents(self, privileged: int) -> None:
        """Choose the privileged intents that the bot may ask for; others close with 4014."""
        self._gateway.allowed_intents = privileged

    def revoke_token(self, new: str = REVOKED) -> None:
        """Replace the bot's token: connections close with 4004, requests get 401."""
        self._front.token = self._gateway.token = new
        self._gateway.close_all(AUTHENTICATION_FAILED)

    def timing(
        self, *, ack_within_s: float = ACK_WITHIN_S, token_lives_s: float = TOKEN_LIVES_S
    ) -> None:
        """Set how long interactions wait for an answer, and how long their tokens live."""
        self.world.ack_within_s, self.world.token_lives_s = ack_within_s, token_lives_s
