"""What the tests of `doctor` share: a report by the checks' names, and servers with set answers."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from ssl import SSLContext
from typing import Any

import orjson
from aiohttp import web

from composition.access import Listen
from composition.config import Config
from composition.doctor.check import Check
from composition.doctor.examine import examine
from infrastructure.comfy_deploy.settings import ComfySettings

Answers = Mapping[str, tuple[int, object]]
"""By path, with its query or without: the status, and what becomes JSON; a text becomes HTML."""


KEY = "sk-doctor-0123456789"


async def report(
    config: Config, *, limit_s: float = 5.0, hooks_s: float | None = None
) -> dict[str, Check]:
    """Return every check by its name."""
    examined = examine(config, limit_s=limit_s, hooks_s=hooks_s)
    return {check.name: check async for check in examined}


def with_comfy(folder: Path, base_url: str, *, key: str = KEY) -> Config:
    """Return settings with ComfyUI Deploy at an address, and nothing else on."""
    comfy = ComfySettings(api_key=key, base_url=base_url)
    return dull(folder, database_url="memory:", comfy=comfy)


def failures(checks: Mapping[str, Check]) -> dict[str, str]:
    """Return what failed, or was warned of, with the whole of what is said about it."""
    return {name: f"{each.found} | {each.fix}" for name, each in checks.items() if each.fix}


def told(check: Check) -> str:
    """Return the whole of what is said, and see to it that a failure has its fix."""
    assert check.ok is False
    assert check.fix
    return f"{check.found} | {check.fix}"


def dull(folder: Path, **fields: Any) -> Config:  # noqa: ANN401 - whatever Config takes
    """Return settings with nothing on, in a folder of the test's own."""
    free = Listen("127.0.0.1", 0)
    return Config(**{"data_dir": folder / "data", "listen": free, "private_listen": free, **fields})


def of_bots(checks: Mapping[str, Check]) -> dict[str, Check]:
    """Return the checks of the platforms alone."""
    return {name: each for name, each in checks.items() if name.startswith(("Telegram", "Discord"))}


@asynccontextmanager
async def answering(
    answers: Answers,
    *,
    headers: Mapping[str, str] | None = None,
    tls: SSLContext | None = None,
    in_order: Sequence[tuple[int, object]] = (),
) -> AsyncIterator[str]:
    """Serve these answers on loopback, those `in_order` first; yield the address."""

    first = iter(in_order)

    async def answer(request: web.Request) -> web.Response:
        known = answers.get(request.path_qs) or answers.get(request.path)
        usual = known or (404, {"detail": "Not Found"})
        status, body = next(first, usual)
        if isinstance(body, str):
            return web.Response(status=status, text=body, content_type="text/html", headers=headers)
        return web.Response(
            status=status,
            body=orjson.dumps(body),
            content_type="application/json",
            headers=headers,
        )

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        scheme = "https" if tls else "http"
        yield f"{scheme}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
