"""What platforms do to us, and strangers: each journey ends with one result or one refund."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.infrastructure.media.pictures import a_picture
from tests.journeys.fronts import (
    DISCORD_TOKEN,
    TELEGRAM_TOKEN,
    OnDiscord,
    OnTelegram,
    Person,
    Shown,
    Station,
    next_line,
    see,
    started,
    station,
)
from tests.program import command
from tests.servers import discord_faults, telegram_faults
from tests.servers.discord_clients import post_buttons
from tests.until import until

pytestmark = pytest.mark.process

PLATFORMS = ("telegram", "discord")
SMALL = "width=96 height=64"
STOPPED_WITHIN_S = 2.0
READY_WITHIN_S = 5.0

on_both = pytest.mark.parametrize("front", PLATFORMS)


def is_result(shown: Shown) -> bool:
    return bool(shown.pictures)


async def say_until_heard(person: Person, text: str) -> Shown:
    """Say something again until there is an answer: as people do whose platform is in trouble."""
    before = {shown.id for shown in await person.looks()}
    async with asyncio.timeout(20):
        while True:
            await person.say(text)
            for _ in range(100):
                for shown in await person.looks():
                    if shown.id not in before and shown.text:
                        return shown
                await asyncio.sleep(0.01)


KINDS = ("429", "502", "dropped", "done and dropped", "late")


def order(world: Station, front: str, kind: str) -> None:
    """Have the platform fail so, once, at what would show a result."""
    if front == "telegram":
        ways: dict[str, telegram_faults.Fault] = {
            "429": telegram_faults.TooMany(1),
            "502": telegram_faults.Html502(),
            "dropped": telegram_faults.Drop(),
            "done and dropped": telegram_faults.DropAfter(),
            "late": telegram_faults.Late(6),
        }
        world.telegram.faults.add(method="editMessageMedia", kind=ways[kind])
    else:
        others: dict[str, discord_faults.Kind] = {
            "429": discord_faults.TooMany(1.0),
            "502": discord_faults.Html502(),
            "dropped": discord_faults.Drop(),
            "done and dropped": discord_faults.DropAfter(),
            "late": discord_faults.Late(6),
        }
        world.discord.faults.add(route="POST /channels/*/messages", kind=others[kind])


@on_both
async def test_a_result_that_the_platform_did_not_take_comes_once(
    front: str, tmp_path: Path
) -> None:
    async with station(front, tmp_path) as world:
        for number, kind in enumerate(KINDS, start=1):
            ann = await world.person()
            order(world, front, kind)

            await ann.say(f"/make a red fox {SMALL}")

            await see(ann, is_result)
            await world.delivered()
            assert len([shown for shown in await ann.looks() if is_result(shown)]) == 1, kind
            assert await world.runs() == number


@on_both
async def test_an_outage_of_the_platform_loses_nothing(front: str, tmp_path: Path) -> None:
    async with station(front, tmp_path, fast=False) as world:
        ann = await world.person()
        await ann.say(f"/make a red fox {SMALL} steps=20")
        await see(ann, lambda shown: "at most" in shown.text)

        server = world.telegram if front == "telegram" else world.discord
        server.outage(on=True)
        await asyncio.sleep(5)
        server.outage(on=False)

        await see(ann, is_result, within_s=60)
        assert len([shown for shown in await ann.looks() if is_result(shown)]) == 1
        answer = await say_until_heard(ann, "/status")
        assert "Nothing is under way" in answer.text


@on_both
async def test_a_stranger_an_old_button_and_a_deleted_card_do_no_harm(
    front: str, tmp_path: Path
) -> None:
    async with station(front, tmp_path, fast=False) as world:
        ann, eve = await (in_a_group if front == "telegram" else in_a_channel)(world)
        await ann.say(f"/make a red fox {SMALL} steps=20")
        waiting = await see(ann, lambda shown: "Undo" in shown.labels or "Cancel" in shown.labels)

        await eve.press(waiting, waiting.labels[0])
        await see(eve, lambda shown: "belongs to somebody else" in shown.text)
        await _press_an_old_button(world, eve)
        await see(eve, lambda shown: "too old to work" in shown.text)

        await _delete(ann, waiting)
        assert "red fox" in (await see(ann, is_result)).text
        assert await world.runs() == 1


async def _delete(person: Person, shown: Shown) -> None:
    """Have a person delete a message: the result comes all the same."""
    assert isinstance(person, OnTelegram | OnDiscord)
    person.user.delete(int(shown.id))


async def in_a_group(world: Station) -> tuple[Person, Person]:
    """Return two people in a group on Telegram."""
    ann = world.telegram.person(user_id=1, first_name="Ann", started=True)
    eve = world.telegram.person(user_id=666, first_name="Eve", started=True)
    group = world.telegram.group(chat_id=-1001, title="foxes", members=[ann, eve])
    return OnTelegram(ann.in_group(group)), OnTelegram(eve.in_group(group))


async def in_a_channel(world: Station) -> tuple[Person, Person]:
    """Return two people in a channel on Discord."""
    channel = world.discord.channel
    ann, eve = (world.discord.person(name=name).at(channel) for name in ("ann", "eve"))
    return OnDiscord(ann), OnDiscord(eve)


async def _press_an_old_button(world: Station, person: Person) -> None:
    if isinstance(person, OnTelegram):
        await person.user.press_data(person.user.messages[-1].id, "0:cancel:nothing")
    elif isinstance(person, OnDiscord):
        channel = world.discord.channel.id
        old = await post_buttons(world.discord, channel, "0:cancel:nothing", token=DISCORD_TOKEN)
        await person.user.press(old, "0:cancel:nothing")


async def test_a_session_that_discord_has_forgotten_is_begun_anew(tmp_path: Path) -> None:
    async with station("discord", tmp_path, fast=False) as world:
        ann = await world.person()
        await ann.say(f"/make a red fox {SMALL} steps=20")
        await see(ann, lambda shown: "at most" in shown.text)

        world.discord.invalidate(resumable=False)

        await see(ann, is_result)
        await until(lambda: world.discord.identifies == 2, within_s=20)
        await say_until_heard(ann, "/points")


async def test_a_second_poller_on_telegram_loses_no_result_and_is_told(tmp_path: Path) -> None:
    async with station("telegram", tmp_path, "discord", fast=False) as world:
        ann = await world.person()
        await ann.say(f"/make a red fox {SMALL} steps=20")
        await see(ann, lambda shown: "at most" in shown.text)
        other = tmp_path / "other"
        other.mkdir()
        settings = {**world.settings, "DISCORD_TOKEN": ""}
        second = await started(("telegram",), other, settings)
        await asyncio.sleep(1)
        await second.stop()

        await see(ann, is_result)
        assert "telegram.conflict" in world.log
        assert "Nothing is under way" in (await say_until_heard(ann, "/status")).text


async def test_one_platform_s_failure_is_not_the_other_s(tmp_path: Path) -> None:
    async with station("telegram", tmp_path, "discord") as world:
        ben = await world.person("discord")
        world.telegram.revoke_token()
        await asyncio.sleep(0.5)

        await ben.say(f"/make a red fox {SMALL}")
        await see(ben, is_result)
        assert "front.refused" in world.log
        assert "front.telegram" in world.log

        world.telegram.revoke_token(new=TELEGRAM_TOKEN)
        assert await next_line(world.program) == "telegram is ready as @station_bot"
        ann = await world.person("telegram")
        await ann.say(f"/make a blue hen {SMALL}")
        await see(ann, is_result)


async def test_a_wrong_token_is_told_in_the_operators_chat(tmp_path: Path) -> None:
    async with station(
        "telegram",
        tmp_path,
        STATIONTHIS_OPERATORS_CHAT="telegram:77",
        DISCORD_TOKEN="nonsense",
        DISCORD_BASE_URL="https://127.0.0.1:9",
    ) as world:
        boss = OnTelegram(world.telegram.person(user_id=77, first_name="Boss", started=True))

        told = await see(boss, lambda shown: "Discord does not work" in shown.text)

        assert "nonsense" not in told.text
        ann = await world.person()
        await ann.say("/points")
        await see(ann, lambda shown: "You have 370 points" in shown.text)


async def test_both_are_ready_soon_and_stop_soon_and_a_second_start_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with station("telegram", tmp_path, "discord") as world:
        arguments = ("run", "--data", str(tmp_path / "data"))
        code, _, told = await command(*arguments, cwd=tmp_path, settings=world.settings)
        began_at = time.perf_counter()
        assert await world.program.stop() == 0
        stopped_s = time.perf_counter() - began_at
        began_at = time.perf_counter()
        await world.start_again()
        ready_s = time.perf_counter() - began_at

    with capsys.disabled():
        print(f"\nFIGURE both ready in {ready_s:.2f} s, stopped in {stopped_s:.2f} s")  # noqa: T201 - a figure to read
    assert (code, "Another StationThis is running" in told) == (1, True)
    assert stopped_s < STOPPED_WITHIN_S
    assert ready_s < 2 * READY_WITHIN_S  # others may be at work on this machine


async def test_no_token_is_in_a_log_that_tells_everything(tmp_path: Path) -> None:
    async with station("telegram", tmp_path, "discord", STATIONTHIS_LOG_LEVEL="DEBUG") as world:
        for front in PLATFORMS:
            person = await world.person(front)
            order(world, front, "502")
            await person.say(f"/make a red fox {SMALL}")
            await see(person, is_result)
        world.telegram.revoke_token()
        world.discord.revoke_token()
        world.discord.drop_gateway()
        await asyncio.sleep(2)
        secrets = (
            TELEGRAM_TOKEN,
            TELEGRAM_TOKEN.partition(":")[2],
            DISCORD_TOKEN,
            world.settings["COMFY_DEPLOY_API_KEY"],
            (tmp_path / "data" / "secret").read_text().strip(),
        )

        log = world.log
        assert len(log) > 10_000
        assert [secret for secret in secrets if secret in log] == []


CROWD = 40
END = pytest.mark.parametrize("end", ["SIGTERM", "kill -9"])


async def ended(world: Station, end: str, *, pause_s: float = 0) -> None:
    """End the program, and start it again."""
    await (world.kill() if end == "kill -9" else world.program.stop())
    await asyncio.sleep(pause_s)
    await world.start_again()


async def see_answers(person: Person, words: str, *, count: int) -> None:
    """Wait until a person has so many answers."""
    async with asyncio.timeout(60):
        while True:
            if sum(words in shown.text for shown in await person.looks()) >= count:
                return
            await asyncio.sleep(0.02)


@END
async def test_a_crowd_whose_program_ends_is_answered_by_the_next(end: str, tmp_path: Path) -> None:
    async with station("telegram", tmp_path) as world:
        people = [await world.person() for _ in range(CROWD)]
        for text in (f"/make a red fox {SMALL} steps=4", "/points"):
            await asyncio.gather(*(person.say(text) for person in people))
        await asyncio.sleep(0.15)

        await ended(world, end)

        for person in people:
            await see_answers(person, "You have", count=1)
            await see(person, is_result, within_s=60)
        results = [is_result(shown) for person in people for shown in await person.looks()]
        assert (sum(results), await world.runs()) == (CROWD, CROWD)


@END
async def test_answers_that_wait_for_their_pace_outlive_the_program(
    end: str, tmp_path: Path
) -> None:
    async with station("telegram", tmp_path) as world:
        ann = await world.person()
        for _ in range(8):
            await ann.say("/points")
        await asyncio.sleep(0.5)
        waiting = world.telegram.waiting

        # The next program cannot know that Telegram has heard much of us just now.
        await ended(world, end, pause_s=5)

        await see_answers(ann, "You have", count=8)
        assert waiting > 0


@END
async def test_a_picture_that_comes_in_slowly_is_not_lost_at_an_end(
    end: str, tmp_path: Path
) -> None:
    async with station("telegram", tmp_path) as world:
        ann = await world.person()
        world.telegram.faults.add(method="getFile", kind=telegram_faults.Late(8))
        await ann.say(f"make it blue {SMALL}", image=a_picture(size=(64, 48)))
        await asyncio.sleep(3)

        await ended(world, end)

        await see(ann, is_result)
        assert await world.runs() == 1
