"""
The three fronts as a journey sees them: somebody says, presses and sees.

Each front is the real thing: the page over HTTP, and the unpatched libraries of Telegram and
Discord against servers on loopback. The program runs in a process of its own, which may be killed.
"""

import asyncio
import contextlib
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Protocol

import attrs
import httpx

from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from tests.program import (
    BY_SCRIPT,
    READY_S,
    Program,
    address_in,
    emulating,
    person_at,
    start_as,
    text_of,
)
from tests.program import Person as Visitor
from tests.servers import discord_people, telegram_people
from tests.servers.discord_buckets import Limits
from tests.servers.discord_commands import as_command
from tests.servers.discord_server import DiscordServer
from tests.servers.telegram_flood import FloodLimits
from tests.servers.telegram_server import TelegramServer

LOOK_EVERY_S = 0.01
TELEGRAM_TOKEN = f"123456789:{'T' * 35}"
DISCORD_TOKEN = f"{'D' * 24}.{'I' * 6}.{'S' * 38}"


@attrs.frozen(kw_only=True)
class Shown:
    """One message of the station as a person sees it at present."""

    id: str
    text: str
    labels: tuple[str, ...]
    pictures: tuple[bytes, ...] = attrs.field(repr=lambda each: f"{len(each)} pictures")


class Person(Protocol):
    """Somebody at one front."""

    async def say(self, text: str, *, image: bytes | None = None) -> None:
        """Write a message, with a picture or without."""

    async def press(self, shown: Shown, label: str, *, times: int = 1) -> None:
        """Press a button."""

    async def looks(self) -> Sequence[Shown]:
        """Return what the station shows, oldest first."""


async def see(
    person: Person,
    is_it: Callable[[Shown], bool],
    *,
    within_s: float = 20,
    look_every_s: float = LOOK_EVERY_S,
) -> Shown:
    """Return the first message that is it, waiting for it if need be."""
    looked: Sequence[Shown] = ()
    try:
        async with asyncio.timeout(within_s):
            while True:
                looked = await person.looks()
                for shown in looked:
                    if is_it(shown):
                        return shown
                await asyncio.sleep(look_every_s)
    except TimeoutError:
        raise AssertionError(f"not seen among {looked}") from None


@attrs.frozen
class AtPage(Person):
    """Somebody at the page."""

    visitor: Visitor
    _fetched: dict[str, bytes] = attrs.field(factory=dict)

    async def say(self, text: str, *, image: bytes | None = None) -> None:
        await self.visitor.say(text, image=image)

    async def press(self, shown: Shown, label: str, *, times: int = 1) -> None:
        await self.visitor.press(self.visitor.shown[shown.id], label, times=times)

    async def looks(self) -> Sequence[Shown]:
        return [
            Shown(
                id=message["id"],
                text=text_of(message),
                labels=tuple(each["label"] for row in message["buttons"] for each in row),
                pictures=tuple([await self._file(each["url"]) for each in message["media"]]),
            )
            for message in list(self.visitor.shown.values())
            if message["from"] == "station"
        ]

    async def _file(self, url: str) -> bytes:
        if url not in self._fetched:
            try:
                answer = await self.visitor.client.get(url)
            except httpx.TransportError:
                return b""  # the program has just been killed
            self._fetched[url] = answer.raise_for_status().content
        return self._fetched[url]


@attrs.frozen
class OnTelegram(Person):
    """Somebody in a private chat with the Telegram bot."""

    user: telegram_people.Person

    async def say(self, text: str, *, image: bytes | None = None) -> None:
        await self.user.say(text, photo=image)

    async def press(self, shown: Shown, label: str, *, times: int = 1) -> None:
        await self.user.press(int(shown.id), label, times=times)

    async def looks(self) -> Sequence[Shown]:
        return [
            Shown(
                id=str(each.id),
                text=each.text,
                labels=tuple(label for row in each.buttons for label, _ in row),
                pictures=tuple(media.data for media in each.media),
            )
            for each in self.user.messages
            if each.from_bot
        ]


