"""The recorded answers about runs, and a server on a loopback socket that gives them."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypedDict, cast

import attrs

from infrastructure.comfy_deploy.api.calls import Calls
from infrastructure.comfy_deploy.client import ComfyDeployClient
from tests.infrastructure.comfy_deploy.loopback import Loopback, Reply, json_reply, reply


class Exchange(TypedDict):
    method: str
    path: str
    status: int
    kind: str
    body: object


_ALL = json.loads(Path(__file__).with_name("recorded_runs.json").read_text(encoding="utf-8"))


@attrs.frozen(kw_only=True)
class Given:
    """A server with its answers laid out, and calls that ask it."""

    server: Loopback
    calls: Calls

    @property
    def line(self) -> str:
        """The method and the target of the only request so far, below the base URL."""
        (seen,) = self.server.seen
        return f"{seen.method} {seen.target.removeprefix('/api')}"

    @property
    def sent(self) -> dict[str, object]:
        """The body of the only request so far."""
        (seen,) = self.server.seen
        return seen.json


def recorded(name: str) -> Reply:
    """Return an answer as the real backend gave it."""
    exchange = cast("Exchange", _ALL[name])
    body, status = exchange["body"], exchange["status"]
    if isinstance(body, str):
        return reply(body, status=status, kind=exchange["kind"])
    return json_reply(body, status=status)


@asynccontextmanager
async def given(
    *answers: str | Reply, dialect: str = "current", run_timeout_s: float = 5.0
) -> AsyncIterator[Given]:
    """Have a server that gives recorded answers, by name, or others."""
    replies = [recorded(each) if isinstance(each, str) else each for each in answers]
    async with Loopback(*replies) as server:
        settings = attrs.evolve(
            server.client().settings, dialect=dialect, run_timeout_s=run_timeout_s
        )
        client = ComfyDeployClient(settings)
        try:
            yield Given(server=server, calls=Calls(client))
        finally:
            await client.aclose()
