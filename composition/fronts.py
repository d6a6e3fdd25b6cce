"""The platforms' bots: which there are, and how each is kept talking whatever happens to it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from adapters.chat.front import Front, FrontRefusedError, Ready
from composition.config import Config
from composition.container import Container
from core.shared.events import Event, WorkflowsChanged

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
HEALTHY_AFTER_S = 60.0
"""A bot that talked for so long begins again with the shortest pause."""

log = structlog.get_logger()


def open_fronts(container: Container) -> tuple[Front, ...]:
    """Return the bots of the platforms that have a token; their surfaces join the container's."""
    config, fronts = container.config(), list[Front]()
    if config.telegram is not None:
        fronts.append(_telegram(container, config))
    if config.discord is not None:
        fronts.append(_discord(container, config))
    return tuple(fronts)


def hears_of_workflows(fronts: Sequence[Front]) -> Callable[[Event], Awaitable[None]]:
    """Return the listener that has the fronts list their commands anew when workflows change."""

    async def hear(event: Event) -> None:
        if isinstance(event, WorkflowsChanged):
            await asyncio.gather(*(front.list_commands() for front in fronts))

    return hear


def _telegram(container: Container, config: Config) -> Front:
    # The library takes most of a second to load: only who talks to Telegram waits for it.
    from adapters.telegram.bot import TelegramBot, TelegramSettings
    from adapters.telegram.surface import TelegramSurface

    access, media = config.telegram, container.media()
    if access is None:
        raise AssertionError("Telegram has no token")
    surface = TelegramSurface(media)
    container.surfaces.add_kwargs(telegram=surface)
    return TelegramBot(
        settings=TelegramSettings(
            token=access.token,
            secret=container.secret(),
            base_url=access.base_url,
            operators=tuple(container.admins().on("telegram")),
        ),
        conversation=container.conversation(),
        surface=surface,
        media=media,
        menus=container.menus(),
        alert=container.moves().alert,
    )


def _discord(container: Container, config: Config) -> Front:
    from adapters.discord.bot import DiscordBot
    from adapters.discord.connection import DiscordSettings
    from adapters.discord.surface import DiscordSurface

    access, media = config.discord, container.media()
    if access is None:
        raise AssertionError("Discord has no token")
    surface = DiscordSurface(media)
    container.surfaces.add_kwargs(discord=surface)
    return DiscordBot(
        settings=DiscordSettings(
            token=access.token,
            secret=container.secret(),
            base_url=access.base_url,
            ca_file=access.ca_file,
            operators=tuple(container.admins().on("discord")),
        ),
        conversation=container.conversation(),
        surface=surface,
        media=media,
        menus=container.menus(),
    )


async def kept_talking(
    front: Front,
    *,
    ready: Ready,
    alert: Callable[[str, str], Awaitable[None]],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """
    Run a platform's bot for ever: after every end again, with growing pauses.

    No end of it is anybody else's end: it is logged, and an operator is told.
    """
    pause_s, loop = FIRST_PAUSE_S, asyncio.get_running_loop()
    while True:
        began_at = loop.time()
        try:
            await front.run(ready)
            problem = "it ended"
        except FrontRefusedError as error:
            problem = str(error)
            log.warning("front.refused", front=front.name, error=problem)
        except Exception as error:
            problem = type(error).__name__  # the log has the rest; a chat must not, for secrets
            log.exception("front.failed", front=front.name)
        if loop.time() - began_at > HEALTHY_AFTER_S:
            pause_s = FIRST_PAUSE_S
        await alert(
            f"front.{front.name}",
            f"{front.name.title()} does not work: {problem}. Tried again in {pause_s:.0f} s; "
            "`stationthis doctor` says what is wrong.",
        )
        await sleep(pause_s)
        pause_s = min(LONGEST_PAUSE_S, pause_s * 2)