@attrs.frozen
class OnDiscord(Person):
    """Somebody in a private chat with the Discord bot, who uses slash commands where there are."""

    user: discord_people.Person

    async def say(self, text: str, *, image: bytes | None = None) -> None:
        given = as_command(self.user.world, text, image)
        if given is None:
            await self.user.say(text, files=[image] if image else [])
        else:
            await self.user.command(text.partition(" ")[0].removeprefix("/"), **given)

    async def press(self, shown: Shown, label: str, *, times: int = 1) -> None:
        await self.user.press(int(shown.id), label, times=times)

    async def looks(self) -> Sequence[Shown]:
        return [
            Shown(
                id=str(each.id),
                text=each.text.replace("`", "").replace("**", ""),
                labels=tuple(button.label for row in each.buttons for button in row),
                pictures=tuple(file.content for file in each.media),
            )
            for each in self.user.messages
            if each.from_bot
        ]


@attrs.define(kw_only=True)
class Station:
    """The program on one data folder, with its fronts open, and the world around it."""

    fronts: tuple[str, ...]
    folder: Path
    settings: Mapping[str, str]
    emulator: httpx.AsyncClient
    telegram: TelegramServer
    discord: DiscordServer
    program: Program
    _stack: AsyncExitStack
    _known: int = 100

    async def person(self, front: str = "") -> Person:
        """Return somebody new at a front, at the first one unless told."""
        self._known += 1
        front = front or self.fronts[0]
        if front == "telegram":
            return OnTelegram(self.telegram.person(user_id=self._known, first_name="Ann"))
        if front == "discord":
            return OnDiscord(self.discord.person(name=f"ann{self._known}").in_dm())
        url = address_in(self.program.ready.replace(",", ""))
        return AtPage(await self._stack.enter_async_context(person_at(url)))

    async def kill(self) -> None:
        """End the program as a power cut would: kill -9."""
        await self.program.kill()

    async def start_again(self) -> None:
        """Start it on the same data, and wait until its fronts talk."""
        self.program = await started(self.fronts, self.folder, self.settings)

    async def runs(self) -> int:
        """Return how many runs the service has had."""
        return len((await self.emulator.get("/control")).json()["runs"])

    async def listed(self, person: Person) -> set[str]:
        """Return the commands that a person is offered."""
        if isinstance(person, AtPage):
            menu = (await person.visitor.client.get("/menu")).raise_for_status().json()
            return {each["name"] for each in menu["commands"]}
        if isinstance(person, OnDiscord):
            return set(self.discord.commands)
        lists = self.telegram.commands.items()
        usual = [commands for (scope, _), commands in lists if "default" in scope or not scope]
        return {each["command"] for commands in usual for each in commands}

    async def acknowledged(self, person: Person) -> None:
        """Wait until a person sees that we have heard: an answer, or that we are typing."""
        async with asyncio.timeout(READY_S):
            while not await person.looks():
                if isinstance(person, OnTelegram) and person.user.actions:
                    return
                await asyncio.sleep(LOOK_EVERY_S / 10)

    async def delivered(self) -> None:
        """Wait until the program has noted that every end was shown."""
        database = f"file:{self.folder / 'data' / 'station.db'}?mode=ro"
        async with asyncio.timeout(READY_S):
            while True:
                with contextlib.closing(sqlite3.connect(database, uri=True)) as db:
                    states = {row[0] for row in db.execute("select delivery from jobs")}
                if states == {"delivered"}:
                    return
                await asyncio.sleep(LOOK_EVERY_S)

    @property
    def calls(self) -> int:
        """How many calls the platform has had, without those that only ask for news."""
        telegram = [call for call in self.telegram.calls if call.method != "getUpdates"]
        return len(telegram) + len(self.discord.calls)

    @property
    def log(self) -> str:
        """What the program has logged."""
        return (self.folder / "run.log").read_text()


