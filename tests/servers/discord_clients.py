"""Clients that reach the loopback server: discord.py as it is, hikari, and plain HTTP."""

import asyncio
import json
import socket
import ssl
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiohttp
import attrs
import discord
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from discord import app_commands

from tests.servers.discord_server import DiscordServer, Interaction
from tests.servers.discord_world import Json

TOKEN = "MTE1MDAwMDAwMDAwMDAwMDAwMA.loop.back"
"""Its first part is a number in base64: hikari wants it so."""
ALL_INTENTS = (1 << 0) | (1 << 9) | (1 << 12) | (1 << 15)
OURS = ("discord.com", "gateway.discord.gg", "gateway-loopback.discord.gg", "cdn.discordapp.com")


class MapResolver(AbstractResolver):
    """Sends Discord's hosts to one port of this machine, and knows no others."""

    def __init__(self, port: int) -> None:
        """Keep the port."""
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the one place for the hosts that are ours. Raises OSError for others."""
        if host not in OURS:
            raise OSError(f"{host} is not to be reached")
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=self._port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Hold nothing."""


def trusting(server: DiscordServer) -> ssl.SSLContext:
    """Return a context that trusts the server's authority."""
    return ssl.create_default_context(cafile=server.ca_file)


def connector(server: DiscordServer) -> aiohttp.TCPConnector:
    """Return a connector through which an unpatched client reaches the server."""
    return aiohttp.TCPConnector(resolver=MapResolver(server.port), ssl=trusting(server), limit=0)


class Bot(discord.Client):
    """A client of discord.py, with a tree of commands."""

    def __init__(self, server: DiscordServer, *, intents: discord.Intents | None = None) -> None:
        """Connect through the server's connector; ready soon after READY."""
        super().__init__(
            intents=intents or discord.Intents.default(),
            connector=connector(server),
            guild_ready_timeout=0.01,
        )
        self.tree = app_commands.CommandTree(self)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Identify at once: Discord's five seconds between two are nothing to test."""


@asynccontextmanager
async def connected(bot: Bot, *, token: str = TOKEN) -> AsyncIterator[Bot]:
    """Run a bot until the block ends."""
    running = asyncio.create_task(bot.start(token))
    ready = asyncio.create_task(bot.wait_until_ready())
    try:
        await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED, timeout=5)
        if running.done():
            await running
        yield bot
    finally:
        ready.cancel()
        await bot.close()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@asynccontextmanager
async def api(
    server: DiscordServer, *, token: str | None = TOKEN
) -> AsyncIterator[httpx.AsyncClient]:
    """Call the API without a client of Discord's."""
    headers = {} if token is None else {"Authorization": f"Bot {token}"}
    async with httpx.AsyncClient(
        base_url=f"{server.url}/api/v10",
        verify=trusting(server),
        headers=headers,
        trust_env=False,
    ) as client:
        yield client


async def post_buttons(server: DiscordServer, channel: int, *custom_ids: str, token: str) -> int:
    """Send a message with these buttons as the bot, as an earlier version of it may have done."""
    buttons = [{"type": 2, "style": 2, "label": each, "custom_id": each} for each in custom_ids]
    body = {"content": "old", "components": [{"type": 1, "components": buttons}]}
    async with api(server, token=token) as client:
        answer = await client.post(f"/channels/{channel}/messages", json=body)
    return int(answer.raise_for_status().json()["id"])


@attrs.define
class Wire:
    """The gateway by hand."""

    socket: aiohttp.ClientWebSocketResponse
    raw: list[str | bytes] = attrs.field(factory=list)
    """Every frame as it came."""
    _unpacker: "zlib._Decompress" = attrs.field(factory=zlib.decompressobj)

    async def send(self, op: int, data: object) -> None:
        """Send a frame as text."""
        await self.socket.send_str(json.dumps({"op": op, "d": data}))

    async def identify(self, *, intents: int = ALL_INTENTS, token: str = TOKEN) -> Json:
        """Log in, and return what READY tells."""
        await self.send(2, {"token": token, "intents": intents, "properties": {}})
        ready: Json = (await self.until("READY"))["d"]
        return ready

    async def resume(self, session: str, *, seq: int) -> None:
        """Go on with a session."""
        await self.send(6, {"token": TOKEN, "session_id": session, "seq": seq})

    async def frame(self) -> Json:
        """Return the next frame; the end is told as an op of -1 with its code."""
        message = await self.socket.receive(timeout=3)
        if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            return {"op": -1, "d": self.socket.close_code, "t": None}
        self.raw.append(message.data)
        text = message.data
        if isinstance(text, bytes):
            text = self._unpacker.decompress(text).decode()
        frame: Json = json.loads(text)
        return frame

    async def until(self, name: str) -> Json:
        """Return the next event of a name, past all others."""
        while (frame := await self.frame())["t"] != name:
            assert frame["op"] != -1, f"closed with {frame['d']}"
        return frame

    async def rest(self, *, last: str) -> list[str]:
        """Return the names of the events up to and with the last one."""
        names: list[str] = []
        while last not in names:
            frame = await self.frame()
            assert frame["op"] != -1, f"closed with {frame['d']}"
            names += [frame["t"]] if frame["t"] else []
        return names


@asynccontextmanager
async def wire(server: DiscordServer, *, query: str = "v=10&encoding=json") -> AsyncIterator[Wire]:
    """Open the gateway by hand; HELLO is still to come."""
    async with (
        aiohttp.ClientSession(connector=connector(server)) as session,
        session.ws_connect(f"wss://gateway.discord.gg/?{query}", autoclose=False) as socket,
    ):
        yield Wire(socket)


async def registered(server: DiscordServer, client: httpx.AsyncClient) -> None:
    """Register /make with a prompt, a picture and a size."""
    options = [
        {"type": 3, "name": "prompt", "description": "What to draw", "required": True},
        {"type": 11, "name": "image", "description": "What to start from"},
        {"type": 4, "name": "size", "description": "How large", "min_value": 1, "max_value": 8},
    ]
    make = {"name": "make", "description": "Draw", "options": options, "contexts": [0, 1]}
    path = f"/applications/{server.world.application_id}/commands"
    answer = await client.put(path, json=[make])
    assert answer.status_code == 200, answer.text


def callback(interaction: Interaction) -> str:
    """Return where an interaction is answered."""
    return f"/interactions/{interaction.id}/{interaction.token}/callback"


def webhook(server: DiscordServer, interaction: Interaction) -> str:
    """Return where an interaction is followed up."""
    return f"/webhooks/{server.world.application_id}/{interaction.token}"


def buttons(*custom_ids: str) -> list[Json]:
    """Return one row of buttons, each labelled with its own id."""
    made = [{"type": 2, "style": 1, "label": each, "custom_id": each} for each in custom_ids]
    return [{"type": 1, "components": made}]
