"""A server on a loopback socket that answers with exact bytes, or does not answer."""

import asyncio
import json
import socket
import struct
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import attrs

from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.settings import ComfySettings

KEY = "sk-loopback-0123456789"


@attrs.frozen(kw_only=True)
class Reply:
    """What the server does with one request: the bytes go out as they are, then it hangs up."""

    raw: bytes = b""
    hang: bool = False
    reset: bool = False


@attrs.frozen(kw_only=True)
class Seen:
    """One request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        """The body, decoded."""
        decoded: dict[str, object] = json.loads(self.body)
        return decoded


def reply(
    body: bytes | str,
    *,
    status: int = 200,
    kind: str = "application/json",
    headers: Mapping[str, str] | None = None,
    length: int | None = None,
) -> Reply:
    """Return a whole answer; with a `length` that is too large, one that is cut."""
    content = body.encode() if isinstance(body, str) else body
    told = len(content) if length is None else length
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {told}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    head = "\r\n".join([*lines, "Connection: close", "", ""])
    return Reply(raw=head.encode() + content)


def json_reply(
    body: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Reply:
    """Return an answer in JSON."""
    return reply(json.dumps(body), status=status, headers=headers)


HTML = reply("<!doctype html><title>Welcome</title>", kind="text/html; charset=utf-8")
CRASH = reply("Internal Server Error", status=500, kind="text/plain; charset=utf-8")
CUT = reply('{"run_id": "5e47', length=200)
TORN = Reply(
    raw=b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    b'{"run_id": "5e47'
)
CHUNKS_CUT = Reply(
    raw=b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'10\r\n{"run_id": "5e47\r\n'
)
NOT_HTTP = Reply(raw=b"220 mail.example ESMTP\r\n")
SILENCE = Reply()
RESET = Reply(reset=True)
HANG = Reply(hang=True)


class Loopback:
    """Gives its replies in order, the last one for ever, and remembers what it was asked."""

    def __init__(self, *replies: Reply) -> None:
        self._replies = list(replies)
        self._server: asyncio.Server | None = None
        self._closing = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self.seen: list[Seen] = []
        self.asked = asyncio.Event()
        self.root = ""

    @property
    def base_url(self) -> str:
        """Where the API would be."""
        return f"{self.root}/api"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.root = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def client(
        self,
        *,
        queue_timeout_s: float = 5.0,
        timeout_s: float = 2.0,
        retry_for_s: float = 5.0,
        output_hosts: tuple[str, ...] = (),
    ) -> ComfyDeployClient:
        """Return a client of this server, with short limits."""
        return ComfyDeployClient(
            settings_for(
                self.base_url,
                queue_timeout_s=queue_timeout_s,
                timeout_s=timeout_s,
                retry_for_s=retry_for_s,
                output_hosts=output_hosts,
            )
        )

    def reply_to(self, seen: Seen) -> Reply:
        """Return what is done with a request: the next reply, whatever is asked."""
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            await self._answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        authorization = next((x for x in head if x.lower().startswith("authorization: ")), None)
        if authorization is not None:
            headers["authorization"] = authorization.partition(": ")[2]
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        seen = Seen(method=method, target=target, headers=headers, body=body)
        self.seen.append(seen)
        self.asked.set()
        given = self.reply_to(seen)
        if given.hang:
            await self._closing.wait()
        if given.reset:
            self._reset(writer)
            return
        writer.write(given.raw)
        await writer.drain()

    @staticmethod
    def _reset(writer: asyncio.StreamWriter) -> None:
        """Close with a reset instead of a goodbye."""
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()


def settings_for(
    base_url: str,
    *,
    queue_timeout_s: float = 5.0,
    timeout_s: float = 2.0,
    retry_for_s: float = 5.0,
    output_hosts: tuple[str, ...] = ("amazonaws.com",),
) -> ComfySettings:
    """Return settings with limits that a test can wait for."""
    return ComfySettings(
        api_key=KEY,
        base_url=base_url,
        queue_timeout_s=queue_timeout_s,
        timeout_s=timeout_s,
        retry_for_s=retry_for_s,
        output_hosts=output_hosts,
    )
