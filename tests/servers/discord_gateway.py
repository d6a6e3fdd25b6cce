"""The gateway: sessions that outlive their connections, and what is told over them."""

import asyncio
import json
import time
import zlib
from collections import deque
from secrets import token_hex

import attrs
from aiohttp import WSMsgType, web

from tests.servers import discord_payloads as payloads
from tests.servers.discord_world import Channel, Json, World

GUILDS, GUILD_MESSAGES, DIRECT_MESSAGES = 1 << 0, 1 << 9, 1 << 12
MEMBERS, PRESENCES, MESSAGE_CONTENT = 1 << 1, 1 << 8, 1 << 15
PRIVILEGED = MEMBERS | PRESENCES | MESSAGE_CONTENT
DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME = 0, 1, 2, 3, 4, 6
RECONNECT, REQUEST_MEMBERS, INVALID_SESSION, HELLO, ACK = 7, 8, 9, 10, 11
QUIET = (PRESENCE, VOICE, REQUEST_MEMBERS)
UNKNOWN_OPCODE, DECODE_ERROR, NOT_AUTHENTICATED, AUTHENTICATION_FAILED = 4001, 4002, 4003, 4004
ALREADY_AUTHENTICATED, INVALID_SEQ, RATE_LIMITED, DISALLOWED_INTENTS = 4005, 4007, 4008, 4014
GOING_AWAY = (1000, 1001)
FRAME = 4096
SENDS, SENDS_PER_S = 120, 60.0
KEPT_EVENTS = 100_000


@attrs.define(eq=False)
class Session:
    """What one IDENTIFY began; it lives on while nobody is connected."""

    id: str
    intents: int
    seq: int = 0
    connection: "Connection | None" = None
    _events: deque[Json] = attrs.field(factory=lambda: deque(maxlen=KEPT_EVENTS))

    def dispatch(self, name: str, data: Json) -> None:
        """Tell an event now, or whenever the session is resumed."""
        self.seq += 1
        event: Json = {"op": DISPATCH, "s": self.seq, "t": name, "d": data}
        self._events.append(event)
        if self.connection is not None:
            self.connection.send(event)

    def replay(self, after: int, connection: "Connection") -> None:
        """Tell again what came after an event."""
        for event in self._events:
            if event["s"] > after:
                connection.send(event)


@attrs.define(eq=False)
class Connection:
    """One socket of the bot."""

    socket: web.WebSocketResponse
    _transport: asyncio.BaseTransport | None
    compressor: "zlib._Compress | None"
    session: Session | None = None
    _frames: asyncio.Queue[Json | int] = attrs.field(factory=asyncio.Queue)
    _came: deque[float] = attrs.field(factory=lambda: deque(maxlen=SENDS))

    def send(self, frame: Json) -> None:
        """Send a frame after those before it."""
        self._frames.put_nowait(frame)

    def close(self, code: int) -> None:
        """Close after what is to be sent before."""
        self._frames.put_nowait(code)

    def cut(self) -> None:
        """End the connection as a broken cable does."""
        if isinstance(self._transport, asyncio.Transport):
            self._transport.abort()

    async def write(self) -> None:
        """Send frames until the connection closes."""
        while True:
            frame = await self._frames.get()
            if isinstance(frame, int):
                await self.socket.close(code=frame)
                return
            text = json.dumps(frame)
            if self.compressor is None:
                await self.socket.send_str(text)
            else:
                packed = self.compressor.compress(text.encode())
                await self.socket.send_bytes(packed + self.compressor.flush(zlib.Z_SYNC_FLUSH))

    def too_chatty(self) -> bool:
        """Count a frame of the bot; say whether it is one too many."""
        now = time.monotonic()
        chatty = len(self._came) == SENDS and now - self._came[0] < SENDS_PER_S
        self._came.append(now)
        return chatty


