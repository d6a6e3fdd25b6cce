"""A running server and a bot for the tests of the Discord front."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.adapters.discord.bench import Bench, a_bench, a_server
from tests.servers.discord_server import DiscordServer, Person


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[DiscordServer]:
    async with a_server(tmp_path) as running:
        yield running


@pytest.fixture
async def idle(server: DiscordServer) -> AsyncIterator[Bench]:
    async with a_bench(server) as made:
        yield made
    assert server.violations == []
    assert server.pings == []
    assert server.flood_breaches == []


@pytest.fixture
async def bench(idle: Bench) -> AsyncIterator[Bench]:
    async with idle.connected():
        yield idle


@pytest.fixture
def ann(server: DiscordServer) -> Person:
    return server.person(name="ann")
