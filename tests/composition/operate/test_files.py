"""`stationthis files`: a file on the disk becomes a URL for an input."""

from pathlib import Path

import httpx
import pytest

from infrastructure.emulator.server import Emulator
from tests.composition.operate.bench import Operator


async def test_a_file_is_sent_and_its_url_printed(operator: Operator, tmp_path: Path) -> None:
    place = tmp_path / "fox.bin"
    place.write_bytes(b"fox" * 100_000)

    done = await operator.types("files", "upload", str(place))

    assert done.exit_code == 0, done.stderr
    assert "fox.bin" in done.stderr
    async with httpx.AsyncClient() as client:
        assert (await client.get(done.stdout.strip())).content == place.read_bytes()


async def test_a_script_is_told_where_the_file_is(operator: Operator, tmp_path: Path) -> None:
    place = tmp_path / "fox.png"
    place.write_bytes(b"123")

    told = await operator.reads("files", "upload", str(place))

    assert told.pop("url").startswith("http://127.0.0.1:")
    assert told == {"path": str(place), "bytes": 3}


@pytest.mark.parametrize(
    ("name", "size", "why"),
    [
        ("missing.png", None, "no file missing.png"),
        ("empty.png", 0, "empty.png is empty"),
        ("large.mp4", 250 * 1024 * 1024 + 1, "250 MB at most"),
        ("notes.txt", 5, "notes.txt is text/plain"),
    ],
)
async def test_what_the_service_would_not_take_is_not_sent(
    operator: Operator, emulator: Emulator, tmp_path: Path, name: str, size: int | None, why: str
) -> None:
    place = tmp_path / name
    if size is not None:
        with place.open("wb") as file:
            file.truncate(size)

    told = await operator.is_refused("files", "upload", str(place))

    assert why in told
    assert emulator.state()["requests"] == {}
