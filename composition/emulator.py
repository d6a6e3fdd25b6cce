"""`stationthis emulator`: the ComfyUI Deploy emulator alone, for tests and for other programs."""

import json

import click

from composition.run import until_stopped
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings


async def serve(port: int, *, fast: bool, sdk_compat: bool) -> None:
    """Serve until told to stop. The ready line is JSON: `base_url` and `api_key`."""
    if fast:
        settings = EmulatorSettings.quick(port=port, sdk_compat=sdk_compat)
    else:
        settings = EmulatorSettings(port=port, sdk_compat=sdk_compat)
    emulator = Emulator(settings)
    await emulator.start()
    try:
        click.echo(json.dumps({"base_url": emulator.base_url, "api_key": emulator.api_key}))
        await until_stopped()
    finally:
        await emulator.stop()
