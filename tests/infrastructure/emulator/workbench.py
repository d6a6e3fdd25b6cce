"""What the emulator's tests work with: a caller of its API and a receiver of its webhooks."""

import asyncio
import io
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any, Self

import attrs
import httpx
from aiohttp import web
from PIL import Image

from infrastructure.emulator.server import Emulator

DEADLINE_S = 10.0
OVER = {"success", "failed", "timeout", "cancelled"}


async def ticks() -> AsyncGenerator[None, None]:
    """Yield every few milliseconds; fails after the deadline."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            yield
            await asyncio.sleep(0.005)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until it holds; fails after the deadline."""
    async with aclosing(ticks()) as moments:
        async for _ in moments:
            if condition():
                return


def picture(width: int = 48, height: int = 32, colour: str = "teal") -> bytes:
    """Return a small PNG file."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "PNG")
    return file.getvalue()


def opened(content: bytes) -> Image.Image:
    """Return the picture in a file, loaded."""
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        return image.copy()


@attrs.frozen
class Caller:
    """Calls an emulator as a client of the service would."""

    http: httpx.AsyncClient
    emulator: Emulator

    async def ids(self) -> dict[str, str]:
        """Return deployment ids by workflow name."""
        rows = (await self.http.get("/deployments")).json()
        return {row["workflow"]["name"]: row["id"] for row in rows}

    async def queue(self, name: str = "text2img", /, **fields: object) -> httpx.Response:
        """Queue a run of a small picture; other inputs come in `inputs`."""
        small = {"width": 64, "height": 64, "seed": 1} if name == "text2img" else {}
        given = fields.pop("inputs", {})
        inputs = small | (given if isinstance(given, dict) else {})
        body = {"deployment_id": (await self.ids())[name], "inputs": inputs} | fields
        return await self.http.post("/run/deployment/queue", json=body)

    async def start(self, name: str = "text2img", /, **fields: object) -> str:
        """Queue a run and return its id."""
        return str((await self.queue(name, **fields)).json()["run_id"])

    async def run(self, run_id: str, **query: str) -> dict[str, Any]:
        """Return a run as it is now."""
        answer = await self.http.get(f"/run/{run_id}", params=query)
        found: dict[str, Any] = answer.json()
        return found

    async def finished(self, run_id: str) -> dict[str, Any]:
        """Return a run once it is over."""
        return await self.reaching(run_id, OVER)

    async def reaching(self, run_id: str, statuses: set[str]) -> dict[str, Any]:
        """Return a run once it has one of the statuses."""
        run: dict[str, Any] = {}
        async with aclosing(ticks()) as moments:
            async for _ in moments:
                run = await self.run(run_id)
                if run["status"] in statuses:
                    break
        return run

    async def image_of(self, run: dict[str, Any], number: int = 0) -> bytes:
        """Return the content of one of a run's pictures."""
        url = run["outputs"][0]["data"]["images"][number]["url"]
        return (await self.http.get(url)).content

    async def upload(self, name: str, content: bytes) -> httpx.Response:
        """Upload a file."""
        return await self.http.post("/file/upload", files={"file": (name, content)})


@asynccontextmanager
async def calling(emulator: Emulator) -> AsyncIterator[Caller]:
    """Start an emulator, and stop it afterwards."""
    await emulator.start()
    headers = {"Authorization": f"Bearer {emulator.api_key}"}
    try:
        async with httpx.AsyncClient(base_url=emulator.base_url, headers=headers) as http:
            yield Caller(http, emulator)
    finally:
        await emulator.stop()


@attrs.define
class Received:
    """One delivery: the method it came with, its query and its JSON body."""

    method: str
    query: dict[str, str]
    body: dict[str, Any]


@attrs.define
class HookReceiver:
    """Takes webhooks; answers the next deliveries with `answers`, then with 200."""

    url: str = ""
    received: list[Received] = attrs.Factory(list)
    answers: list[int] = attrs.Factory(list)
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/hook", self._take)
        app.router.add_route("*", "/moved", self._redirect)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/hook"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def statuses(self) -> list[str]:
        """Return the statuses told so far, in the order of arrival."""
        return [one.body["status"] for one in self.received]

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.received.append(Received(request.method, dict(request.query), body))
        return web.Response(status=self.answers.pop(0) if self.answers else 200)

    async def _redirect(self, request: web.Request) -> web.Response:
        del request
        return web.Response(status=307, headers={"Location": self.url})
