"""A running station for the tests of the page's server."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.adapters.web.station import Station, running_station


@pytest.fixture
async def station() -> AsyncIterator[Station]:
    async with running_station() as running:
        yield running


@pytest.fixture
async def ada(station: Station) -> AsyncIterator[httpx.AsyncClient]:
    async with station.visitor() as client:
        yield client


@pytest.fixture
async def bob(station: Station) -> AsyncIterator[httpx.AsyncClient]:
    async with station.visitor() as client:
        yield client
