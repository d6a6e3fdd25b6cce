"""
ComfyUI Deploy's API at next to no cost: every run and every queueing has the same recorded answer.

It checks nothing. It is there to measure what a client can ask; run it by `python -m`, and it says
its port.
"""

import asyncio
import json
import sys
from pathlib import Path

RECORDED = Path(__file__).with_name("recorded_api.json")
LENGTH = b"content-length:"


def _answer(name: str) -> bytes:
    body = json.dumps(json.loads(RECORDED.read_text())[name]).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


class Answering(asyncio.Protocol):
    """One connection; its client sends a request when it has the last one's answer."""

    run = _answer("run")
    queued = _answer("queued")

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._received += data
        head, ended, body = self._received.partition(b"\r\n\r\n")
        if not ended or len(body) < _length(head):
            return
        self._received = b""
        self._transport.write(self.run if head.startswith(b"GET") else self.queued)


def _length(head: bytes) -> int:
    _, found, after = head.lower().partition(LENGTH)
    return int(after.split(b"\r\n", 1)[0]) if found else 0


async def serve() -> None:
    """Serve until the process ends."""
    server = await asyncio.get_running_loop().create_server(
        Answering, "127.0.0.1", 0, backlog=1_024
    )
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
