"""Where the connections go."""

import socket

import aiohttp
import pytest

from adapters.discord.connection import CONNECTIONS, DiscordSettings, OneServer, connector
from tests.adapters.discord.bench import SECRET, TOKEN, Bench


@pytest.mark.parametrize(
    "host",
    ["discord.com", "gateway.discord.gg", "gateway-us-1.discord.gg", "cdn.discordapp.com"],
)
@pytest.mark.parametrize(
    ("url", "port"), [("https://127.0.0.1:8443", 8443), ("https://127.0.0.1", 443)]
)
async def test_every_host_of_discord_is_found_at_the_one_address(
    host: str, url: str, port: int
) -> None:
    resolver = OneServer(url)

    found = await resolver.resolve(host, 444, socket.AF_INET)
    await resolver.close()

    assert {(each["hostname"], each["host"], each["port"]) for each in found} == {
        (host, "127.0.0.1", port)
    }


@pytest.mark.parametrize("host", ["example.com", "notdiscord.com", "discord.com.example"])
async def test_another_host_is_refused(host: str, idle: Bench) -> None:
    settings = DiscordSettings(
        token=TOKEN, secret=SECRET, base_url=idle.server.url, ca_file=idle.server.ca_file
    )

    async with aiohttp.ClientSession(connector=connector(settings)) as session:
        with pytest.raises(aiohttp.ClientConnectorError) as refused:
            await session.get(f"https://{host}/")

    assert "not a host of Discord" in str(refused.value.os_error)
    assert idle.server.calls == []


async def test_without_an_address_names_are_looked_up_as_ever() -> None:
    connections = connector(DiscordSettings(token=TOKEN, secret=SECRET))

    limit = connections.limit
    await connections.close()

    assert limit == CONNECTIONS


def test_settings_show_neither_token_nor_secret() -> None:
    settings = DiscordSettings(token=TOKEN, secret=SECRET)

    assert TOKEN not in repr(settings)
    assert SECRET not in repr(settings)
