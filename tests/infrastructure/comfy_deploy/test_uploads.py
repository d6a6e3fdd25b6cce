"""Files for the service: checked first, streamed, never sent twice, and told of as they go."""

import asyncio
import contextlib
import os
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import attrs
import httpx
import pytest

from core.shared.errors import MediaRefusedError, ServiceRefusedError
from core.shared.statistics import Outcome, Saving
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.settings import LEGACY, ComfySettings
from infrastructure.comfy_deploy.uploads import (
    MAX_BYTES,
    PUBLIC_FOR_S,
    SIGNED_FOR_S,
    Progress,
    Uploads,
)
from infrastructure.emulator.faults import RequestFault, Spoil
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from tests.infrastructure.comfy_deploy.counting import CountingMeter
from tests.infrastructure.comfy_deploy.loopback import KEY, Loopback, json_reply
from tests.until import until

ROUTE = "POST /api/file/upload"
MEGABYTE = 1024 * 1024
LARGE = 64 * MEGABYTE


@attrs.define(kw_only=True)
class World:
    """An emulator, and uploads to it by a clock that a test sets."""

    emulator: Emulator
    uploads: Uploads
    meter: CountingMeter
    now: list[float]

    @property
    def sent(self) -> int:
        """How often a file was sent."""
        requests = self.emulator.state()["requests"]
        assert isinstance(requests, dict)
        return int(requests.get(ROUTE, 0))

    async def kept(self, url: str) -> bytes:
        """Return what the service has under an address."""
        async with httpx.AsyncClient() as http:
            return (await http.get(url)).content


@pytest.fixture
async def world() -> AsyncIterator[World]:
    emulator = Emulator(EmulatorSettings.quick())
    await emulator.start()
    settings = ComfySettings(
        api_key=emulator.api_key, base_url=emulator.base_url, calls_per_s=0, retry_for_s=5.0
    )
    meter, now = CountingMeter(), [0.0]
    client = ComfyDeployClient(settings, meter)
    yield World(
        emulator=emulator, uploads=Uploads(client, clock=lambda: now[0]), meter=meter, now=now
    )
    await client.aclose()
    await emulator.stop()


def a_file(folder: Path, name: str = "fox.png", content: bytes = b"a fox") -> Path:
    """Write a file."""
    path = folder / name
    path.write_bytes(content)
    return path


def rewriting(path: Path, content: bytes) -> Progress:
    """Return a listener that rewrites the file as soon as some of it has been read."""

    def rewrite(_done: int, _in_all: int) -> None:
        path.write_bytes(content)

    return rewrite


def losing_its_disk(path: Path) -> Progress:
    """Return a listener after whose first call whoever has the file open reads a folder."""
    wanted = path.stat()

    def lose(_done: int, _in_all: int) -> None:
        folder = os.open(path.parent, os.O_RDONLY)
        for descriptor in range(3, 256):
            with contextlib.suppress(OSError):
                if os.path.samestat(os.fstat(descriptor), wanted):
                    os.dup2(folder, descriptor)
        os.close(folder)

    return lose


async def test_a_file_arrives_as_it_is(world: World, tmp_path: Path) -> None:
    content = os.urandom(300_000)
    url = await world.uploads.send(a_file(tmp_path, content=content))

    assert url.endswith(".png")
    assert await world.kept(url) == content


