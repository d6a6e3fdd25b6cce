"""`doctor` on Telegram and Discord, with their servers on loopback."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import trustme

from composition.access import DiscordAccess, TelegramAccess
from composition.config import Config
from composition.doctor.discord import PERMISSIONS, invite_link
from tests.composition.doctor.reports import answering, dull, failures, of_bots, report, told
from tests.servers.discord_server import DiscordServer
from tests.servers.discord_server import Html502 as DiscordHtml502
from tests.servers.telegram_faults import Html502, Status, TooMany
from tests.servers.telegram_server import TelegramServer

TELEGRAM_TOKEN = "1234:a-token-of-telegram-for-nobody-at-all"
DISCORD_TOKEN = "a.token-of-discord.for-nobody"


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    server = TelegramServer(token=TELEGRAM_TOKEN)
    async with server.running():
        yield server
    assert server.violations == []


@pytest.fixture
async def discord(tmp_path: Path) -> AsyncIterator[DiscordServer]:
    server = DiscordServer(token=DISCORD_TOKEN, folder=tmp_path)
    async with server.running():
        yield server
    assert server.violations == []


def on_telegram(folder: Path, url: str, chat: str = "") -> Config:
    access = TelegramAccess(token=TELEGRAM_TOKEN, base_url=url)
    return dull(folder, database_url="memory:", telegram=access, operators_chat=chat)


def on_discord(folder: Path, url: str, ca_file: Path | None, chat: str = "") -> Config:
    access = DiscordAccess(token=DISCORD_TOKEN, base_url=url, ca_file=ca_file)
    return dull(folder, database_url="memory:", discord=access, operators_chat=chat)


async def test_a_platform_without_a_token_is_one_line(tmp_path: Path) -> None:
    checks = await report(dull(tmp_path, database_url="memory:"))

    told_of = [each for each in checks.values() if each.name.startswith(("Telegram", "Discord"))]
    assert [(each.name, each.ok) for each in told_of] == [
        ("Telegram token", None),
        ("Discord token", None),
    ]
    assert checks["operators chat"].ok is None


async def test_a_good_telegram_bot_is_told(tmp_path: Path, telegram: TelegramServer) -> None:
    telegram.group(chat_id=-1001, title="Operators")

    checks = await report(on_telegram(tmp_path, telegram.url, "telegram:-1001"))

    at = telegram.url.removeprefix("http://")
    assert checks["Telegram token"].found == f"@{telegram.bot_username} at {at}"
    assert "I see commands and replies" in checks["Telegram privacy mode"].found
    assert checks["Telegram webhook"].found == "none is set: messages are fetched"
    seen = "Operators (-1001): the bot sees it; sending was not tried"
    assert checks["Telegram operators chat"].found == seen
    assert failures(of_bots(checks)) == {}


async def test_a_bot_that_hears_everything_is_told(tmp_path: Path) -> None:
    server = TelegramServer(token=TELEGRAM_TOKEN, hears_everything=True)
    async with server.running():
        checks = await report(on_telegram(tmp_path, server.url))

    assert checks["Telegram privacy mode"].found.startswith("off")


async def test_a_refused_telegram_token_is_told_with_the_way_out_and_is_not_shown(
    tmp_path: Path, telegram: TelegramServer
) -> None:
    telegram.revoke_token()

    checks = await report(on_telegram(tmp_path, telegram.url, "telegram:-1001"))

    assert "refuses the token (401)" in told(checks["Telegram token"])
    assert "@BotFather" in checks["Telegram token"].fix
    rest = [checks[f"Telegram {each}"] for each in ("privacy mode", "webhook", "operators chat")]
    assert {(each.ok, each.found) for each in rest} == {
        (None, "not tried without a token that works")
    }
    assert not any(TELEGRAM_TOKEN in repr(each) for each in checks.values())


async def test_telegram_in_trouble_is_told_with_the_way_out(
    tmp_path: Path, telegram: TelegramServer
) -> None:
    telegram.faults.add(method="getMe", kind=Html502())

    checks = await report(on_telegram(tmp_path, telegram.url))

    assert "answers 502" in told(checks["Telegram token"])


@pytest.mark.parametrize(
    ("method", "name"),
    [("getWebhookInfo", "Telegram webhook"), ("getChat", "Telegram operators chat")],
)
@pytest.mark.parametrize(
    ("fault", "said"), [(Html502(), "answers 502"), (Status(400, "Bad Request: no"), "no")]
)
async def test_telegram_in_trouble_half_way_is_told_with_the_way_out(
    tmp_path: Path,
    telegram: TelegramServer,
    method: str,
    name: str,
    fault: Html502 | Status,
    said: str,
) -> None:
    telegram.group(chat_id=-1001, title="Operators")
    telegram.faults.add(method=method, kind=fault)

    checks = await report(on_telegram(tmp_path, telegram.url, "telegram:-1001"))

    assert said in told(checks[name])
    assert [each.name for each in of_bots(checks).values() if each.ok is False] == [name]


async def test_a_telegram_that_wants_a_rest_is_told_with_the_way_out(
    tmp_path: Path, telegram: TelegramServer
) -> None:
    telegram.faults.add(method="getWebhookInfo", kind=TooMany(retry_after=3))

    checks = await report(on_telegram(tmp_path, telegram.url))

    assert "less often" in told(checks["Telegram webhook"])


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "https://telegram.invalid"])
async def test_a_telegram_that_is_away_is_told_with_the_way_out(tmp_path: Path, url: str) -> None:
    checks = await report(on_telegram(tmp_path, url))

    assert url.partition("//")[2] in told(checks["Telegram token"])
    assert "TELEGRAM_BASE_URL" in checks["Telegram token"].fix
    assert not any(TELEGRAM_TOKEN in repr(each) for each in checks.values())


async def test_what_is_no_bot_api_is_told_with_the_way_out(tmp_path: Path) -> None:
    path = f"/bot{TELEGRAM_TOKEN}/getMe"
    async with answering({path: (200, {"ok": True, "result": "hello"})}) as url:
        checks = await report(on_telegram(tmp_path, url))

    assert "makes no sense" in told(checks["Telegram token"])
    assert "TELEGRAM_BASE_URL" in checks["Telegram token"].fix


async def test_a_webhook_of_another_program_is_a_warning_without_its_path(
    tmp_path: Path, telegram: TelegramServer
) -> None:
    url = f"{telegram.url}/bot{TELEGRAM_TOKEN}/setWebhook"
    async with httpx.AsyncClient() as client:
        await client.post(url, data={"url": "https://other.example.com/a-secret-path"})

    check = (await report(on_telegram(tmp_path, telegram.url)))["Telegram webhook"]

    assert check.label == "warn"
    assert "other.example.com" in check.found
    assert "deleteWebhook" in check.fix
    assert "a-secret-path" not in repr(check)


async def test_an_operators_chat_that_telegram_does_not_know_is_told_with_the_way_out(
    tmp_path: Path, telegram: TelegramServer
) -> None:
    config = on_telegram(tmp_path, telegram.url, "telegram:-999")

    checks = await report(config)

    assert "chat not found" in told(checks["Telegram operators chat"])
    assert "STATIONTHIS_OPERATORS_CHAT" in checks["Telegram operators chat"].fix


@pytest.mark.parametrize("platform", ["Telegram", "Discord"])
async def test_an_operators_chat_on_a_platform_that_is_off_is_told_with_the_way_out(
    tmp_path: Path, platform: str
) -> None:
    config = dull(tmp_path, database_url="memory:", operators_chat=f"{platform.lower()}:12")

    checks = await report(config)

    assert f"on {platform}, which is off" in told(checks[f"{platform} operators chat"])


async def test_a_good_discord_bot_is_told_with_its_invite_link(
    tmp_path: Path, discord: DiscordServer
) -> None:
    chat = f"discord:{discord.channel.id}"

    checks = await report(on_discord(tmp_path, discord.url, discord.ca_file, chat))

    at = discord.url.removeprefix("https://")
    assert checks["Discord token"].found == f"{discord.world.bot.name} at discord.com at {at}"
    assert "not needed" in checks["Discord application"].found
    link = invite_link(str(discord.world.application_id))
    assert checks["Discord invite link"].found == link
    seen = f"#general ({discord.channel.id}): the bot sees it; sending was not tried"
    assert checks["Discord operators chat"].found == seen
    assert failures(of_bots(checks)) == {}


def test_the_invite_link_asks_for_what_is_needed_and_no_more() -> None:
    link = httpx.URL(invite_link("42"))

    assert link.host == "discord.com"
    assert dict(link.params) == {
        "client_id": "42",
        "scope": "bot applications.commands",
        "permissions": "274878024704",
    }
    assert int(link.params["permissions"]).bit_count() == len(PERMISSIONS)


async def test_a_refused_discord_token_is_told_with_the_way_out_and_is_not_shown(
    tmp_path: Path, discord: DiscordServer
) -> None:
    discord.revoke_token()

    checks = await report(on_discord(tmp_path, discord.url, discord.ca_file, "discord:12"))

    assert "refuses the token (401)" in told(checks["Discord token"])
    assert "DISCORD_TOKEN" in checks["Discord token"].fix
    rest = [checks[f"Discord {each}"] for each in ("application", "invite link", "operators chat")]
    assert {each.ok for each in rest} == {None}
    assert not any(DISCORD_TOKEN in repr(each) for each in checks.values())


async def test_discord_in_trouble_is_told_with_the_way_out(
    tmp_path: Path, discord: DiscordServer
) -> None:
    discord.faults.add(route="GET /users/@me", kind=DiscordHtml502())

    checks = await report(on_discord(tmp_path, discord.url, discord.ca_file))

    assert "answers 502" in told(checks["Discord token"])


@pytest.mark.parametrize(
    ("route", "name"),
    [
        ("GET /applications/@me", "Discord application"),
        ("GET /channels/*", "Discord operators chat"),
    ],
)
async def test_discord_in_trouble_half_way_is_told_with_the_way_out(
    tmp_path: Path, discord: DiscordServer, route: str, name: str
) -> None:
    discord.faults.add(route=route, kind=DiscordHtml502())
    chat = f"discord:{discord.channel.id}"

    checks = await report(on_discord(tmp_path, discord.url, discord.ca_file, chat))

    assert "answers 502" in told(checks[name])
    assert [each.name for each in of_bots(checks).values() if each.ok is False] == [name]


async def test_a_certificate_that_is_not_trusted_is_told_with_the_way_out(
    tmp_path: Path, discord: DiscordServer
) -> None:
    checks = await report(on_discord(tmp_path, discord.url, None))

    assert "certificate" in told(checks["Discord token"])
    assert "DISCORD_CA_FILE" in checks["Discord token"].fix


async def test_a_file_that_is_no_certificate_is_told_with_the_way_out(
    tmp_path: Path, discord: DiscordServer
) -> None:
    letter = tmp_path / "letter.pem"
    letter.write_text("Dear Ann")

    checks = await report(on_discord(tmp_path, discord.url, letter))

    assert "DISCORD_CA_FILE" in told(checks["Discord token"])


async def test_an_operators_channel_that_the_bot_may_not_see_is_told_with_the_way_out(
    tmp_path: Path, discord: DiscordServer
) -> None:
    discord.deny(discord.channel, 50001)
    chat = f"discord:{discord.channel.id}"

    checks = await report(on_discord(tmp_path, discord.url, discord.ca_file, chat))

    assert "Missing Access" in told(checks["Discord operators chat"])
    assert "view the channel" in checks["Discord operators chat"].fix


async def test_an_operators_channel_that_is_not_there_is_told_with_the_way_out(
    tmp_path: Path, discord: DiscordServer
) -> None:
    checks = await report(on_discord(tmp_path, discord.url, discord.ca_file, "discord:12"))

    assert "Unknown Channel" in told(checks["Discord operators chat"])


APPLICATION = {"id": "42", "name": "Station", "flags": 0, "approximate_guild_count": 3}


@pytest.mark.parametrize(
    ("changes", "label", "said"),
    [
        ({"flags": 1 << 18}, "ok", "message content intent is set, though not needed"),
        ({"approximate_guild_count": 0}, "warn", "open the invite link"),
        ({"interactions_endpoint_url": "https://x.example"}, "FAIL", "Empty that field"),
        ({"id": None}, "FAIL", "DISCORD_BASE_URL"),
    ],
)
async def test_each_state_of_an_application_is_told(
    tmp_path: Path, changes: dict[str, object], label: str, said: str
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("discord.com").configure_cert(tls)
    answers = {
        "/api/v10/users/@me": (200, {"id": "42", "username": "station"}),
        "/api/v10/applications/@me": (200, {**APPLICATION, **changes}),
    }

    async with answering(answers, tls=tls) as url:
        checks = await report(on_discord(tmp_path, url, tmp_path / "ca.pem"))

    assert checks["Discord application"].label == label
    assert said in f"{checks['Discord application'].found} | {checks['Discord application'].fix}"
