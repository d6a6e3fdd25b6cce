"""The program itself, in processes of its own, and a person at its page without a browser."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import attrs
import httpx

ROOT = Path(__file__).resolve().parent.parent
READY_S = 20.0
Message = dict[str, Any]


def environment(**settings: str) -> dict[str, str]:
    """Return an environment that holds nothing of ours but these settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", **settings}


@attrs.define
class Program:
    """One running command of ours; `ready` is its first line."""

    process: asyncio.subprocess.Process
    ready: str

    async def kill(self) -> None:
        """End it as a power cut would: kill -9."""
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), READY_S)


async def start(*arguments: str, log: Path, **settings: str) -> Program:
    """Start a command that serves; return it when it has said its first line."""
    ours = (sys.executable, "-m", "composition")
    return await start_as(ours, *arguments, log=log, settings=settings)


BY_SCRIPT = (str(ROOT / "stationthis"),)
"""As people start it: with what is installed to run, and not to test."""


def _end_of(log: Path) -> str:
    return log.read_text()[-2_000:]


async def start_as(
    program: Sequence[str], *arguments: str, log: Path, settings: Mapping[str, str]
) -> Program:
    """Start a command that serves, by this program."""
    errors = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        process = await asyncio.create_subprocess_exec(
            *program,
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env=environment(**settings),
            cwd=log.parent,
        )
    finally:
        os.close(errors)
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), READY_S)
    if not line:
        raise AssertionError(f"{arguments} did not start:\n{_end_of(log)}")
    return Program(process, line.decode().strip())


async def command(
    *arguments: str,
    cwd: Path,
    settings: Mapping[str, str],
    interrupt_at: bytes | None = None,
    interrupt_by: signal.Signals = signal.SIGINT,
) -> tuple[int, str, str]:
    """Run a command to its end; send `interrupt_by` when it has said `interrupt_at`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "composition",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(**settings),
        cwd=cwd,
    )
    said = b""
    if interrupt_at is not None and process.stderr is not None:
        while interrupt_at not in said:
            said += await asyncio.wait_for(process.stderr.readline(), READY_S)
        process.send_signal(interrupt_by)
    out, err = await asyncio.wait_for(process.communicate(), 3 * READY_S)
    return process.returncode or 0, out.decode(), (said + err).decode()


@asynccontextmanager
async def serving(*arguments: str, log: Path, **settings: str) -> AsyncIterator[Program]:
    """Have a command serve, and end it."""
    program = await start(*arguments, log=log, **settings)
    try:
        yield program
    finally:
        if program.process.returncode is None:
            await program.kill()


@asynccontextmanager
async def emulating(log: Path, *arguments: str) -> AsyncIterator[Mapping[str, str]]:
    """Have the emulator in a process of its own; yields the settings that reach it."""
    async with serving("emulator", "--port", "0", *arguments, log=log) as emulator:
        told = json.loads(emulator.ready)
        yield {
            "COMFY_DEPLOY_API_KEY": told["api_key"],
            "COMFY_DEPLOY_BASE_URL": told["base_url"],
        }


def address_in(ready: str) -> str:
    """Return the address in the demo's first line."""
    return next(word for word in ready.split() if word.startswith("http"))


@attrs.define
class Person:
    """Somebody at the page: one cookie, one chat, and what it shows at present."""

    client: httpx.AsyncClient
    shown: dict[str, Message] = attrs.field(factory=dict)
    changes: list[Message] = attrs.field(factory=list)
    _seq: int = 0
    _changed: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def say(self, text: str, *, id: str | None = None, image: bytes | None = None) -> str:
        """Send a message as the page does; return its id. Raises on a refusal."""
        client_id = id or uuid4().hex
        files: list[Any] = [("id", (None, client_id)), ("text", (None, text))]
        if image is not None:
            files.append(("image", ("picture.png", image, "image/png")))
        (await self.client.post("/messages", files=files)).raise_for_status()
        return client_id

    async def press(self, message: Message, label: str, *, times: int = 1) -> None:
        """Press a button of a card."""
        action = next(
            button["action"]
            for row in message["buttons"]
            for button in row
            if button["label"] == label
        )
        for _ in range(times):
            body = {"id": uuid4().hex, "message": message["id"], "action": action}
            (await self.client.post("/actions", json=body)).raise_for_status()

    async def see(self, is_it: Callable[[Message], bool], *, within_s: float = 20.0) -> Message:
        """Return the first message of the station that is it, waiting for it if need be."""
        async with asyncio.timeout(within_s):
            while True:
                for message in self.shown.values():
                    if message["from"] == "station" and is_it(message):
                        return message
                self._changed.clear()
                await self._changed.wait()

    async def listen(self) -> None:
        """Read the stream for ever, coming back after every break, as the page does."""
        while True:
            try:
                async with self.client.stream(
                    "GET", f"/events?since={self._seq}", timeout=None
                ) as answer:
                    name = "message"
                    async for line in answer.aiter_lines():
                        name = self._take(line, name)
            except httpx.HTTPError:
                await asyncio.sleep(0.05)

    def _take(self, line: str, name: str) -> str:
        """Take one line of the stream; return the name of the event that it belongs to."""
        field, _, value = line.partition(": ")
        if field == "event":
            return value
        if field == "data" and name == "message":
            told = json.loads(value)
            message = {**told["body"], "id": told["id"], "seq": told["seq"]}
            self.shown[message["id"]] = message
            self.changes.append(message)
            self._seq = told["seq"]
            self._changed.set()
        return "message" if field == "data" else name


def text_of(message: Message) -> str:
    """Return a card's text."""
    return "".join(span["text"] for span in message.get("spans", ()))


@asynccontextmanager
async def person_at(url: str) -> AsyncIterator[Person]:
    """Open the page as a new visitor."""
    async with httpx.AsyncClient(base_url=url, timeout=20) as client:
        (await client.get("/")).raise_for_status()
        person = Person(client)
        listening = asyncio.create_task(person.listen())
        try:
            yield person
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
