"""What every LoraLibrary promises."""

import json
from pathlib import Path

import attrs
import pytest

from core.workflows.lora import Lora
from core.workflows.ports import LoraLibrary
from infrastructure.lora_file import LoraFile
from infrastructure.memory.loras import InMemoryLoras

LORAS = (
    Lora(
        name="PixelArt",
        triggers=("pixel", "pixel art"),
        base_model="SDXL",
        weight=0.8,
        url="https://files.example/pixel.safetensors",
    ),
    Lora(name="Ink"),
)


@pytest.fixture(params=["memory", "file"])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> LoraLibrary:
    if request.param == "memory":
        return InMemoryLoras(LORAS)
    tables = (
        "\n".join(("[[lora]]", *(f"{key} = {json.dumps(value)}" for key, value in table.items())))
        for table in map(attrs.asdict, LORAS)
    )
    place = tmp_path / "loras.toml"
    place.write_text("\n".join(tables), encoding="utf-8")
    return LoraFile(place)


async def test_all_are_told_in_the_order_of_the_list(library: LoraLibrary) -> None:
    assert tuple(await library.all()) == LORAS


async def test_asking_twice_tells_the_same(library: LoraLibrary) -> None:
    assert await library.all() == await library.all()
