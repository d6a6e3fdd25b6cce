"""The operator's list of LoRA files."""

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from core.workflows.lora import Lora
from infrastructure.lora_file import LoraFile


def put(folder: Path, text: str | bytes, *, at: int = 1) -> Path:
    """Write the list, changed so many seconds after the beginning of time."""
    place = folder / "loras.toml"
    place.write_bytes(text if isinstance(text, bytes) else text.encode())
    os.utime(place, (at, at))
    return place


async def test_a_list_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert list(await LoraFile(tmp_path / "loras.toml").all()) == []
    assert list(await LoraFile(put(tmp_path, "# none yet")).all()) == []


async def test_a_changed_list_is_read_anew_and_a_lost_one_is_empty(tmp_path: Path) -> None:
    place = put(tmp_path, '[[lora]]\nname = "A"')
    library = LoraFile(place)
    assert list(await library.all()) == [Lora(name="A")]

    put(tmp_path, '[[lora]]\nname = "B"\nweight = 1', at=2)
    assert list(await library.all()) == [Lora(name="B")]

    place.unlink()
    assert list(await library.all()) == []


@pytest.mark.parametrize("text", ["[[lora]", b"\xff", "a = " + "[" * 5_000])
async def test_a_list_that_cannot_be_read_is_empty_and_logged_once(
    tmp_path: Path, text: str | bytes
) -> None:
    library = LoraFile(put(tmp_path, text))

    with capture_logs() as logs:
        assert list(await library.all()) == []
        assert list(await library.all()) == []

    assert [each["event"] for each in logs] == ["loras.unreadable"]


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("", "needs a name"),
        ('name = "a:b"', "needs a name"),
        ('name = "a>"', "needs a name"),
        ("name = 5", "name must be a text"),
        (f'name = "{"x" * 201}"', "name must be a text of up to 200"),
        ('name = "a"\nurl = "ftp://a.example"', "url must begin with https"),
        ('name = "a"\nbase_model = ["SDXL"]', "base_model must be a text"),
        ('name = "a"\ntriggers = "pixel"', "triggers must be a list of words"),
        ('name = "a"\ntriggers = [5]', "triggers must be a list of words"),
        ('name = "a"\ntriggers = [" "]', "a trigger has 1 to 200"),
        ('name = "a"\nweight = "much"', "weight must be a number from -2 to 2"),
        ('name = "a"\nweight = true', "weight must be a number"),
        ('name = "a"\nweight = nan', "weight must be a number"),
        ('name = "a"\nweight = -2.1', "weight must be a number"),
        ('name = "a"\ncolour = "red"', "colour is none of base_model, name"),
    ],
)
async def test_an_entry_that_cannot_be_read_is_left_out_with_the_reason(
    tmp_path: Path, entry: str, why: str
) -> None:
    place = put(tmp_path, f'[[lora]]\n{entry}\n[[lora]]\nname = "good"')

    with capture_logs() as logs:
        assert list(await LoraFile(place).all()) == [Lora(name="good")]

    assert [(each["event"], each["entry"]) for each in logs] == [("loras.left_out", 1)]
    assert why in logs[0]["error"]


@pytest.mark.parametrize(("text", "names"), [('lora = ["a"]', []), ('[lora]\nname = "a"', ["a"])])
async def test_a_list_of_another_form_gives_what_it_can(
    tmp_path: Path, text: str, names: list[str]
) -> None:
    assert [each.name for each in await LoraFile(put(tmp_path, text)).all()] == names
