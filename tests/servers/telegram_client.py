"""What the server's own tests share: a bare bot over HTTP, a clock set by hand, pictures."""

import io
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import httpx
from PIL import Image

from tests.servers.telegram_errors import Wire
from tests.servers.telegram_flood import FloodLimits
from tests.servers.telegram_people import Person
from tests.servers.telegram_server import TelegramServer

ANN = 7
GROUP = -1001234


def picture(width: int = 64, height: int = 48, colour: str = "teal") -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(made, "PNG")
    return made.getvalue()


def keyboard(*rows: list[str]) -> Wire:
    """Return inline buttons, each with its label as its data."""
    return {
        "inline_keyboard": [[{"text": each, "callback_data": each} for each in row] for row in rows]
    }


@attrs.define
class HandClock:
    """Stands still until a test moves it."""

    seconds: float = 100.0

    def __call__(self) -> float:
        return self.seconds


@attrs.define
class RawBot:
    """Speaks as a form, or multipart when a value is bytes; gives back what came."""

    http: httpx.AsyncClient

    async def call(self, method: str, **values: object) -> Wire:
        files = {
            key: (f"{key}.png", each, "image/png")
            for key, each in values.items()
            if isinstance(each, bytes)
        }
        fields = {
            key: each if isinstance(each, str) else json.dumps(each)
            for key, each in values.items()
            if key not in files
        }
        answer: Wire = (await self.http.post(method, data=fields, files=files or None)).json()
        return answer

    async def done(self, method: str, **values: object) -> Wire:
        """Return the result of a method that must succeed."""
        answer = await self.call(method, **values)
        assert answer["ok"], answer
        result: Wire = answer["result"]
        return result

    async def words(self, method: str, **values: object) -> str:
        """Return the status and the words of a method that must fail."""
        answer = await self.call(method, **values)
        assert not answer["ok"], answer
        return f"{answer['error_code']} {answer['description']}"

    async def send(self, text: str = "Hello", chat_id: int = ANN, **values: object) -> int:
        """Send a text that must arrive; return its id."""
        sent = await self.done("sendMessage", chat_id=chat_id, text=text, **values)
        return int(sent["message_id"])


@attrs.define
class Bench:
    """A running server, Ann who has written to the bot, and a bare bot."""

    server: TelegramServer
    ann: Person
    bot: RawBot


_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Made once: httpx would read all certificate authorities for every client."""


def a_client(server: TelegramServer) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"{server.url}/bot{server.token}/", verify=_NO_TLS)


@asynccontextmanager
async def a_bench(server: TelegramServer | None = None) -> AsyncIterator[Bench]:
    """Run a server; without one given, one that lets everything flow."""
    server = server or TelegramServer(limits=FloodLimits.none())
    ann = server.person(user_id=ANN, first_name="Ann", started=True)
    async with server.running(), a_client(server) as http:
        yield Bench(server, ann, RawBot(http))
