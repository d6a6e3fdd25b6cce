"""Links to pictures that lie at Discord, in what people write: as good as the pictures."""

import asyncio
import re
from http import HTTPStatus

import aiohttp
import structlog

from adapters.chat.pictures import check_size, not_fetched

LINK = re.compile(
    r"(?<!\S)https://(?:cdn\.discordapp\.com|media\.discordapp\.net)/(?:ephemeral-)?attachments"
    r"/\d+/\d+/[\w.%~-]+\.(?:png|jpe?g|webp|gif)(?:\?[\w=&%.~-]*)?(?!\S)",
    re.IGNORECASE,
)
FETCH_S = 30.0
"""How long one picture may take, attached or linked."""

log = structlog.get_logger()


async def fetched(link: str, connections: aiohttp.BaseConnector) -> bytes:
    """Return the picture of a link that `LINK` has found. Raises MediaRefusedError."""
    session = aiohttp.ClientSession(connector=connections, connector_owner=False)
    try:
        async with asyncio.timeout(FETCH_S), session:
            return await _read(session, link)
    except (aiohttp.ClientError, OSError) as error:
        log.warning("discord.link_not_fetched", error=f"{type(error).__name__}: {error}")
        raise not_fetched() from error


async def _read(session: aiohttp.ClientSession, link: str) -> bytes:
    # Elsewhere is where a redirect may lead, and nothing is fetched from there.
    async with session.get(link, allow_redirects=False) as answer:
        if answer.status != HTTPStatus.OK:
            raise not_fetched()
        data = bytearray()
        async for chunk in answer.content.iter_any():
            data += chunk
            check_size(len(data))
        return bytes(data)
