"""`stationthis run`: the bots of the platforms, the page and the hooks, in one process."""

import asyncio
import contextlib
import secrets
import sys
from datetime import timedelta

import click

from adapters.chat.front import Front
from composition.config import Config, SettingsError
from composition.container import Container
from composition.fronts import hears_of_workflows, kept_talking, open_fronts
from composition.run import talking, until_stopped, working
from infrastructure.log_setup import set_up_logs

AHEAD = timedelta(minutes=2)
"""What waits for its next try when a platform is back is tried at once."""

NO_PLATFORM = "No platform has a token: set TELEGRAM_TOKEN or DISCORD_TOKEN. The page works."


async def station(config: Config) -> None:
    """Serve until the program is told to stop. Raises SettingsError without a service's key."""
    if config.comfy is None:
        raise SettingsError({"COMFY_DEPLOY_API_KEY": "is needed; ./stationthis demo needs none"})
    container = Container(config=config, owner=f"worker:{secrets.token_hex(8)}")
    tokens = [each.token for each in (config.telegram, config.discord) if each is not None]
    set_up_logs(
        config.log_level or "INFO",
        json=not sys.stderr.isatty(),
        secrets=(container.secret(), config.comfy.api_key, *tokens),
    )
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(container.folder().lock())
        await stack.enter_async_context(working(container))
        if config.store == "sql":
            await stack.enter_async_context(container.database().lock_for_worker())
        fronts = open_fronts(container)
        container.events().subscribe(hears_of_workflows(fronts))
        await stack.enter_async_context(talking(container, hooks_at=container.hook_server()))
        click.echo(
            f"StationThis is up: page {container.web_server().url}, "
            f"hooks {container.hook_server().url} (Ctrl-C stops it)"
        )
        await _talk(container, fronts)


async def _talk(container: Container, fronts: tuple[Front, ...]) -> None:
    """Have every bot talk until the program is told to stop."""
    if not fronts:
        click.echo(NO_PLATFORM)
    async with asyncio.TaskGroup() as group:
        talks = [group.create_task(_kept_talking(container, front)) for front in fronts]
        await until_stopped()
        # What is being shown is shown to its end while there is somebody to show it.
        await container.courier().stop()
        for talk in talks:
            talk.cancel()


async def _kept_talking(container: Container, front: Front) -> None:
    async def ready(name: str) -> None:
        click.echo(f"{front.name} is ready as {name}")
        await container.courier().sweep(ahead=AHEAD)

    await kept_talking(front, ready=ready, alert=container.moves().alert)