async def test_progress_is_told_up_to_the_last_byte(world: World, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    file = a_file(tmp_path, content=bytes(300_000))
    await world.uploads.send(file, progress=lambda *each: told.append(each))

    assert told[0] == (65_536, 300_000)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (300_000, 300_000)


async def test_a_large_file_is_never_in_memory_as_a_whole(world: World, tmp_path: Path) -> None:
    file = tmp_path / "large.mp4"
    with file.open("wb") as made:
        made.truncate(LARGE)  # the emulator has it on disk, too
    tracemalloc.start()
    try:
        await world.uploads.send(file)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 8 * MEGABYTE


async def test_the_same_content_is_sent_once_whatever_its_name(
    world: World, tmp_path: Path
) -> None:
    first = await world.uploads.send(a_file(tmp_path, "one.png"))
    again = await world.uploads.send(a_file(tmp_path, "two.png"))
    as_bytes = await world.uploads.send_bytes(b"a fox", name="three.png")

    assert (first, again, world.sent) == (as_bytes, first, 1)
    assert world.meter.saved["POST /file/upload", Saving.KNOWN_UPLOAD] == 2


async def test_another_ending_is_another_file_since_it_tells_the_type(
    world: World, tmp_path: Path
) -> None:
    await world.uploads.send(a_file(tmp_path, "one.png"))
    await world.uploads.send(a_file(tmp_path, "one.jpg"))

    assert world.sent == 2


async def test_the_same_file_by_many_at_once_is_sent_once(world: World) -> None:
    same = [world.uploads.send_bytes(b"a fox", name="fox.png") for _ in range(10)]

    assert len(set(await asyncio.gather(*same))) == 1
    assert world.sent == 1


async def test_after_a_day_a_file_is_sent_anew(world: World) -> None:
    await world.uploads.send_bytes(b"a fox", name="fox.png")
    world.now[0] = PUBLIC_FOR_S + 1
    await world.uploads.send_bytes(b"a fox", name="fox.png")

    assert world.sent == 2


async def test_an_address_with_a_signature_is_given_again_for_half_an_hour_only() -> None:
    now = [0.0]
    signed = json_reply({"file_url": "https://files.example/fox.png?Signature=abc"})
    async with Loopback(signed) as server:
        client = server.client()
        uploads = Uploads(client, clock=lambda: now[0])
        for now[0] in (0.0, SIGNED_FOR_S - 1, SIGNED_FOR_S + 1):
            await uploads.send_bytes(b"a fox", name="fox.png")
        await client.aclose()

    assert len(server.seen) == 2


async def test_an_upload_that_breaks_is_sent_again_whole(world: World, tmp_path: Path) -> None:
    content = os.urandom(300_000)
    world.emulator.faults.order_requests(
        RequestFault(spoil=Spoil.LOST, path="/file/upload", count=1)
    )
    url = await world.uploads.send(a_file(tmp_path, content=content))

    assert await world.kept(url) == content
    assert world.sent == 2


async def test_what_failed_is_not_remembered(world: World) -> None:
    refusal = RequestFault(path="/file/upload", status=401, body='{"detail": "Revoked token"}')
    world.emulator.faults.order_requests(refusal)
    with pytest.raises(ServiceRefusedError):
        await world.uploads.send_bytes(b"a fox", name="fox.png")

    assert await world.uploads.send_bytes(b"a fox", name="fox.png")


async def test_a_file_that_the_service_would_not_take_is_not_sent(
    world: World, tmp_path: Path
) -> None:
    empty, words = a_file(tmp_path, "empty.png", b""), a_file(tmp_path, "words.txt")
    huge = tmp_path / "huge.mp4"
    with huge.open("wb") as made:
        made.truncate(MAX_BYTES + 1)
    for file, told in (
        (empty, "is empty"),
        (words, "text/plain"),
        (huge, "250 MB at most"),
        (tmp_path / "nowhere.png", "no file nowhere.png"),
        (tmp_path, "There is no file"),
    ):
        with pytest.raises(MediaRefusedError, match=told):
            await world.uploads.send(file)

    assert world.sent == 0


async def test_a_server_of_the_first_generation_takes_a_file_in_two_steps(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="httpx")
    emulator = Emulator(EmulatorSettings.quick(legacy=True))
    await emulator.start()
    settings = ComfySettings(
        api_key=emulator.api_key, base_url=emulator.base_url, dialect=LEGACY, calls_per_s=0
    )
    client = ComfyDeployClient(settings)
    url = await Uploads(client).send(a_file(tmp_path))
    logged = caplog.text  # the address that the file was sent to is signed
    async with httpx.AsyncClient() as http:
        kept = (await http.get(url)).content
    await client.aclose()
    await emulator.stop()

    assert kept == b"a fox"
    assert (KEY in url, logged) == (False, "")


async def test_a_file_that_changed_after_it_was_looked_at_is_not_remembered(
    world: World, tmp_path: Path
) -> None:
    file = a_file(tmp_path, content=bytes(300_000))
    for other in (os.urandom(300_000), bytes(200_000), bytes(400_000)):
        with pytest.raises(MediaRefusedError, match=r"fox\.png changed while it was sent"):
            await world.uploads.send(file, progress=rewriting(file, other))
        file.write_bytes(bytes(300_000))

    assert await world.kept(await world.uploads.send(file)) == bytes(300_000)


async def test_a_file_that_vanishes_before_its_turn_is_refused(
    world: World, tmp_path: Path
) -> None:
    one, two = a_file(tmp_path, "one.png"), a_file(tmp_path, "two.png")
    world.emulator.faults.order_requests(
        RequestFault(spoil=Spoil.DELAY, path="/file/upload", delay_s=60.0)
    )
    first = asyncio.create_task(world.uploads.send(one))
    await until(lambda: world.sent == 1)
    second = asyncio.create_task(world.uploads.send(two))
    await until(lambda: world.meter.saved["POST /file/upload", Saving.KNOWN_UPLOAD] == 1)
    two.unlink()
    first.cancel()

    with pytest.raises(MediaRefusedError, match=r"two\.png cannot be read"):
        await second
    assert first.cancelled()


async def test_what_a_listener_raises_is_raised_and_is_no_outage(
    world: World, tmp_path: Path
) -> None:
    def broken(done: int, in_all: int) -> None:
        raise ValueError(f"{done} of {in_all}")

    file = a_file(tmp_path, content=bytes(300_000))
    for _ in range(12):
        with pytest.raises(ValueError, match="65536 of 300000"):
            await world.uploads.send(file, progress=broken)

    assert world.meter.ended == {("POST /file/upload", Outcome.CANCELLED): 12}
    assert world.meter.states == []
    assert not world.meter.repeated


async def test_a_disk_that_fails_is_told_and_is_no_outage(world: World, tmp_path: Path) -> None:
    file = a_file(tmp_path, content=bytes(300_000))
    with pytest.raises(MediaRefusedError, match=r"fox\.png cannot be read"):
        await world.uploads.send(file, progress=losing_its_disk(file))

    assert set(world.meter.ended) == {("POST /file/upload", Outcome.CANCELLED)}


async def test_the_trouble_of_one_sender_is_not_that_of_the_others(
    world: World, tmp_path: Path
) -> None:
    file, followed = a_file(tmp_path), asyncio.Event()

    def broken(_done: int, _in_all: int) -> None:
        if followed.is_set():
            raise ValueError("nobody listens")

    world.emulator.faults.order_requests(
        RequestFault(spoil=Spoil.LOST, path="/file/upload", count=1)
    )
    first = asyncio.create_task(world.uploads.send(file, progress=broken))
    await until(lambda: world.sent == 1)
    others = [asyncio.create_task(world.uploads.send(file)) for _ in range(3)]
    await until(lambda: world.meter.saved["POST /file/upload", Saving.KNOWN_UPLOAD] == 3)
    followed.set()

    assert len(set(await asyncio.gather(*others))) == 1
    with pytest.raises(ValueError, match="nobody listens"):
        await first


async def test_whoever_gives_up_sending_is_not_held_by_it(world: World, tmp_path: Path) -> None:
    world.emulator.faults.order_requests(
        RequestFault(spoil=Spoil.DELAY, path="/file/upload", delay_s=60.0)
    )
    sending = asyncio.create_task(world.uploads.send(a_file(tmp_path)))
    await until(lambda: world.sent == 1)
    sending.cancel()

    with pytest.raises(asyncio.CancelledError):
        await sending