@attrs.define(eq=False)
class Gateway:
    """Lets the bot in, and tells it what happens."""

    world: World
    token: str
    heartbeat_s: float = 41.25
    resume_url: str = ""
    allowed_intents: int = PRIVILEGED
    """The privileged intents that are switched on in the developer portal."""
    identifies: int = 0
    resumes: int = 0
    heartbeats: int = 0
    sessions: dict[str, Session] = attrs.field(factory=dict)
    connections: list[Connection] = attrs.field(factory=list)

    def dispatch(self, name: str, data: Json, channel: Channel | None) -> None:
        """Tell an event to every session whose intents cover it."""
        for session in list(self.sessions.values()):
            shown = self._as_allowed(session, name, data, channel=channel)
            if shown is not None:
                session.dispatch(name, shown)

    def _as_allowed(
        self, session: Session, name: str, data: Json, *, channel: Channel | None
    ) -> Json | None:
        """Return an event as a session may see it, or nothing."""
        if not name.startswith("MESSAGE_"):
            return data
        private = channel is not None and channel.recipient is not None
        if not session.intents & (DIRECT_MESSAGES if private else GUILD_MESSAGES):
            return None
        if private or session.intents & MESSAGE_CONTENT or "author" not in data:
            return data
        named = {each["id"] for each in (data["author"], *data["mentions"])}
        if str(self.world.bot.id) in named:
            return data
        return {**data, "content": "", "embeds": [], "attachments": [], "components": []}

    def is_ready(self) -> bool:
        """Whether a bot is connected and has its READY."""
        return any(each.session is not None for each in self.connections)

    def reconnect_all(self) -> None:
        """Ask everybody to come again (op 7)."""
        for connection in self.connections:
            connection.send({"op": RECONNECT, "d": None, "s": None, "t": None})

    def ask_heartbeats(self) -> None:
        """Ask everybody for a heartbeat at once (op 1)."""
        for connection in self.connections:
            connection.send({"op": HEARTBEAT, "d": None, "s": None, "t": None})

    def invalidate(self, *, resumable: bool) -> None:
        """Call every session invalid (op 9); those that are not resumable are lost."""
        for connection in list(self.connections):
            if not resumable and connection.session is not None:
                self._forget(connection)
            connection.send({"op": INVALID_SESSION, "d": resumable, "s": None, "t": None})

    def drop(self) -> None:
        """Cut every connection; the sessions can be resumed."""
        for connection in list(self.connections):
            self._leave(connection)
            connection.cut()

    def close_all(self, code: int) -> None:
        """Close every connection with a code."""
        for connection in self.connections:
            connection.close(code)

    def _forget(self, connection: Connection) -> None:
        session, connection.session = connection.session, None
        if session is not None:
            session.connection = None
            self.sessions.pop(session.id, None)

    def _leave(self, connection: Connection) -> None:
        if connection in self.connections:
            self.connections.remove(connection)
        session = connection.session
        if session is not None and session.connection is connection:
            session.connection = None

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Hold one connection from HELLO to its end."""
        packs = request.query.get("compress") == "zlib-stream"
        socket = web.WebSocketResponse(compress=False, max_msg_size=1 << 20)
        await socket.prepare(request)
        compressor = zlib.compressobj() if packs else None
        connection = Connection(socket, request.transport, compressor)
        self.connections.append(connection)
        writing = asyncio.create_task(connection.write())
        hello = {"heartbeat_interval": int(self.heartbeat_s * 1000)}
        connection.send({"op": HELLO, "d": hello, "s": None, "t": None})
        try:
            async for frame in socket:
                if frame.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    self._hear(connection, frame.data)
        finally:
            self._leave(connection)
            if socket.close_code in GOING_AWAY:
                self._forget(connection)
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            self.world.changes.tell()
        return socket

    def _hear(self, connection: Connection, raw: str | bytes) -> None:
        try:
            frame = json.loads(raw)
            op, data = int(frame["op"]), frame.get("d")
        except (ValueError, KeyError, TypeError):
            connection.close(DECODE_ERROR)
            return
        if len(raw) > FRAME:
            connection.close(DECODE_ERROR)
        elif connection.too_chatty():
            connection.close(RATE_LIMITED)
        elif op == HEARTBEAT:
            self.heartbeats += 1
            connection.send({"op": ACK, "d": None, "s": None, "t": None})
        elif op in (IDENTIFY, RESUME):
            self._let_in(connection, op, data)
        elif connection.session is None:
            connection.close(NOT_AUTHENTICATED)
        elif op not in QUIET:
            connection.close(UNKNOWN_OPCODE)

    def _let_in(self, connection: Connection, op: int, data: Json) -> None:
        token = str(data.get("token", "")).removeprefix("Bot ")
        if connection.session is not None:
            connection.close(ALREADY_AUTHENTICATED)
        elif token != self.token:
            connection.close(AUTHENTICATION_FAILED)
        elif op == IDENTIFY:
            self._identify(connection, data)
        else:
            self._resume(connection, data)
        self.world.changes.tell()

    def _identify(self, connection: Connection, data: Json) -> None:
        self.identifies += 1
        intents = int(data["intents"])
        if intents & PRIVILEGED & ~self.allowed_intents:
            connection.close(DISALLOWED_INTENTS)
            return
        session = Session(id=token_hex(16), intents=intents, connection=connection)
        self.sessions[session.id] = connection.session = session
        session.dispatch("READY", self._ready(session, data))
        if intents & GUILDS:
            session.dispatch("GUILD_CREATE", payloads.guild(self.world))

    def _ready(self, session: Session, data: Json) -> Json:
        return {
            "v": 10,
            "user": payloads.own_user(self.world.bot),
            "guilds": [{"id": str(self.world.guild_id), "unavailable": True}],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self.resume_url,
            "application": {"id": str(self.world.application_id), "flags": 1 << 19},
            "shard": data.get("shard", [0, 1]),
            "private_channels": [],
            "relationships": [],
            "user_settings": {},
            "presences": [],
            "guild_join_requests": [],
            "geo_ordered_rtc_regions": [],
            "auth": {},
            "_trace": [],
        }

    def _resume(self, connection: Connection, data: Json) -> None:
        self.resumes += 1
        session = self.sessions.get(str(data.get("session_id")))
        if session is None:
            connection.send({"op": INVALID_SESSION, "d": False, "s": None, "t": None})
            return
        after = int(data.get("seq") or 0)
        if after > session.seq:
            self.sessions.pop(session.id)
            connection.close(INVALID_SEQ)
            return
        if session.connection is not None:
            session.connection.session = None
            session.connection.close(4000)
        connection.session, session.connection = session, connection
        session.replay(after, connection)
        session.dispatch("RESUMED", {"_trace": []})
