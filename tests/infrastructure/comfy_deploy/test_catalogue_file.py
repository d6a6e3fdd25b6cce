"""The workspace survives a restart on disk, and whatever is wrong with the file is borne."""

import json
from pathlib import Path

import attrs
import pytest

from core.workflows.directives import Directives
from core.workflows.kinds import Role
from core.workflows.model import Category, Machine, OutputKind
from infrastructure.comfy_deploy.catalogue_file import FORM, LARGEST_BYTES, CatalogueFile
from infrastructure.comfy_deploy.graph import GraphFacts
from infrastructure.comfy_deploy.settings import ComfySettings
from infrastructure.comfy_deploy.wire import DeploymentRow
from infrastructure.comfy_deploy.workspace import Workspace, snapshot_of
from tests.builders import NOW
from tests.infrastructure.comfy_deploy.desk import PROMPT

SETTINGS = ComfySettings(api_key="sk-file", base_url="http://127.0.0.1:9/api")
ROW = DeploymentRow(
    id="d1",
    workflow_id="w1",
    workflow_name="Füchse",
    environment="production",
    description="draws",
    gpu=None,
    updated_at=NOW,
    input_types=({**PROMPT, "default_value": ["x", 1.5, None, {"y": True}]},),
    machine_id="m1",
    version_id="v1",
    version=3,
    has_image=True,
)
FACTS = GraphFacts(
    inputs=({"input_id": "seed", "class_type": "ComfyUIDeployExternalSeed"},),
    roles={"prompt": Role.PROMPT},
    outputs=(OutputKind.VIDEO,),
    base_model="SDXL",
    lora_loaders=("LoraLoader",),
    reads_lora_tags=True,
    note="Notes",
    directives=Directives(aliases=("fox",), price=5, category=Category.AUDIO),
    problems=("The note says something odd.",),
)
WORKSPACE = Workspace(
    read_at=NOW,
    rows=(ROW, attrs.evolve(ROW, id="d2", input_types=None, version=None)),
    names={"w1": "Füchse"},
    machines={"m1": Machine(id="m1", name="big", status="building", gpu="H100")},
    gpu_usd_per_s={"H100": 0.0025},
    facts={"v1": FACTS},
    troubles=("Half of it was lost.",),
    is_whole=False,
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "workflows.json"


def test_what_was_kept_is_read_again_as_it_was(place: Path) -> None:
    CatalogueFile(place, SETTINGS).write(WORKSPACE)

    read = CatalogueFile(place, SETTINGS).read()

    assert read == WORKSPACE
    assert read is not None
    assert read.facts["v1"].roles["prompt"] is Role.PROMPT
    assert snapshot_of(read).says_the_same_as(snapshot_of(WORKSPACE))


def test_it_can_be_read_by_nobody_else_and_nothing_is_left_beside_it(place: Path) -> None:
    for _ in range(2):
        CatalogueFile(place, SETTINGS).write(WORKSPACE)

    assert [each.name for each in place.parent.iterdir()] == ["workflows.json"]
    assert place.stat().st_mode & 0o777 == 0o600


def test_the_key_is_not_in_it(place: Path) -> None:
    CatalogueFile(place, SETTINGS).write(WORKSPACE)

    assert "sk-file" not in place.read_text()


@pytest.mark.parametrize(
    "other",
    [
        attrs.evolve(SETTINGS, api_key="another"),
        attrs.evolve(SETTINGS, base_url="http://127.0.0.1:8/api"),
    ],
    ids=["key", "address"],
)
def test_another_workspaces_file_is_not_ours(place: Path, other: ComfySettings) -> None:
    CatalogueFile(place, SETTINGS).write(WORKSPACE)

    assert CatalogueFile(place, other).read() is None


def test_without_a_file_there_is_nothing(place: Path) -> None:
    assert CatalogueFile(place, SETTINGS).read() is None


def test_a_file_of_another_form_is_not_read(place: Path) -> None:
    CatalogueFile(place, SETTINGS).write(WORKSPACE)
    kept = json.loads(place.read_text())
    place.write_text(json.dumps(kept | {"form": FORM + 1}))

    assert CatalogueFile(place, SETTINGS).read() is None


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"form": 1}', b"\xff", b"[" * 100_000, b'{"workspace": 1}'],
)
def test_a_damaged_file_is_borne(place: Path, content: bytes) -> None:
    place.write_bytes(content)

    assert CatalogueFile(place, SETTINGS).read() is None


@pytest.mark.parametrize("field", ["rows", "machines", "facts", "read_at", "names"])
def test_a_file_with_a_field_of_another_kind_is_borne(place: Path, field: str) -> None:
    CatalogueFile(place, SETTINGS).write(WORKSPACE)
    kept = json.loads(place.read_text())
    kept["workspace"][field] = 7
    place.write_text(json.dumps(kept))

    assert CatalogueFile(place, SETTINGS).read() is None


def test_a_file_with_a_moment_without_a_zone_is_borne(place: Path) -> None:
    CatalogueFile(place, SETTINGS).write(WORKSPACE)
    place.write_text(place.read_text().replace("+00:00", ""))

    assert CatalogueFile(place, SETTINGS).read() is None


def test_a_file_that_is_much_too_large_is_not_read(place: Path) -> None:
    with place.open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)  # takes no room on the disk

    assert CatalogueFile(place, SETTINGS).read() is None


def test_what_a_killed_program_left_half_written_is_written_over(place: Path) -> None:
    place.with_name(".workflows.json.new").write_text('{"form": 1, "whose"' * 10_000)

    CatalogueFile(place, SETTINGS).write(WORKSPACE)

    assert [each.name for each in place.parent.iterdir()] == ["workflows.json"]
    assert CatalogueFile(place, SETTINGS).read() == WORKSPACE


def test_a_place_that_cannot_be_read_or_written_is_borne(tmp_path: Path) -> None:
    (tmp_path / "workflows.json").mkdir()
    file = CatalogueFile(tmp_path / "workflows.json", SETTINGS)

    file.write(WORKSPACE)

    assert file.read() is None
    assert [each.name for each in tmp_path.iterdir()] == ["workflows.json"]


def test_what_cannot_be_written_leaves_the_old_file(place: Path) -> None:
    file = CatalogueFile(place, SETTINGS)
    file.write(WORKSPACE)

    file.write(attrs.evolve(WORKSPACE, names={"w1": "half \ud800 of a pair"}))
    CatalogueFile(place.parent / "gone" / "workflows.json", SETTINGS).write(WORKSPACE)

    assert file.read() == WORKSPACE
