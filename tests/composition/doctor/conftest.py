"""The emulator that most checks of the service are made on."""

from collections.abc import AsyncIterator

import pytest

from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from tests.composition.doctor.reports import KEY


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    made = Emulator(EmulatorSettings.quick(api_key=KEY))
    await made.start()
    yield made
    await made.stop()
