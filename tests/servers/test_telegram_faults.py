"""What goes wrong by order, and what stays done."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.servers.telegram_client import ANN, Bench, HandClock, a_bench, picture
from tests.servers.telegram_faults import (
    CutBody,
    Drop,
    DropAfter,
    Html502,
    Late,
    MigrateTo,
    Status,
    TooMany,
)
from tests.servers.telegram_server import TelegramServer
from tests.until import until

HELLO = {"chat_id": ANN, "text": "Hello"}


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def bench(clock: HandClock) -> AsyncIterator[Bench]:
    async with a_bench(TelegramServer(clock=clock)) as running:
        yield running
        assert running.server.violations == []


async def test_an_ordered_429_closes_the_chat_for_its_time(bench: Bench, clock: HandClock) -> None:
    bench.server.faults.add(method="sendMessage", kind=TooMany(retry_after=9))

    first = await bench.bot.call("sendMessage", **HELLO)
    early = await bench.bot.call("sendMessage", **HELLO)
    clock.seconds += 9
    in_time = await bench.bot.call("sendMessage", **HELLO)

    assert first["parameters"] == early["parameters"] == {"retry_after": 9}
    assert in_time["ok"]
    assert len(bench.server.flood_breaches) == 1


async def test_an_ordered_status_does_nothing(bench: Bench) -> None:
    bench.server.faults.add(kind=Status(500, "Internal Server Error"))

    words = await bench.bot.words("sendMessage", **HELLO)

    assert words == "500 Internal Server Error"
    assert bench.ann.messages == []


async def test_a_gateway_answers_with_a_page(bench: Bench) -> None:
    bench.server.faults.add(kind=Html502())

    answer = await bench.bot.http.post("sendMessage", data=HELLO)

    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html")
    assert bench.ann.messages == []


@pytest.mark.parametrize(("kind", "arrived"), [(Drop(), 0), (DropAfter(), 1), (CutBody(), 1)])
async def test_a_lost_answer_leaves_the_work_done_or_not(
    bench: Bench, kind: Drop | DropAfter | CutBody, arrived: int
) -> None:
    bench.server.faults.add(method="SendMessage", kind=kind)

    with pytest.raises(httpx.TransportError):
        await bench.bot.call("sendMessage", **HELLO)

    assert len(bench.ann.messages) == arrived
    assert (await bench.bot.call("sendMessage", **HELLO))["ok"]


async def test_a_late_answer_comes_after_the_work(bench: Bench) -> None:
    bench.server.faults.add(kind=Late(0.2))

    sending = asyncio.create_task(bench.bot.send())
    await bench.ann.see(lambda shown: shown.text == "Hello")

    assert not sending.done()
    assert await sending == bench.ann.messages[0].id


async def test_a_group_that_became_a_supergroup_is_found_under_its_new_id(bench: Bench) -> None:
    group = bench.server.group(chat_id=-5, title="Us", members=[bench.ann])
    bench.server.faults.add(method="sendMessage", kind=MigrateTo(-1005))

    first = await bench.bot.call("sendMessage", chat_id=-5, text="Hello")
    again = await bench.bot.call("sendMessage", chat_id=-5, text="Hello")
    await bench.bot.send(chat_id=-1005)

    assert first == again
    assert first["parameters"] == {"migrate_to_chat_id": -1005}
    assert [each.text for each in bench.ann.in_group(group).messages] == ["Hello"]


async def test_an_order_fits_its_method_and_its_times(bench: Bench) -> None:
    bench.server.faults.add(method="getFile", times=2, kind=Status())

    codes = [(await bench.bot.call("getMe")).get("error_code")]
    codes += [(await bench.bot.call("getFile", file_id="x"))["error_code"] for _ in range(3)]

    assert codes == [None, 500, 500, 400]
    assert bench.server.faults.left == 0


async def test_an_order_without_times_holds_until_it_is_cleared(bench: Bench) -> None:
    bench.server.faults.add(method="getMe", times=None, kind=Status())

    codes = {(await bench.bot.call("getMe"))["error_code"] for _ in range(4)}
    bench.server.faults.clear()

    assert codes == {500}
    assert (await bench.bot.call("getMe"))["ok"]


async def test_in_an_outage_every_request_is_a_502(bench: Bench) -> None:
    poll = asyncio.create_task(bench.bot.http.post("getUpdates", data={"timeout": "5"}))
    await until(lambda: bool(bench.server.calls))

    bench.server.outage(on=True)
    during = await bench.bot.http.post("sendMessage", data=HELLO)
    bench.server.outage(on=False)

    assert ((await poll).status_code, during.status_code) == (502, 502)
    assert bench.ann.messages == []
    assert (await bench.bot.call("sendMessage", **HELLO))["ok"]


async def test_a_file_can_be_lost_on_its_way_too(bench: Bench) -> None:
    sent = await bench.bot.done("sendPhoto", chat_id=ANN, photo=picture())
    file = await bench.bot.done("getFile", file_id=sent["photo"][-1]["file_id"])
    url = f"{bench.server.url}/file/bot{bench.server.token}/{file['file_path']}"
    bench.server.faults.add(method="file", kind=Status(500))
    bench.server.faults.add(method="file", kind=CutBody())

    refused = await bench.bot.http.get(url)
    with pytest.raises(httpx.RemoteProtocolError):
        await bench.bot.http.get(url)

    assert refused.status_code == 500
    assert (await bench.bot.http.get(url)).content == picture()


async def test_an_upload_that_breaks_off_is_no_call(bench: Bench) -> None:
    address = httpx.URL(bench.server.url)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    head = (
        f"POST /bot{bench.server.token}/sendPhoto HTTP/1.1\r\nHost: {address.host}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 9999\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="photo"; filename="a.png"\r\n\r\nabc'
    )

    writer.write(head.encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()

    assert await reader.read() == b""
    assert (await bench.bot.call("getMe"))["ok"]
    assert [each.method for each in bench.server.calls] == ["getMe"]
