"""
A Bot API server that costs next to nothing: every send has the same answer.

It checks nothing. It is there to measure what a client can send; run it by `python -m`, and it says
its port.
"""

import asyncio
import sys

ME = b'{"ok":true,"result":{"id":1234,"is_bot":true,"first_name":"S","username":"station_bot"}}'
SENT = (
    b'{"ok":true,"result":{"message_id":1,"date":1,"chat":{"id":1,"type":"private"},"text":"fox"}}'
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
LENGTH = b"content-length:"


class Answering(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end].lower()
            size = end + 4 + _length(head)
            if len(self._received) < size:
                return
            self._received = self._received[size:]
            body = ME if b"/getme " in head else SENT
            self._transport.write(HEAD % len(body) + body)


def _length(head: bytes) -> int:
    at = head.find(LENGTH)
    return int(head[at + len(LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0


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
