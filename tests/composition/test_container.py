"""The container builds every object in each setting, and an override reaches all above it."""

from pathlib import Path

import pytest
from dependency_injector import providers

from composition.config import Config, SettingsError
from composition.container import Container
from infrastructure.comfy_deploy.settings import ComfySettings
from tests.fakes.gateway import FakeGateway


def container(folder: Path, database_url: str, owner: str = "worker:test") -> Container:
    comfy = ComfySettings(api_key="k", base_url="http://127.0.0.1:9/api")
    return Container(
        config=Config(data_dir=folder, database_url=database_url, comfy=comfy), owner=owner
    )


@pytest.mark.parametrize("database_url", ["", "memory:"])
async def test_every_provider_can_be_built(tmp_path: Path, database_url: str) -> None:
    made = container(tmp_path, database_url)

    unused = {"database"} if database_url == "memory:" else set()
    built = {name: provider() for name, provider in made.providers.items() if name not in unused}

    assert None not in [value for name, value in built.items() if name != "config"]
    assert len(built) > 40
    made.images().close()
    if database_url == "":
        await made.database().close()


def test_a_database_that_cannot_be_is_a_setting_that_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        container(tmp_path, "mysql://somewhere").database()


def test_what_is_overridden_reaches_everything_above(tmp_path: Path) -> None:
    made = container(tmp_path, "memory:")
    gateway = FakeGateway()

    with made.gateway.override(providers.Object(gateway)):
        assert made.submit()._gateway is gateway  # noqa: SLF001 - there is no other way to look


@pytest.mark.parametrize(
    ("owner", "driver"), [("worker:1", "worker"), ("worker:2", "worker"), ("make:1", "make:1")]
)
def test_a_command_drives_its_own_jobs_and_all_workers_the_others(
    tmp_path: Path, owner: str, driver: str
) -> None:
    assert container(tmp_path, "memory:", owner).driver() == driver
