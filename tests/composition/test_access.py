"""The settings of the platforms and of our listeners, and every mistake in them."""

from pathlib import Path

import attrs
import pytest
import trustme

from composition.access import TELEGRAM, DiscordAccess, Listen, TelegramAccess
from composition.config import Config, SettingsError
from composition.container import Container
from composition.run import talking, working
from infrastructure.comfy_deploy.settings import ComfySettings


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_without_tokens_the_platforms_are_off() -> None:
    config = Config.from_env()

    assert (config.telegram, config.discord, config.operators_chat) == (None, None, "")
    assert (str(config.listen), str(config.private_listen)) == ("127.0.0.1:8080", "127.0.0.1:8081")


def test_a_token_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_TOKEN", "1:telegram")
    monkeypatch.setenv("TELEGRAM_BASE_URL", "")
    monkeypatch.setenv("DISCORD_TOKEN", "a.discord.token")

    config = Config.from_env()

    assert config.telegram == TelegramAccess(token="1:telegram", base_url=TELEGRAM)
    assert config.discord == DiscordAccess(token="a.discord.token")
    assert "1:telegram" not in repr(config)
    assert "a.discord.token" not in repr(config)


def test_everything_may_be_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ca_file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(ca_file))
    for name, value in {
        "TELEGRAM_TOKEN": "1:a",
        "TELEGRAM_BASE_URL": "http://127.0.0.1:81/",
        "DISCORD_TOKEN": "a.b.c",
        "DISCORD_BASE_URL": "https://127.0.0.1:82",
        "DISCORD_CA_FILE": str(ca_file),
        "STATIONTHIS_OPERATORS_CHAT": "telegram:-1001",
        "STATIONTHIS_LISTEN": "[::1]:0",
    }.items():
        monkeypatch.setenv(name, value)

    config = Config.from_env()

    assert config.telegram is not None
    assert config.discord is not None
    assert config.telegram.base_url == "http://127.0.0.1:81"
    assert (config.discord.base_url, config.discord.ca_file) == ("https://127.0.0.1:82", ca_file)
    assert (config.operators_chat, config.listen) == ("telegram:-1001", Listen("::1", 0))
    assert str(config.listen) == "[::1]:0"


@pytest.mark.parametrize("url", ["https://127.0.0.1", "https://discord.example.com:8443"])
def test_discord_may_be_elsewhere_with_a_port_or_without(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "a.b.c")
    monkeypatch.setenv("DISCORD_BASE_URL", url)

    assert Config.from_env().discord == DiscordAccess(token="a.b.c", base_url=url)


def test_what_an_address_of_discord_must_be_tells_of_the_port(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "a.b.c")
    monkeypatch.setenv("DISCORD_BASE_URL", "http://127.0.0.1")

    with pytest.raises(SettingsError, match=r"https://HOST:PORT \(443 without a port\)"):
        Config.from_env()


@pytest.mark.parametrize("setting", ["STATIONTHIS_LISTEN", "STATIONTHIS_PRIVATE_LISTEN"])
async def test_a_host_that_nobody_has_is_a_setting_that_is_named(
    tmp_path: Path, setting: str
) -> None:
    nowhere, free = Listen("fe80::1%nowhere", 0), Listen("127.0.0.1", 0)
    hooks, page = (nowhere, free) if setting == "STATIONTHIS_LISTEN" else (free, nowhere)
    comfy = ComfySettings(api_key="k", base_url="http://127.0.0.1:9/api")
    config = Config(data_dir=tmp_path, database_url="memory:", comfy=comfy)
    listening = attrs.evolve(config, listen=hooks, private_listen=page)
    container = Container(config=listening, owner="worker:test")

    with pytest.raises(SettingsError) as refused:
        async with working(container), talking(container, hooks_at=container.hook_server()):
            pass

    assert list(refused.value.problems) == [setting]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TELEGRAM_TOKEN", "two words"),
        ("TELEGRAM_BASE_URL", "https://example.com/bot"),
        ("TELEGRAM_BASE_URL", "https://exam ple.com"),
        ("TELEGRAM_BASE_URL", "https://[::1"),
        ("DISCORD_TOKEN", "a\tb"),
        ("DISCORD_BASE_URL", "http://127.0.0.1:1"),
        ("DISCORD_BASE_URL", "https://127.0.0.1:99999"),
        ("DISCORD_CA_FILE", "nowhere.pem"),
        ("DISCORD_CA_FILE", "x" * 300),
        ("DISCORD_CA_FILE", __file__),
        ("STATIONTHIS_OPERATORS_CHAT", "ada"),
        ("STATIONTHIS_LISTEN", "8080"),
        ("STATIONTHIS_LISTEN", "127.0.0.1:70000"),
        ("STATIONTHIS_PRIVATE_LISTEN", f"{'x' * 64}.example.com:1"),
        ("STATIONTHIS_PUBLIC_URL", "https://user@bot.example.com"),
        ("STATIONTHIS_SECRET", "a"),
    ],
)
def test_a_mistake_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv("TELEGRAM_TOKEN", "1:a")
    monkeypatch.setenv("DISCORD_TOKEN", "a.b.c")
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as refused:
        Config.from_env()

    assert list(refused.value.problems) == [name]
