"""One stream over a real socket: its events, and what leaving, waiting and failing do to it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest

from infrastructure.comfy_deploy.answers import AnswerError, NoAnswerError
from infrastructure.comfy_deploy.api.calls import Calls
from infrastructure.comfy_deploy.api.run_orders import RunOrder
from infrastructure.comfy_deploy.api.run_streams import RunStreams
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.endpoints import STREAM_LOGS
from infrastructure.comfy_deploy.streams import READ_AHEAD, opened
from tests.infrastructure.comfy_deploy.loopback import HTML, Loopback, Reply, settings_for

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
QUEUING = b'event: event_update\ndata: {"event": "queuing"}\n\n'
ORDER = RunOrder(deployment_id="3116a278-66b0-44bf-9e3d-841e52ae82b1")
RUN = "5e47a41f-7087-4d52-b59e-b75eae997673"


@attrs.define
class Holder:
    """A server that sends a stream's beginning, then nothing, and notes who leaves."""

    beginning: bytes
    asked: asyncio.Event = attrs.field(factory=asyncio.Event)
    left: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked.set()
        writer.write(HEAD + self.beginning)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
            while await reader.read(1024):
                pass
        self.left.set()
        writer.close()

    async def is_left(self) -> bool:
        """Whether the other side goes within 2 s."""
        async with asyncio.timeout(2):
            return await self.left.wait()


@asynccontextmanager
async def held(
    beginning: bytes = b"", *, run_timeout_s: float = 5.0
) -> AsyncIterator[tuple[Holder, ComfyDeployClient]]:
    holder = Holder(beginning)
    server = await asyncio.start_server(holder.serve, "127.0.0.1", 0)
    base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api"
    client = ComfyDeployClient(attrs.evolve(settings_for(base_url), run_timeout_s=run_timeout_s))
    try:
        yield holder, client
    finally:
        await client.aclose()
        server.close()
        await server.wait_closed()


async def read(answer: Reply) -> list[str]:
    """Read a stream to its end, slowly."""
    async with Loopback(answer) as server:
        client = server.client()
        try:
            async with opened(client, STREAM_LOGS) as events:
                await asyncio.sleep(0.01)
                return [each.data async for each in events]
        finally:
            await client.aclose()


async def test_a_reader_who_is_slow_misses_nothing() -> None:
    many = 3 * READ_AHEAD

    data = await read(Reply(raw=HEAD + b"".join(b"data: %d\n\n" % each for each in range(many))))

    assert data == [str(each) for each in range(many)]


async def test_an_event_without_its_end_is_not_told() -> None:
    assert await read(Reply(raw=HEAD + b"data: one\n\ndata: tw")) == ["one"]


async def test_an_empty_stream_has_no_events() -> None:
    assert await read(Reply(raw=HEAD)) == []


async def test_an_answer_in_html_is_no_stream() -> None:
    with pytest.raises(AnswerError, match="Welcome"):
        await read(HTML)


async def test_no_answer_at_all_is_told_on_entering() -> None:
    with pytest.raises(NoAnswerError):
        await read(Reply(reset=True))


async def test_what_came_before_a_break_is_told_first() -> None:
    cut = HEAD.replace(b"Connection: close", b"Content-Length: 500") + b"data: one\n\n"
    async with Loopback(Reply(raw=cut)) as server, contextlib.AsyncExitStack() as stack:
        client = server.client()
        stack.push_async_callback(client.aclose)
        events = await stack.enter_async_context(opened(client, STREAM_LOGS))

        assert (await anext(events)).data == "one"
        with pytest.raises(NoAnswerError):
            await anext(events)


async def test_events_come_while_the_stream_goes_on() -> None:
    async with held(b"data: one\n\ndata: two\n\n") as (_, client):
        async with opened(client, STREAM_LOGS) as events:
            data = [(await anext(events)).data, (await anext(events)).data]

        assert data == ["one", "two"]


async def test_leaving_closes_the_connection() -> None:
    async with held(QUEUING) as (holder, client):
        async with opened(client, STREAM_LOGS) as events:
            await anext(events)
            assert not holder.left.is_set()

        assert await holder.is_left()


async def test_an_error_of_the_reader_is_the_readers_own() -> None:
    async with held(QUEUING) as (holder, client):
        with pytest.raises(OSError, match="disk full"):
            async with opened(client, STREAM_LOGS):
                raise OSError("disk full")

        assert await holder.is_left()


async def test_a_time_that_runs_out_ends_the_stream_and_never_its_reader() -> None:
    async with (
        held(QUEUING, run_timeout_s=0.1) as (holder, client),
        opened(client, STREAM_LOGS) as events,
    ):
        assert await holder.is_left()
        await anext(events)

        with pytest.raises(NoAnswerError, match=r"0\.1 s"):
            await anext(events)


async def test_a_shorter_time_can_be_given() -> None:
    async with held(QUEUING) as (_, client):
        with pytest.raises(NoAnswerError, match=r"0\.05 s"):
            async with opened(client, STREAM_LOGS, limit_s=0.05) as events:
                _ = [each async for each in events]


async def test_cancelling_who_waits_for_a_run_closes_its_connection() -> None:
    async with held(QUEUING) as (holder, client):
        events = RunStreams(Calls(client)).stream(ORDER)
        await anext(events)
        reading = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0.01)
        reading.cancel()

        assert await holder.is_left()
        assert reading.cancelled()


async def test_cancelling_who_waits_for_a_first_event_closes_the_connection() -> None:
    async with held() as (holder, client):
        reading = asyncio.ensure_future(anext(RunStreams(Calls(client)).logs(RUN)))
        await holder.asked.wait()
        await asyncio.sleep(0.01)
        reading.cancel()

        assert await holder.is_left()
