"""`doctor` as a whole: all is well, what a person and a program read, and no secret in it."""

import asyncio
import json
from pathlib import Path

import pytest

from composition.access import DiscordAccess, TelegramAccess
from composition.doctor.check import Check, Step, settled
from composition.doctor.examine import as_line, clock, examine, json_of
from infrastructure.comfy_deploy.settings import ComfySettings
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from tests.composition.doctor.reports import answering, dull, report
from tests.servers.discord_server import DiscordServer
from tests.servers.telegram_server import TelegramServer

WELL = Check(name="database", ok=True, found="station.db: up to date")
WARNED = Check(name="disk space", ok=True, found="12 MB free", fix="Make room.")
SKIPPED = Check(name="Discord token", ok=None, found="DISCORD_TOKEN is not set")
FAILED = Check(name="Telegram token", ok=False, found="refused", fix="Ask @BotFather.")


async def test_when_all_is_well_every_line_says_so(tmp_path: Path) -> None:
    emulator = Emulator(EmulatorSettings.quick(api_key="sk-doctor"))
    telegram = TelegramServer(token="1234:abc")
    discord = DiscordServer(token="a.b.c", folder=tmp_path)
    telegram.group(chat_id=-1001, title="Operators")
    await emulator.start()
    async with telegram.running(), discord.running():
        config = dull(
            tmp_path,
            comfy=ComfySettings(api_key="sk-doctor", base_url=emulator.base_url),
            telegram=TelegramAccess(token="1234:abc", base_url=telegram.url),
            discord=DiscordAccess(token="a.b.c", base_url=discord.url, ca_file=discord.ca_file),
            operators_chat="telegram:-1001",
            webhooks=False,
        )
        checks = await report(config)
    await emulator.stop()

    labels = {name: each.label for name, each in checks.items()}
    assert (labels.pop("public URL"), labels.pop("webhook calls")) == ("skip", "skip")
    assert set(labels.values()) == {"ok"}
    assert list(labels) == [
        "data folder",
        "disk space",
        "data folder lock",
        "database",
        "ComfyUI Deploy key",
        "deployments",
        "workflows",
        "ComfyUI Deploy plan",
        "machines",
        "listeners",
        "Telegram token",
        "Telegram privacy mode",
        "Telegram webhook",
        "Telegram operators chat",
        "Discord token",
        "Discord application",
        "Discord invite link",
        "clock",
    ]
    assert json.loads(json_of(checks.values()))["ok"] is True
    assert telegram.violations == discord.violations == []


@pytest.mark.parametrize(
    ("check", "line"),
    [
        (WELL, "ok   database                 station.db: up to date"),
        (WARNED, "warn disk space               12 MB free\n     fix: Make room."),
        (SKIPPED, "skip Discord token            DISCORD_TOKEN is not set"),
        (FAILED, "FAIL Telegram token           refused\n     fix: Ask @BotFather."),
    ],
)
def test_a_person_reads_one_line_and_the_fix_below(check: Check, line: str) -> None:
    assert as_line(check) == line


def test_a_program_reads_one_line_of_json() -> None:
    well, failed = json_of([WELL, WARNED, SKIPPED]), json_of([WELL, FAILED])

    assert "\n" not in failed
    assert json.loads(well)["ok"] is True
    assert json.loads(failed) == {
        "ok": False,
        "checks": [
            {"name": "database", "ok": True, "found": "station.db: up to date", "fix": ""},
            {"name": "Telegram token", "ok": False, "found": "refused", "fix": "Ask @BotFather."},
        ],
    }


async def test_a_secret_that_a_service_repeats_is_not_shown(tmp_path: Path) -> None:
    token = "1234:a-token-of-telegram-for-nobody-at-all"
    said = f"no such bot: {token}\x1b[31m, nor " + "1" * 9 + ":" + "x" * 35 + " z" * 500
    answers = {f"/bot{token}/getMe": (400, {"ok": False, "description": said})}

    async with answering(answers) as url:
        access = TelegramAccess(token=token, base_url=url)
        checks = await report(dull(tmp_path, database_url="memory:", telegram=access))

    found = checks["Telegram token"].found
    assert "no such bot: [redacted]?[31m, nor [redacted]" in found
    assert len(found) <= 300


async def test_each_check_is_told_as_soon_as_it_is_known(tmp_path: Path) -> None:
    checks = examine(dull(tmp_path))

    first = await anext(checks)
    await checks.aclose()

    assert first.name == "data folder"


def step(*, hangs: bool = False, breaks: bool = False) -> Step:
    async def look() -> Check:
        if breaks:
            raise ZeroDivisionError("with a secret in it")
        if hangs:
            await asyncio.sleep(30)
        return WELL

    return Step("database", look)


async def test_a_check_that_breaks_is_a_failure_and_its_text_is_not_shown() -> None:
    check = await settled(step(breaks=True), limit_s=1.0)

    assert check.label == "FAIL"
    assert check.found == "the check itself broke: ZeroDivisionError"
    assert check.fix


async def test_a_check_that_hangs_is_a_failure() -> None:
    check = await settled(step(hangs=True), limit_s=0.01)

    assert check.label == "FAIL"
    assert check.found == "no outcome within 0.01 s"
    assert check.fix


async def test_a_step_may_have_a_time_of_its_own() -> None:
    patient = Step("database", step(hangs=True).look, limit_s=0.01)

    assert (await settled(patient, limit_s=30.0)).found == "no outcome within 0.01 s"


async def test_a_check_that_is_broken_off_lets_go_of_what_it_holds() -> None:
    released, begun = list[str](), asyncio.Event()

    async def look() -> Check:
        try:
            begun.set()
            await asyncio.sleep(30)
        finally:
            await asyncio.sleep(0)
            released.append("the run")
        return WELL

    whole = asyncio.create_task(settled(Step("webhook calls", look), limit_s=30.0))
    await begun.wait()
    whole.cancel()
    await asyncio.wait([whole])

    assert released == ["the run"]


async def test_a_check_in_time_is_what_it_found() -> None:
    assert await settled(step(), limit_s=1.0) == WELL


@pytest.mark.parametrize(
    ("ahead", "label", "found"),
    [
        ({}, "skip", "no service told the time"),
        ({"Telegram": 59.0}, "ok", "agrees with Telegram's"),
        ({"Telegram": 61.0}, "FAIL", "61 s ahead of Telegram's"),
        ({"Discord": -3600.0}, "FAIL", "3,600 s behind Discord's"),
        ({"Telegram": 4000.0, "Discord": 0.4}, "ok", "agrees with Discord's"),
        ({"ComfyUI Deploy": -59.0, "Telegram": 90.0}, "ok", "agrees with ComfyUI Deploy's"),
        ({"ComfyUI Deploy": -61.0, "Telegram": 90.0}, "FAIL", "61 s behind ComfyUI Deploy's"),
        ({"ComfyUI Deploy": 61.0, "Telegram": 0.4}, "FAIL", "though it agrees with Telegram's"),
    ],
)
def test_our_clock_is_right_where_one_service_agrees_with_it(
    ahead: dict[str, float], label: str, found: str
) -> None:
    check = clock(ahead)

    assert check.label == label
    assert found in check.found
    assert bool(check.fix) == (label == "FAIL")
