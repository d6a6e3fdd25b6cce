"""`stationthis demo`: everything in one process, no account needed."""

import contextlib
import secrets
import sys

import attrs
import click

from composition.config import Config, SettingsError
from composition.container import Container
from composition.run import talking, until_stopped, working
from infrastructure.comfy_deploy.settings import ComfySettings
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from infrastructure.log_setup import set_up_logs


async def emulated(config: Config, *, fast: bool, stack: contextlib.AsyncExitStack) -> Config:
    """Start an emulator that ends with `stack`; return the settings that reach it."""
    key = secrets.token_hex(16)
    settings = EmulatorSettings(port=0, api_key=key)
    emulator = Emulator(EmulatorSettings.quick(api_key=key) if fast else settings)
    await emulator.start()
    stack.push_async_callback(emulator.stop)
    comfy = ComfySettings(api_key=key, base_url=emulator.base_url)
    return attrs.evolve(config, comfy=comfy)


async def demo(config: Config, *, fast: bool, real_service: bool) -> None:
    """Serve the chat page until the program is told to stop."""
    async with contextlib.AsyncExitStack() as stack:
        if real_service and config.comfy is None:
            raise SettingsError({"COMFY_DEPLOY_API_KEY": "is needed with --real"})
        if not real_service or config.comfy is None:
            config = await emulated(config, fast=fast, stack=stack)
        container = Container(config=config, owner=f"worker:{secrets.token_hex(8)}")
        set_up_logs(
            config.log_level or "WARNING",
            json=not sys.stderr.isatty(),
            secrets=(container.secret(), config.comfy.api_key if config.comfy else ""),
        )
        stack.enter_context(container.folder().lock())
        await stack.enter_async_context(working(container))
        if config.store == "sql":
            await stack.enter_async_context(container.database().lock_for_worker())
        await stack.enter_async_context(talking(container))
        click.echo(f"StationThis is at {container.web_server().url} (Ctrl-C stops it)")
        await until_stopped()
