"""The settings of the platforms and of our listeners, and every mistake in them."""

from pathlib import Path

import pytest
import trustme

from composition.access import TELEGRAM, DiscordAccess, Listen, TelegramAccess
from composition.config import Config, SettingsError


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
