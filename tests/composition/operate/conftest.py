import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from tests.composition.operate.bench import Operator

KEY = "sk-operator-0123456789"


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, raises = list(root.handlers), root.level, logging.raiseExceptions
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.raiseExceptions = raises
    structlog.reset_defaults()


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    made = Emulator(EmulatorSettings.quick(api_key=KEY))
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data folder, which the first command that needs it makes."""
    return tmp_path / "data"


@pytest.fixture
def alone(data: Path) -> Operator:
    """An operator without a key."""
    return Operator({"STATIONTHIS_DATA_DIR": str(data)})


@pytest.fixture
def operator(alone: Operator, emulator: Emulator) -> Operator:
    """An operator of the emulator's workspace."""
    return alone.with_settings(
        COMFY_DEPLOY_API_KEY=KEY,
        COMFY_DEPLOY_BASE_URL=emulator.base_url,
        COMFY_DEPLOY_RETRY_FOR_S="0.5",
    )
