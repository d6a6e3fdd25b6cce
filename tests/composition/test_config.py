"""The settings: defaults, what may be set, and every mistake named together."""

from pathlib import Path

import pytest

from composition.config import Config, SettingsError


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "COMFY_DEPLOY_API_KEY", "STATIONTHIS_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)


def test_nothing_needs_to_be_set() -> None:
    config = Config.from_env()

    assert (config.comfy, config.store, config.webhooks) == (None, "sql", True)
    assert config.timing.submit_lease_s > 60


def test_a_key_reaches_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMFY_DEPLOY_API_KEY", "the-key")
    monkeypatch.setenv("COMFY_DEPLOY_BASE_URL", "http://127.0.0.1:3011/api/")
    monkeypatch.setenv("COMFY_DEPLOY_QUEUE_TIMEOUT_S", "90")

    config = Config.from_env()

    assert config.comfy is not None
    assert config.comfy.base_url == "http://127.0.0.1:3011/api"
    assert config.timing.submit_lease_s > config.comfy.queue_timeout_s
    assert "the-key" not in repr(config)


def test_memory_is_a_database_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "memory:")

    assert Config.from_env().store == "memory"


def test_a_file_in_the_folder_is_read_and_the_environment_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Set and unset again, so that what the file brings into the environment goes at the end.
    monkeypatch.setenv("STATIONTHIS_PLACES", "3")
    monkeypatch.setenv("STATIONTHIS_ALLOWANCE", "1")
    monkeypatch.delenv("STATIONTHIS_ALLOWANCE")
    (tmp_path / ".env").write_text("STATIONTHIS_ALLOWANCE=50\nSTATIONTHIS_PLACES=9\n")

    config = Config.from_env()

    assert (config.allowance.capacity, config.places.in_all) == (50, 3)


def test_every_mistake_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        "STATIONTHIS_PLACES": "many",
        "STATIONTHIS_ALLOWANCE": "-1",
        "STATIONTHIS_WEBHOOKS": "perhaps",
        "STATIONTHIS_LOG_LEVEL": "loud",
        "STATIONTHIS_PUBLIC_URL": "bot.example.com/hooks",
        "COMFY_DEPLOY_TIMEOUT_S": "nan",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as refused:
        Config.from_env()

    assert refused.value.problems.keys() == wrong.keys()
    assert all(name in refused.value.user_message for name in wrong)


@pytest.mark.parametrize(
    ("name", "value"),
    [("COMFY_DEPLOY_API_KEY", "two words"), ("COMFY_DEPLOY_BASE_URL", "ftp://example.com")],
)
def test_a_service_that_cannot_be_reached_so_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("COMFY_DEPLOY_API_KEY", "the-key")
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=name) as refused:
        Config.from_env()

    assert "two words" not in refused.value.user_message


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"STATIONTHIS_PLACES=\xff\n")

    with pytest.raises(SettingsError, match="UTF-8"):
        Config.from_env()


def test_calls_may_be_without_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMFY_DEPLOY_API_KEY", "the-key")
    monkeypatch.setenv("COMFY_DEPLOY_CALLS_PER_S", "0")

    config = Config.from_env()

    assert config.comfy is not None
    assert config.comfy.calls_per_s == 0


@pytest.mark.parametrize(
    ("name", "value"), [("COMFY_DEPLOY_CALLS_PER_S", "-1"), ("COMFY_DEPLOY_TIMEOUT_S", "0")]
)
def test_no_time_is_0_and_no_rate_below_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=name):
        Config.from_env()