async def started(
    fronts: Sequence[str], folder: Path, settings: Mapping[str, str], *, by_script: bool = False
) -> Program:
    """Start the program; return it when its fronts talk."""
    arguments = ("run", "--data", str(folder / "data"))
    ours = BY_SCRIPT if by_script else (sys.executable, "-m", "composition")
    program = await start_as(ours, *arguments, log=folder / "run.log", settings=settings)
    silent = set(fronts) - {"page"}
    while silent:
        silent.discard((await next_line(program)).partition(" is ready")[0])
    return program


async def next_line(program: Program) -> str:
    """Return the next line that the program says."""
    assert program.process.stdout is not None
    line = await asyncio.wait_for(program.process.stdout.readline(), READY_S)
    assert line, "it has ended"
    return line.decode().strip()


@asynccontextmanager
async def serving_here(folder: Path, *, fast: bool) -> AsyncIterator[Mapping[str, str]]:
    """Have the emulator in this process, which is sooner there; yields the settings for it."""
    emulator = Emulator(EmulatorSettings.quick(port=0) if fast else EmulatorSettings(port=0))
    await emulator.start()
    try:
        yield {
            "COMFY_DEPLOY_API_KEY": emulator.api_key,
            "COMFY_DEPLOY_BASE_URL": emulator.base_url,
        }
    finally:
        await emulator.stop()


def serving_beside(folder: Path, *, fast: bool) -> AbstractAsyncContextManager[Mapping[str, str]]:
    """Have the emulator in a process of its own; yields the settings for it."""
    return emulating(folder / "emulator.log", *(("--fast",) if fast else ()))


@asynccontextmanager
async def station(
    front: str,
    folder: Path,
    *more_fronts: str,
    fast: bool = True,
    port: int = 0,
    unlimited: bool = False,
    apart: bool = False,
    **settings: str,
) -> AsyncIterator[Station]:
    """
    Run the program with these fronts; at the end nothing may have broken a platform's rules.

    An `unlimited` platform takes any number of calls: to measure us, and not its limits. `apart`
    has the service in a process of its own, and the program started by its script.
    """
    async with AsyncExitStack() as stack:
        telegram = TelegramServer(
            token=TELEGRAM_TOKEN, limits=FloodLimits.none() if unlimited else None
        )
        discord = DiscordServer(token=DISCORD_TOKEN, folder=folder, checked=not unlimited)
        if unlimited:
            discord.limits = Limits.none()
        fronts = (front, *more_fronts)
        if "telegram" in fronts:
            await stack.enter_async_context(telegram.running())
            settings = {
                "TELEGRAM_TOKEN": TELEGRAM_TOKEN,
                "TELEGRAM_BASE_URL": telegram.url,
                **settings,
            }
        if "discord" in fronts:
            await stack.enter_async_context(discord.running())
            settings = {
                "DISCORD_TOKEN": DISCORD_TOKEN,
                "DISCORD_BASE_URL": discord.url,
                "DISCORD_CA_FILE": str(discord.ca_file),
                **settings,
            }
        service = serving_beside if apart else serving_here
        comfy = await stack.enter_async_context(service(folder, fast=fast))
        settings |= {
            **comfy,
            "STATIONTHIS_LISTEN": "127.0.0.1:0",
            "STATIONTHIS_PRIVATE_LISTEN": f"127.0.0.1:{port}",
        }
        root = comfy["COMFY_DEPLOY_BASE_URL"].removesuffix("/api")
        emulator = await stack.enter_async_context(httpx.AsyncClient(base_url=root))
        opened = Station(
            fronts=fronts,
            folder=folder,
            settings=settings,
            emulator=emulator,
            telegram=telegram,
            discord=discord,
            program=await started(fronts, folder, settings, by_script=apart),
            stack=stack,
        )
        try:
            yield opened
        finally:
            if opened.program.process.returncode is None:
                await opened.program.stop()
        assert (telegram.violations, telegram.flood_breaches) == ([], [])
        assert (discord.violations, discord.flood_breaches, discord.pings) == ([], [], [])
