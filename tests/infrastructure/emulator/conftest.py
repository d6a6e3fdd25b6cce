"""An emulator with quick runs, a caller for it, and a receiver of its webhooks."""

from collections.abc import AsyncIterator

import pytest

from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from tests.infrastructure.emulator.workbench import Caller, HookReceiver, calling


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with calling(Emulator(EmulatorSettings.quick())) as caller:
        yield caller


@pytest.fixture
async def hooks() -> AsyncIterator[HookReceiver]:
    async with HookReceiver() as receiver:
        yield receiver
